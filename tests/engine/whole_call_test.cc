#include "ocs/engine/whole_call.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/dry_shard.h"
#include "rating/catalogue.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::engine::tests {
namespace {

constexpr Instant kCallsBegin{1'779'000'000'000};  // 2026-05-17.
using End = WholeCallOutcome::End;

std::string Price(Random& random) {
  return Cat(random.Between(0, 9), ".", random.Between(0, 9), random.Between(0, 9));
}

// Prices with and without remainders, by day and night, by length of the prompt, by the request, in
// tiers; packages that stop, bill on, are bought again, refilled, carried over, that begin with
// their first use, that have limits. What each is and costs is drawn.
std::string RandomCatalogue(Random& random) {
  const auto rule = [&](const char* model) {
    return Cat("      - {model: ", model, ", per: ", random.Between(1, 3),
               "M tokens, input: ", Price(random), ", cache_read: ", Price(random),
               ", output: ", Price(random), "}\n");
  };
  const auto amount = [&] { return Cat(random.Between(1, 25), "0_000"); };
  std::string text =
      Cat(R"(catalogue: drawn
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: small, provider: acme, class: basic}
  - {id: large, provider: acme, class: dear}
price_books:
  - id: book
    rules:
)",
          rule("small"), rule("large"), R"(    adjustments:
      - {name: night, any: true, hours: 22:00-07:30, percent: -35}
      - {name: friends, any: true, segment: [friend], percent: -10}
  - id: odd
    rules:
)",
          random.OneIn(2) ? "      - {any: true, per: 1M tokens, request: 0.013 per 1 "
                            "request, tokens: 0.1}\n"
                          : "      - {model: small, per: 1M tokens, tiers: {form: "
                            "graduated, per: month, steps: [{up_to: 1M, tokens: 5}, "
                            "{tokens: 1.1}]}}\n");
  if (!random.OneIn(3)) {
    text += Cat("  - id: wholesale\n    kind: wholesale\n    rules:\n", rule("small"),
                random.OneIn(2) ? rule("large") : "");
  }
  const char* ends[] = {"stop", "bill_on", "{then: buy, at_most: 3 per month}", "wait"};
  text += Cat(
      R"(offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
  - {id: strange, name: Strange, charge_code: STRANGE, fee: 1, prices: odd}
  - id: pack
    name: Pack
    charge_code: PACK
    fee: )",
      random.Between(0, 20), R"(
    prices: book
    renews: month
    grants:
      - {name: tokens, unit: token, amount: )",
      amount(), ", validity: cycle, covers: {class: basic}, when_used_up: ", ends[random.Below(2)],
      R"(, carry_over: {cycles: 1, drawn: first}}
  - id: wide
    name: Wide
    charge_code: WIDE
    fee: )",
      random.Between(0, 9), R"(
    grants:
      - {name: all, unit: token, amount: )",
      amount(), ", validity: ", random.Between(3, 20), " days, covers: {any: true}, ",
      random.OneIn(2) ? "starts: first_use, " : "", "when_used_up: ", ends[2 * random.Below(2)],
      R"(}
  - id: daily
    name: Daily
    charge_code: DAILY
    fee: 3
    prices: book
    grants:
      - {name: today, unit: token, amount: )",
      amount(), ", validity: 30 days, refill: day, covers: {class: basic}, ",
      random.OneIn(2) ? "limits: [{name: hour, amount: 90_000, per: sliding 5 hours}], " : "",
      "when_used_up: wait}\n");
  return text;
}

balance::Account Comparable(const balance::Account& account) {
  balance::Account copy = account;
  copy.last = {};
  copy.last_group = 0;
  return copy;
}

// The same account in two shards: one decides every call step by step.
class Twins final {
 public:
  explicit Twins(const std::string& text) {
    auto parsed = rating::ParseCatalogue(text, "drawn.yaml");
    for (const auto& fault : parsed.diagnostics) UNSCOPED_INFO(fault.ToString());
    REQUIRE(parsed.catalogue.has_value());
    catalogue_ = std::make_unique<DryCatalogue>(rating::Tariff::Compile(*parsed.catalogue, 1));
    for (auto& shard : shards_) shard = std::make_unique<DryShard>(&options_, catalogue_.get());
  }

  const rating::Tariff& tariff() const { return catalogue_->tariff(); }

  void Open(int64_t credit, const std::string& segment, int64_t money) {
    for (auto& shard : shards_) {
      Kept<CreateAccountCall> create;
      create.change.key = "k";
      create.currency = Unit::Of("CNY");
      create.credit_limit_micros = credit;
      create.segment = segment;
      shard->Decide(&create, kCallsBegin);
      REQUIRE(create.status.ok());
      account_ = create.account;  // The same in both.
    }
    segment_ = segment;
    if (money > 0) PayIn(money, kCallsBegin);
  }

  void PayIn(int64_t micros, Instant now) {
    plain_.Forget();
    for (auto& shard : shards_) {
      Kept<TopUpCall> pay;
      pay.change.key = "k";
      pay.account = account_;
      pay.currency = Unit::Of("CNY");
      pay.amount_micros = micros;
      shard->Decide(&pay, now);
      REQUIRE(pay.status.ok());
    }
  }

  void Buy(const std::string& offer, Instant now) {
    plain_.Forget();
    for (auto& shard : shards_) {
      Kept<PurchaseCall> buy;
      buy.change.key = "k";
      buy.account = account_;
      buy.offer = offer;
      shard->Decide(&buy, now);  // Whether there is the money for it or not.
    }
  }

  // What is due is done first, as of its time.
  void Advance(Instant to) {
    for (auto& shard : shards_) {
      for (Instant due = shard->FindAccount(account_)->NextDue(); due <= to;
           due = shard->FindAccount(account_)->NextDue()) {
        plain_.Forget();
        shard->DoDueWork(account_, due);
      }
    }
  }

  struct Made {
    End at_once = End::kNotTaken;
    ResultCode code = ResultCode::kSuccess;
    bool whole = false;
    bool throttled = false;
    int64_t charged_micros = 0;
    int64_t drawn = 0;
    WholeCallOutcome outcome;
  };

  Made Call(const std::string& model, Instant at, const Quantities& used) {
    Made made;
    if (!plain_.known()) shards_[1]->Look(account_, &plain_);
    WholeCall call;
    call.model = *tariff().FindModel(model);
    call.used = {used.data(), used.size()};
    call.context.at = at;
    call.context.of(rating::Dimension::kServiceTier) = rating::SymbolOf("standard");
    call.context.of(rating::Dimension::kSegment) = rating::SymbolOf(segment_);
    for (const KindQuantity& q : used) {
      if (IsPromptKind(q.kind)) call.context.prompt_tokens += q.quantity;
    }
    const balance::Account before = *shards_[1]->FindAccount(account_);
    made.outcome = shards_[1]->CallAtOnce(call, &plain_);
    made.at_once = made.outcome.end;
    if (made.at_once == End::kNotTaken) {
      REQUIRE(before == *shards_[1]->FindAccount(account_));
      InFull(*shards_[1], model, at, used, nullptr);
      plain_.Forget();
    }
    InFull(*shards_[0], model, at, used, &made);
    return made;
  }

  balance::Account account(size_t shard) const {
    return Comparable(*shards_[shard]->FindAccount(account_));
  }

 private:
  void InFull(DryShard& shard, const std::string& model, Instant at, const Quantities& used,
              Made* made) {
    Kept<CreditControlCall> initial;
    const Ask begin{.session = "s", .number = 0, .account = account_, .model = model};
    Fill(initial, begin, RequestType::kInitial);
    initial.request.event_time = at;
    initial.request.services[0].requests_quota = true;
    initial.request.services[0].requested = used;
    shard.Decide(&initial, at);
    if (made != nullptr) made->code = initial.answer.code;
    if (initial.answer.code != ResultCode::kSuccess) return;
    const Quantities granted = initial.answer.services[0].granted;
    const auto& end = initial.answer.services[0].end;
    Kept<CreditControlCall> over;
    const Ask ask{.session = "s", .number = 1, .account = account_, .model = model};
    Fill(over, ask, RequestType::kTermination);
    over.request.event_time = at;
    over.request.services[0].has_used = true;
    over.request.services[0].used = granted;
    shard.Decide(&over, at);
    if (made == nullptr) return;
    made->whole = granted == used;
    made->throttled = end && end->at_end == rating::AtEnd::kThrottle;
    made->charged_micros = over.answer.services[0].charged_micros;
    made->drawn = over.answer.services[0].drawn;
  }

  EngineOptions options_;
  std::unique_ptr<DryCatalogue> catalogue_;
  std::array<std::unique_ptr<DryShard>, 2> shards_;
  AccountId account_;
  std::string segment_;
  PlainAccount plain_;
};

struct Counts {
  int in_full = 0;
  int ran = 0;
  int blocked = 0;
  int not_sold = 0;
};

void CheckCall(const Twins::Made& made, Counts* counts) {
  switch (made.at_once) {
    case End::kNotTaken:
      ++counts->in_full;
      return;
    case End::kRan:
      ++counts->ran;
      CHECK(made.code == ResultCode::kSuccess);
      CHECK(made.whole);
      CHECK_FALSE(made.throttled);
      CHECK((made.outcome.money ? made.outcome.amount : 0) == made.charged_micros);
      CHECK((made.outcome.money ? 0 : made.outcome.amount) == made.drawn);
      return;
    case End::kBlocked:
      ++counts->blocked;
      CHECK(made.code == ResultCode::kCreditLimitReached);
      return;
    case End::kNotSold:
      ++counts->not_sold;
      CHECK(made.code == ResultCode::kRatingFailed);
      return;
  }
}

void Live(Random& random, Counts* counts) {
  const std::string text = RandomCatalogue(random);
  INFO(text);
  Twins twins(text);
  twins.Open(random.OneIn(2) ? random.Between(1, 50) * 1'000'000 : 0,
             random.OneIn(2) ? "friend" : "", random.Between(0, 30) * 1'000'000);
  const std::array<std::string, 5> offers = {"pay", "strange", "pack", "wide", "daily"};
  for (const std::string& offer : offers) {
    if (random.OneIn(offer == "strange" ? 5 : 2)) twins.Buy(offer, kCallsBegin);
  }
  Instant at = kCallsBegin;
  for (int i = 0; i < 120; ++i) {
    at = at.PlusSeconds(random.Between(1, 30'000));
    twins.Advance(at);
    if (random.OneIn(30)) twins.PayIn(random.Between(1, 9'000'000), at);
    if (random.OneIn(40)) twins.Buy(offers[static_cast<size_t>(random.Below(5))], at);
    Quantities used;
    if (!random.OneIn(9))
      used.push_back({.kind = TokenKind::kInput, .quantity = random.Between(1, 20'000)});
    if (random.OneIn(2))
      used.push_back({.kind = TokenKind::kCacheRead, .quantity = random.Between(1, 9'000)});
    if (used.empty() || !random.OneIn(9))
      used.push_back({.kind = TokenKind::kOutput, .quantity = random.Between(1, 4'000)});
    INFO("call " << i);
    CheckCall(twins.Call(random.OneIn(3) ? "large" : "small", at, used), counts);
    REQUIRE(twins.account(0) == twins.account(1));
  }
}

}  // namespace

TEST_CASE("a call at once leaves the account as the two requests do, whatever is sold",
          "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 77);
  Counts counts;
  for (int life = 0; life < 150; ++life) Live(random, &counts);
  // Most calls are taken, and each way was gone often.
  CAPTURE(counts.in_full, counts.ran, counts.blocked, counts.not_sold);
  CHECK(counts.ran > 4'000);
  CHECK(counts.blocked > 200);
  CHECK(counts.not_sold > 300);
  CHECK(counts.in_full > 1'000);
  CHECK(counts.in_full < 12'000);
}

TEST_CASE("an account that is not plain, or has work due, is not charged at once",
          "[engine][unit]") {
  Random random(3);
  Twins twins(RandomCatalogue(random));
  twins.Open(0, "", 50'000'000);
  twins.Buy("pay", kCallsBegin);
  const Quantities used{KindQuantity{.kind = TokenKind::kInput, .quantity = 100}};
  CHECK(twins.Call("small", kCallsBegin, used).at_once == End::kRan);
  twins.Buy("pack", kCallsBegin);
  CHECK(twins.Call("small", kCallsBegin.PlusSeconds(1), used).at_once == End::kRan);
  // A month later the package's cycle is over, and nobody has done what is due.
  const Instant later = kCallsBegin.PlusSeconds(40 * 86'400);
  CHECK(twins.Call("small", later, used).at_once == End::kNotTaken);
  CHECK(twins.account(0) == twins.account(1));
}

}  // namespace ocs::engine::tests
