#include "cdr/file_writer.h"

#include <array>
#include <utility>

#include "cdr/ber.h"
#include "cdr/csv.h"
#include "cdr/focus.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/gzip.h"
#include "cdr/internal/io_error.h"
#include "cdr/internal/sha256.h"
#include "cdr/json_lines.h"
#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

// Some hundred records a system call, and little memory where many files are written at once.
constexpr size_t kBufferBytes = 262'144;
constexpr uint64_t kFileLengthMax = 0xffff'fffe;  // The header's length has 32 bits.
constexpr std::string_view kRawSuffix = ".raw.part";

struct FormatNames {
  FileFormat format;
  std::string_view name;
  std::string_view suffix;
};
constexpr std::array<FormatNames, 4> kFormats = {{{FileFormat::kCsv, "csv", ".csv"},
                                                  {FileFormat::kJsonLines, "jsonl", ".jsonl"},
                                                  {FileFormat::kBer, "ber", ".ber"},
                                                  {FileFormat::kFocus, "focus", ".focus.csv"}}};

const FormatNames& NamesOf(FileFormat format) {
  for (const FormatNames& names : kFormats) {
    if (names.format == format) return names;
  }
  OCS_CHECK(false);
}

}  // namespace

std::string_view FileFormatName(FileFormat format) { return NamesOf(format).name; }
std::string_view FileFormatSuffix(FileFormat format) { return NamesOf(format).suffix; }

std::optional<FileFormat> ParseFileFormat(std::string_view name) {
  for (const FormatNames& names : kFormats) {
    if (names.name == name) return names.format;
  }
  return std::nullopt;
}

uint32_t RecordDigest(std::string_view bytes) {
  return static_cast<uint32_t>(StableHash64(bytes) & 0xffff'ffff);
}

struct FileWriter::State {
  State(std::string_view target, FileOptions wanted, internal::Descriptor opened)
      : path(target),
        finished(Cat(target, kTemporarySuffix)),
        options(std::move(wanted)),
        csv(options.zone),
        json_lines(options.zone),
        ber(options.node_id, options.zone),
        focus(options.zone, {.issuer = options.issuer, .currency = options.currency}),
        file(std::move(opened)) {
    temporary = is_compressed() ? Cat(target, kRawSuffix) : finished;
    buffer.reserve(kBufferBytes + kBufferBytes / 4);
  }

  bool is_compressed() const { return options.compression == Compression::kGzip; }

  // Writes the buffer out. On error the buffer is not to be used again.
  absl::Status Flush() {
    OCS_RETURN_IF_ERROR(internal::WriteAll(file, buffer, temporary));
    buffer.clear();
    return absl::OkStatus();
  }

  // Takes the file back, unless it is sealed, and remembers why.
  absl::Status Fail(absl::Status status) {
    RemoveTemporaries();
    failure = std::move(status);
    return failure;
  }

  void RemoveTemporaries() {
    if (committed || sealed || !temporary_exists) return;
    internal::Unlink(temporary);
    if (is_compressed()) internal::Unlink(finished);
    temporary_exists = false;
  }

  absl::Status AppendRecord(const RecordId& id, const Record& record);
  absl::Status AppendBer(const RecordId& id, const Record& record);
  absl::StatusOr<Sealed> Finish(const Closing& closing);
  absl::Status Compress();

  std::string path;
  std::string finished;   // The temporary that becomes the file.
  std::string temporary;  // What is written to: the same, or what is then compressed into it.
  FileOptions options;
  CsvEncoder csv;
  JsonLinesEncoder json_lines;
  BerEncoder ber;
  FocusEncoder focus;
  std::string ber_record;  // Kept for its memory.
  internal::Descriptor file;
  std::string buffer;
  uint64_t size_bytes = 0;
  ControlTotals totals;
  std::vector<uint32_t> digests;
  absl::Status failure;
  bool temporary_exists = true;
  bool sealed = false;
  bool committed = false;
};

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::Create(std::string_view path,
                                                               FileOptions options) {
  const std::string target(path);
  if (!IsNodeId(options.node_id)) {
    return absl::InvalidArgumentError(Cat("node '", options.node_id.substr(0, 40),
                                          "': expected 1 to ", kNodeIdLengthMax,
                                          " letters, digits, '-' or '_'"));
  }
  // Refused early, so that no hour of work is lost; Commit decides for good.
  if (internal::Exists(target)) return internal::IoError(EEXIST, "cannot create", target);
  const bool compressed = options.compression == Compression::kGzip;
  OCS_ASSIGN_OR_RETURN(
      internal::Descriptor file,
      internal::OpenTemporary(Cat(path, compressed ? kRawSuffix : kTemporarySuffix)));
  auto state = std::make_unique<State>(path, std::move(options), std::move(file));
  switch (state->options.format) {
    case FileFormat::kCsv:
      state->buffer.append(CsvHeader());
      break;
    case FileFormat::kFocus:
      state->buffer.append(FocusHeader());
      break;
    case FileFormat::kBer:
      // Kept free: what stands there is known when the file is closed.
      state->buffer.append(FileHeaderLength(state->options.header), '\xff');
      break;
    case FileFormat::kJsonLines:
      break;
  }
  state->size_bytes = state->buffer.size();
  return std::unique_ptr<FileWriter>(new FileWriter(std::move(state)));
}

FileWriter::FileWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

FileWriter::~FileWriter() { state_->RemoveTemporaries(); }

absl::Status FileWriter::State::AppendBer(const RecordId& id, const Record& record) {
  ber_record.clear();
  ber.Append(id, record, &ber_record);
  RecordHeader header;
  if (ber_record.size() > kRecordLengthMax) {
    return absl::OutOfRangeError(Cat("record ", FormatRecordId(id), " has ", ber_record.size(),
                                     " octets in BER, at most ", kRecordLengthMax,
                                     " fit a file of TS 32.297: export it as csv or jsonl"));
  }
  header.length = static_cast<uint16_t>(ber_record.size());
  header.release = options.header.high;
  if (size_bytes + RecordHeaderLength(header) + ber_record.size() > kFileLengthMax)
    return absl::OutOfRangeError("a file of TS 32.297 is full at 4 GiB: close it sooner");
  AppendRecordHeader(header, &buffer);
  buffer.append(ber_record);
  return absl::OkStatus();
}

absl::Status FileWriter::State::AppendRecord(const RecordId& id, const Record& record) {
  const size_t before = buffer.size();
  switch (options.format) {
    case FileFormat::kCsv:
      csv.Append(id, record, &buffer);
      break;
    case FileFormat::kJsonLines:
      json_lines.Append(id, record, &buffer);
      break;
    case FileFormat::kBer:
      OCS_RETURN_IF_ERROR(AppendBer(id, record));
      break;
    case FileFormat::kFocus:
      focus.Append(id, record, &buffer);
      break;
  }
  size_bytes += buffer.size() - before;
  digests.push_back(RecordDigest(std::string_view(buffer).substr(before)));
  OCS_RETURN_IF_ERROR(totals.Add(id, record));
  return buffer.size() >= kBufferBytes ? Flush() : absl::OkStatus();
}

absl::Status FileWriter::Add(const RecordId& id, const Record& record) {
  State& state = *state_;
  OCS_CHECK(!state.committed);
  OCS_CHECK(!state.sealed);
  OCS_RETURN_IF_ERROR(state.failure);
  absl::Status status = state.AppendRecord(id, record);
  return status.ok() ? status : state.Fail(std::move(status));
}

absl::Status FileWriter::State::Compress() {
  OCS_ASSIGN_OR_RETURN(const std::string raw, internal::ReadWhole(temporary, kFileLengthMax));
  OCS_ASSIGN_OR_RETURN(const std::string packed, internal::Gzip(raw));
  OCS_ASSIGN_OR_RETURN(internal::Descriptor target, internal::OpenTemporary(finished));
  OCS_RETURN_IF_ERROR(internal::WriteAll(target, packed, finished));
  OCS_RETURN_IF_ERROR(internal::Sync(target, finished));
  internal::Unlink(temporary);
  file = std::move(target);
  return absl::OkStatus();
}

absl::StatusOr<FileWriter::Sealed> FileWriter::State::Finish(const Closing& closing) {
  OCS_RETURN_IF_ERROR(Flush());
  if (options.format == FileFormat::kBer) {
    FileHeader& header = options.header;
    header.low = header.high;  // All records of a file are of one release.
    header.file_length = static_cast<uint32_t>(size_bytes);
    header.opened = FileTimeOf(closing.opened_at, options.zone);
    header.last_append = FileTimeOf(closing.last_append_at, options.zone);
    header.record_count = static_cast<uint32_t>(totals.record_count());
    header.sequence = closing.sequence;
    header.closure = closing.closure;
    std::string octets;
    AppendFileHeader(header, &octets);
    OCS_RETURN_IF_ERROR(internal::OverwriteHead(file, octets, temporary));
  }
  OCS_RETURN_IF_ERROR(internal::Sync(file, temporary));
  if (is_compressed()) OCS_RETURN_IF_ERROR(Compress());
  // Read back rather than added up: it is the file that is proven, not what was meant.
  OCS_ASSIGN_OR_RETURN(const std::string bytes, internal::ReadWhole(finished, kFileLengthMax));
  return Sealed{.sha256 = internal::Sha256Hex(bytes), .size_bytes = bytes.size()};
}

absl::StatusOr<FileWriter::Sealed> FileWriter::Seal(const Closing& closing) {
  State& state = *state_;
  OCS_CHECK(!state.committed);
  OCS_CHECK(!state.sealed);
  OCS_RETURN_IF_ERROR(state.failure);
  absl::StatusOr<Sealed> sealed = state.Finish(closing);
  if (!sealed.ok()) return state.Fail(sealed.status());
  state.sealed = true;
  return sealed;
}

absl::Status FileWriter::Commit() {
  State& state = *state_;
  OCS_CHECK(!state.committed);
  OCS_RETURN_IF_ERROR(state.failure);
  if (!state.sealed) {
    OCS_CHECK(state.options.format != FileFormat::kBer);
    absl::Status status = state.Flush();
    if (status.ok()) status = internal::Sync(state.file, state.temporary);
    if (status.ok() && state.is_compressed()) status = state.Compress();
    if (!status.ok()) return state.Fail(std::move(status));
  }
  // Not replacing: a file may have come meanwhile.
  if (absl::Status status =
          internal::Rename(state.finished, state.path, internal::IfTaken::kRefuse);
      !status.ok()) {
    return state.Fail(std::move(status));
  }
  state.temporary_exists = false;
  if (absl::Status status = internal::SyncFolder(internal::FolderOf(state.path)); !status.ok()) {
    // The name may not survive a power cut, so it is taken back: the caller writes the file again.
    // A sealed one is kept: whoever sealed it has noted what is in it.
    if (!state.sealed) internal::Unlink(state.path);
    return state.Fail(std::move(status));
  }
  state.committed = true;
  return absl::OkStatus();
}

const ControlTotals& FileWriter::totals() const { return state_->totals; }

uint64_t FileWriter::size_bytes() const { return state_->size_bytes; }

const std::vector<uint32_t>& FileWriter::digests() const { return state_->digests; }

}  // namespace ocs::cdr
