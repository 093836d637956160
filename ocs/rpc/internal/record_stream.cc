#include "ocs/rpc/internal/record_stream.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ocs/base/status.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

// A tenant's caller gets what is its tenant's, the operator's all.
std::optional<std::string> TenantWanted(const Pass& pass) {
  const std::string_view tenant = Gate::TenantOf(pass);
  if (tenant.empty()) return std::nullopt;
  return std::string(tenant);
}

constexpr int kRecordsMax = 10'000;
// How long a reader that has caught up may wait for a new record.
constexpr int64_t kRecordPollMillis = 50;

std::string InList(std::string_view list, int index, std::string_view field) {
  return absl::StrCat(std::string(list), "[", index, "]", std::string(field));
}

}  // namespace

std::optional<FieldFault> CheckConsumer(std::string_view field, const std::string& name) {
  const bool good = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (good && !name.empty() && name.size() <= 64) return std::nullopt;
  return FieldFault{std::string(field), "is not 1 to 64 of a-z, 0-9, '-', '_', '.'"};
}

std::string ConsumerOf(std::string_view tenant, const std::string& name) {
  return tenant.empty() ? name : absl::StrCat(std::string(tenant), "/", name);
}

std::optional<FieldFault> CheckShard(std::string_view field, uint32_t shard, int shard_count) {
  if (shard < static_cast<uint32_t>(shard_count)) return std::nullopt;
  return FieldFault{std::string(field),
                    absl::StrCat("is ", shard, "; there are ", shard_count, " shards")};
}

RecordStream::RecordStream(const RecordScope& scope, Pass pass,
                           const cdr::v1::StreamRecordsRequest& request)
    : scope_(scope), pass_(std::move(pass)) {
  if (const auto fault = Read(request)) {
    Finish(ToGrpcStatus({*fault}));
    return;
  }
  // Explicit positions come after the consumer's, so that they win.
  absl::Status sought = SeekConsumer(request.consumer());
  if (!sought.ok()) {
    Finish(ToGrpcStatus(sought, "consumer"));
    return;
  }
  if (const auto fault = ReadPositions(request)) {
    Finish(ToGrpcStatus({*fault}));
    return;
  }
  Continue();
}

std::optional<FieldFault> RecordStream::Read(const cdr::v1::StreamRecordsRequest& request) {
  if (!request.consumer().empty()) {
    if (auto fault = CheckConsumer("consumer", request.consumer())) return fault;
  }
  if (request.records_max() < 0 || request.records_max() > kRecordsMax) {
    return FieldFault{"records_max",
                      absl::StrCat("is ", request.records_max(), "; expected 1 to 10,000")};
  }
  reading_ = {.engine = scope_.engine,
              .zone = scope_.zone,
              .explain = request.with_explanation() ? Explain::kYes : Explain::kNo,
              .tenant = TenantWanted(pass_)};
  if (request.records_max() != 0) reading_.records_max = request.records_max();
  if (request.has_filter()) {
    if (auto fault = filter_.Read(request.filter())) return fault;
    reading_.filter = &filter_;
  }
  follow_ = request.follow();
  return ReadShards(request);
}

std::optional<FieldFault> RecordStream::ReadShards(const cdr::v1::StreamRecordsRequest& request) {
  const int shard_count = scope_.engine->shard_count();
  for (int i = 0; i < request.shard_size(); ++i) {
    const std::string field = InList("shard", i, "");
    if (auto fault = CheckShard(field, request.shard(i), shard_count)) return fault;
    const ShardId shard{static_cast<uint16_t>(request.shard(i))};
    const bool known = std::any_of(cursors_.begin(), cursors_.end(),
                                   [shard](const Cursor& other) { return other.shard == shard; });
    if (known) return FieldFault{field, "is there twice"};
    cursors_.push_back({shard, {}});
  }
  if (!cursors_.empty()) return std::nullopt;
  for (int i = 0; i < shard_count; ++i) cursors_.push_back({{static_cast<uint16_t>(i)}, {}});
  return std::nullopt;
}

std::optional<FieldFault> RecordStream::ReadPositions(
    const cdr::v1::StreamRecordsRequest& request) {
  for (int i = 0; i < request.from_size(); ++i) {
    const auto& from = request.from(i);
    const auto cursor = std::find_if(cursors_.begin(), cursors_.end(), [&](const Cursor& other) {
      return other.shard.value == from.shard();
    });
    if (cursor == cursors_.end()) {
      return FieldFault{InList("from", i, ".shard"), "is not one of the shards to read"};
    }
    cursor->after = FromWire(from.position());
  }
  return std::nullopt;
}

absl::Status RecordStream::SeekConsumer(const std::string& consumer) {
  if (consumer.empty()) return absl::OkStatus();
  const std::string name = ConsumerOf(Gate::TenantOf(pass_), consumer);
  for (Cursor& cursor : cursors_) {
    OCS_ASSIGN_OR_RETURN(cursor.after, scope_.engine->ConsumerPosition(name, cursor.shard));
  }
  return absl::OkStatus();
}

void RecordStream::OnWriteDone(bool ok) {
  if (!ok) cancelled_.store(true, std::memory_order_relaxed);
  Continue();
}

void RecordStream::Continue() {
  if (cancelled_.load(std::memory_order_relaxed)) {
    Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the reader is gone"));
    return;
  }
  if (scope_.stopping->load(std::memory_order_relaxed)) {
    Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is stopping"));
    return;
  }
  if (const grpc::Status* refusal = scope_.gate->Renew(&pass_)) {
    Finish(*refusal);
    return;
  }
  for (size_t i = 0; i < cursors_.size(); ++i) {
    Cursor& cursor = cursors_[turn_];
    turn_ = (turn_ + 1) % cursors_.size();
    const absl::StatusOr<bool> filled = FillBatch(cursor);
    if (!filled.ok()) {
      Finish(ToGrpcStatus(filled.status(), ""));
      return;
    }
    if (*filled) {
      StartWrite(&batch_);
      return;
    }
  }
  if (follow_) {
    Wait();
  } else {
    Finish(grpc::Status::OK);
  }
}

absl::StatusOr<bool> RecordStream::FillBatch(Cursor& cursor) {
  batch_.Clear();
  OCS_ASSIGN_OR_RETURN(const bool read, AddRecordsBehind(reading_, cursor.shard, &cursor.after,
                                                         batch_.mutable_record()));
  if (!read) return false;
  batch_.set_shard(cursor.shard.value);
  ToWire(cursor.after, batch_.mutable_position());
  return true;
}

void RecordStream::Wait() {
  const gpr_timespec until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                          gpr_time_from_millis(kRecordPollMillis, GPR_TIMESPAN));
  // A new one each time: the last may still be on its way out of its callback.
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(until, [this](bool /*expired*/) { Continue(); });
}

}  // namespace ocs::rpc::internal
