#include "tools/client/demand_listener.h"

#include <chrono>
#include <utility>

#include "absl/time/time.h"
#include "tools/client/connection.h"

namespace ocs::client {
namespace {

Demand FromPush(const push::v1::Push& push) {
  Demand demand;
  demand.demand_id = push.demand_id();
  demand.account_id = push.account_id();
  demand.session_id = push.session_id();
  demand.kind = push.kind() == push::v1::ABORT ? DemandKind::kAbort : DemandKind::kReauthorise;
  if (push.has_rating_group()) demand.rating_group = push.rating_group();
  demand.reason = push.reason();
  demand.ask_count = push.ask_count();
  return demand;
}

}  // namespace

DemandListener::DemandListener(const std::shared_ptr<grpc::Channel>& channel,
                               ListenerOptions options, DemandHandler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      stub_(push::v1::Pushes::NewStub(channel)),
      thread_([this] { Run(); }) {}

DemandListener::~DemandListener() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  thread_.join();
}

void DemandListener::Run() {
  Backoff backoff(options_.retry, JitterSeed());
  while (true) {
    if (Listen()) backoff = Backoff(options_.retry, JitterSeed());
    if (!WaitFor(backoff.NextWaitMs(Judge(last_end())))) return;
  }
}

bool DemandListener::WaitFor(int64_t milliseconds) {
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::Milliseconds(milliseconds));
  return !stopping_;
}

bool DemandListener::Listen() {
  grpc::ClientContext context;
  SetToken(options_.token, &context);
  {
    const absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    context_ = &context;
    ++statistics_.streams;
  }
  push::v1::StreamPushesRequest request;
  request.set_origin_host(options_.origin_host);
  const auto stream = stub_->StreamPushes(&context, request);
  push::v1::PushBatch batch;
  bool brought = false;
  while (stream->Read(&batch)) {
    brought = true;
    for (const push::v1::Push& push : batch.push()) Hear(push);
  }
  const grpc::Status end = stream->Finish();
  const absl::MutexLock lock(&mutex_);
  context_ = nullptr;
  last_end_ = end;
  return brought;
}

void DemandListener::Hear(const push::v1::Push& push) {
  const DemandAnswer answer = handler_(FromPush(push));
  push::v1::AnswerPushRequest request;
  request.set_demand_id(push.demand_id());
  request.set_session_id(push.session_id());
  request.set_result_code(static_cast<uint32_t>(answer));
  grpc::ClientContext context;
  SetToken(options_.token, &context);
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(options_.retry.attempt_ms));
  push::v1::AnswerPushResponse response;
  // Once: a demand whose answer is lost is asked again.
  const bool got = stub_->AnswerPush(&context, request, &response).ok();
  const absl::MutexLock lock(&mutex_);
  ++statistics_.demands;
  ++(got ? statistics_.answered : statistics_.unanswered);
}

ListenerStatistics DemandListener::statistics() const {
  const absl::MutexLock lock(&mutex_);
  return statistics_;
}

grpc::Status DemandListener::last_end() const {
  const absl::MutexLock lock(&mutex_);
  return last_end_;
}

void DemandBoard::Open(const std::string& session_id) {
  const absl::MutexLock lock(&mutex_);
  sessions_.try_emplace(session_id);
}

void DemandBoard::Close(const std::string& session_id) {
  const absl::MutexLock lock(&mutex_);
  sessions_.erase(session_id);
}

DemandHandler DemandBoard::Handler() {
  return [this](const Demand& demand) { return Put(demand); };
}

DemandAnswer DemandBoard::Put(const Demand& demand) {
  const absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(demand.session_id);
  if (found == sessions_.end()) return DemandAnswer::kUnknownSession;
  if (found->second != DemandKind::kAbort) found->second = demand.kind;
  return DemandAnswer::kWillDo;
}

std::optional<DemandKind> DemandBoard::Take(const std::string& session_id) {
  const absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return std::nullopt;
  const std::optional<DemandKind> demanded = found->second;
  if (demanded == DemandKind::kReauthorise) found->second.reset();
  return demanded;
}

}  // namespace ocs::client
