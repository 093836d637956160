#include "ocs/rpc/settlement_push.h"

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "ocs/rpc/internal/record_batch.h"
#include "ocs/rpc/internal/type_translation.h"
#include "ocs/settlement/v1/phone_bill.grpc.pb.h"

namespace ocs::rpc {

namespace wire = settlement::v1;
using internal::AddRecordsBehind;
using internal::FromWire;
using internal::ToWire;

int64_t PauseMillis(const PushOptions& options, int64_t failures, uint64_t draw) {
  OCS_CHECK(failures >= 1);
  int64_t pause = options.pause_ms_min;
  for (int64_t i = 1; i < failures && pause < options.pause_ms_max; ++i) pause *= 2;
  pause = std::min(pause, options.pause_ms_max);
  return pause - static_cast<int64_t>(draw % static_cast<uint64_t>(pause / 4 + 1));
}

// What pushes one shard. Its steps follow each other on gRPC's threads and the engine's, so only
// what Stop() and statistics() touch is locked. Lives as long as a step holds it.
class SettlementPush::Lane final : public std::enable_shared_from_this<Lane> {
 public:
  Lane(engine::Engine* engine, const std::shared_ptr<grpc::Channel>& channel,
       const PushOptions& options, ShardId shard)
      : engine_(engine),
        stub_(wire::PhoneBillSettlement::NewStub(channel)),
        options_(options),
        shard_(shard),
        random_(options.seed + shard.value) {
    request_.set_sender(options.sender);
    request_.set_shard(shard.value);
    request_.set_tenant(options.tenant);
    reading_.engine = engine;
    reading_.records_max = options.records_max;
    if (!options.tenant.empty())
      reading_.tenant = options.tenant == options.operator_tenant ? "" : options.tenant;
  }

  void Begin() { StepAfter(0); }

  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (alarm_ != nullptr) alarm_->Cancel();
    if (context_ != nullptr) context_->TryCancel();
    mutex_.Await(absl::Condition(&idle_));
  }

  PushStatistics statistics() const {
    absl::MutexLock lock(&mutex_);
    return statistics_;
  }

 private:
  // The engine's work for a lane: what the receiver has is safe.
  struct Acknowledgement final : engine::AcknowledgeCall {
    explicit Acknowledgement(std::shared_ptr<Lane> of) : lane(std::move(of)) {}
    void Done() noexcept override {
      const auto owner = std::move(lane);
      const absl::Status ended = status;
      delete this;
      owner->OnAcknowledged(ended);
    }
    std::shared_ptr<Lane> lane;
  };

  void StepAfter(int64_t millis) {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      idle_ = true;
      return;
    }
    const gpr_timespec until =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(millis, GPR_TIMESPAN));
    // A new one each time: the last may still be on its way out of its callback.
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(until, [lane = shared_from_this()](bool /*expired*/) { lane->Step(); });
  }

  // On a thread of gRPC's, where reading the journal makes nobody wait.
  void Step() {
    request_.clear_record();
    request_.clear_behind();
    request_.clear_up_to();
    sent_ = std::max(after_, looked_);
    if (asked_) {
      const auto read = AddRecordsBehind(reading_, shard_, &sent_, request_.mutable_record());
      if (!read.ok()) {
        asked_ = false;  // It may have got from elsewhere what is gone here.
        return Fail(std::string(read.status().message()));
      }
      if (request_.record().empty() && !IsTimeToTell()) return Rest(*read);
      if (reading_.tenant) {
        ToWire(after_, request_.mutable_behind());
        ToWire(sent_, request_.mutable_up_to());
      }
    }
    Call();
  }

  // There is nothing for the receiver: true when it is to be told so. All that was looked at was
  // other tenants', and a cursor that stood still would hold the journal back.
  bool IsTimeToTell() {
    if (sent_ <= after_ || ++quiet_steps_ < options_.quiet_steps_max) return false;
    quiet_steps_ = 0;
    return true;
  }

  // Nothing is sent in this step. `looked`: there were records, and none for this receiver.
  void Rest(bool looked) {
    looked_ = sent_;
    if (looked) return StepAfter(0);
    Succeed(0);
    if (after_ > acknowledged_) return Acknowledge();
    StepAfter(options_.poll_ms);
  }

  void Call() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                       gpr_time_from_millis(options_.call_ms_max, GPR_TIMESPAN)));
    if (!options_.bearer_token.empty())
      context->AddMetadata("authorization", absl::StrCat("Bearer ", options_.bearer_token));
    grpc::ClientContext* const own = context.get();
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) {
        idle_ = true;
        return;
      }
      context_ = std::move(context);
    }
    response_.Clear();
    stub_->async()->DeliverRecords(
        own, &request_, &response_,
        [lane = shared_from_this()](const grpc::Status& status) { lane->OnAnswer(status); });
  }

  void OnAnswer(const grpc::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      context_.reset();
      if (stopping_) {  // What was answered is asked for again after the next start.
        idle_ = true;
        return;
      }
    }
    if (!status.ok()) {
      asked_ = false;  // It may be another one that answers next.
      return Fail(absl::StrCat("gRPC status ", static_cast<int>(status.error_code()), ": ",
                               status.error_message()));
    }
    const Position safe = FromWire(response_.position());
    const Position before = after_;
    const bool asked = std::exchange(asked_, true);
    if (safe.group > engine_->statistics(shard_).durable_group) {
      asked_ = false;
      return Fail(
          "the receiver has records that are not in this journal: is the sender's name another "
          "installation's, or was the store restored from a backup?");
    }
    after_ = looked_ = safe;
    quiet_steps_ = 0;
    if (asked && safe <= before) {
      return Fail(absl::StrCat("the receiver took nothing: it stands at number ",
                               response_.local_record_sequence_number()));
    }
    if (asked) Succeed(CountUpTo(safe));
    if (safe <= acknowledged_) return StepAfter(0);
    Acknowledge();
  }

  // Moves the cursor to where the receiver stands.
  void Acknowledge() {
    auto* acknowledgement = new Acknowledgement(shared_from_this());
    acknowledgement->consumer = options_.consumer;
    acknowledgement->shard = shard_;
    acknowledgement->position = after_;
    engine_->Submit(acknowledgement);
  }

  // Of the records that were sent, those that are safe now.
  int64_t CountUpTo(Position safe) const {
    return std::count_if(request_.record().begin(), request_.record().end(),
                         [&](const auto& record) { return FromWire(record.position()) <= safe; });
  }

  // On a thread of the engine's: it must not read here.
  void OnAcknowledged(const absl::Status& status) {
    if (status.ok()) acknowledged_ = after_;
    // Otherwise the shard has too much to do, or stops: a later one says the same and more.
    StepAfter(status.ok() ? 0 : options_.poll_ms);
  }

  void Fail(std::string error) {
    bool changed = false;
    {
      absl::MutexLock lock(&mutex_);
      ++statistics_.failures;
      changed = !std::exchange(statistics_.failing, true) && !stopping_;
    }
    ++failures_in_row_;
    if (changed && options_.on_event)
      options_.on_event({PushEvent::Kind::kFailing, shard_, std::move(error)});
    StepAfter(PauseMillis(options_, failures_in_row_, random_.Next()));
  }

  // What the receiver said is in order, and so is the journal behind it.
  void Succeed(int64_t records) {
    bool changed = false;
    {
      absl::MutexLock lock(&mutex_);
      changed = std::exchange(statistics_.failing, false) || !std::exchange(told_, true);
      if (records > 0) ++statistics_.calls;
      statistics_.records += records;
    }
    failures_in_row_ = 0;
    if (changed && options_.on_event) options_.on_event({PushEvent::Kind::kDelivering, shard_, ""});
  }

  engine::Engine* const engine_;
  const std::unique_ptr<wire::PhoneBillSettlement::Stub> stub_;
  const PushOptions options_;
  const ShardId shard_;
  Random random_;
  wire::DeliverRecordsRequest request_;
  wire::DeliverRecordsResponse response_;
  internal::RecordReading reading_;
  bool asked_ = false;     // Whether after_ is what the receiver said last.
  Position after_;         // What is sent next comes behind it.
  Position looked_;        // Between after_ and this nothing is for the receiver.
  int quiet_steps_ = 0;    // That found nothing for it, since it was told anything.
  Position sent_;          // How far request_ goes.
  Position acknowledged_;  // At least so far stands the cursor.
  int64_t failures_in_row_ = 0;
  bool told_ = false;  // Of the first success.

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;  // Nothing is under way any more.
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  PushStatistics statistics_ ABSL_GUARDED_BY(mutex_);
};

SettlementPush::SettlementPush(engine::Engine* engine,
                               const std::shared_ptr<grpc::Channel>& channel,
                               const PushOptions& options) {
  OCS_CHECK(options.records_max >= 1 && options.records_max <= 10'000);
  OCS_CHECK(options.pause_ms_min > 0 && options.pause_ms_max >= options.pause_ms_min);
  for (int i = 0; i < engine->shard_count(); ++i) {
    lanes_.push_back(
        std::make_shared<Lane>(engine, channel, options, ShardId{static_cast<uint16_t>(i)}));
  }
  for (const auto& lane : lanes_) lane->Begin();
}

SettlementPush::~SettlementPush() { Stop(); }

void SettlementPush::Stop() {
  for (const auto& lane : lanes_) lane->Stop();
}

std::vector<PushStatistics> SettlementPush::statistics() const {
  std::vector<PushStatistics> all;
  for (const auto& lane : lanes_) all.push_back(lane->statistics());
  return all;
}

}  // namespace ocs::rpc
