// Customer care: adjustments, debts given up, charges given back, transfers; and what is told.

#include <string>
#include <vector>

#include "balance/changes.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
// tidy-allow internal: the engine's own tests
#include "ocs/engine/internal/shard.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/harness.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

template <typename Call, typename Fill>
std::string Do(Harness& h, AccountId account, const std::string& key, Fill fill,
               Kept<Call>* kept = nullptr) {
  Kept<Call> own;
  Kept<Call>& call = kept != nullptr ? *kept : own;
  call.change.key = key;
  call.change.reason = "test";
  call.account = account;
  fill(call);
  h.Run(&call);
  REQUIRE(call.done);
  return OutcomeText(call);
}

TEST_CASE("adjustments: refusals in order of precedence, repeats, both directions",
          "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=20000000 limit=1000000\nbuy A pack -> ok fee=10000000 bucket=2");
  const AccountId a = script.account("A");
  const auto adjust = [&](const std::string& key, auto fill, Kept<AdjustCall>* kept = nullptr) {
    return Do<AdjustCall>(h, a, key, fill, kept);
  };
  CHECK(adjust("1", [](auto& c) { c.change.reason = ""; }) == "INVALID_ARGUMENT reason");
  CHECK(adjust("1", [](auto&) {}) == "INVALID_ARGUMENT amount");
  CHECK(adjust("1", [](auto& c) { c.amount = 1, c.bucket = {9}; }) == "NOT_FOUND bucket_id");
  CHECK(adjust("1", [](auto& c) { c.amount = 1, c.bucket = {2}; }) ==
        "FAILED_PRECONDITION bucket_id");
  CHECK(adjust("1", [](auto& c) { c.amount = -11'000'001; }) == "FAILED_PRECONDITION amount");
  Kept<AdjustCall> down;
  CHECK(adjust(
            "2", [](auto& c) { c.amount = -11'000'000; }, &down) == "ok");
  CHECK(down.available == -1'000'000);
  h.Open();
  Kept<AdjustCall> up;
  const auto credit = [](auto& c) {
    c.amount = 3'000'000;
    c.kind = balance::AdjustmentReason::kCorrection;
  };
  CHECK(adjust("3", credit, &up) == "ok");
  CHECK(up.available == 2'000'000);
  Kept<AdjustCall> again;
  CHECK(adjust("3", credit, &again) == "ok");
  CHECK(again.available == 2'000'000);
  CHECK(adjust("3", [](auto& c) { c.amount = 3'000'000; }) == "ALREADY_EXISTS kind");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kGoodwill) == 11'000'000);
  CHECK(totals.Of(LedgerAccount::kCorrection) == -3'000'000);
}

TEST_CASE("what is owed is given up, whole or in part", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100
    terminate s 1 A 1/_/_/output:1000           -> 2001 cost=3000 | 1 2001 charged=3000 overshoot
  )");
  const AccountId a = script.account("A");
  const auto write_off = [&](const std::string& key, auto fill) {
    return Do<WriteOffCall>(h, a, key, fill);
  };
  CHECK(write_off("1", [](auto& c) { c.change.reason = ""; }) == "INVALID_ARGUMENT reason");
  CHECK(write_off("1", [](auto& c) { c.amount = 0; }) == "INVALID_ARGUMENT amount");
  CHECK(write_off("1", [](auto& c) { c.bucket = {7}; }) == "NOT_FOUND bucket_id");
  CHECK(write_off("1", [](auto& c) { c.amount = 2'001; }) == "FAILED_PRECONDITION amount");
  CHECK(write_off("1", [](auto& c) { c.amount = 500; }) == "ok");
  CHECK(write_off("2", [](auto&) {}) == "ok");
  CHECK(write_off("3", [](auto&) {}) == "FAILED_PRECONDITION bucket_id");
  script.Run("bucket A 1 -> granted=3000 available=0 held=0 spent=3000 expired=0");
  CHECK(TotalsOf(*h.store).Of(LedgerAccount::kWrittenOff) == -2'000);
}

TEST_CASE("a charge is given back in parts, never more than was charged", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=20000000
    account B money=20000000
    buy A pack-on                               -> ok fee=10000000 bucket=2
    debit e 0 A 1/plain/_/output:1200           -> 2001 cost=600 | 1 2001 granted=output:1200 charged=600 drawn=1000
  )");
  const AccountId a = script.account("A");
  const std::string charge = cdr::FormatRecordId(script.Records().back().id);
  const std::string fee = cdr::FormatRecordId(script.Records().front().id);
  const auto refund = [&](const std::string& key, auto fill,
                          Kept<RefundChargeCall>* kept = nullptr) {
    return Do<RefundChargeCall>(
        h, a, key, [&](auto& c) { c.record_id = charge, fill(c); }, kept);
  };
  CHECK(refund("1", [](auto& c) { c.change.reason = ""; }) == "INVALID_ARGUMENT reason");
  CHECK(refund("1", [](auto& c) { c.amount = 5; }) == "INVALID_ARGUMENT amount");
  CHECK(refund("1", [](auto& c) { c.record_id = "0.99.0"; }) == "NOT_FOUND record_id");
  CHECK(refund("1", [&](auto& c) { c.record_id = fee; }) == "NOT_FOUND record_id");
  CHECK(refund("1", [&](auto& c) { c.account = script.account("B"); }) == "NOT_FOUND record_id");
  CHECK(refund("1", [](auto& c) { c.line = 7; }) == "NOT_FOUND line");
  CHECK(refund("1", [](auto& c) { c.line = 0, c.amount = 1'001; }) == "FAILED_PRECONDITION amount");
  Kept<RefundChargeCall> part;
  CHECK(refund(
            "2", [](auto& c) { c.line = 0, c.amount = 400; }, &part) == "ok");
  CHECK(part.refunded_pieces == 400);
  script.Run("bucket A 2 -> granted=1000 available=400 held=0 spent=600 expired=0");
  h.Open();
  Kept<RefundChargeCall> again;
  CHECK(refund(
            "2", [](auto& c) { c.line = 0, c.amount = 400; }, &again) == "ok");
  CHECK(again.refund_record_id == part.refund_record_id);
  CHECK(refund("3", [](auto& c) { c.line = 0, c.amount = 601; }) == "FAILED_PRECONDITION amount");
  Kept<RefundChargeCall> rest;
  CHECK(refund(
            "4", [](auto&) {}, &rest) == "ok");
  CHECK(rest.refunded_pieces == 600);
  CHECK(rest.refunded_micros == 600);
  CHECK(refund("5", [](auto&) {}) == "FAILED_PRECONDITION record_id");
  script.Run(R"(
    bucket A 2                                  -> granted=1000 available=1000 held=0 spent=0 expired=0
    bucket A 1                                  -> granted=20000000 available=10000000 held=0 spent=10000000 expired=0
  )");
  CHECK(TotalsOf(*h.store).Of(LedgerAccount::kPackageEarned) == 0);
}

TEST_CASE("transfers: refusals in order of precedence, money and packages", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=20000000
    account B money=1000
    account D money=1000 currency=USD
    buy A pack                                  -> ok fee=10000000 bucket=2
  )");
  const AccountId a = script.account("A");
  const AccountId b = script.account("B");
  const auto transfer = [&](const std::string& key, auto fill, Kept<TransferCall>* kept = nullptr) {
    return Do<TransferCall>(
        h, a, key, [&](auto& c) { c.to = b, c.amount = 1'000'000, fill(c); }, kept);
  };
  CHECK(transfer("1", [&](auto& c) { c.to = a; }) == "INVALID_ARGUMENT to_account_id");
  CHECK(transfer("1", [](auto& c) { c.amount = 0; }) == "INVALID_ARGUMENT amount");
  CHECK(transfer("1", [](auto& c) { c.to = AccountId::Of({5}, 77); }) == "NOT_FOUND to_account_id");
  CHECK(transfer("1", [](auto& c) { c.bucket = {9}; }) == "NOT_FOUND bucket_id");
  CHECK(transfer("1", [](auto& c) { c.amount = 10'000'001; }) == "FAILED_PRECONDITION amount");
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK(transfer("1", [](auto&) {}) == "ok");
    h.Open();
  }
  CHECK(transfer("2", [](auto& c) { c.bucket = {2}, c.amount = 400; }) == "ok");
  script.Run(R"(
    bucket A 1                                  -> granted=20000000 available=9000000 held=0 spent=10000000 expired=0
    bucket B 1                                  -> granted=1001000 available=1001000 held=0 spent=0 expired=0
    bucket A 2                                  -> granted=1000 available=600 held=0 spent=0 expired=0
    debit e 0 B 1/plain/_/output:400            -> 2001 cost=0 | 1 2001 granted=output:400 drawn=400
  )");
  // Where it cannot be taken it comes back.
  CHECK(transfer("3", [&](auto& c) { c.to = script.account("D"); }) == "ok");
  script.Run("bucket A 1 -> granted=21000000 available=9000000 held=0 spent=10000000 expired=0");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kTransferred) == 0);
  CHECK(totals.Of(LedgerAccount::kPackageEarned) == 4'000'000);
  CHECK(AccountsOf(*h.store).at(a.value).transfers.empty());
}

/// Writes the sender's half alone: what a crash leaves behind.
class SendOnlyCall : public Operation {
 public:
  AccountId from;
  AccountId to;

 private:
  void Execute(Shard& shard) override {
    balance::Account* sender = shard.FindAccount(from);
    balance::EntryBuilder& entry = shard.entry();
    entry.Begin(balance::EntryKind::kTransferSent, from);
    balance::Transfer transfer{
        .id = "t-1", .to = to, .amount = 250, .sent_at = shard.logged_at(), .bucket = {}};
    transfer.bucket.id = balance::kMainBucket;
    transfer.bucket.unit = sender->currency;
    balance::PostTransferOut(*sender->FindBucket(balance::kMainBucket), transfer, &entry);
    shard.Append(sender);
  }
};

/// Writes the receiver's half alone.
class ReceiveOnlyCall : public Operation {
 public:
  AccountId from;
  AccountId to;

 private:
  void Execute(Shard& shard) override {
    const balance::Transfer transfer = *shard.FindAccount(from)->FindTransfer("t-1");
    balance::Account* receiver = shard.FindAccount(to);
    balance::EntryBuilder& entry = shard.entry();
    entry.Begin(balance::EntryKind::kTransferReceived, to);
    const std::string key = balance::TransferKey("t-1");
    entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key, .number = 0});
    balance::PostTransferIn(*receiver, transfer, &entry);
    shard.Append(receiver);
  }
};

TEST_CASE("a transfer that a crash cut off is finished, once", "[engine][unit]") {
  Harness h;
  const AccountId a = h.Create(1'000);
  const AccountId b = h.Create(1'000);
  const bool arrived = GENERATE(false, true);
  CAPTURE(arrived);
  Kept<SendOnlyCall> send;
  send.from = a;
  send.to = b;
  h.Run(&send);
  REQUIRE(send.done);
  if (arrived) {
    Kept<ReceiveOnlyCall> receive;
    receive.from = a;
    receive.to = b;
    h.Run(&receive);
    REQUIRE(receive.done);
  }
  for (int restart = 0; restart < 3; ++restart) {
    h.Open();
    h.clock.AdvanceSeconds(2);
    h.engine->Tick();
    h.executor.RunAll();
    CHECK(h.View(a).buckets[0].available == 750);
    CHECK(h.View(b).buckets[0].available == 1'250);
  }
  CHECK(AccountsOf(*h.store).at(a.value).transfers.empty());
  TotalsOf(*h.store);
}

std::vector<std::string> Notices(Harness& h) {
  std::vector<std::string> types;
  Position after;
  while (true) {
    Kept<NoticesCall> call;
    call.after = after;
    call.notices_max = 2;
    h.Run(&call);
    REQUIRE(call.status.ok());
    for (const NoticeView& notice : call.notices) {
      types.push_back(notice.percent == 0 ? notice.type : Cat(notice.type, " ", notice.percent));
      CHECK_FALSE(notice.text.empty());
    }
    if (call.next_after == after) return types;
    after = call.next_after;
  }
}

TEST_CASE("a low balance is told once, and again after it was over", "[engine][unit]") {
  EngineOptions options;
  options.low_balance_micros = 2'000;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=10003000
    buy A pack-on -> ok fee=10000000 bucket=2
    debit e 0 A 1/plain/_/output:1000           -> 2001 cost=0 | 1 2001 granted=output:1000 drawn=1000
    debit e 1 A 1/plain/_/output:300            -> 2001 cost=900 | 1 2001 granted=output:300 charged=900
  )");
  CHECK(Notices(h) == std::vector<std::string>{"bucket threshold 100"});
  script.Run(R"(
    debit e 2 A 1/plain/_/output:34             -> 2001 cost=102 | 1 2001 granted=output:34 charged=102
    debit e 3 A 1/plain/_/output:10             -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
    restart
    debit e 4 A 1/plain/_/output:10             -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
  )");
  CHECK(Notices(h) == std::vector<std::string>{"bucket threshold 100", "low balance"});
  // Not enough to be over: 1,938 + 61. Then over, and low again with the next use.
  const auto top_up = [&](const char* key, int64_t micros) {
    return Do<TopUpCall>(h, script.account("A"), key, [&](auto& c) {
      c.amount_micros = micros;
      c.currency = Unit::Of("CNY");
    });
  };
  CHECK(top_up("short", 61) == "ok");
  script.Run("debit e 5 A 1/plain/_/output:1 -> 2001 cost=3 | 1 2001 granted=output:1 charged=3");
  CHECK(Notices(h).size() == 2);
  CHECK(top_up("over", 4) == "ok");
  script.Run("debit e 6 A 1/plain/_/output:1 -> 2001 cost=3 | 1 2001 granted=output:1 charged=3");
  CHECK(Notices(h) ==
        std::vector<std::string>{"bucket threshold 100", "low balance", "low balance"});
  TotalsOf(*h.store);
}

TEST_CASE("what is left in a bucket is told before it ends, once", "[engine][unit]") {
  EngineOptions options;
  options.bucket_notice_seconds = 3 * 86'400;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=30000000\nbuy A pack -> ok fee=10000000 bucket=2");
  const auto wait = [&](int64_t seconds) {
    h.clock.AdvanceSeconds(seconds);
    h.engine->Tick();
    h.executor.RunAll();
    return Notices(h);
  };
  CHECK(wait(27 * 86'400 - 1).empty());
  h.Open();
  CHECK(wait(1) == std::vector<std::string>{"bucket ending"});
  CHECK(wait(86'400) == std::vector<std::string>{"bucket ending"});
  CHECK(wait(3 * 86'400) == std::vector<std::string>{"bucket ending"});
  // Of one that is used up there is nothing to tell.
  script.Run("buy A pack -> ok fee=10000000 bucket=3");
  script.Run("debit e 0 A 1/plain/_/output:1000");
  CHECK(wait(40 * 86'400) == std::vector<std::string>{"bucket ending", "bucket threshold 100"});
  TotalsOf(*h.store);
}

TEST_CASE("what is promised is not used: a hold makes no balance low", "[engine][unit]") {
  EngineOptions options;
  options.low_balance_micros = 2'000;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=10003000
    buy A pack-on -> ok fee=10000000 bucket=2
    debit e 0 A 1/plain/_/output:1000           -> 2001 cost=0 | 1 2001 granted=output:1000 drawn=1000
    initial s 0 A 1/plain/output:900/_          -> 2001 | 1 2001 granted=output:900
  )");
  CHECK(h.View(script.account("A")).buckets.back().held == 2'700);
  CHECK(Notices(h) == std::vector<std::string>{"bucket threshold 100"});
}

TEST_CASE("thresholds are told once each, and what else happened", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=20000000\nbuy A pack-on -> ok fee=10000000 bucket=2");
  const AccountId a = script.account("A");
  CHECK(Do<SetLimitCall>(h, a, "limit", [](auto& c) {
          c.name = "daily";
          c.window.kind = WindowKind::kDay;
          c.unit = Unit::Of("token");
          c.amount = 2'000;
          c.alerts = {50, 100};
        }) == "ok");
  script.Run(R"(
    debit e 0 A 1/plain/_/output:400            -> 2001 cost=0 | 1 2001 granted=output:400 drawn=400
    debit e 1 A 1/plain/_/output:450            -> 2001 cost=0 | 1 2001 granted=output:450 drawn=450
    debit e 2 A 1/plain/_/output:10             -> 2001 cost=0 | 1 2001 granted=output:10 drawn=10
    debit e 3 A 1/plain/_/output:140            -> 2001 cost=0 | 1 2001 granted=output:140 drawn=140
    restart
    debit e 4 A 1/plain/_/output:1              -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
  )");
  CHECK(Do<SetStateCall>(h, a, "state",
                         [](auto& c) { c.state = balance::AccountState::kSuspended; }) == "ok");
  CHECK(Notices(h) == std::vector<std::string>{"bucket threshold 80", "bucket threshold 100",
                                               "limit threshold 50", "state changed"});
  Kept<NoticesCall> many;
  many.notices_max = 1'001;
  h.Run(&many);
  CHECK(OutcomeText(many) == "INVALID_ARGUMENT notices_max");
}

TEST_CASE("a sliding window tells again once it has fallen below", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=20000000\nbuy A pay");
  CHECK(Do<SetLimitCall>(h, script.account("A"), "limit", [](auto& c) {
          c.name = "burst";
          c.window = {.kind = WindowKind::kSliding, .length_ms = 3'600'000};
          c.unit = Unit::Of("token");
          c.amount = 1'000;
          c.alerts = {50, 100};
        }) == "ok");
  script.Run(R"(
    debit e 0 A 1/plain/_/output:600
    debit e 1 A 1/plain/_/output:400
    tick 7200
    debit e 2 A 1/plain/_/output:100
    debit e 3 A 1/plain/_/output:500
  )");
  CHECK(Notices(h) ==
        std::vector<std::string>{"limit threshold 50", "limit reached 100", "limit threshold 50"});
}

}  // namespace
}  // namespace ocs::engine::tests
