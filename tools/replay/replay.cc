#include "tools/replay/replay.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <queue>
#include <thread>
#include <utility>
#include <vector>

#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "tools/client/retry.h"
#include "tools/replay/call.h"

namespace ocs::replay {
namespace {

using charging::v1::CreditControlAnswer;
using charging::v1::CreditControlRequest;
using SteadyClock = std::chrono::steady_clock;

// One account's calls, one after the other.
struct Lane {
  AccountSummary* account = nullptr;
  size_t next = 0;

  const std::vector<PlannedCall>& calls() const { return account->planned->calls; }
  size_t left() const { return calls().size() - next; }
};

// The lane with the most calls left goes first, so that none is left alone at the end.
struct FewerLeft {
  bool operator()(const Lane* a, const Lane* b) const {
    if (a->left() != b->left()) return a->left() < b->left();
    return a->account->planned->rank > b->account->planned->rank;
  }
};

// One call under way, and the request of it that waits for an answer or for its next try.
struct Flight {
  explicit Flight(Lane* its_lane, Call its_call) : lane(its_lane), call(std::move(its_call)) {}

  Lane* lane;
  Call call;
  CreditControlRequest request;
  CreditControlAnswer answer;
  grpc::Status status;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<CreditControlAnswer>> reader;
  grpc::Alarm alarm;
  bool waits_for_alarm = false;
  SteadyClock::time_point first_sent;
  std::optional<client::Backoff> backoff;  // Of this request; from its first repeat on.
};

// A thread with its own connection, queue and lanes. Confined to its thread until Run returns.
class Player final {
 public:
  Player(const ReplayOptions& options, int64_t in_flight_max, Progress* progress,
         std::atomic<bool>* stop)
      : options_(options),
        policy_(PolicyOf(options.endpoint)),
        in_flight_max_(in_flight_max),
        progress_(progress),
        stop_(stop),
        stub_(charging::v1::Charging::NewStub(Connect(options.endpoint))) {}

  void Add(Lane lane) { lanes_.push_back(std::make_unique<Lane>(lane)); }

  void Run() {
    for (const auto& lane : lanes_) {
      if (lane->left() > 0) ready_.push(lane.get());
    }
    while (true) {
      while (in_flight_ < in_flight_max_ && !ready_.empty() && !*stop_) Begin();
      if (in_flight_ == 0) break;
      void* tag = nullptr;
      bool ok = false;
      OCS_CHECK(queue_.Next(&tag, &ok));
      Handle(static_cast<Flight*>(tag));
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  const absl::Status& status() const { return status_; }
  Timing& timing() { return timing_; }

 private:
  void Begin() {
    Lane* lane = ready_.top();
    ready_.pop();
    ++in_flight_;
    const PlannedCall& planned = lane->calls()[lane->next];
    auto* flight =
        new Flight(lane, Call(planned, lane->account->planned->rank, options_.base_unix_ms));
    flight->call.Write(&flight->request);
    Send(flight, SteadyClock::now());
  }

  void Send(Flight* flight, SteadyClock::time_point first_sent) {
    flight->first_sent = first_sent;
    flight->waits_for_alarm = false;
    flight->answer.Clear();
    flight->context.emplace();
    flight->context->set_deadline(std::chrono::system_clock::now() +
                                  std::chrono::milliseconds(policy_.attempt_ms));
    flight->reader = stub_->AsyncCreditControl(&*flight->context, flight->request, &queue_);
    flight->reader->Finish(&flight->answer, &flight->status, flight);
  }

  void Handle(Flight* flight) {
    if (flight->waits_for_alarm) {
      if (*stop_) return End(flight);
      return Send(flight, flight->first_sent);
    }
    if (!flight->status.ok()) return Repeat(flight);
    Measure(*flight);
    absl::Status taken = flight->call.Take(flight->answer);
    if (!taken.ok()) return Fail(std::move(taken), flight);
    if (flight->call.done()) return Finish(flight);
    if (*stop_) return End(flight);
    flight->call.Write(&flight->request);
    flight->backoff.reset();
    Send(flight, SteadyClock::now());
  }

  void Repeat(Flight* flight) {
    const auto waited = SteadyClock::now() - flight->first_sent;
    const client::Judgement judgement = client::Judge(flight->status);
    if (judgement.verdict != client::Verdict::kRepeat ||
        waited > std::chrono::milliseconds(policy_.budget_ms)) {
      return Fail(client::FromGrpc(flight->status, flight->request.session_id()), flight);
    }
    if (!flight->backoff) flight->backoff.emplace(policy_, client::JitterSeed());
    ++timing_.repeats;
    progress_->repeats.fetch_add(1, std::memory_order_relaxed);
    flight->waits_for_alarm = true;
    flight->alarm.Set(&queue_,
                      std::chrono::system_clock::now() +
                          std::chrono::milliseconds(flight->backoff->NextWaitMs(judgement)),
                      flight);
  }

  void Measure(const Flight& flight) {
    const auto took = SteadyClock::now() - flight.first_sent;
    const auto type = static_cast<size_t>(flight.call.next_type()) - 1;
    timing_.latency_us.at(type).push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    ++timing_.requests;
    progress_->requests.fetch_add(1, std::memory_order_relaxed);
  }

  void Finish(Flight* flight) {
    Lane* lane = flight->lane;
    const CallResult& result = flight->call.result();
    const Totals before = lane->account->totals;
    lane->account->totals.Add(result, *lane->account->planned->product);
    const Totals& after = lane->account->totals;
    ++timing_.calls;
    progress_->calls.fetch_add(1, std::memory_order_relaxed);
    progress_->blocked.fetch_add(after.blocked - before.blocked, std::memory_order_relaxed);
    progress_->cut.fetch_add(after.cut - before.cut, std::memory_order_relaxed);
    progress_->overage.fetch_add(after.overage - before.overage, std::memory_order_relaxed);
    ++lane->next;
    if (lane->left() > 0) ready_.push(lane);
    End(flight);
  }

  void Fail(absl::Status status, Flight* flight) {
    if (status_.ok()) status_ = std::move(status);
    *stop_ = true;
    End(flight);
  }

  void End(Flight* flight) {
    delete flight;
    --in_flight_;
  }

  const ReplayOptions& options_;
  const client::RetryPolicy policy_;
  const int64_t in_flight_max_;
  Progress* const progress_;
  std::atomic<bool>* const stop_;
  std::unique_ptr<charging::v1::Charging::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::priority_queue<Lane*, std::vector<Lane*>, FewerLeft> ready_;
  int64_t in_flight_ = 0;
  absl::Status status_;
  Timing timing_;
};

void Merge(Timing from, Timing* to) {
  to->calls += from.calls;
  to->requests += from.requests;
  to->repeats += from.repeats;
  for (size_t type = 0; type < to->latency_us.size(); ++type) {
    auto& all = to->latency_us.at(type);
    all.insert(all.end(), from.latency_us.at(type).begin(), from.latency_us.at(type).end());
  }
}

}  // namespace

absl::StatusOr<Timing> Replay(const ReplayOptions& options, Summary* summary, Progress* progress) {
  OCS_CHECK(options.connections > 0);
  OCS_CHECK(options.in_flight_max >= options.connections);
  std::atomic<bool> stop{false};
  std::vector<std::unique_ptr<Player>> players;
  for (int64_t i = 0; i < options.connections; ++i) {
    const int64_t extra = i < options.in_flight_max % options.connections ? 1 : 0;
    const int64_t share = options.in_flight_max / options.connections + extra;
    players.push_back(std::make_unique<Player>(options, share, progress, &stop));
  }
  for (size_t i = 0; i < summary->accounts.size(); ++i) {
    players[i % players.size()]->Add({.account = &summary->accounts[i], .next = 0});
  }
  const SteadyClock::time_point begin = SteadyClock::now();
  std::vector<std::thread> threads;
  threads.reserve(players.size());
  for (const auto& player : players) threads.emplace_back([&player] { player->Run(); });
  for (std::thread& thread : threads) thread.join();
  Timing timing;
  timing.micros =
      std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin).count();
  timing.in_flight_max = options.in_flight_max;
  for (const auto& player : players) {
    if (!player->status().ok()) return player->status();
    Merge(std::move(player->timing()), &timing);
  }
  timing.Sort();
  return timing;
}

}  // namespace ocs::replay
