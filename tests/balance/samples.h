// Accounts and entries with something in every field, and random ones.

#ifndef TESTS_BALANCE_SAMPLES_H_
#define TESTS_BALANCE_SAMPLES_H_

#include <memory>
#include <string>
#include <utility>

#include "balance/account.h"
#include "balance/book.h"
#include "balance/changes.h"
#include "balance/entry.h"
#include "balance/ledger.h"
#include "balance/mem_store.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/support/catch.h"

namespace ocs::balance::tests {

inline constexpr Instant kNow{1'779'000'000'000};

inline Bucket TokenBucket(uint32_t id, int64_t amount) {
  Bucket bucket;
  bucket.id = {id};
  bucket.priority = 1;
  bucket.unit = Unit::Of("token");
  bucket.valid_from = kNow;
  bucket.granted = amount;
  bucket.available = amount;
  return bucket;
}

inline Account SampleAccount() {
  Account account;
  account.id = AccountId::Of({77}, 5);
  account.state = AccountState::kGrace;
  account.currency = Unit::Of("CNY");
  account.credit_limit_micros = 12;
  account.created_at = kNow;
  account.next_bucket = 4;
  account.last_group = 9;
  account.last = {.group = 9, .index = 2};
  Bucket pack = TokenBucket(2, 1000);
  pack.covered_models = 3;
  pack.valid_until = kNow.PlusSeconds(60);
  pack.terms = {.revision = 4, .offer = 1, .grant = 2};
  pack.available = 300;
  pack.held = 200;
  pack.spent = 400;
  pack.expired = 70;
  pack.transferred = 30;
  pack.deferred_micros = 9'900'000;
  pack.released_micros = 3'960'000;
  Bucket main;
  main.id = kMainBucket;
  main.priority = kMainPriority;
  main.unit = account.currency;
  main.available = -5;
  main.spent = 5;
  account.buckets = {pack, main};
  account.subscriptions = {
      {.terms = pack.terms, .valid_from = kNow, .valid_until = Instant::Never()}};
  Session session;
  session.id = "s-1";
  session.revision = 4;
  session.number_max = 3;
  session.record_sequence = 2;
  session.opened_at = kNow;
  session.reported_at = kNow.PlusSeconds(1);
  session.ends_at = kNow.PlusSeconds(1200);
  session.cost_micros = 17;
  session.last = {.group = 8, .index = 1};
  Grant grant;
  grant.rating_group = 6;
  grant.model = "deepseek-v3.2";
  grant.granted = {{TokenKind::kInput, 150}, {TokenKind::kOutput, 50}};
  grant.holds = {{.bucket = {2}, .amount = 200}};
  session.grants = {grant};
  account.sessions.Add(session);
  account.carries = {{.line = 11, .denominator = 3, .remainder = 2},
                     {.line = 12, .denominator = 7, .remainder = 6}};
  account.identities = {{.type = 0, .data = "8613800000000"}, {.type = 4, .data = "customer"}};
  return account;
}

/// The sample with something in every field that format version 1 did not have.
inline Account WideAccount() {
  Account account = SampleAccount();
  Bucket& pack = account.buckets[0];
  pack.node = {2};
  pack.shared = false;
  pack.subscription = 1;
  pack.carried = 2;
  pack.refills_at = kNow.PlusSeconds(30);
  pack.refill_amount = 500;
  pack.planned = 6'000;
  pack.lasts_ms = 86'400'000;
  pack.lasts_months = 1;
  pack.noticed_percent = 50;
  pack.notice_ms = 3'600;
  account.subscriptions.push_back({.terms = {.revision = 4, .offer = 2, .grant = 0},
                                   .valid_from = kNow,
                                   .valid_until = kNow.PlusSeconds(900),
                                   .id = 1,
                                   .node = {1},
                                   .renews_at = kNow.PlusSeconds(800),
                                   .anchor = kNow,
                                   .cycles = 3,
                                   .switches = 5,
                                   .cancelled = true,
                                   .quantity = 500});
  Session& session = account.sessions[0];
  session.node = {2};
  session.origin_host = "gateway-1.example";
  session.origin_state = 1'779'000'000;
  Grant& grant = session.grants[0];
  grant.counter_holds = {{.id = 0xffffffffffffffff, .owner = CounterOwner({2}, {2}), .amount = 7}};
  grant.prompt_tokens = 150;
  grant.charged_micros = 17;
  grant.counted = 200;
  grant.request_counted = true;
  grant.context = {0, 0xfedcba9876543210, 0, 0, 0, 1};
  grant.switches_at = kNow.PlusSeconds(33);
  grant.final_units = 2;
  grant.pool = 5;
  account.identities.push_back({.type = 4, .data = "key-2", .node = {2}});
  account.segment = "student";
  account.tenant = "brand-b";
  account.billing_day = 31;
  account.next_node = 3;
  account.next_limit = 8;
  account.next_subscription = 2;
  account.nodes = {{.id = {1}, .parent = kRootNode, .kind = NodeKind::kGroup, .name = "lab"},
                   {.id = {2},
                    .parent = {1},
                    .kind = NodeKind::kKey,
                    .state = AccountState::kSuspended,
                    .name = "key two"}};
  account.limits = {{.id = 7,
                     .node = {1},
                     .name = "budget",
                     .window = {.kind = WindowKind::kCycle},
                     .anchor = kNow,
                     .unit = Unit::Of("CNY"),
                     .amount = 1'000'000,
                     .alert_only = true,
                     .alerts = {50, 80, 100},
                     .until = kNow.PlusSeconds(5'000)}};
  account.counters = {
      {.id = 7,
       .owner = 1,
       .window = {.kind = WindowKind::kCycle},
       .began_at = kNow,
       .ends_at = kNow.PlusSeconds(700),
       .counted = 30,
       .charged_micros = 4,
       .noticed_percent = 80},
      {.id = 0xffffffffffffffff,
       .owner = CounterOwner({2}, {2}),
       .window = {.kind = WindowKind::kSliding, .length_ms = 60'000},
       .held = 7,
       .slots = {{.began_at = kNow, .amount = 5}, {.began_at = kNow.PlusSeconds(2), .amount = 6}}}};
  account.bought = {{.offer = 0x123456789abcdef0, .month = kNow, .in_month = 2, .ever = 9}};
  account.dated_changes = {
      {.at = kNow.PlusSeconds(600), .state = AccountState::kSuspended, .reason = "moves away"}};
  Transfer transfer;
  transfer.id = "gift-1";
  transfer.to = AccountId::Of({78}, 6);
  transfer.amount = 30;
  transfer.sent_at = kNow.PlusSeconds(20);
  transfer.bucket = TokenBucket(0, 0);
  transfer.bucket.deferred_micros = 297'000;
  transfer.bucket.carried = 1;
  account.transfers = {transfer};
  account.volume_windows = {{.counter = 0xffffffffffffffff,
                             .window = {.kind = WindowKind::kCycle},
                             .anchor = kNow,
                             .began_at = kNow,
                             .ends_at = kNow.PlusSeconds(650),
                             .revision = 4,
                             .charged_micros = 300,
                             .own_micros = 200,
                             .excess_micros = -7}};
  account.demands = {{.session_id = "s-1",
                      .kind = DemandKind::kAbort,
                      .rating_group = 6,
                      .asked = {.group = 9, .index = 2},
                      .asked_at = kNow,
                      .ask_at = kNow.PlusSeconds(990),
                      .asks = 3,
                      .reason = "fraud"}};
  account.watches = {{.id = "pcf-1",
                      .counters = {"limit-7"},
                      .expires_at = kNow.PlusSeconds(8'000),
                      .told = {{.counter = "limit-7",
                                .status = "warn-80",
                                .next_status = "normal",
                                .next_at = kNow.PlusSeconds(700)}}}};
  return account;
}

inline std::string Bytes(const Account& account) {
  std::string bytes;
  EncodeAccount(account, &bytes);
  return bytes;
}

/// An entry as it is read back from a group of that number.
struct ReadBack {
  std::string bytes;
  EntryView view;
};
inline std::unique_ptr<ReadBack> ReadEntry(EntryBuilder& entry, Position position,
                                           Position previous = {}) {
  auto read = std::make_unique<ReadBack>();
  std::string framed;
  entry.AppendTo(&framed, position.group, previous);
  ByteReader in(framed);
  read->bytes = in.Text();
  REQUIRE(in.ok());
  REQUIRE(in.done());
  auto view = ParseEntry(read->bytes, position);
  REQUIRE(view.ok());
  read->view = *std::move(view);
  return read;
}

/// Applies what the entry holds.
inline absl::Status ApplyEntry(EntryBuilder& entry, Account* account) {
  const auto read = ReadEntry(entry, {.group = 2, .index = 0});
  Applier applier;
  return applier.Apply(read->view, account);
}

/// An account with money, as the ledger makes it.
inline Account NewAccount(int64_t money, int64_t limit = 0) {
  EntryBuilder entry;
  Account account;
  account.id = AccountId::Of({77}, 5);
  entry.Begin(EntryKind::kAccountCreated, account.id);
  entry.CreateAccount(Unit::Of("CNY"), limit, kNow);
  if (money != 0) PostTopUp(money, &entry);
  const auto read = ReadEntry(entry, {.group = 1, .index = 0});
  Applier applier;
  REQUIRE(applier.Apply(read->view, &account).ok());
  return account;
}

}  // namespace ocs::balance::tests

#endif  // TESTS_BALANCE_SAMPLES_H_
