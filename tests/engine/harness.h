// An engine over any store, driven by hand: every call is submitted, everything that it needs is
// run, and it is done.

#ifndef TESTS_ENGINE_HARNESS_H_
#define TESTS_ENGINE_HARNESS_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "balance/mem_store.h"
#include "ocs/base/text.h"
#include "ocs/base/time.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "tests/support/catch.h"
#include "tests/support/manual_executor.h"

namespace ocs::engine::tests {

inline constexpr int64_t kDay = 86'400;

/// A call that remembers that it is done.
template <typename Call>
class Kept final : public Call {
 public:
  void Done() noexcept override { done = true; }
  bool done = false;
};

class Harness final {
 public:
  explicit Harness(std::shared_ptr<balance::Store> over = nullptr, EngineOptions with = {})
      : store(over != nullptr ? std::move(over)
                              : std::shared_ptr<balance::Store>(balance::MakeMemStore())),
        options(std::move(with)) {
    Open();
  }

  /// At that time, on a store that may refuse to open: `opened` says, and `engine` is then null.
  Harness(ocs::tests::ManualClock at, std::shared_ptr<balance::Store> over, EngineOptions with)
      : store(std::move(over)), clock(at), options(std::move(with)) {
    auto tried = TryOpen();
    opened = tried.status();
    if (tried.ok()) engine = *std::move(tried);
  }

  /// Opens the engine on the store as it is: a restart.
  void Open() {
    engine.reset();
    executor.DropAll();
    auto tried = TryOpen();
    opened = tried.status();
    INFO(opened);
    REQUIRE(opened.ok());
    engine = *std::move(tried);
  }
  absl::StatusOr<std::unique_ptr<Engine>> TryOpen() {
    return Engine::Open(options, {{.store = store.get(), .worker = &executor, .writer = &executor}},
                        &clock);
  }

  /// Submits and runs everything until the call is done.
  void Run(Operation* call) {
    engine->Submit(call);
    executor.RunAll();
  }

  void PublishFile(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    Publish(text.str());
  }
  void Publish(const std::string& text) {
    Kept<PublishCatalogueCall> call;
    call.change.key = "publish-" + std::to_string(++keys);
    call.text = text;
    call.effective_from = Instant{0};
    Run(&call);
    INFO(call.status);
    REQUIRE(call.done);
    REQUIRE(call.status.ok());
  }
  AccountId Create(int64_t top_up_micros, int64_t credit_limit_micros = 0,
                   const std::string& currency = "CNY") {
    Kept<CreateAccountCall> call;
    call.change.key = "account-" + std::to_string(++keys);
    call.currency = Unit::Of(currency);
    call.credit_limit_micros = credit_limit_micros;
    call.identities = {{IdentityType::kPrivate, "customer-" + std::to_string(keys)}};
    Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
    if (top_up_micros > 0) TopUp(call.account, top_up_micros, currency);
    return call.account;
  }
  void TopUp(AccountId account, int64_t micros, const std::string& currency = "CNY") {
    Kept<TopUpCall> call;
    call.change.key = "top-up-" + std::to_string(++keys);
    call.account = account;
    call.currency = Unit::Of(currency);
    call.amount_micros = micros;
    Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
  }
  void Purchase(AccountId account, const std::string& offer) {
    Kept<PurchaseCall> call;
    call.change.key = "purchase-" + std::to_string(++keys);
    call.account = account;
    call.offer = offer;
    Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
  }
  AccountView View(AccountId account) {
    Kept<GetAccountCall> call;
    call.account = account;
    Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
    return call.view;
  }

  std::shared_ptr<balance::Store> store;
  ocs::tests::ManualExecutor executor;
  ocs::tests::ManualClock clock{Instant{1'779'000'000'000}};  // 2026-05-17.
  EngineOptions options;
  absl::Status opened;
  std::unique_ptr<Engine> engine;
  int keys = 0;
};

/// A request about one model.
struct Ask {
  std::string session;
  uint32_t number = 0;
  AccountId account;
  std::string model = "deepseek-v3.2";
};

inline void Fill(Kept<CreditControlCall>& call, const Ask& ask, RequestType type) {
  call.request.session_id = ask.session;
  call.request.type = type;
  call.request.number = ask.number;
  call.request.account = ask.account;
  call.request.service_context_id = "ai-tokens.v1@test";
  ServiceRequest service;
  service.rating_group = 1;
  service.model = ask.model;
  call.request.services.push_back(service);
}

/// "ok", or the code and the field: "NOT_FOUND node_id".
inline std::string OutcomeText(const Operation& call) {
  if (call.status.ok()) return "ok";
  return Cat(absl::StatusCodeToString(call.status.code()), " ", call.failed_field);
}

/// Sets the clock and lets the engine do what is due.
inline void TickAt(Harness& h, const std::string& text) {
  const auto at = ParseInstant(text);
  REQUIRE(at.ok());
  h.clock.AdvanceSeconds((at->unix_ms - h.clock.Now().unix_ms) / 1000);
  h.engine->Tick();
  h.executor.RunAll();
}

}  // namespace ocs::engine::tests

#endif  // TESTS_ENGINE_HARNESS_H_
