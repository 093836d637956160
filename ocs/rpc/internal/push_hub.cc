#include "ocs/rpc/internal/push_hub.h"

#include <algorithm>

namespace ocs::rpc::internal {
namespace {

grpc::Status Stopping() { return {grpc::StatusCode::UNAVAILABLE, "the server is stopping"}; }

void DemandToWire(AccountId account, const balance::Demand& in, push::v1::Push* out) {
  out->set_demand_id(engine::DemandId(account, in.asked));
  out->set_account_id(account.value);
  out->set_session_id(in.session_id);
  out->set_kind(in.kind == balance::DemandKind::kAbort ? push::v1::ABORT : push::v1::REAUTHORISE);
  if (in.rating_group) out->set_rating_group(*in.rating_group);
  out->set_reason(in.reason);
  out->set_asked_at_unix_ms(in.asked_at.unix_ms);
  out->set_ask_count(in.asks);
}

// Which of the demands were not told before in this asking.
std::vector<size_t> NewOf(const engine::PendingDemands& now, const engine::PendingDemands* before) {
  std::vector<size_t> fresh;
  for (size_t i = 0; i < now.items.size(); ++i) {
    const balance::Demand& demand = now.items[i].demand;
    const bool told =
        before != nullptr &&
        std::any_of(before->items.begin(), before->items.end(), [&](const auto& item) {
          return item.demand.session_id == demand.session_id && item.demand.asked == demand.asked &&
                 item.demand.asks == demand.asks;
        });
    if (!told) fresh.push_back(i);
  }
  return fresh;
}

}  // namespace

PushStream::PushStream(PushHub* hub, Gate* gate, Pass pass, std::string origin_host)
    : hub_(hub),
      gate_(gate),
      tenant_(Gate::TenantOf(pass)),
      origin_host_(std::move(origin_host)),
      pass_(std::move(pass)) {}

grpc::ServerWriteReactor<push::v1::PushBatch>* PushStream::Start(PushHub* hub, Gate* gate,
                                                                 Pass pass,
                                                                 std::string origin_host) {
  const std::shared_ptr<PushStream> stream(
      new PushStream(hub, gate, std::move(pass), std::move(origin_host)));
  stream->self_ = stream;
  hub->Join(stream);
  return stream.get();
}

bool PushStream::Wants(const std::string& tenant, const std::string& origin_host) const {
  return (tenant_.empty() || tenant_ == tenant) &&
         (origin_host.empty() || origin_host == origin_host_);
}

bool PushStream::Offer(std::vector<push::v1::Push> pushes) {
  Step step = Step::kNothing;
  {
    const absl::MutexLock lock(&mutex_);
    if (end_ || waiting_.size() + pushes.size() > static_cast<size_t>(kPushesWaitingMax))
      return false;
    if (const grpc::Status* refusal = gate_->Renew(&pass_)) {
      end_ = *refusal;
    } else {
      for (push::v1::Push& one : pushes) waiting_.push_back(std::move(one));
    }
    step = Next();
  }
  Take(step);
  return true;
}

void PushStream::Close(const grpc::Status& status) {
  Step step = Step::kNothing;
  {
    const absl::MutexLock lock(&mutex_);
    if (!end_) end_ = status;
    step = Next();
  }
  Take(step);
}

PushStream::Step PushStream::Next() {
  if (finished_ || writing_) return Step::kNothing;
  if (end_) {
    finished_ = true;
    return Step::kFinish;
  }
  if (waiting_.empty()) return Step::kNothing;
  writing_ = true;
  batch_.Clear();
  for (int i = 0; i < kPushesPerBatchMax && !waiting_.empty(); ++i) {
    *batch_.add_push() = std::move(waiting_.front());
    waiting_.pop_front();
  }
  return Step::kWrite;
}

void PushStream::Take(Step step) {
  if (step == Step::kWrite) StartWrite(&batch_);
  if (step != Step::kFinish) return;
  grpc::Status end;
  {
    const absl::MutexLock lock(&mutex_);
    end = *end_;
  }
  Finish(end);
}

void PushStream::OnWriteDone(bool ok) {
  Step step = Step::kNothing;
  {
    const absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok && !end_) end_ = grpc::Status(grpc::StatusCode::CANCELLED, "the listener is gone");
    step = Next();
  }
  Take(step);
}

void PushStream::OnCancel() {
  Close(grpc::Status(grpc::StatusCode::CANCELLED, "the listener is gone"));
}

void PushStream::OnDone() {
  hub_->Leave(this);
  self_.reset();
}

void PushHub::Take(const engine::PendingDemands& now) {
  Streams streams;
  std::vector<size_t> fresh;
  {
    const absl::MutexLock lock(&mutex_);
    const auto known = pending_.find(now.account.value);
    fresh = NewOf(now, known == pending_.end() ? nullptr : &known->second);
    if (now.items.empty()) {
      pending_.erase(now.account.value);
    } else if (known != pending_.end()) {
      known->second = now;
    } else if (pending_.size() < static_cast<size_t>(kPendingAccountsMax)) {
      pending_.emplace(now.account.value, now);
    }
    if (!fresh.empty()) streams = streams_;
  }
  Deliver(streams, now, fresh);
}

void PushHub::Deliver(const Streams& streams, const engine::PendingDemands& of,
                      const std::vector<size_t>& which) {
  std::vector<bool> heard(which.size(), false);
  for (const auto& stream : streams) {
    std::vector<push::v1::Push> pushes;
    std::vector<size_t> offered;
    for (size_t i = 0; i < which.size(); ++i) {
      const auto& item = of.items[which[i]];
      if (!stream->Wants(of.tenant, item.origin_host)) continue;
      DemandToWire(of.account, item.demand, &pushes.emplace_back());
      offered.push_back(i);
    }
    if (pushes.empty()) continue;
    const auto count = static_cast<int64_t>(pushes.size());
    if (!stream->Offer(std::move(pushes))) continue;
    sent_.fetch_add(count, std::memory_order_relaxed);
    for (const size_t i : offered) heard[i] = true;
  }
  unheard_.fetch_add(std::count(heard.begin(), heard.end(), false), std::memory_order_relaxed);
}

void PushHub::Join(const std::shared_ptr<PushStream>& stream) {
  std::vector<engine::PendingDemands> all;
  bool stopped = false;
  {
    const absl::MutexLock lock(&mutex_);
    stopped = stopped_;
    if (!stopped) streams_.push_back(stream);
    for (const auto& [account, demands] : pending_) {
      const bool any = std::any_of(
          demands.items.begin(), demands.items.end(),
          [&](const auto& item) { return stream->Wants(demands.tenant, item.origin_host); });
      if (any) all.push_back(demands);
    }
  }
  if (stopped) return stream->Close(Stopping());
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.account < b.account; });
  for (const engine::PendingDemands& demands : all)
    Deliver({stream}, demands, NewOf(demands, nullptr));
}

void PushHub::Leave(const PushStream* stream) {
  const absl::MutexLock lock(&mutex_);
  streams_.erase(std::remove_if(streams_.begin(), streams_.end(),
                                [&](const auto& other) { return other.get() == stream; }),
                 streams_.end());
}

void PushHub::Stop() {
  Streams streams;
  {
    const absl::MutexLock lock(&mutex_);
    stopped_ = true;
    streams = streams_;
  }
  for (const auto& stream : streams) stream->Close(Stopping());
}

DemandStatistics PushHub::statistics() const {
  const absl::MutexLock lock(&mutex_);
  return {.listeners = static_cast<int64_t>(streams_.size()),
          .pending_accounts = static_cast<int64_t>(pending_.size()),
          .sent = sent_.load(std::memory_order_relaxed),
          .unheard = unheard_.load(std::memory_order_relaxed)};
}

}  // namespace ocs::rpc::internal
