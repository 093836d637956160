#include "ocs/engine/dry_shard.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cdr/record.h"
#include "ocs/base/random.h"
#include "ocs/engine/account_operation.h"
#include "rating/catalogue.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::engine::tests {
namespace {

constexpr Instant kDryBegin{1'779'000'000'000};  // 2026-05-17.

std::string OperatorsText() {
  std::ifstream file(OCS_OPERATORS_CATALOGUE);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<const rating::Tariff> Operators() {
  auto parsed = rating::ParseCatalogue(OperatorsText(), "operators.yaml");
  REQUIRE(parsed.diagnostics.empty());
  return rating::Tariff::Compile(*parsed.catalogue, 1);
}

// One call: reserved and ended, by whoever decides.
template <typename Decide>
CreditControlAnswer MakeCall(const Decide& decide, AccountId account, const std::string& session,
                             Instant at, const Quantities& wanted) {
  Kept<CreditControlCall> initial;
  const Ask begin{.session = session, .number = 0, .account = account};
  Fill(initial, begin, RequestType::kInitial);
  initial.request.event_time = at;
  initial.request.services[0].requests_quota = true;
  initial.request.services[0].requested = wanted;
  decide(&initial, at);
  if (initial.answer.code != ResultCode::kSuccess) return initial.answer;
  Kept<CreditControlCall> end;
  const Ask over{.session = session, .number = 1, .account = account};
  Fill(end, over, RequestType::kTermination);
  end.request.event_time = at;
  end.request.services[0].has_used = true;
  end.request.services[0].used = initial.answer.services[0].granted;
  decide(&end, at);
  return end.answer;
}

}  // namespace

TEST_CASE("a dry shard charges what the engine charges, through cycles and until money ends",
          "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 7);
  const DryCatalogue catalogue(Operators());
  const EngineOptions options;
  DryShard dry(&options, &catalogue);
  Harness real;
  real.Publish(OperatorsText());

  const AccountId real_account = real.Create(60'000'000);
  real.Purchase(real_account, "ct-personal-light");
  Kept<CreateAccountCall> create;
  create.change.key = "any";
  create.currency = Unit::Of("CNY");
  dry.Decide(&create, kDryBegin);
  REQUIRE(create.status.ok());
  Kept<TopUpCall> top_up;
  top_up.change.key = "any";
  top_up.account = create.account;
  top_up.currency = Unit::Of("CNY");
  top_up.amount_micros = 60'000'000;
  dry.Decide(&top_up, kDryBegin);
  Kept<PurchaseCall> buy;
  buy.change.key = "any";  // Keys may be used again.
  buy.account = create.account;
  buy.offer = "ct-personal-light";
  dry.Decide(&buy, kDryBegin);
  INFO(buy.status);
  REQUIRE(buy.status.ok());

  int refused = 0;
  int charged = 0;
  Instant at = kDryBegin;
  for (int i = 0; i < 400; ++i) {
    at = at.PlusSeconds(random.Between(60, 40'000));
    const Quantities wanted{
        KindQuantity{.kind = TokenKind::kInput, .quantity = random.Between(1, 190'000)},
        KindQuantity{.kind = TokenKind::kOutput, .quantity = random.Between(1, 9'000)}};
    real.clock.Set(at);
    const std::string session = "s" + std::to_string(i);
    const CreditControlAnswer a =
        MakeCall([&](Operation* o, Instant) { real.Run(o); }, real_account, session, at, wanted);
    const CreditControlAnswer b = MakeCall([&](Operation* o, Instant now) { dry.Decide(o, now); },
                                           create.account, session, at, wanted);
    CAPTURE(i, a.message, b.message);
    REQUIRE(a.code == b.code);
    REQUIRE(a.cost_micros == b.cost_micros);
    (a.code == ResultCode::kSuccess ? charged : refused) += 1;
  }
  CHECK(charged > 100);
  CHECK(refused > 20);
  // Looked at through the server's own reading call, and bucket by bucket.
  const AccountView seen = real.View(real_account);
  const balance::Account* account = dry.FindAccount(create.account);
  REQUIRE(account != nullptr);
  REQUIRE(account->buckets.size() == seen.buckets.size());
  for (size_t i = 0; i < seen.buckets.size(); ++i) {
    CAPTURE(i);
    CHECK(account->buckets[i].id == seen.buckets[i].id);
    CHECK(account->buckets[i].available == seen.buckets[i].available);
    CHECK(account->buckets[i].spent == seen.buckets[i].spent);
    CHECK(account->buckets[i].expired == seen.buckets[i].expired);
    CHECK(account->buckets[i].held == 0);
  }
}

TEST_CASE("time may step back from one account of a dry shard to another", "[engine][unit]") {
  const DryCatalogue catalogue(Operators());
  const EngineOptions options;
  DryShard dry(&options, &catalogue);
  Kept<CreateAccountCall> late;
  late.change.key = "late";
  late.currency = Unit::Of("CNY");
  dry.Decide(&late, kDryBegin.PlusSeconds(86'400));
  Kept<CreateAccountCall> early;
  early.change.key = "early";
  early.currency = Unit::Of("CNY");
  dry.Decide(&early, kDryBegin);
  CHECK(late.account != early.account);
  CHECK(dry.FindAccount(early.account)->created_at == kDryBegin);
  CHECK(dry.FindAccount(late.account)->created_at == kDryBegin.PlusSeconds(86'400));
}

TEST_CASE("what a call of a dry shard wrote can be read", "[engine][unit]") {
  const DryCatalogue catalogue(Operators());
  const EngineOptions options;
  DryShard dry(&options, &catalogue);
  Kept<CreateAccountCall> create;
  create.change.key = "a";
  create.currency = Unit::Of("CNY");
  create.credit_limit_micros = 100'000'000;
  dry.Decide(&create, kDryBegin);
  Kept<PurchaseCall> buy;
  buy.change.key = "b";
  buy.account = create.account;
  buy.offer = "ct-personal-light";
  dry.Decide(&buy, kDryBegin);
  REQUIRE(dry.entry_count() >= 1);
  const balance::EntryView entry = dry.entry(0);
  CHECK(entry.kind == balance::EntryKind::kOfferPurchased);
  const auto record = cdr::DecodeRecord(entry.attachment(balance::AttachmentType::kRecord));
  REQUIRE(record.ok());
  CHECK(record->type == cdr::RecordType::kFee);
  // A cycle later it has renewed, by itself.
  CHECK_FALSE(dry.DoDueWork(create.account, kDryBegin.PlusSeconds(40 * 86'400)));
  CHECK(dry.entry_count() >= 1);
}

}  // namespace ocs::engine::tests
