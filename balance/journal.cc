#include "balance/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "balance/internal/sha256.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

constexpr uint8_t kMagic = 'J';
constexpr uint8_t kGroupVersion = 1;
constexpr uint8_t kHeadVersion = 1;
// magic, version, shard (2), number (8), logged time (8), then the previous hash.
constexpr size_t kHashAt = 2 + 2 + 8 + 8;
constexpr size_t kHeaderBytes = kHashAt + sizeof(ChainHash);

}  // namespace

ChainHash Sha256(std::string_view bytes) {
  ChainHash hash;
  internal::Sha256(bytes, hash.data());
  return hash;
}

std::string ToHex(const ChainHash& hash) {
  return absl::BytesToHexString(absl::string_view(hash.data(), hash.size()));
}

void EncodeHead(const Head& head, std::string* out) {
  ByteWriter writer(out);
  writer.U8(kHeadVersion);
  writer.Fixed64(head.group);
  writer.Raw({head.hash.data(), head.hash.size()});
  writer.Fixed64(static_cast<uint64_t>(head.logged_at.unix_ms));
  writer.Fixed64(head.record_sequence);
  writer.Fixed64(head.account_sequence);
}

absl::StatusOr<Head> DecodeHead(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  Head head;
  head.group = in.Fixed64();
  const std::string_view hash = in.Raw(sizeof(ChainHash));
  std::copy(hash.begin(), hash.end(), head.hash.begin());
  head.logged_at.unix_ms = static_cast<int64_t>(in.Fixed64());
  head.record_sequence = in.Fixed64();
  head.account_sequence = in.Fixed64();
  if (version != kHeadVersion || !in.ok() || !in.done()) {
    return absl::DataLossError(Cat("journal head of ", bytes.size(), " bytes is damaged"));
  }
  return head;
}

void Group::Begin(ShardId shard, uint64_t number, Instant logged_at) {
  OCS_CHECK(number > 0);
  head.group = number;
  head.logged_at = logged_at;
  bytes.clear();
  offsets.clear();
  derived.Clear();
  ByteWriter out(&bytes);
  out.U8(kMagic);
  out.U8(kGroupVersion);
  out.Big16(shard.value);
  out.Fixed64(number);
  out.Fixed64(static_cast<uint64_t>(logged_at.unix_ms));
  bytes.append(sizeof(ChainHash), '\0');
}

std::string_view Group::entry(uint32_t index) const {
  OCS_CHECK(index < offsets.size());
  ByteReader in(std::string_view(bytes).substr(offsets[index]));
  const std::string_view body = in.Text();
  OCS_CHECK(in.ok());
  return body;
}

absl::StatusOr<GroupReader> GroupReader::Open(std::string_view bytes, uint64_t number) {
  GroupReader reader(bytes);
  ByteReader& in = reader.in_;
  const uint8_t magic = in.U8();
  const uint8_t version = in.U8();
  reader.shard_.value = in.Big16();
  reader.number_ = in.Fixed64();
  reader.logged_at_.unix_ms = static_cast<int64_t>(in.Fixed64());
  const std::string_view hash = in.Raw(sizeof(ChainHash));
  std::copy(hash.begin(), hash.end(), reader.previous_hash_.begin());
  if (!in.ok() || magic != kMagic || reader.number_ != number) {
    return absl::DataLossError(Cat("journal group ", number, ": its header is damaged"));
  }
  if (version != kGroupVersion) {
    return absl::DataLossError(Cat("journal group ", number, " has format version ", version,
                                   ", expected ", kGroupVersion));
  }
  return reader;
}

absl::StatusOr<std::optional<EntryView>> GroupReader::Next() {
  if (in_.done()) return std::nullopt;
  const std::string_view body = in_.Text();
  const Position position{.group = number_, .index = index_++};
  if (!in_.ok()) {
    return absl::DataLossError(
        Cat("journal group ", number_, ": cut off in entry ", position.index));
  }
  OCS_ASSIGN_OR_RETURN(EntryView entry, ParseEntry(body, position));
  return entry;
}

absl::StatusOr<std::string> GroupReader::FindBody(uint32_t index) {
  for (uint32_t i = 0; !in_.done(); ++i) {
    const std::string_view body = in_.Text();
    if (!in_.ok()) break;
    if (i == index) return std::string(body);
  }
  if (!in_.ok())
    return absl::DataLossError(Cat("journal group ", number_, ": cut off before entry ", index));
  return absl::NotFoundError(Cat("journal group ", number_, " has no entry ", index));
}

std::string GroupKey(uint64_t number) {
  std::string key;
  ByteWriter(&key).Big64(number);
  return key;
}

absl::StatusOr<std::string> ReadGroup(const Store& store, uint64_t number) {
  OCS_ASSIGN_OR_RETURN(std::optional<std::string> bytes,
                       store.Get(Table::kJournal, GroupKey(number)));
  if (!bytes) return absl::NotFoundError(Cat("journal group ", number, " is not there"));
  return *std::move(bytes);
}

absl::StatusOr<Head> ReadHead(const Store& store) {
  OCS_ASSIGN_OR_RETURN(std::optional<std::string> bytes, store.Get(Table::kMeta, meta_key::kHead));
  if (!bytes) return Head{};
  return DecodeHead(*bytes);
}

void EmbeddedGroupLog::Append(Group* group, std::function<void(AppendOutcome, absl::Status)> done) {
  writer_->Post([this, group, done = std::move(done)] {
    AppendOutcome outcome = AppendOutcome::kUnknown;
    absl::Status status = Write(group, &outcome);
    done(outcome, std::move(status));
  });
}

absl::Status EmbeddedGroupLog::Write(Group* group, AppendOutcome* outcome) {
  OCS_CHECK(group->head.group == head_.group + 1);
  std::copy(head_.hash.begin(), head_.hash.end(), group->bytes.begin() + kHashAt);
  OCS_CHECK(group->bytes.size() >= kHeaderBytes);
  group->head.hash = Sha256(group->bytes);
  std::string head;
  EncodeHead(group->head, &head);
  group->derived.Put(Table::kJournal, GroupKey(group->head.group), group->bytes);
  group->derived.Put(Table::kMeta, meta_key::kHead, head);
  absl::Status written = store_->Write(group->derived);
  if (!written.ok()) return written;
  head_ = group->head;
  *outcome = AppendOutcome::kDurable;
  return absl::OkStatus();
}

}  // namespace ocs::balance
