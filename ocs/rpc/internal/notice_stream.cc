#include "ocs/rpc/internal/notice_stream.h"

#include <grpcpp/support/time.h>

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ocs/base/status.h"
#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/record_stream.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

// How long a reader that has caught up may wait for a new notice.
constexpr int64_t kNoticePollMillis = 200;
constexpr int32_t kNoticesPerBatch = 500;
constexpr int kTypesMax = 32;

}  // namespace

std::string NoticeConsumerOf(std::string_view tenant, const std::string& name) {
  return absl::StrCat(ConsumerOf(tenant, name), ":notices");
}

// The engine's thread only hands it back.
class NoticeStream::Call final : public engine::NoticesCall {
 public:
  explicit Call(NoticeStream* stream) : stream_(stream) {}
  void Done() noexcept override {
    stream_->After(0, [stream = stream_, this] { stream->Answered(*this); });
  }

 private:
  NoticeStream* const stream_;
};

NoticeStream::NoticeStream(const Scope& scope, Pass pass,
                           const push::v1::StreamNoticesRequest& request)
    : scope_(scope), pass_(std::move(pass)) {
  if (!request.consumer().empty()) {
    if (const auto fault = CheckConsumer("consumer", request.consumer())) {
      Finish(ToGrpcStatus({*fault}));
      return;
    }
  }
  if (request.type_size() > kTypesMax) {
    Finish(ToGrpcStatus({FieldFault{
        "type", absl::StrCat("has ", request.type_size(), " values; expected at most 32")}}));
    return;
  }
  if (const auto fault = CheckShard("shard", request.shard(), scope_.engine->shard_count())) {
    Finish(ToGrpcStatus({*fault}));
    return;
  }
  shard_ = {static_cast<uint16_t>(request.shard())};
  const absl::Status begun = Begin(request);
  if (!begun.ok()) {
    Finish(ToGrpcStatus(begun, "consumer"));
    return;
  }
  Continue();
}

NoticeStream::~NoticeStream() = default;

absl::Status NoticeStream::Begin(const push::v1::StreamNoticesRequest& request) {
  types_.insert(request.type().begin(), request.type().end());
  follow_ = request.follow();
  if (!request.consumer().empty()) {
    const std::string name = NoticeConsumerOf(Gate::TenantOf(pass_), request.consumer());
    OCS_ASSIGN_OR_RETURN(after_, scope_.engine->ConsumerPosition(name, shard_));
  }
  if (request.has_from()) after_ = FromWire(request.from());
  return absl::OkStatus();
}

void NoticeStream::Continue() {
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
  call_ = std::make_unique<Call>(this);
  call_->shard = shard_;
  call_->after = after_;
  call_->notices_max = kNoticesPerBatch;
  call_->source = Gate::SourceOf(pass_);
  call_->caller_tenant = Gate::TenantOf(pass_);
  scope_.engine->Submit(call_.get());
}

void NoticeStream::Answered(const Call& call) {
  if (!call.status.ok()) {
    Finish(ToGrpcStatus(call.status, call.failed_field));
    return;
  }
  const bool moved = call.next_after != after_;
  after_ = call.next_after;
  batch_.Clear();
  for (const engine::NoticeView& notice : call.notices) {
    if (types_.empty() || types_.contains(notice.type)) ToWire(notice, batch_.add_notice());
  }
  if (batch_.notice_size() > 0) {
    ToWire(after_, batch_.mutable_position());
    StartWrite(&batch_);
  } else if (moved) {
    Continue();
  } else if (follow_) {
    After(kNoticePollMillis, [this] { Continue(); });
  } else {
    Finish(grpc::Status::OK);
  }
}

void NoticeStream::OnWriteDone(bool ok) {
  if (!ok) cancelled_.store(true, std::memory_order_relaxed);
  Continue();
}

void NoticeStream::After(int64_t wait_ms, std::function<void()> then) {
  const gpr_timespec until =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(wait_ms, GPR_TIMESPAN));
  // A new one each time: the last may still be on its way out of its callback.
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(until, [next = std::move(then)](bool /*expired*/) { next(); });
}

}  // namespace ocs::rpc::internal
