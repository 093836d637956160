// A gateway of the chaos test, as a process of its own: it charges model calls through the client
// library and, on purpose, badly: sends twice at once, gives up early, cancels, sends late and out
// of order, uses more than it was granted, falls silent. What it sends stands in its diary first.
//
// It ends when its standard input does, after its calls are over; the test kills it before that,
// again and again. A new life takes over the open sessions of the ones before.

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/chaos/diary.h"
#include "tools/client/charging_client.h"  // tidy-allow arrow: a gateway is a user of the library
#include "tools/client/connection.h"       // tidy-allow arrow: a gateway is a user of the library

namespace ocs::chaos {
namespace {

using type::v1::INPUT;
using type::v1::OUTPUT;

constexpr int kWorkers = 3;
constexpr uint32_t kRatingGroup = 1;

struct Arguments {
  std::string address;
  std::string diary;
  std::string name;
  uint64_t seed = 0;
  int64_t customers = 0;
};

void AddTokens(type::v1::TokenKind kind, int64_t quantity,
               google::protobuf::RepeatedPtrField<type::v1::TokenQuantity>* list) {
  auto* added = list->Add();
  added->set_token_kind(kind);
  added->set_quantity(quantity);
}

// The grant's output tokens; 0 when nothing is granted.
int64_t OutputOf(const wire::CreditControlAnswer& answer) {
  if (answer.result_code() != wire::DIAMETER_SUCCESS) return 0;
  for (const auto& service : answer.multiple_services_credit_control()) {
    if (service.result_code() != wire::DIAMETER_SUCCESS) continue;
    for (const auto& token : service.granted_service_unit().token_quantity()) {
      if (token.token_kind() == OUTPUT) return token.quantity();
    }
  }
  return 0;
}

// What all workers share.
struct Gateway {
  explicit Gateway(const Arguments& given)
      : arguments(given),
        diary(given.diary),
        channel(client::MakeChannel({.server = given.address}, client::Sharing::kOwn).value()),
        client(channel, {.retry = {.attempt_ms = 1'000,
                                   .budget_ms = 60'000,
                                   .backoff_first_ms = 20,
                                   .backoff_most_ms = 300}}),
        stub(wire::Charging::NewStub(channel)) {}

  const Arguments arguments;
  Diary diary;
  std::shared_ptr<grpc::Channel> channel;
  client::ChargingClient client;
  std::unique_ptr<wire::Charging::Stub> stub;
  std::atomic<bool> over{false};
};

// One try outside of the library, as it is begun; the answer may never be looked at.
class RawTry final {
 public:
  RawTry(Gateway& gateway, const wire::CreditControlRequest& request, int64_t deadline_ms)
      : request_(request), done_(std::make_shared<std::promise<grpc::Status>>()) {
    context_.set_deadline(std::chrono::system_clock::now() +  // tidy-allow clock: gRPC's deadline
                          std::chrono::milliseconds(deadline_ms));
    gateway.stub->async()->CreditControl(
        &context_, &request_, &answer_,
        [done = done_](grpc::Status status) { done->set_value(std::move(status)); });
  }
  ~RawTry() {
    if (!ended_) Await();
  }
  RawTry(const RawTry&) = delete;
  RawTry& operator=(const RawTry&) = delete;

  void Cancel() { context_.TryCancel(); }
  bool Await() {
    const bool ok = done_->get_future().get().ok();
    ended_ = true;
    return ok;
  }
  const wire::CreditControlAnswer& answer() const { return answer_; }

 private:
  const wire::CreditControlRequest request_;
  wire::CreditControlAnswer answer_;
  grpc::ClientContext context_;
  std::shared_ptr<std::promise<grpc::Status>> done_;
  bool ended_ = false;
};

// One call after the other. Confined to its thread.
class Worker final {
 public:
  Worker(Gateway& gateway, int number)
      : gateway_(gateway),
        random_(gateway.arguments.seed * (kWorkers + 1) + static_cast<uint64_t>(number)),
        number_(number) {}

  void Run() {
    while (!gateway_.over.load()) {
      session_ = Cat(gateway_.arguments.name, ".", number_, ".", ++calls_);
      customer_ = Cat("chaos-", random_.Below(gateway_.arguments.customers));
      if (random_.OneIn(6)) {
        DirectDebit();
      } else {
        ModelCall();
      }
    }
  }

  // Sends what a life before has left unanswered of a session, and closes it; or leaves it to the
  // supervision timer. `number` is the first that the life before has not used.
  void TakeOver(const std::vector<wire::CreditControlRequest>& unanswered, uint32_t number) {
    if (random_.OneIn(4)) return gateway_.diary.Tally("left to the supervision timer");
    bool closed = false;
    for (const auto& request : unanswered) {
      gateway_.diary.Tally("sent late");
      wire::CreditControlAnswer answer;
      if (!Ask(request, &answer)) return;
      closed = request.cc_request_type() != wire::INITIAL_REQUEST &&
               request.cc_request_type() != wire::UPDATE_REQUEST;
      session_ = request.session_id();
      customer_ = request.subscription_id().subscription_id_data();
    }
    if (!closed) Settle(MakeUse(wire::TERMINATION_REQUEST, number, 10, 0));
  }

 private:
  wire::CreditControlRequest Make(wire::CcRequestType request_type, uint32_t number) {
    wire::CreditControlRequest request;
    request.set_session_id(session_);
    request.set_cc_request_type(request_type);
    request.set_cc_request_number(number);
    request.mutable_subscription_id()->set_subscription_id_type(type::v1::END_USER_PRIVATE);
    request.mutable_subscription_id()->set_subscription_id_data(customer_);
    request.set_service_context_id("ai-tokens.v1@chaos.example");
    auto* service = request.add_multiple_services_credit_control();
    service->set_rating_group(kRatingGroup);
    service->set_model("deepseek-v3.2");
    return request;
  }

  wire::CreditControlRequest MakeUse(wire::CcRequestType request_type, uint32_t number,
                                     int64_t input, int64_t output) {
    wire::CreditControlRequest request = Make(request_type, number);
    auto* used = request.mutable_multiple_services_credit_control(0)->add_used_service_unit();
    AddTokens(INPUT, input, used->mutable_token_quantity());
    AddTokens(OUTPUT, output, used->mutable_token_quantity());
    used->set_estimated(random_.OneIn(8));
    return request;
  }

  void DirectDebit() {
    auto request =
        MakeUse(wire::EVENT_REQUEST, 0, random_.Between(1, 3'000), random_.Between(1, 500));
    request.set_requested_action(wire::DIRECT_DEBITING);
    gateway_.diary.Intend(request);
    Settle(request);
  }

  void ModelCall() {
    const int64_t input = random_.Between(100, 4'000);
    auto open = Make(wire::INITIAL_REQUEST, 0);
    auto* wanted = open.mutable_multiple_services_credit_control(0)
                       ->mutable_requested_service_unit()
                       ->mutable_token_quantity();
    AddTokens(INPUT, input, wanted);
    AddTokens(OUTPUT, random_.Between(50, 1'000), wanted);
    gateway_.diary.Intend(open);
    wire::CreditControlAnswer answer;
    if (!Send(open, &answer)) return;
    int64_t granted = OutputOf(answer);
    if (granted == 0 && answer.result_code() != wire::DIAMETER_SUCCESS) return;
    uint32_t number = 0;
    int64_t prompt = input;  // Reported once.
    std::vector<wire::CreditControlRequest> late;
    for (int64_t updates = random_.Below(4); updates > 0 && granted > 0; --updates) {
      auto update = MakeUse(wire::UPDATE_REQUEST, ++number, prompt, random_.Between(0, granted));
      prompt = 0;
      AddTokens(OUTPUT, random_.Between(50, 1'000),
                update.mutable_multiple_services_credit_control(0)
                    ->mutable_requested_service_unit()
                    ->mutable_token_quantity());
      gateway_.diary.Intend(update);
      if (random_.OneIn(10)) {
        gateway_.diary.Tally("out of order");
        late.push_back(std::move(update));
        continue;
      }
      if (!Send(update, &answer)) return;
      granted = OutputOf(answer);
    }
    if (random_.OneIn(20)) return gateway_.diary.Tally("fell silent");
    int64_t output = random_.Between(0, granted);
    if (random_.OneIn(12)) {
      gateway_.diary.Tally("used more than granted");
      output = granted + random_.Between(1, 300);
    }
    const auto end = MakeUse(wire::TERMINATION_REQUEST, ++number, prompt, output);
    gateway_.diary.Intend(end);
    if (!late.empty() && random_.OneIn(2)) {
      for (const auto& request : late) Settle(request);
      late.clear();
    }
    Settle(end);
    for (const auto& request : late) Settle(request);
  }

  void Settle(const wire::CreditControlRequest& request) {
    if (request.cc_request_type() == wire::TERMINATION_REQUEST) gateway_.diary.Intend(request);
    wire::CreditControlAnswer answer;
    Send(request, &answer);
  }

  // Sends badly, as drawn, then well until it is answered. False when gRPC refused it.
  bool Send(const wire::CreditControlRequest& request, wire::CreditControlAnswer* answer) {
    const int64_t way = random_.Below(10);
    if (way == 0) {
      gateway_.diary.Tally("sent twice at once");
      RawTry one(gateway_, request, 1'000);
      RawTry other(gateway_, request, 1'000);
      const bool first = one.Await();
      const bool second = other.Await();
      if (first && second &&
          one.answer().SerializeAsString() != other.answer().SerializeAsString()) {
        gateway_.diary.Fault(Cat(request.session_id(), " ", request.cc_request_number(),
                                 ": two answers to one request"));
      }
    } else if (way == 1) {
      gateway_.diary.Tally("given up early");
      RawTry impatient(gateway_, request, random_.Between(1, 8));
      impatient.Await();
    } else if (way == 2) {
      gateway_.diary.Tally("cancelled");
      RawTry cancelled(gateway_, request, 1'000);
      cancelled.Cancel();
    }
    return Ask(request, answer);
  }

  bool Ask(const wire::CreditControlRequest& request, wire::CreditControlAnswer* answer) {
    const grpc::Status status = gateway_.client.Ask(request, answer);
    if (status.ok()) {
      gateway_.diary.Answered(KeyOf(request), *answer);
      return true;
    }
    // Without an answer it stays open in the diary: the check then looks for all of it or nothing.
    if (client::Judge(status).verdict == client::Verdict::kFinal) {
      gateway_.diary.Refused(KeyOf(request), status.error_code());
    }
    return false;
  }

  Gateway& gateway_;
  Random random_;
  const int number_;
  int64_t calls_ = 0;
  std::string session_;
  std::string customer_;
};

void TakeOverOldCalls(Gateway& gateway, const Notes& notes) {
  struct Left {
    std::vector<wire::CreditControlRequest> unanswered;
    uint32_t number = 0;
  };
  std::map<std::string, Left> sessions;
  for (const auto& [key, noted] : notes.requests) {
    Left& left = sessions[key.first];
    left.number = key.second + 1;
    if (!noted.answered && noted.refused == 0) left.unanswered.push_back(noted.request);
  }
  Worker heir(gateway, kWorkers);
  for (const auto& [session, left] : sessions) {
    if (!left.unanswered.empty()) heir.TakeOver(left.unanswered, left.number);
  }
}

int Main(int argc, char** argv) {
  OCS_CHECK(argc == 6);
  Arguments arguments;
  arguments.address = argv[1];
  arguments.diary = argv[2];
  arguments.name = argv[3];
  arguments.seed = std::strtoull(argv[4], nullptr, 10);
  arguments.customers = std::strtoll(argv[5], nullptr, 10);
  Gateway gateway(arguments);
  std::vector<std::thread> threads;
  Notes notes;  // Read before this life writes anything of its own.
  ReadDiary(arguments.diary, &notes);
  threads.emplace_back([&gateway, &notes] { TakeOverOldCalls(gateway, notes); });
  for (int i = 0; i < kWorkers; ++i)
    threads.emplace_back([&gateway, i] { Worker(gateway, i).Run(); });
  char unused = 0;
  while (::read(STDIN_FILENO, &unused, 1) > 0) {
  }
  gateway.over.store(true);
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace ocs::chaos

int main(int argc, char** argv) { return ocs::chaos::Main(argc, argv); }
