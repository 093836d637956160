// How long a charge takes while the server has half of the load that it can take, beside one synced
// write of the same disk. Requests leave by the clock, and their time counts from when they were
// due, so that a server that stalls is not spared the requests that it kept from being sent.

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/histogram.h"
#include "ocs/base/random.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "ocs/rpc/services.h"
#include "tests/bench/bench.h"
#include "tests/bench/empty_service.h"
#include "tests/bench/running_engine.h"

namespace ocs::bench {
namespace {

namespace wire = charging::v1;

constexpr int kLoopInFlight = 64;  // Of the closed loop that finds out what the server can take.
constexpr int64_t kAccounts = 10'000;
constexpr size_t kGroupBytes = 64 * 225;  // What such a group has on disk.
constexpr int kWrites = 400;

double Percentile(std::vector<double>* all, size_t percent) {
  OCS_CHECK(!all->empty());
  std::sort(all->begin(), all->end());
  return (*all)[std::min(all->size() - 1, all->size() * percent / 100)];
}

// Charges, one an object; it deletes itself. What they share outlives them.
struct Shared {
  std::vector<std::unique_ptr<wire::Charging::Stub>> stubs;
  std::vector<std::unique_ptr<Empty::Stub>> empty_stubs;
  std::vector<AccountId> accounts;
  std::atomic<uint64_t> number{0};
  Outstanding running;
  std::mutex mutex;
  std::vector<double> latencies;  // Guarded by mutex.
  std::atomic<bool> again{false};
};

class Charge final {
 public:
  static void Begin(Shared* shared, double due) {
    auto* charge = new Charge(shared, due);
    charge->Send();
  }

 private:
  Charge(Shared* shared, double due) : shared_(shared), due_(due) {}

  void Send() {
    const uint64_t number = shared_->number.fetch_add(1);
    request_.set_session_id(
        absl::StrCat("half;", reinterpret_cast<uintptr_t>(shared_), ";", number));
    request_.set_cc_request_type(wire::EVENT_REQUEST);
    request_.set_requested_action(wire::DIRECT_DEBITING);
    request_.set_account_id(shared_->accounts[number * 7919 % shared_->accounts.size()].value);
    request_.set_service_context_id("ai-tokens.v1@bench");
    auto* service = request_.add_multiple_services_credit_control();
    service->set_rating_group(1);
    service->set_model("deepseek-v3.2");
    auto* used = service->add_used_service_unit();
    for (const auto kind : {type::v1::INPUT, type::v1::OUTPUT}) {
      auto* quantity = used->add_token_quantity();
      quantity->set_token_kind(kind);
      quantity->set_quantity(100 + static_cast<int64_t>(number % 900));
    }
    shared_->stubs[number % shared_->stubs.size()]->async()->CreditControl(
        &context_, &request_, &answer_, [this](const grpc::Status& status) {
          OCS_CHECK(status.ok());
          OCS_CHECK(answer_.result_code() == wire::DIAMETER_SUCCESS);
          const double now = Seconds();
          {
            const std::lock_guard lock(shared_->mutex);
            shared_->latencies.push_back(now - due_);
          }
          Shared* shared = shared_;
          delete this;
          if (shared->again.load()) return Begin(shared, now);
          shared->running.Done();
        });
  }

  Shared* const shared_;
  const double due_;
  grpc::ClientContext context_;
  wire::CreditControlRequest request_;
  wire::CreditControlAnswer answer_;
};

struct WriteMicros {
  double p50 = 0;
  double p99 = 0;
};

// An empty call, sent and timed in the same way.
class EmptyCall final {
 public:
  static void Begin(Shared* shared, double due) {
    auto* call = new EmptyCall(shared, due);
    const uint64_t number = shared->number.fetch_add(1);
    shared->empty_stubs[number % shared->empty_stubs.size()]->async()->Call(
        &call->context_, &call->request_, &call->response_, [call](const grpc::Status& status) {
          OCS_CHECK(status.ok());
          Shared* of_all = call->shared_;
          {
            const std::lock_guard lock(of_all->mutex);
            of_all->latencies.push_back(Seconds() - call->due_);
          }
          delete call;
          of_all->running.Done();
        });
  }

 private:
  EmptyCall(Shared* shared, double due) : shared_(shared), due_(due) {}

  Shared* const shared_;
  const double due_;
  grpc::ClientContext context_;
  EmptyMessage request_;
  EmptyMessage response_;
};

// One synced write of a group's bytes, alone on the disk.
WriteMicros MeasureSyncedWrite(balance::Store* store) {
  std::vector<double> all;
  for (int i = 0; i < kWrites; ++i) {
    balance::StoreBatch batch;
    batch.Put(balance::Table::kMeta, "bench", std::string(kGroupBytes, 'x'));
    const double begin = Seconds();
    OCS_CHECK(store->Write(batch).ok());
    all.push_back((Seconds() - begin) * 1e6);
  }
  return {.p50 = Percentile(&all, 50), .p99 = Percentile(&all, 99)};
}

// As many as may be in flight, until the time is over: what the server can take in a second.
double Capacity(Shared* shared, double seconds) {
  shared->again = true;
  shared->running.Add(kLoopInFlight);
  const double begin = Seconds();
  for (int i = 0; i < kLoopInFlight; ++i) Charge::Begin(shared, begin);
  while (Seconds() - begin < seconds)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // tidy-allow sleep: measures
  shared->again = false;
  shared->running.WaitForZero();
  const std::lock_guard lock(shared->mutex);
  const double rate = static_cast<double>(shared->latencies.size()) / (Seconds() - begin);
  shared->latencies.clear();
  return rate;
}

// How long the groups' writes took between two readings, as far as the histogram's steps tell.
std::string WritesBetween(const HistogramCounts& before, const HistogramCounts& after) {
  const int64_t writes = after.total() - before.total();
  if (writes == 0) return "no group";
  const auto bound_of = [&](int64_t percent) {
    int64_t counted = 0;
    for (size_t step = 0; step < kHistogramBounds.size(); ++step) {
      counted += after.counts[step] - before.counts[step];
      if (counted * 100 >= writes * percent) return absl::StrCat(kHistogramBounds[step]);
    }
    return absl::StrCat("more than ", kHistogramBounds.back());
  };
  return absl::StrFormat("%d groups then: %d us each, 99 of 100 within %s us, all within %s us",
                         writes, (after.sum - before.sum) / writes, bound_of(99), bound_of(100));
}

/// How late each request was sent: the clock's thread, too, waits for a processor.
template <typename Call>
std::vector<double> Offer(Shared* shared, double per_second, double seconds) {
  std::vector<double> late;
  const double begin = Seconds();
  int64_t sent = 0;
  for (double now = begin; now - begin < seconds; now = Seconds()) {
    const auto due = static_cast<int64_t>((now - begin) * per_second);
    for (; sent < due; ++sent) {
      const double due_at = begin + static_cast<double>(sent) / per_second;
      shared->running.Add(1);
      late.push_back(Seconds() - due_at);
      Call::Begin(shared, due_at);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));  // tidy-allow sleep: measures
  }
  shared->running.WaitForZero();
  return late;
}

}  // namespace

void HalfLoadBench(const Options& options, Report* report) {
  std::filesystem::remove_all(options.folder);
  Running running = Start(options);
  const WriteMicros write = MeasureSyncedWrite(running.store.get());
  Publish(*running.engine);
  Shared shared;
  shared.accounts = OpenAccounts(*running.engine, std::min(options.accounts, kAccounts));
  rpc::Services services(running.engine.get(), {.zone = absl::UTCTimeZone()});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  EmptyService empty;
  builder.RegisterService(&empty);
  services.RegisterWith(&builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  OCS_CHECK(server != nullptr);
  for (int i = 0; i < 4; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("bench.channel", i);  // Otherwise they share one connection.
    const auto channel = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                                   grpc::InsecureChannelCredentials(), arguments);
    shared.stubs.push_back(wire::Charging::NewStub(channel));
    shared.empty_stubs.push_back(Empty::NewStub(channel));
  }
  Capacity(&shared, options.seconds / 8);  // Warms up.
  const double capacity = Capacity(&shared, options.seconds / 4);
  const HistogramCounts before = running.engine->statistics({0}).write_micros;
  std::vector<double> late = Offer<Charge>(&shared, capacity / 2, options.seconds / 2);
  const HistogramCounts after = running.engine->statistics({0}).write_micros;
  const double p50_us = Percentile(&shared.latencies, 50) * 1e6;
  const double p99_us = Percentile(&shared.latencies, 99) * 1e6;
  shared.latencies.clear();
  Offer<EmptyCall>(&shared, capacity / 2, options.seconds / 4);
  report->Add({.what = absl::StrFormat("empty unary calls at the same rate, p50 %.0f us, p99",
                                       Percentile(&shared.latencies, 50) * 1e6),
               .measured = absl::StrFormat("%.0f us", Percentile(&shared.latencies, 99) * 1e6)});
  report->Add(
      {.what = absl::StrFormat("unary charge at half load (%.0f of %.0f/s), sent late p99 %.0f us, "
                               "p50 %.0f us, p99",
                               capacity / 2, capacity, Percentile(&late, 99) * 1e6, p50_us),
       .measured = absl::StrFormat("%.0f us", p99_us),
       .beside = absl::StrFormat("one synced write of %d bytes: %.0f us, p99 %.0f us; %s",
                                 kGroupBytes, write.p50, write.p99, WritesBetween(before, after)),
       .ratio = Ratio(p99_us, write.p50),
       .to_reach = "under 10",
       .reached = p99_us < 10 * write.p50});
  services.Stop();
  server->Shutdown();
  Drain(*running.engine);
  running.engine.reset();
  std::filesystem::remove_all(options.folder);
}

}  // namespace ocs::bench
