#include "ocs/rpc/internal/charging_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/rpc/internal/charging_translation.h"

namespace ocs::rpc::internal {

// One request of a batch. Made anew for each batch, in memory that stays.
class ChargingStream::Item final : public engine::CreditControlCall {
 public:
  Item(ChargingStream* stream, Slot* slot) : stream_(stream), slot_(slot) {}

  void Done() noexcept override;
  bool abandoned() const override { return stream_->cancelled_.load(std::memory_order_relaxed); }

  Reading reading = Reading::kWhole;
  ReadingFault fault;
  const Source* caller = nullptr;
  const grpc::Status* beyond_rate = nullptr;  // What it was refused with before it was read.

 private:
  ChargingStream* const stream_;
  Slot* const slot_;
};

struct ChargingStream::Slot {
  charging::v1::CreditControlBatch requests;
  charging::v1::CreditControlAnswerBatch answers;
  std::deque<std::optional<Item>> items;  // At least as many as there are requests.
  std::atomic<int> open_count{0};         // Items not yet done, and one while they are submitted.
  bool answered = false;                  // Guarded by the stream's mutex.
  std::unique_ptr<grpc::Alarm> hop;
};

void ChargingStream::Item::Done() noexcept {
  if (slot_->open_count.fetch_sub(1, std::memory_order_acq_rel) == 1) stream_->Complete(*slot_);
}

ChargingStream::ChargingStream(const Scope& scope, Pass pass)
    : scope_(scope), pass_(std::move(pass)) {
  for (auto& slot : slots_) slot = std::make_unique<Slot>();
  Next next;
  {
    const absl::MutexLock lock(&mutex_);
    next = Decide();
  }
  Act(next);
}

ChargingStream::~ChargingStream() = default;

void ChargingStream::OnReadDone(bool ok) {
  Slot* begun = nullptr;
  const grpc::Status* refusal = scope_.gate->Renew(&pass_);
  {
    const absl::MutexLock lock(&mutex_);
    Slot& slot = SlotOf(read_count_);
    const int size = slot.requests.request_size();
    if (!ok) {
      end_ = grpc::Status::OK;
    } else if (scope_.stopping->load(std::memory_order_relaxed)) {
      end_ = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is stopping");
    } else if (refusal != nullptr) {
      end_ = *refusal;
    } else if (size > kBatchItemsMax) {
      end_ = ToGrpcStatus({FieldFault{"request", absl::StrCat("has ", size, " items; at most ",
                                                              kBatchItemsMax, " are taken")}});
    } else {
      ++read_count_;
      slot.answered = false;
      begun = &slot;
    }
  }
  // Before the next read is started: requests are submitted in the order in which they were sent.
  if (begun != nullptr) Work(*begun);
  Next next;
  {
    const absl::MutexLock lock(&mutex_);
    reading_ = false;  // Only now: while a batch is being submitted the stream cannot end.
    next = Decide();
  }
  Act(next);
}

void ChargingStream::OnWriteDone(bool ok) {
  Next next;
  {
    const absl::MutexLock lock(&mutex_);
    writing_ = false;
    ++written_count_;
    if (!ok) broken_ = true;
    next = Decide();
  }
  Act(next);
}

void ChargingStream::Work(Slot& slot) {
  const int size = slot.requests.request_size();
  while (slot.items.size() < static_cast<size_t>(size)) slot.items.emplace_back();
  slot.open_count.store(size + 1, std::memory_order_relaxed);
  const int64_t within_rate = scope_.gate->Take(pass_, size);
  for (int i = 0; i < size; ++i) {
    Item& item = slot.items[static_cast<size_t>(i)].emplace(this, &slot);
    item.source = Gate::SourceOf(pass_);
    item.caller_tenant = Gate::TenantOf(pass_);
    item.caller = Gate::CallerOf(pass_);
    if (i >= within_rate) {
      item.beyond_rate = &scope_.gate->RateRefusal(pass_);
      item.Done();
      continue;
    }
    item.reading = FromWire(slot.requests.request(i), &item.request, &item.fault);
    if (item.reading == Reading::kWhole) {
      scope_.engine->Submit(&item);
    } else {
      item.Done();
    }
  }
  if (slot.open_count.fetch_sub(1, std::memory_order_acq_rel) == 1) Complete(slot);
}

void ChargingStream::Complete(Slot& slot) {
  // Translating and serializing a thousand answers takes longer than the engine's thread may be
  // held up, so it is done on one of gRPC's. A new alarm each time: the last one may still be on
  // its way out of its callback.
  slot.hop = std::make_unique<grpc::Alarm>();
  slot.hop->Set(gpr_inf_past(GPR_CLOCK_MONOTONIC), [this, &slot](bool /*expired*/) {
    FillAnswers(slot);
    Next next;
    {
      const absl::MutexLock lock(&mutex_);
      slot.answered = true;
      next = Decide();
    }
    Act(next);
  });
}

void ChargingStream::FillAnswers(Slot& slot) {
  slot.answers.Clear();
  slot.answers.set_batch_id(slot.requests.batch_id());
  for (int i = 0; i < slot.requests.request_size(); ++i) {
    const Item& item = *slot.items[static_cast<size_t>(i)];
    if (item.foreign) scope_.gate->CountForeign(Method::kCreditControlStream, item.caller, nullptr);
    if (item.beyond_rate == nullptr && item.reading == Reading::kWhole)
      scope_.gate->TellAnswer(item, item.caller);
    auto* out = slot.answers.add_item();
    if (item.beyond_rate != nullptr) {
      ToItemError(*item.beyond_rate, out->mutable_error());
    } else if (item.reading == Reading::kRefused) {
      WriteRefusal(slot.requests.request(i), item.fault, out->mutable_answer());
    } else if (item.reading == Reading::kMalformed) {
      ToItemError(item.fault.faults, out->mutable_error());
    } else if (!item.status.ok()) {
      ToItemError(item.status, item.failed_field, out->mutable_error());
    } else {
      ToWire(item.answer, out->mutable_answer());
    }
  }
}

ChargingStream::Next ChargingStream::Decide() {
  OCS_CHECK(written_count_ <= read_count_);
  Next next;
  // To nobody: answers that are ready are dropped, so that the slots empty.
  while (broken_ && !writing_ && written_count_ < read_count_ && SlotOf(written_count_).answered) {
    ++written_count_;
  }
  if (!broken_ && !writing_ && written_count_ < read_count_ && SlotOf(written_count_).answered) {
    writing_ = true;
    next.write = &SlotOf(written_count_);
  }
  const bool over = broken_ || end_.has_value();
  if (!over && !reading_ && read_count_ - written_count_ < kSlotCount) {
    reading_ = true;
    next.read = &SlotOf(read_count_);
  }
  if (over && !finished_ && !reading_ && !writing_ && written_count_ == read_count_) {
    finished_ = true;
    next.finish = end_.value_or(grpc::Status(grpc::StatusCode::CANCELLED, "the stream is broken"));
  }
  return next;
}

void ChargingStream::Act(const Next& next) {
  if (next.write != nullptr) StartWrite(&next.write->answers);
  if (next.read != nullptr) StartRead(&next.read->requests);
  if (next.finish) Finish(*next.finish);
}

}  // namespace ocs::rpc::internal
