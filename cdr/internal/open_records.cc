#include "cdr/internal/open_records.h"

#include <fstream>

#include "cdr/internal/sha256.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr std::string_view kOpenRecordsFormat = "ocs-open-records-1\n";
constexpr size_t kHeadBytes = 8 + 4 + 4 + 4;  // Group, index, shard, length.
// A record of the most lines with the longest texts is far below it.
constexpr uint32_t kRecordBytesMax = 64 << 20;

absl::Status Damaged(const std::string& path) {
  return absl::DataLossError(
      Cat(path, ": is not what its manifest tells; the next bills need its records: restore it"));
}

bool ReadBytes(std::ifstream& in, size_t count, std::string* bytes, Sha256Stream* hash) {
  bytes->resize(count);
  in.read(bytes->data(), static_cast<std::streamsize>(count));
  const auto got = static_cast<size_t>(in.gcount());
  bytes->resize(got);
  hash->Add(*bytes);
  return got == count;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OpenRecords>> OpenRecords::Create(const std::string& folder) {
  std::unique_ptr<OpenRecords> records(new OpenRecords());
  OCS_ASSIGN_OR_RETURN(records->file_, HashedFile::Create(folder, kOpenName));
  records->file_->buffer()->append(kOpenRecordsFormat);
  return records;
}

absl::Status OpenRecords::Add(const RecordId& id, const Record& record) {
  std::string bytes;
  EncodeRecord(record, &bytes);
  ByteWriter out(file_->buffer());
  out.Fixed64(id.position.group);
  out.Fixed32(id.position.index);
  out.Fixed32(id.shard.value);
  out.Fixed32(static_cast<uint32_t>(bytes.size()));
  out.Raw(bytes);
  return file_->WriteIfLarge();
}

absl::StatusOr<BillManifest::File> OpenRecords::Close() { return file_->Close(); }

absl::Status ReadOpenRecords(const std::string& path, const BillManifest::File& expected,
                             const OpenVisit& visit) {
  std::ifstream in(path, std::ios::binary);
  Sha256Stream hash;
  std::string head;
  std::string bytes;
  if (!ReadBytes(in, kOpenRecordsFormat.size(), &head, &hash) || head != kOpenRecordsFormat)
    return Damaged(path);
  while (ReadBytes(in, kHeadBytes, &head, &hash)) {
    ByteReader reader(head);
    RecordId id;
    id.position.group = reader.Fixed64();
    id.position.index = reader.Fixed32();
    id.shard.value = static_cast<uint16_t>(reader.Fixed32());
    const uint32_t length = reader.Fixed32();
    if (length > kRecordBytesMax || !ReadBytes(in, length, &bytes, &hash)) return Damaged(path);
    const auto record = DecodeRecord(bytes);
    if (!record.ok()) return Damaged(path);
    OCS_RETURN_IF_ERROR(visit(id, *record));
  }
  if (!head.empty() || hash.Hex() != expected.sha256) return Damaged(path);
  return absl::OkStatus();
}

}  // namespace ocs::cdr::internal
