#include "ocs/engine/whole_call.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "balance/entry.h"
#include "cdr/record.h"
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

// What customers have: plenty, or so little that a piece more or less decides.
enum class Purse : uint8_t { kFull, kNarrow };

std::string DrawnPrice(Random& random) {
  return Cat(random.Between(0, 9), ".", random.Between(0, 9), random.Between(0, 9));
}

std::string DrawnRule(Random& random, std::string_view what) {
  return Cat("      - {model: ", what, ", per: ", random.Between(1, 3),
             "M tokens, input: ", DrawnPrice(random), ", cache_read: ", DrawnPrice(random),
             ", output: ", DrawnPrice(random));
}

// What calls cost us: by day and night, by length of the prompt, by the request, in our currency or
// another. A free month is for customers of an offer, and there is none here.
std::string DrawnWholesale(Random& random) {
  std::string text = "  - id: wholesale\n    kind: wholesale\n";
  if (random.OneIn(3)) text += "    currency: USD\n";
  text += "    rules:\n" + DrawnRule(random, "small") + "}\n";
  if (!random.OneIn(3)) text += DrawnRule(random, "small, hours: 20:30-06:00") + "}\n";
  if (random.OneIn(2)) text += DrawnRule(random, "small, first: 1 month") + "}\n";
  if (random.OneIn(3)) text += DrawnRule(random, "small, prompt: 8K+") + "}\n";
  if (random.OneIn(2)) text += DrawnRule(random, "large") + ", request: 0.0002 per 1 request}\n";
  return text;
}

std::string DrawnGrant(Random& random, Purse purse, std::string_view name) {
  const std::string amount =
      purse == Purse::kFull ? Cat(random.Between(1, 25), "0_000") : Cat(random.Between(1, 60));
  std::string text = Cat("      - {name: ", name, ", unit: token, amount: ", amount);
  if (random.OneIn(3)) text += Cat(", weights: [{model: small, tokens: ", DrawnPrice(random), "}]");
  return text;
}

// Prices with and without remainders, by day and night, by length of the prompt, by the request, in
// tiers; packages that stop, bill on, are bought again, refilled, carried over, that begin with
// their first use, that have limits. What each is and costs is drawn.
std::string RandomCatalogue(Random& random, Purse purse) {
  const auto fee = [&](int64_t most) {
    const int64_t drawn = random.Between(0, most);
    return purse == Purse::kFull ? Cat(drawn) : Cat("0.0000", 10 + drawn);
  };
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
          DrawnRule(random, "small"), "}\n", DrawnRule(random, "large"), "}\n",
          random.OneIn(2) ? DrawnRule(random, "small, prompt: 12K-20K") + "}\n" : "",
          R"(    adjustments:
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
  if (!random.OneIn(4)) text += DrawnWholesale(random);
  const char* ends[] = {"stop", "bill_on", "{then: buy, at_most: 3 per month}", "wait"};
  text += Cat(
      R"(offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
  - {id: strange, name: Strange, charge_code: STRANGE, fee: 1, prices: odd}
  - id: pack
    name: Pack
    charge_code: PACK
    fee: )",
      fee(20), R"(
    prices: book
    renews: month
    grants:
)",
      DrawnGrant(random, purse, "tokens"),
      ", validity: cycle, covers: {class: basic}, when_used_up: ", ends[random.Below(2)],
      R"(, carry_over: {cycles: 1, drawn: first}}
  - id: wide
    name: Wide
    charge_code: WIDE
    fee: )",
      fee(9), R"(
    grants:
)",
      DrawnGrant(random, purse, "all"), ", validity: ", random.Between(3, 20),
      " days, covers: {any: true}, ", random.OneIn(2) ? "starts: first_use, " : "",
      "when_used_up: ", ends[2 * random.Below(2)],
      R"(}
  - id: daily
    name: Daily
    charge_code: DAILY
    fee: )",
      purse == Purse::kFull ? "3" : "0.00001", R"(
    prices: book
    grants:
)",
      DrawnGrant(random, purse, "today"),
      ", validity: 30 days, refill: day, covers: {class: basic}, ",
      random.OneIn(2) ? "limits: [{name: hour, amount: 90_000, per: sliding 5 hours}], " : "",
      "when_used_up: wait}\n");
  return text;
}

// What a call brought and cost, as the ledger and the record of its end have it.
struct CallBooks {
  int64_t revenue_micros = 0;
  int64_t vendor_micros = 0;  // Owed in the account's currency.
  std::map<std::string, int64_t> costs;
};

void ReadCallBooks(const DryShard& shard, CallBooks* books) {
  for (uint32_t i = 0; i < shard.entry_count(); ++i) {
    const balance::EntryView entry = shard.entry(i);
    const auto postings = balance::PostingsOf(entry);
    REQUIRE(postings.ok());
    for (const balance::Posting& posting : *postings) {
      if (posting.account == balance::LedgerAccount::kPackageEarned)
        books->revenue_micros += posting.amount;
      if (posting.account == balance::LedgerAccount::kVendorPayable)
        books->vendor_micros += posting.amount;
    }
    const std::string_view bytes = entry.attachment(balance::AttachmentType::kRecord);
    if (bytes.empty()) continue;
    const auto record = cdr::DecodeRecord(bytes);
    REQUIRE(record.ok());
    for (const cdr::RecordLine& cost : record->costs)
      books->costs[std::string(cost.unit.code())] += cost.amount;
  }
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
    CallBooks books;  // Of the call that was decided step by step.
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
    // What belongs to an offer is not read.
    call.context.began_at = at.PlusSeconds(-86'400);
    call.context.switches = 0xffff;
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
    if (made != nullptr) {
      made->code = initial.answer.code;
      ReadCallBooks(shard, &made->books);
    }
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
    ReadCallBooks(shard, &made->books);
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

struct WaysGone {
  int in_full = 0;
  int ran = 0;
  int blocked = 0;
  int not_sold = 0;
  int costs = 0;
  int foreign_costs = 0;
  int narrow = 0;  // Ran, and left less than a piece in what paid.
};

void CheckCallBooks(const Twins::Made& made, WaysGone* counts) {
  const WholeCallOutcome& outcome = made.outcome;
  CHECK(outcome.revenue_micros == made.books.revenue_micros);
  std::map<std::string, int64_t> costs;
  if (!outcome.cost_currency.empty())
    costs[std::string(outcome.cost_currency.code())] = outcome.cost_micros;
  CHECK(costs == made.books.costs);
  const bool own = outcome.cost_currency == Unit::Of("CNY");
  CHECK((own ? outcome.cost_micros : 0) == made.books.vendor_micros);
  counts->costs += own && outcome.cost_micros > 0 ? 1 : 0;
  counts->foreign_costs += !own && outcome.cost_micros > 0 ? 1 : 0;
}

void CheckCall(const Twins::Made& made, WaysGone* counts) {
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
      CheckCallBooks(made, counts);
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

// Now and then a call falls on, or just beside, the hour at which prices change.
Instant NextCallAt(Random& random, Instant at) {
  const Instant next = at.PlusSeconds(random.Between(1, 30'000));
  if (!random.OneIn(5)) return next;
  constexpr int64_t kHalfHourMs = 1'800'000;
  return Instant{(next.unix_ms / kHalfHourMs + 1) * kHalfHourMs + random.Between(-1, 1)};
}

Quantities RandomUse(Random& random, Purse purse) {
  const auto pieces = [&](int64_t most) {
    return purse == Purse::kFull ? random.Between(1, most) : random.Between(1, most / 1'000);
  };
  Quantities used;
  if (!random.OneIn(9)) used.push_back({.kind = TokenKind::kInput, .quantity = pieces(20'000)});
  if (random.OneIn(2)) used.push_back({.kind = TokenKind::kCacheRead, .quantity = pieces(9'000)});
  if (used.empty() || !random.OneIn(9))
    used.push_back({.kind = TokenKind::kOutput, .quantity = pieces(4'000)});
  return used;
}

void LiveBoth(Random& random, Purse purse, WaysGone* counts) {
  const std::string text = RandomCatalogue(random, purse);
  INFO(text);
  // A narrow purse has millionths of money, which is what a token costs.
  const int64_t money = purse == Purse::kFull ? 1'000'000 : 3;
  Twins twins(text);
  twins.Open(random.OneIn(2) ? random.Between(1, 50) * money : 0, random.OneIn(2) ? "friend" : "",
             random.Between(0, 30) * money);
  const std::array<std::string, 5> offers = {"pay", "strange", "pack", "wide", "daily"};
  for (const std::string& offer : offers) {
    if (random.OneIn(offer == "strange" ? 5 : 2)) twins.Buy(offer, kCallsBegin);
  }
  Instant at = kCallsBegin;
  for (int i = 0; i < 120; ++i) {
    at = NextCallAt(random, at);
    twins.Advance(at);
    if (random.OneIn(purse == Purse::kFull ? 30 : 3)) twins.PayIn(random.Between(1, 9 * money), at);
    if (random.OneIn(40)) twins.Buy(offers[static_cast<size_t>(random.Below(5))], at);
    INFO("call " << i);
    const std::string model = random.OneIn(3) ? "large" : "small";
    const Twins::Made made = twins.Call(model, at, RandomUse(random, purse));
    CheckCall(made, counts);
    REQUIRE(twins.account(0) == twins.account(1));
    if (made.at_once != End::kRan) continue;
    const balance::Account account = twins.account(1);
    counts->narrow += account.Spendable(*account.FindBucket(made.outcome.bucket)) < 2 ? 1 : 0;
  }
}

}  // namespace

// Each of these was planted, and is seen. By what a call charges: a hold that is not rounded up; a
// pot that has nothing taken for one that pays; rows kept for prompts of another length; a grant
// that reaches into another price; a carry that is not added; thresholds that are not told. By what
// it costs us: the price of ten minutes later, or of a millisecond earlier; that of a free month
// that an offer began; a price kept beyond its hours; carries that are not kept. By what it earns:
// deferred revenue worked out after the spending.
TEST_CASE("a call at once leaves the account as the two requests do, whatever is sold",
          "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 77);
  WaysGone counts;
  for (int life = 0; life < 150; ++life) {
    LiveBoth(random, Purse::kFull, &counts);
    LiveBoth(random, Purse::kNarrow, &counts);
  }
  // Most calls are taken, and each way was gone often.
  CAPTURE(counts.in_full, counts.ran, counts.blocked, counts.not_sold, counts.costs,
          counts.foreign_costs, counts.narrow);
  CHECK(counts.ran > 8'000);
  CHECK(counts.blocked > 400);
  CHECK(counts.not_sold > 300);
  CHECK(counts.costs > 2'000);
  CHECK(counts.foreign_costs > 1'000);
  CHECK(counts.narrow > 10);
  CHECK(counts.in_full > 1'000);
  CHECK(counts.in_full < 20'000);
}

TEST_CASE("an account that is not plain, or has work due, is not charged at once",
          "[engine][unit]") {
  Random random(3);
  Twins twins(RandomCatalogue(random, Purse::kFull));
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
