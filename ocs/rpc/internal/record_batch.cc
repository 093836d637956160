#include "ocs/rpc/internal/record_batch.h"

#include "absl/strings/str_cat.h"
#include "cdr/record.h"
#include "ocs/base/status.h"
#include "ocs/rpc/internal/record_translation.h"

namespace ocs::rpc::internal {
namespace {

// Encoded records read at a time, and what a batch may grow to on the wire: half of what a client
// takes by default, as the last record may be long.
constexpr int64_t kReadBytesMax = 1024 * 1024;
constexpr size_t kBatchBytesMax = 2 * 1024 * 1024;
// Of each field of a filter: some customers, not a list of all.
constexpr int kFilterValuesMax = 1'000;

template <typename List>
std::optional<FieldFault> CheckCount(const char* field, const List& list) {
  if (list.size() <= kFilterValuesMax) return std::nullopt;
  return FieldFault{absl::StrCat("filter.", field),
                    absl::StrCat("has ", list.size(), " values; expected at most 1,000")};
}

uint32_t BitOf(cdr::RecordType type) { return 1U << static_cast<uint32_t>(type); }

}  // namespace

std::optional<FieldFault> RecordFilter::Read(const cdr::v1::RecordFilter& wire) {
  for (const auto& fault :
       {CheckCount("account_id", wire.account_id()), CheckCount("model", wire.model()),
        CheckCount("provider", wire.provider()), CheckCount("record_type", wire.record_type())}) {
    if (fault) return fault;
  }
  accounts_.insert(wire.account_id().begin(), wire.account_id().end());
  models_.insert(wire.model().begin(), wire.model().end());
  providers_.insert(wire.provider().begin(), wire.provider().end());
  for (int i = 0; i < wire.record_type_size(); ++i) {
    const auto type = wire.record_type(i);
    if (type < cdr::v1::USAGE || type > cdr::v1::REFUND) {
      return FieldFault{absl::StrCat("filter.record_type[", i, "]"),
                        absl::StrCat("is ", static_cast<int>(type), "; expected 1 to 3")};
    }
    types_ |= BitOf(static_cast<cdr::RecordType>(type));
  }
  return std::nullopt;
}

bool RecordFilter::Passes(const cdr::Record& record) const {
  const auto has = [](const auto& wanted, const auto& value) {
    return wanted.empty() || wanted.contains(value);
  };
  const auto text = [](std::string_view value) { return std::string(value); };
  return has(accounts_, record.account.value) && has(models_, text(record.model)) &&
         has(providers_, text(record.provider)) &&
         (types_ == 0 || (types_ & BitOf(record.type)) != 0);
}

absl::StatusOr<bool> AddRecordsBehind(const RecordReading& reading, ShardId shard, Position* after,
                                      google::protobuf::RepeatedPtrField<cdr::v1::Record>* out) {
  OCS_ASSIGN_OR_RETURN(const auto records, reading.engine->ReadRecords(
                                               shard, *after, reading.records_max, kReadBytesMax));
  size_t bytes = 0;
  for (const engine::ReadRecord& read : records) {
    const auto record = cdr::DecodeRecord(read.bytes);
    if (!record.ok()) {
      return Annotate(record.status(), absl::StrCat("record ", cdr::FormatRecordId(read.id)));
    }
    *after = read.id.position;
    if (reading.tenant && read.tenant != *reading.tenant) continue;
    if (reading.filter != nullptr && !reading.filter->Passes(*record)) continue;
    cdr::v1::Record* added = out->Add();
    ToWire(read.id, *record, added);
    if (reading.explain == Explain::kYes) AddExplanation(read.id, *record, reading.zone, added);
    bytes += added->ByteSizeLong();
    if (bytes >= kBatchBytesMax) break;  // The rest is read again from here.
  }
  return !records.empty();
}

}  // namespace ocs::rpc::internal
