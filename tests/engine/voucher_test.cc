// Vouchers: issued in bulk, redeemed once each whatever is repeated or crashes, cancelled, expired,
// guessed.

#include "ocs/engine/voucher_operation.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "ocs/base/limits.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
// tidy-allow internal: the engine's own tests
#include "ocs/engine/internal/shard.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/harness.h"
#include "tests/support/faulty_store.h"

namespace ocs::engine::tests {
namespace {

using balance::VoucherTerms;
using balance::VoucherValue;

// The n-th code of the tests.
std::string CodeOf(int n) {
  std::array<uint8_t, 12> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(n * 37 + static_cast<int>(i) * 11 + n / 7);
  bytes[11] = static_cast<uint8_t>(n);
  bytes[10] = static_cast<uint8_t>(n / 256);
  return VoucherCodeOf(bytes);
}

VoucherTerms Money(int64_t micros) {
  return {.value = VoucherValue::kMoney,
          .sold = true,
          .currency = Unit::Of("CNY"),
          .amount_micros = micros};
}
VoucherTerms Offer(const std::string& offer) {
  return {.value = VoucherValue::kOffer, .sold = true, .offer = offer};
}
VoucherTerms Bonus(int64_t micros, int32_t days) {
  return {.value = VoucherValue::kBonus,
          .sold = false,
          .currency = Unit::Of("CNY"),
          .amount_micros = micros,
          .lasts_days = days};
}

struct Desk {
  explicit Desk(Harness& harness) : h(harness) {}

  // Issues codes [first, first + count) to a batch.
  std::string Issue(const std::string& key, const std::string& batch, const VoucherTerms& terms,
                    int first, int count, int64_t* issued = nullptr) {
    Kept<IssueVouchersCall> call;
    call.change = {.key = key, .actor = "finance", .reason = "test"};
    call.batch = batch;
    call.terms = terms;
    for (int i = first; i < first + count; ++i)
      call.vouchers.push_back(balance::HashOfVoucher(CodeOf(i)));
    h.Run(&call);
    REQUIRE(call.done);
    if (issued != nullptr) *issued = call.issued;
    message = std::string(call.status.message());
    return OutcomeText(call);
  }
  std::string Redeem(const std::string& key, AccountId account, const std::string& code,
                     Kept<RedeemVoucherCall>* kept = nullptr) {
    Kept<RedeemVoucherCall> own;
    Kept<RedeemVoucherCall>& call = kept != nullptr ? *kept : own;
    call.change = {.key = key, .actor = "shop", .reason = ""};
    call.account = account;
    call.code = code;
    h.Run(&call);
    REQUIRE(call.done);
    message = std::string(call.status.message());
    return OutcomeText(call);
  }
  std::string Cancel(const std::string& key, const std::string& batch, int64_t* cancelled = nullptr,
                     const std::string& reason = "stolen") {
    Kept<CancelVouchersCall> call;
    call.change = {.key = key, .actor = "finance", .reason = reason};
    call.batch = batch;
    h.Run(&call);
    if (cancelled != nullptr) *cancelled = call.cancelled;
    return OutcomeText(call);
  }
  std::vector<balance::VoucherBatch> List() {
    Kept<ListVouchersCall> call;
    h.Run(&call);
    REQUIRE(call.status.ok());
    return call.batches;
  }

  Harness& h;
  std::string message;
};

int64_t MoneyOf(Harness& h, AccountId account) {
  for (const BucketView& bucket : h.View(account).buckets) {
    if (bucket.id == balance::kMainBucket) return bucket.available;
  }
  return -1;
}

TEST_CASE("a voucher of money is redeemed once, and a repeat gets the recorded answer",
          "[engine][unit]") {
  Harness h;
  Desk desk(h);
  const AccountId a = h.Create(0);
  const AccountId b = h.Create(0);
  int64_t issued = 0;
  REQUIRE(desk.Issue("i-1", "may", Money(10'000'000), 0, 3, &issued) == "ok");
  CHECK(issued == 3);
  REQUIRE(desk.Issue("i-2", "may", Money(10'000'000), 3, 2, &issued) == "ok");
  CHECK(issued == 5);

  Kept<RedeemVoucherCall> first;
  REQUIRE(desk.Redeem("r-1", a, CodeOf(0), &first) == "ok");
  CHECK(first.value == VoucherValue::kMoney);
  CHECK(first.batch == "may");
  CHECK(first.amount_micros == 10'000'000);
  CHECK(first.currency == Unit::Of("CNY"));
  CHECK(first.available_micros == 10'000'000);
  CHECK(first.buckets.empty());
  CHECK(first.valid_until == Instant::Never());

  h.Open();  // Nothing of it was only in memory.
  Kept<RedeemVoucherCall> again;
  CHECK(desk.Redeem("r-1", a, FormatVoucherCode(CodeOf(0)), &again) == "ok");
  CHECK(again.available_micros == first.available_micros);
  CHECK(again.batch == first.batch);
  CHECK(again.amount_micros == first.amount_micros);
  CHECK(desk.Redeem("r-1", a, CodeOf(1)) == "ALREADY_EXISTS code");
  CHECK(desk.Redeem("r-2", a, CodeOf(0)) == "FAILED_PRECONDITION code");
  CHECK(desk.Redeem("r-3", b, CodeOf(0)) == "FAILED_PRECONDITION code");
  CHECK(MoneyOf(h, a) == 10'000'000);
  CHECK(MoneyOf(h, b) == 0);
  CHECK(desk.Redeem("r-4", b, CodeOf(4)) == "ok");
  const auto batches = desk.List();
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].issued == 5);
  CHECK(batches[0].redeemed == 2);
  CHECK(batches[0].terms == Money(10'000'000));
  CHECK(desk.Issue("i-1", "may", Money(10'000'000), 0, 3, &issued) == "ok");
  CHECK(issued == 3);  // As it was then.
}

TEST_CASE("two redeem one voucher in the same group: one gets it", "[engine][unit]") {
  Harness h;
  Desk desk(h);
  const AccountId a = h.Create(0);
  const AccountId b = h.Create(0);
  REQUIRE(desk.Issue("i", "may", Money(7), 0, 1) == "ok");
  Kept<RedeemVoucherCall> calls[2];
  for (int i = 0; i < 2; ++i) {
    calls[i].change.key = Cat("r-", i);
    calls[i].account = i == 0 ? a : b;
    calls[i].code = CodeOf(0);
    h.engine->Submit(&calls[i]);
  }
  h.executor.RunAll();
  CHECK(OutcomeText(calls[0]) == "ok");
  CHECK(OutcomeText(calls[1]) == "FAILED_PRECONDITION code");
  CHECK(MoneyOf(h, a) + MoneyOf(h, b) == 7);
}

TEST_CASE("issuing: every refusal, in order", "[engine][unit]") {
  Harness h;
  Desk desk(h);
  const auto issue = [&](auto fill) {
    Kept<IssueVouchersCall> call;
    call.change.key = "k";
    call.batch = "may";
    call.terms = Money(5);
    call.vouchers = {balance::HashOfVoucher(CodeOf(1)), balance::HashOfVoucher(CodeOf(2))};
    fill(call);
    h.Run(&call);
    return OutcomeText(call);
  };
  CHECK(issue([](auto& c) { c.change.key = ""; }) == "INVALID_ARGUMENT idempotency_key");
  for (const char* bad : {"", "May", "a b", "m\xc3\xa4y"})
    CHECK(issue([&](auto& c) { c.batch = bad; }) == "INVALID_ARGUMENT batch");
  CHECK(issue([](auto& c) {
          c.batch = std::string(balance::kVoucherBatchNameLengthMax + 1, 'a');
        }) == "INVALID_ARGUMENT batch");
  CHECK(issue([](auto& c) { c.vouchers.clear(); }) == "INVALID_ARGUMENT code_sha256");
  CHECK(issue([](auto& c) { c.vouchers.resize(balance::kVouchersPerEntryMax + 1); }) ==
        "INVALID_ARGUMENT code_sha256");
  CHECK(issue([](auto& c) { c.vouchers[1] = c.vouchers[0]; }) == "INVALID_ARGUMENT code_sha256[1]");
  CHECK(issue([](auto& c) { c.terms.currency = {}; }) == "INVALID_ARGUMENT currency");
  CHECK(issue([](auto& c) { c.terms.amount_micros = 0; }) == "INVALID_ARGUMENT amount_micros");
  CHECK(issue([](auto& c) { c.terms.amount_micros = kAmountMicrosMax + 1; }) ==
        "INVALID_ARGUMENT amount_micros");
  CHECK(issue([](auto& c) { c.terms = Bonus(5, 0); }) == "INVALID_ARGUMENT bonus_days");
  CHECK(issue([](auto& c) { c.terms = Bonus(5, 1), c.terms.sold = true; }) ==
        "INVALID_ARGUMENT sold");
  CHECK(issue([](auto& c) { c.terms = Offer(""); }) == "INVALID_ARGUMENT offer");
  CHECK(issue([&](auto& c) { c.terms.expires_at = h.clock.Now(); }) ==
        "INVALID_ARGUMENT expires_at");
  CHECK(desk.List().empty());
  REQUIRE(issue([](auto&) {}) == "ok");
  // Another key: every field of the terms must be the batch's.
  const auto more = [&](auto fill) {
    return issue([&](auto& c) {
      c.change.key = "more";
      c.vouchers = {balance::HashOfVoucher(CodeOf(3))};
      fill(c);
    });
  };
  CHECK(more([](auto& c) { c.terms.value = VoucherValue::kOffer, c.terms.offer = "pack"; }) ==
        "ALREADY_EXISTS value");
  CHECK(more([](auto& c) { c.terms.sold = false; }) == "ALREADY_EXISTS sold");
  CHECK(more([](auto& c) { c.terms.currency = Unit::Of("USD"); }) == "ALREADY_EXISTS currency");
  CHECK(more([](auto& c) { c.terms.amount_micros = 6; }) == "ALREADY_EXISTS amount_micros");
  CHECK(more([](auto& c) { c.terms.offer = "x"; }) == "ALREADY_EXISTS offer");
  CHECK(more([&](auto& c) { c.terms.expires_at = h.clock.Now().PlusSeconds(9); }) ==
        "ALREADY_EXISTS expires_at");
  CHECK(more([](auto& c) { c.vouchers.push_back(balance::HashOfVoucher(CodeOf(2))); }) ==
        "ALREADY_EXISTS code_sha256[1]");
  // All or none: code 3 of the refused call is not there.
  CHECK(more([](auto&) {}) == "ok");
  CHECK(desk.List()[0].issued == 3);
  // A batch's own bonus days.
  REQUIRE(desk.Issue("b-1", "bonus", Bonus(5, 3), 10, 1) == "ok");
  CHECK(desk.Issue("b-2", "bonus", Bonus(5, 4), 11, 1) == "ALREADY_EXISTS bonus_days");
}

TEST_CASE("redeeming: every refusal, in order, and the voucher is as good as before",
          "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Desk desk(h);
  const AccountId a = h.Create(0);
  const AccountId dollars = h.Create(0, 0, "USD");
  VoucherTerms ending = Money(10);
  ending.expires_at = h.clock.Now().PlusSeconds(100);
  REQUIRE(desk.Issue("i-1", "may", Money(10), 0, 2) == "ok");
  REQUIRE(desk.Issue("i-2", "gone", Money(10), 2, 1) == "ok");
  REQUIRE(desk.Issue("i-3", "ending", ending, 3, 2) == "ok");
  REQUIRE(desk.Issue("i-4", "nothing", Offer("not-sold"), 5, 1) == "ok");
  REQUIRE(desk.Issue("i-5", "usd", Offer("dollars"), 6, 1) == "ok");
  int64_t cancelled = 0;
  CHECK(desk.Cancel("c-0", "gone", nullptr, "") == "INVALID_ARGUMENT reason");
  CHECK(desk.Cancel("c-0", "none") == "NOT_FOUND batch");
  REQUIRE(desk.Cancel("c-1", "gone", &cancelled) == "ok");
  CHECK(cancelled == 1);
  CHECK(desk.Issue("i-6", "gone", Money(10), 9, 1) == "FAILED_PRECONDITION batch");

  std::string mistyped = CodeOf(0);
  mistyped[3] = mistyped[3] == 'A' ? 'B' : 'A';
  CHECK(desk.Redeem("r", a, "") == "INVALID_ARGUMENT code");
  CHECK(desk.Redeem("r", a, mistyped) == "INVALID_ARGUMENT code");
  CHECK(desk.Redeem("r", AccountId{77}, CodeOf(0)) == "NOT_FOUND account_id");
  CHECK(desk.Redeem("r", a, CodeOf(100)) == "NOT_FOUND code");
  CHECK(desk.message.find(CodeOf(100)) == std::string::npos);
  CHECK(desk.Redeem("r", a, CodeOf(2)) == "FAILED_PRECONDITION code");
  CHECK(desk.message.find("cancelled") != std::string::npos);
  CHECK(desk.Redeem("r", dollars, CodeOf(0)) == "FAILED_PRECONDITION code");
  CHECK(desk.Redeem("r", a, CodeOf(5)) == "NOT_FOUND offer");
  CHECK(desk.Redeem("r", a, CodeOf(6)) == "FAILED_PRECONDITION offer");
  CHECK(desk.Redeem("r-3", a, CodeOf(3)) == "ok");
  h.clock.AdvanceSeconds(100);
  CHECK(desk.Redeem("r", a, CodeOf(4)) == "FAILED_PRECONDITION code");
  CHECK(desk.message.find("expired") != std::string::npos);
  CHECK(desk.Redeem("r", a, CodeOf(0)) == "ok");
  CHECK(MoneyOf(h, a) == 20);
  Kept<SetStateCall> close;
  close.change = {.key = "close", .actor = "", .reason = "test"};
  close.account = a;
  close.state = balance::AccountState::kClosed;
  h.Run(&close);
  REQUIRE(close.status.ok());
  CHECK(desk.Redeem("r-2", a, CodeOf(1)) == "FAILED_PRECONDITION account_id");
  CHECK(desk.Redeem("r-2", h.Create(0), CodeOf(1)) == "ok");
}

TEST_CASE("codes that no voucher has are counted, through a restart, and end for an hour",
          "[engine][unit]") {
  Harness h;
  Desk desk(h);
  const AccountId a = h.Create(0);
  const AccountId b = h.Create(0);
  REQUIRE(desk.Issue("i", "may", Money(10), 0, 2) == "ok");
  const AccountView before = h.View(a);
  for (int i = 0; i < balance::kVoucherGuessesPerHourMax; ++i) {
    CHECK(desk.Redeem("guess", a, CodeOf(100 + i)) == "NOT_FOUND code");
    if (i == 1) h.Open();
  }
  CHECK(desk.Redeem("guess", a, CodeOf(150)) == "RESOURCE_EXHAUSTED code");
  CHECK(desk.message.find("07:00") != std::string::npos);
  CHECK(desk.Redeem("right", a, CodeOf(0)) == "RESOURCE_EXHAUSTED code");
  CHECK(desk.Redeem("right", b, CodeOf(1)) == "ok");  // Another account is not stopped.
  h.Open();
  CHECK(desk.Redeem("right", a, CodeOf(0)) == "RESOURCE_EXHAUSTED code");
  h.clock.AdvanceSeconds(3'600);
  CHECK(desk.Redeem("right", a, CodeOf(0)) == "ok");
  int guesses = 0;
  ForEachEntry(*h.store, [&](const balance::EntryView& entry) {
    if (entry.kind == balance::EntryKind::kVoucherGuessed) ++guesses;
  });
  CHECK(guesses == balance::kVoucherGuessesPerHourMax);
}

TEST_CASE("a bonus is a bucket of its own that ends, used before the account's own money",
          "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Desk desk(h);
  const AccountId a = h.Create(1'000);
  h.Purchase(a, "pay");
  REQUIRE(desk.Issue("i", "gift", Bonus(500, 2), 0, 1) == "ok");
  Kept<RedeemVoucherCall> call;
  REQUIRE(desk.Redeem("r", a, CodeOf(0), &call) == "ok");
  REQUIRE(call.buckets.size() == 1);
  CHECK(call.valid_until == h.clock.Now().PlusSeconds(2 * 86'400));
  CHECK(call.available_micros == 1'000);
  Kept<CreditControlCall> debit;
  Fill(debit, {.session = "e", .account = a, .model = "plain"}, RequestType::kEvent);
  debit.request.action = RequestedAction::kDirectDebiting;
  debit.request.services[0].has_used = true;
  debit.request.services[0].used = {{TokenKind::kInput, 100}};  // 200 micros.
  h.Run(&debit);
  REQUIRE(debit.answer.code == ResultCode::kSuccess);
  CHECK(MoneyOf(h, a) == 1'000);
  h.clock.AdvanceSeconds(2 * 86'400);
  h.engine->Tick();
  h.executor.RunAll();
  CHECK(MoneyOf(h, a) == 1'000);
  CHECK(h.View(a).buckets.size() == 1);  // What was left of the bonus has expired.
}

TEST_CASE("an offer's voucher pays its fee, also of an account that owes", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Desk desk(h);
  const bool sold = GENERATE(true, false);
  VoucherTerms terms = Offer("pack-on");
  terms.sold = sold;
  REQUIRE(desk.Issue("i", "packs", terms, 0, 2) == "ok");
  const AccountId a = h.Create(0);
  Kept<RedeemVoucherCall> call;
  REQUIRE(desk.Redeem("r", a, CodeOf(0), &call) == "ok");
  CHECK(call.value == VoucherValue::kOffer);
  CHECK(call.offer == "pack-on");
  CHECK(call.amount_micros == 10'000'000);
  CHECK(call.available_micros == 0);
  REQUIRE(call.buckets.size() == 1);
  CHECK(call.subscription != 0);
  CHECK(MoneyOf(h, a) == 0);
  CHECK(h.View(a).subscriptions.size() == 1);
  // Owes 5: the fee is paid all the same, the debt stays.
  const AccountId owes = h.Create(0, 1'000);
  Kept<AdjustCall> down;
  down.change = {.key = "down", .actor = "", .reason = "test"};
  down.account = owes;
  down.amount = -5;
  down.kind = balance::AdjustmentReason::kCorrection;
  h.Run(&down);
  REQUIRE(down.status.ok());
  Kept<RedeemVoucherCall> second;
  REQUIRE(desk.Redeem("r-2", owes, CodeOf(1), &second) == "ok");
  CHECK(second.available_micros == -5);
  CHECK(MoneyOf(h, owes) == -5);
  // The books: what the voucher brought is cash or goodwill, the package's revenue deferred.
  int64_t cash = 0;
  int64_t goodwill = 0;
  ForEachEntry(*h.store, [&](const balance::EntryView& entry) {
    const auto postings = balance::PostingsOf(entry);
    REQUIRE(postings.ok());
    for (const balance::Posting& posting : *postings) {
      if (posting.account == LedgerAccount::kCash) cash += posting.amount;
      if (posting.account == LedgerAccount::kGoodwill) goodwill += posting.amount;
    }
  });
  CHECK(cash == (sold ? -20'000'000 : 0));
  CHECK(goodwill == (sold ? 0 : -20'000'000));
}

TEST_CASE("every write fails once while vouchers are used: each is redeemed exactly once",
          "[engine][crash]") {
  const auto fault = GENERATE(testing::WriteFault::kRefused, testing::WriteFault::kUncertain);
  for (int failing = 1; failing <= 8; ++failing) {
    CAPTURE(failing);
    const std::shared_ptr<balance::Store> disk(balance::MakeMemStore());
    const auto faulty = std::make_shared<testing::FaultyStore>(disk);
    Harness h(faulty);
    h.Publish(kSmallCatalogue);
    Desk desk(h);
    const AccountId a = h.Create(0);
    faulty->FailWrite(failing, fault, absl::UnavailableError("the disk is full"));
    const auto until_answered = [&](auto ask) {
      std::string outcome = ask();
      for (int tries = 0; outcome.rfind("UNAVAILABLE", 0) == 0 && tries < 3; ++tries) {
        h.store = std::make_shared<testing::FaultyStore>(disk);
        h.Open();
        outcome = ask();
      }
      return outcome;
    };
    CHECK(until_answered([&] { return desk.Issue("i", "may", Money(10), 0, 4); }) == "ok");
    CHECK(until_answered([&] { return desk.Redeem("r-0", a, CodeOf(0)); }) == "ok");
    CHECK(until_answered([&] { return desk.Redeem("r-1", a, CodeOf(1)); }) == "ok");
    CHECK(until_answered([&] { return desk.Redeem("g", a, CodeOf(50)); }) == "NOT_FOUND code");
    CHECK(until_answered([&] { return desk.Cancel("c", "may"); }) == "ok");
    CHECK(until_answered([&] { return desk.Redeem("r-2", a, CodeOf(2)); }) ==
          "FAILED_PRECONDITION code");
    h.Open();
    CHECK(MoneyOf(h, a) == 20);
    CHECK(desk.List()[0].redeemed == 2);
    CHECK(desk.List()[0].cancelled);
  }
}

TEST_CASE("no code is in the store, and none in the words of its history", "[engine][unit]") {
  Harness h;
  Desk desk(h);
  const AccountId a = h.Create(0);
  REQUIRE(desk.Issue("i", "may", Money(10), 0, 2) == "ok");
  REQUIRE(desk.Redeem("r", a, FormatVoucherCode(CodeOf(0))) == "ok");
  REQUIRE(desk.Redeem("g", a, CodeOf(60)) == "NOT_FOUND code");
  for (int table = 0; table < balance::kTableCount; ++table) {
    const auto cursor = h.store->Seek(static_cast<balance::Table>(table), "");
    for (; cursor->valid(); cursor->Next()) {
      for (const int code : {0, 1, 60}) {
        CHECK(cursor->key().find(CodeOf(code)) == std::string_view::npos);
        CHECK(cursor->value().find(CodeOf(code)) == std::string_view::npos);
        CHECK(cursor->value().find(FormatVoucherCode(CodeOf(code))) == std::string_view::npos);
      }
    }
  }
}

}  // namespace
}  // namespace ocs::engine::tests
