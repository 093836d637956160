#include "tools/load/offer.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "tools/client/connection.h"

namespace ocs::load {
namespace {

namespace wire = charging::v1;
using SteadyClock = std::chrono::steady_clock;

constexpr int64_t kMillion = 1'000'000;
constexpr auto kStep = std::chrono::milliseconds(1);  // Requests due within it leave together.

int64_t MicrosBetween(SteadyClock::time_point from, SteadyClock::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

End EndOf(const grpc::Status& status, const wire::CreditControlAnswer& answer) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return answer.result_code() == wire::DIAMETER_SUCCESS ? End::kDone : End::kRefused;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return End::kBusy;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return End::kLate;
    default:
      return End::kOther;
  }
}

// One request on its way. Used again.
struct Flight {
  std::optional<grpc::ClientContext> context;
  wire::CreditControlRequest request;
  wire::CreditControlAnswer answer;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<wire::CreditControlAnswer>> reader;
  size_t tenant = 0;
  int64_t second = 0;
  SteadyClock::time_point due_at;
};

}  // namespace

struct Offerer::State {
  explicit State(Workload load) : workload(std::move(load)), random(workload.seed) {
    for (const Tenant& tenant : workload.tenants) {
      for (const auto& channel : tenant.channels) {
        stubs[&tenant].push_back(wire::Charging::NewStub(channel));
      }
    }
    run = Cat("load;", workload.seed, ";", ::getpid(), ";",
              std::chrono::system_clock::now().time_since_epoch().count());
    collector = std::thread([this] { Collect(); });
  }

  ~State() {
    queue.Shutdown();
    collector.join();
  }

  void Fill(wire::CreditControlRequest* request) {
    request->Clear();
    request->set_session_id(Cat(run, ";", ++sent_count));
    request->set_cc_request_type(wire::EVENT_REQUEST);
    request->set_requested_action(wire::DIRECT_DEBITING);
    request->set_service_context_id("ai-tokens.v1@load.example");
    request->set_account_id(
        workload.accounts[static_cast<size_t>(random.Below(std::ssize(workload.accounts)))]);
    auto* service = request->add_multiple_services_credit_control();
    service->set_rating_group(1);
    service->set_model(workload.model);
    auto* used = service->add_used_service_unit();
    const std::pair<type::v1::TokenKind, int64_t> kinds[] = {{type::v1::INPUT, 1'000},
                                                             {type::v1::OUTPUT, 300}};
    for (const auto& [kind, most] : kinds) {
      auto* quantity = used->add_token_quantity();
      quantity->set_token_kind(kind);
      quantity->set_quantity(random.Between(1, most));
    }
  }

  // Its time counts from when it was due: what this program or the server keeps from being sent is
  // late all the same.
  void Send(size_t tenant, int64_t second, SteadyClock::time_point due_at) {
    std::unique_ptr<Flight> flight = TakeFlight();
    const Tenant& from = workload.tenants[tenant];
    flight->context.emplace();
    flight->context->set_deadline(std::chrono::system_clock::now() +
                                  std::chrono::milliseconds(workload.deadline_ms));
    client::SetToken(from.token, &*flight->context);
    Fill(&flight->request);
    flight->tenant = tenant;
    flight->second = second;
    flight->due_at = due_at;
    auto& mine = stubs[&from];
    flight->reader = mine[static_cast<size_t>(sent_count) % mine.size()]->AsyncCreditControl(
        &*flight->context, flight->request, &queue);
    in_flight.fetch_add(1);
    Flight* tag = flight.release();  // The queue's until it has ended.
    tag->reader->Finish(&tag->answer, &tag->status, tag);
  }

  std::unique_ptr<Flight> TakeFlight() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (idle.empty()) return std::make_unique<Flight>();
    std::unique_ptr<Flight> flight = std::move(idle.back());
    idle.pop_back();
    return flight;
  }

  // The collector's thread.
  void Collect() {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
      std::unique_ptr<Flight> flight(static_cast<Flight*>(tag));
      const End end = EndOf(flight->status, flight->answer);
      const int64_t micros = MicrosBetween(flight->due_at, SteadyClock::now());
      if (end == End::kDone) done_count.fetch_add(1);
      const std::lock_guard<std::mutex> lock(mutex);
      if (measure != nullptr) {
        measure->Count(phase, flight->second, flight->tenant, end, static_cast<uint32_t>(micros));
      }
      flight->reader.reset();
      flight->context.reset();
      idle.push_back(std::move(flight));
      in_flight.fetch_sub(1);  // Only now: whoever sees 0 may take the measure away.
    }
  }

  void AwaitNone() const {
    while (in_flight.load() > 0) std::this_thread::sleep_for(kStep);
  }

  void SetMeasure(int new_phase, Measure* new_measure) {
    const std::lock_guard<std::mutex> lock(mutex);
    phase = new_phase;
    measure = new_measure;
  }

  void CountUnsent(int64_t second, size_t tenant) {
    const std::lock_guard<std::mutex> lock(mutex);
    measure->Count(phase, second, tenant, End::kUnsent, 0);
  }

  const Workload workload;
  std::map<const Tenant*, std::vector<std::unique_ptr<wire::Charging::Stub>>> stubs;
  Random random;
  std::string run;
  int64_t sent_count = 0;
  std::atomic<int64_t> in_flight{0};
  std::atomic<int64_t> done_count{0};
  grpc::CompletionQueue queue;
  std::mutex mutex;  // Guards what is below.
  std::vector<std::unique_ptr<Flight>> idle;
  int phase = 0;
  Measure* measure = nullptr;
  std::thread collector;
};

Offerer::Offerer(Workload workload) {
  OCS_CHECK(!workload.tenants.empty());
  OCS_CHECK(!workload.accounts.empty());
  state_ = std::make_unique<State>(std::move(workload));
}

Offerer::~Offerer() = default;

int64_t Offerer::MeasureCapacity(int64_t seconds, int64_t in_flight) {
  state_->SetMeasure(0, nullptr);
  const auto begin = SteadyClock::now();
  const int64_t before = state_->done_count.load();
  while (MicrosBetween(begin, SteadyClock::now()) < seconds * kMillion) {
    // One at a time by the clock: where all fail at once, as without a server, there are never so
    // many in flight.
    if (state_->in_flight.load() < in_flight) {
      state_->Send(0, 0, SteadyClock::now());
    } else {
      std::this_thread::yield();
    }
  }
  const int64_t micros = MicrosBetween(begin, SteadyClock::now());
  const int64_t done = state_->done_count.load() - before;
  state_->AwaitNone();
  return done * kMillion / micros;
}

void Offerer::Offer(int phase, int64_t per_second, int64_t seconds, Measure* measure) {
  state_->SetMeasure(phase, measure);
  const Workload& workload = state_->workload;
  int64_t shares = 0;
  for (const Tenant& tenant : workload.tenants) shares += tenant.share;
  std::vector<int64_t> offered(workload.tenants.size());
  const auto begin = SteadyClock::now();
  int64_t now_us = 0;
  while (now_us < seconds * kMillion) {
    now_us = std::min(MicrosBetween(begin, SteadyClock::now()), seconds * kMillion);
    for (size_t i = 0; i < workload.tenants.size(); ++i) {
      // What is due is counted from the beginning, so that no lateness is lost.
      const int64_t due = per_second * workload.tenants[i].share * now_us / (shares * kMillion);
      for (; offered[i] < due; ++offered[i]) {
        const auto rate = static_cast<double>(per_second) *
                          static_cast<double>(workload.tenants[i].share) /
                          static_cast<double>(shares);
        const auto due_us = static_cast<int64_t>(static_cast<double>(offered[i]) * 1e6 / rate);
        if (state_->in_flight.load() < workload.in_flight_max) {
          state_->Send(i, due_us / kMillion, begin + std::chrono::microseconds(due_us));
        } else {
          state_->CountUnsent(due_us / kMillion, i);
        }
      }
    }
    std::this_thread::sleep_until(begin + std::chrono::microseconds(now_us) + kStep);
  }
  state_->AwaitNone();
  state_->SetMeasure(0, nullptr);
}

}  // namespace ocs::load
