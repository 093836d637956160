// CreditControl through gRPC beside an empty call: the same client, channel count and number in
// flight, in one process on loopback. And the stream of batches.

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "ocs/rpc/services.h"
#include "tests/bench/bench.h"
#include "tests/bench/empty_service.h"
#include "tests/bench/running_engine.h"

namespace ocs::bench {
namespace {

namespace wire = charging::v1;

constexpr int kChannels = 4;
constexpr int64_t kRpcAccounts = 100'000;
constexpr int kBatch = 100;
constexpr int kBatchesInFlight = 4;

struct Run {
  std::atomic<bool> stop = false;
  std::atomic<int64_t> done = 0;
  Outstanding running;
  std::vector<AccountId> accounts;
};

std::vector<std::shared_ptr<grpc::Channel>> Channels(int port) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("bench.channel", i);  // Otherwise they share one connection.
    channels.push_back(grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                                 grpc::InsecureChannelCredentials(), arguments));
  }
  return channels;
}

class EmptyCaller final {
 public:
  EmptyCaller(Run* run, const std::shared_ptr<grpc::Channel>& channel)
      : run_(run), stub_(Empty::NewStub(channel)) {}
  void Begin() {
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->Call(context_.get(), &request_, &response_, [this](const grpc::Status& status) {
      OCS_CHECK(status.ok());
      run_->done.fetch_add(1, std::memory_order_relaxed);
      latencies.push_back(Seconds() - begun_);
      if (run_->stop.load(std::memory_order_relaxed)) return run_->running.Done();
      Begin();
    });
    begun_ = Seconds();
  }
  std::vector<double> latencies;

 private:
  Run* run_;
  std::unique_ptr<Empty::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  EmptyMessage request_;
  EmptyMessage response_;
  double begun_ = 0;
};

void FillInitial(const std::string& session, AccountId account,
                 wire::CreditControlRequest* request) {
  request->Clear();
  request->set_session_id(session);
  request->set_cc_request_type(wire::INITIAL_REQUEST);
  request->set_account_id(account.value);
  request->set_service_context_id("ai-tokens.v1@bench");
  auto* service = request->add_multiple_services_credit_control();
  service->set_rating_group(1);
  service->set_model("deepseek-v3.2");
  auto* units = service->mutable_requested_service_unit();
  const auto add = [&](auto kind, int64_t quantity) {
    auto* q = units->add_token_quantity();
    q->set_token_kind(kind);
    q->set_quantity(quantity);
  };
  add(type::v1::INPUT, 700);
  add(type::v1::CACHE_READ, 300);
  add(type::v1::OUTPUT, 500);
}

void FillTermination(wire::CreditControlRequest* request) {
  request->set_cc_request_type(wire::TERMINATION_REQUEST);
  request->set_cc_request_number(1);
  auto* service = request->mutable_multiple_services_credit_control(0);
  service->clear_requested_service_unit();
  auto* units = service->add_used_service_unit();
  const auto add = [&](auto kind, int64_t quantity) {
    auto* q = units->add_token_quantity();
    q->set_token_kind(kind);
    q->set_quantity(quantity);
  };
  add(type::v1::INPUT, 700);
  add(type::v1::CACHE_READ, 300);
  add(type::v1::OUTPUT, 333);
}

class CreditCaller final {
 public:
  CreditCaller(Run* run, const std::shared_ptr<grpc::Channel>& channel, uint64_t number)
      : run_(run), stub_(wire::Charging::NewStub(channel)), number_(number), random_(number) {}

  void Begin() {
    if (initial_) {
      const auto at =
          static_cast<size_t>(random_.Below(static_cast<int64_t>(run_->accounts.size())));
      FillInitial(
          absl::StrCat("gw;", reinterpret_cast<uintptr_t>(run_), ";", number_, ";", round_++),
          run_->accounts[at], &request_);
    } else {
      FillTermination(&request_);
    }
    initial_ = !initial_;
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->CreditControl(context_.get(), &request_, &answer_,
                                  [this](const grpc::Status& status) {
                                    OCS_CHECK(status.ok());
                                    OCS_CHECK(answer_.result_code() == wire::DIAMETER_SUCCESS);
                                    run_->done.fetch_add(1, std::memory_order_relaxed);
                                    latencies.push_back(Seconds() - begun_);
                                    if (run_->stop.load(std::memory_order_relaxed))
                                      return run_->running.Done();
                                    Begin();
                                  });
    begun_ = Seconds();
  }
  std::vector<double> latencies;

 private:
  Run* run_;
  std::unique_ptr<wire::Charging::Stub> stub_;
  uint64_t number_;
  Random random_;
  uint64_t round_ = 0;
  bool initial_ = true;
  std::unique_ptr<grpc::ClientContext> context_;
  wire::CreditControlRequest request_;
  wire::CreditControlAnswer answer_;
  double begun_ = 0;
};

// A stream with several batches on their way; each batch opens sessions or closes those that an
// earlier one opened.
class BatchCaller final
    : public grpc::ClientBidiReactor<wire::CreditControlBatch, wire::CreditControlAnswerBatch> {
 public:
  BatchCaller(Run* run, const std::shared_ptr<grpc::Channel>& channel)
      : run_(run), stub_(wire::Charging::NewStub(channel)), random_(99) {}

  void Begin() {
    stub_->async()->CreditControlStream(&context_, this);
    FillOpen();
    StartWrite(&batch_);
    StartRead(&answers_);
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    OCS_CHECK(ok);
    const int flying = flying_.fetch_add(1) + 1;
    if (flying < kBatchesInFlight) WriteNext();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    for (const auto& item : answers_.item())
      OCS_CHECK(item.answer().result_code() == wire::DIAMETER_SUCCESS);
    run_->done.fetch_add(answers_.item_size(), std::memory_order_relaxed);
    const int flying = flying_.fetch_sub(1);
    StartRead(&answers_);
    if (flying == kBatchesInFlight) WriteNext();
  }
  void OnDone(const grpc::Status& status) override {
    OCS_CHECK(status.ok());
    run_->running.Done();
  }

 private:
  void WriteNext() {
    if (run_->stop.load()) return StartWritesDone();
    if (close_next_) {
      for (auto& request : *batch_.mutable_request()) FillTermination(&request);
    } else {
      FillOpen();
    }
    close_next_ = !close_next_;
    batch_.set_batch_id(++batch_id_);
    StartWrite(&batch_);
  }
  void FillOpen() {
    batch_.clear_request();
    for (int i = 0; i < kBatch; ++i) {
      const auto at =
          static_cast<size_t>(random_.Below(static_cast<int64_t>(run_->accounts.size())));
      FillInitial(absl::StrCat("stream;", reinterpret_cast<uintptr_t>(this), ";", round_++),
                  run_->accounts[at], batch_.add_request());
    }
  }

  Run* run_;
  std::unique_ptr<wire::Charging::Stub> stub_;
  grpc::ClientContext context_;
  Random random_;
  uint64_t round_ = 0;
  uint64_t batch_id_ = 0;
  bool close_next_ = true;
  std::atomic<int> flying_ = 0;
  wire::CreditControlBatch batch_;
  wire::CreditControlAnswerBatch answers_;
};

// What the whole process used: of processor time and of switches between threads.
struct Used {
  static Used Now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto micros = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return {.cpu_us = micros(usage.ru_utime) + micros(usage.ru_stime),
            .switches = static_cast<double>(usage.ru_nvcsw)};
  }
  double cpu_us = 0;
  double switches = 0;  // Voluntary ones: a thread went to sleep.
};

struct Rate {
  double per_second = 0;
  double cpu_us = 0;    // Of a call, client and server together.
  double switches = 0;  // Of a call.
  double p50_us = 0;
  double p99_us = 0;
};

template <typename Caller>
Rate Measure(Run* run, std::vector<std::unique_ptr<Caller>>& callers, double seconds) {
  run->running.Add(static_cast<int64_t>(callers.size()));
  const Used before = Used::Now();
  const double begin = Seconds();
  for (auto& caller : callers) caller->Begin();
  while (Seconds() - begin < seconds)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // tidy-allow sleep: measures
  const auto done = static_cast<double>(run->done.load());
  Rate rate{.per_second = done / (Seconds() - begin)};
  const Used after = Used::Now();
  rate.cpu_us = (after.cpu_us - before.cpu_us) / done;
  rate.switches = (after.switches - before.switches) / done;
  run->stop = true;
  run->running.WaitForZero();
  std::vector<double> all;
  if constexpr (requires { callers[0]->latencies; }) {
    for (auto& caller : callers)
      all.insert(all.end(), caller->latencies.begin(), caller->latencies.end());
  }
  if (!all.empty()) {
    std::sort(all.begin(), all.end());
    rate.p50_us = all[all.size() / 2] * 1e6;
    rate.p99_us = all[all.size() * 99 / 100] * 1e6;
  }
  return rate;
}

Rate MeasureEmpty(const std::vector<std::shared_ptr<grpc::Channel>>& channels, int in_flight,
                  double seconds) {
  Run run;
  std::vector<std::unique_ptr<EmptyCaller>> callers;
  for (int i = 0; i < in_flight; ++i) {
    callers.push_back(
        std::make_unique<EmptyCaller>(&run, channels[static_cast<size_t>(i % kChannels)]));
  }
  return Measure(&run, callers, seconds);
}

Rate MeasureCredit(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                   const std::vector<AccountId>& accounts, int in_flight, double seconds) {
  Run run;
  run.accounts = accounts;
  std::vector<std::unique_ptr<CreditCaller>> callers;
  for (int i = 0; i < in_flight; ++i) {
    callers.push_back(std::make_unique<CreditCaller>(
        &run, channels[static_cast<size_t>(i % kChannels)], static_cast<uint64_t>(i)));
  }
  return Measure(&run, callers, seconds);
}

}  // namespace

void RpcBench(const Options& options, Report* report) {
  std::filesystem::remove_all(options.folder);
  Running running = Start(options);
  Publish(*running.engine);
  const std::vector<AccountId> accounts =
      OpenAccounts(*running.engine, std::min(options.accounts, kRpcAccounts));
  EmptyService empty;
  rpc::Services services(running.engine.get(), {.zone = absl::UTCTimeZone()});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&empty);
  services.RegisterWith(&builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  OCS_CHECK(server != nullptr);
  const auto channels = Channels(port);
  MeasureEmpty(channels, 64, 0.5);  // Warms up.
  for (const int in_flight : {64, 256, 1'000}) {
    const Rate limit = MeasureEmpty(channels, in_flight, options.seconds / 2);
    const Rate credit = MeasureCredit(channels, accounts, in_flight, options.seconds / 2);
    report->Add({.what = absl::StrFormat(
                     "unary CreditControl, %d in flight, p50 %.0f us, p99 %.0f us, "
                     "%.1f us of processors, %.2f switches",
                     in_flight, credit.p50_us, credit.p99_us, credit.cpu_us, credit.switches),
                 .measured = PerSecond(credit.per_second),
                 .beside = absl::StrFormat(
                     "empty unary call: %s, p99 %.0f us, %.1f us, %.2f switches",
                     PerSecond(limit.per_second), limit.p99_us, limit.cpu_us, limit.switches),
                 .ratio = Ratio(credit.per_second, limit.per_second),
                 .to_reach = "0.8",
                 .reached = credit.per_second >= 0.8 * limit.per_second});
  }
  Run run;
  run.accounts = accounts;
  std::vector<std::unique_ptr<BatchCaller>> callers;
  for (int i = 0; i < kChannels; ++i) {
    callers.push_back(std::make_unique<BatchCaller>(&run, channels[static_cast<size_t>(i)]));
  }
  const Rate batched = Measure(&run, callers, options.seconds / 2);
  report->Add({.what = absl::StrFormat("stream of batches of %d, %d streams", kBatch, kChannels),
               .measured = PerSecond(batched.per_second),
               .beside = "the best published figure: 22,500/s a core",
               .ratio = Ratio(batched.per_second, 45'000),
               .to_reach = "1",
               .reached = batched.per_second >= 45'000});
  services.Stop();
  server->Shutdown();
  Drain(*running.engine);
  running.engine.reset();
  std::filesystem::remove_all(options.folder);
}

}  // namespace ocs::bench
