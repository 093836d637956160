// The engine beside a model of it, through crashes, repeats and time.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ocs/base/random.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"
#include "tests/property/model_ledger.h"
#include "tests/support/seed.h"

namespace ocs::engine::tests {
namespace {

constexpr int kAccounts = 4;

/// One run: the same things said to the engine and to the model.
class Comparison final {
 public:
  Comparison(Random& random, const EngineOptions& options) : random_(random), h_(nullptr, options) {
    h_.Publish(kSmallCatalogue);
    for (int i = 0; i < kAccounts; ++i) {
      const int64_t money = random.Between(0, 50'000) + (random.OneIn(2) ? 40'000'000 : 0);
      script_.RunRow({0, Cat("account A", i, " money=", money + 1)});
      model_.Create(Cat("A", i), money + 1);
      script_.RunRow({0, Cat("buy A", i, " pay")});
    }
  }

  void Step() {
    model_.SetTime(h_.clock.Now());
    const int64_t dice = random_.Below(100);
    if (dice < 4) {
      h_.Open();  // The process dies and is started again.
    } else if (dice < 10) {
      PassTime();
    } else if (dice < 30 && !said_.empty()) {
      Repeat();
    } else if (dice < 35) {
      const std::string name = AnyAccount();
      const int64_t amount = random_.Between(1, 3'000);
      Say(Cat("top_up ", name, " ", amount, " key=k", ++made_),
          [&] { return model_.TopUp(name, amount); });
    } else if (dice < 40) {
      const std::string name = AnyAccount();
      Say(Cat("buy ", name, " pack-on key=k", ++made_), [&] { return model_.Buy(name); });
    } else if (dice < 60) {
      Open();
    } else if (dice < 85) {
      Update();
    } else {
      Terminate();
    }
  }

  void Compare() {
    for (int i = 0; i < kAccounts; ++i) {
      const std::string name = Cat("A", i);
      INFO(name);
      REQUIRE(View(name) == model_.View(name));
    }
  }
  const Harness& harness() const { return h_; }

 private:
  struct Known {
    std::string id;
    std::string account;
    int number = 0;
  };

  template <typename Predict>
  void Say(const std::string& row, Predict predict) {
    INFO(row);
    const std::string expected = predict();
    REQUIRE(script_.RunRow({0, row}) == expected);
    // A purchase that is refused is not remembered: it may be made when there is money.
    if (expected != "FAILED_PRECONDITION") said_.push_back({row, expected});
  }
  void Repeat() {
    const auto& [row, expected] =
        said_[static_cast<size_t>(random_.Below(static_cast<int64_t>(said_.size())))];
    INFO("again: " << row);
    REQUIRE(script_.RunRow({0, row}) == expected);
  }
  void PassTime() {
    const bool far = random_.OneIn(4);
    int64_t seconds = far ? random_.Between(1, 20) * 86'400 : random_.Below(600);
    // Often to shortly before a pack ends, so that sessions hold what ends.
    const int64_t left = (model_.NextEnd().unix_ms - h_.clock.Now().unix_ms) / 1'000;
    if (far && model_.NextEnd() != Instant::Never() && left > 400) seconds = left - 400;
    if (random_.OneIn(20)) seconds += 1'500;
    if (far) said_.clear();  // What was answered may be forgotten by then.
    h_.clock.AdvanceSeconds(seconds);
    model_.SetTime(h_.clock.Now());
    // Twice: what a session's end sets free may itself be due.
    for (int i = 0; i < 2; ++i) {
      h_.engine->Tick();
      h_.executor.RunAll();
      model_.Tick();
    }
  }
  void Settle() {
    // A bucket that has ended is settled with the next tick.
    h_.engine->Tick();
    h_.executor.RunAll();
    model_.Tick();
  }
  std::string AnyAccount() { return Cat("A", random_.Below(kAccounts)); }
  Tokens AnyTokens() {
    Tokens tokens;
    if (random_.OneIn(2)) tokens.input = random_.Between(1, 600);
    tokens.output = random_.OneIn(15) ? random_.Between(1, 20'000) : random_.Between(1, 500);
    return tokens;
  }
  static std::string ToWord(const Tokens* tokens) {
    if (tokens == nullptr) return "_";
    return Cat(tokens->input > 0 ? Cat("input:", tokens->input, ",") : "",
               "output:", tokens->output);
  }
  Known& AnySession() {
    const auto count = static_cast<int64_t>(sessions_.size());
    return sessions_[static_cast<size_t>(count - 1 - random_.Below(std::min<int64_t>(count, 10)))];
  }
  void Open() {
    const std::string name = AnyAccount();
    sessions_.push_back({.id = Cat("s", ++made_), .account = name});
    const std::string id = sessions_.back().id;
    const Tokens asked = AnyTokens();
    Say(Cat("initial ", id, " 0 ", name, " 1/plain/", ToWord(&asked), "/_"),
        [&] { return model_.Initial(id, name, &asked); });
  }
  void Update() {
    if (sessions_.empty()) return Open();
    Known& known = AnySession();
    const Tokens asked = AnyTokens();
    const Tokens used = AnyTokens();
    const Tokens* wanted = random_.OneIn(5) ? nullptr : &asked;
    const Tokens* reported = random_.OneIn(5) ? nullptr : &used;
    Say(Cat("update ", known.id, " ", ++known.number, " ", known.account, " 1/plain/",
            ToWord(wanted), "/", ToWord(reported)),
        [&] { return model_.Update(known.id, known.account, wanted, reported); });
    Settle();
  }
  void Terminate() {
    if (sessions_.empty()) return Open();
    Known& known = AnySession();
    const Tokens used = AnyTokens();
    Say(Cat("terminate ", known.id, " ", ++known.number, " ", known.account, " 1/plain/_/",
            ToWord(&used)),
        [&] { return model_.Terminate(known.id, known.account, used); });
    Settle();
  }
  std::string View(const std::string& name) {
    const AccountView view = h_.View(script_.account(name));
    std::string money;
    std::string packs;
    for (const BucketView& bucket : view.buckets) {
      if (bucket.id.value == 1) {
        money = Cat("money ", bucket.available, " held ", bucket.held, " spent ", bucket.spent);
      } else {
        packs += Cat("; pack ", bucket.id.value, " ", bucket.available, " held ", bucket.held,
                     " spent ", bucket.spent);
      }
    }
    std::string text = money + packs;
    for (const SessionView& session : view.sessions) text += Cat("; ", session.session_id);
    return text;
  }

  Random& random_;
  Harness h_;
  Script script_{h_};
  ModelLedger model_;
  std::vector<Known> sessions_;
  std::vector<std::pair<std::string, std::string>> said_;
  int made_ = 0;
};

TEST_CASE("the engine does what an obvious model does", "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 20260521);
  for (int round = 0; round < 60; ++round) {
    EngineOptions options;
    options.checkpoint_lag_entries = random.OneIn(2) ? random.Below(50) : 4'000'000;
    options.cached_accounts_max = random.OneIn(2) ? 2 : 1'000;
    options.journal_retention_seconds = 100LL * 365 * 86'400;  // The whole journal is read below.
    INFO("round " << round);
    Comparison comparison(random, options);
    for (int step = 0; step < 300; ++step) {
      INFO("step " << step);
      comparison.Step();
      comparison.Compare();
    }
    TotalsOf(*comparison.harness().store);
  }
}

}  // namespace
}  // namespace ocs::engine::tests
