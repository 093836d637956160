// A life of two accounts through every kind of entry of the ledger, each write of it failing once:
// what is repeated after the restart is recognised, what is missing is made up, and the journal is
// the same, byte for byte, as if nothing had happened.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "balance/book.h"
#include "balance/changes.h"
#include "balance/journal.h"
#include "balance/ledger.h"
#include "balance/mem_store.h"
#include "balance/notice.h"
#include "ocs/base/bytes.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_store.h"
#include "tests/support/manual_executor.h"

namespace ocs::balance::tests {
namespace {

using ocs::testing::FaultyStore;
using ocs::testing::WriteFault;

constexpr Instant kStart{1'779'000'000'000};
constexpr PartitionId kPartition{3};
const AccountId kA = AccountId::Of(kPartition, 1);
const AccountId kB = AccountId::Of(kPartition, 2);

struct Step {
  EntryKind kind;
  AccountId account;
  std::function<void(const Account&, EntryBuilder&)> fill;
};

Bucket Tokens(uint32_t id, int64_t paid) {
  Bucket bucket;
  bucket.id = {id};
  bucket.priority = 1;
  bucket.unit = Unit::Of("token");
  bucket.valid_from = kStart;
  bucket.deferred_micros = paid;
  return bucket;
}

Transfer Gift() {
  Transfer gift;
  gift.id = "gift";
  gift.to = kB;
  gift.amount = 40;
  gift.sent_at = kStart;
  gift.bucket = Tokens(0, 0);
  return gift;
}

void Create(const Account& /*account*/, EntryBuilder& e) {
  e.CreateAccount(Unit::Of("CNY"), 500, kStart);
}

void BuyPack(const Account& /*account*/, EntryBuilder& e) {
  Bucket pack = Tokens(2, 900);
  pack.refill_amount = 100;
  pack.refills_at = kStart.PlusSeconds(5);
  pack.planned = 300;
  pack.valid_until = kStart.PlusSeconds(3'600);
  PostFee(900, 900, &e);
  e.AddBucket(pack);
  PostIssue({2}, 100, &e);
  e.AddSubscription({.valid_from = kStart, .id = 1, .renews_at = kStart.PlusSeconds(60)});
  e.SetBought({.offer = 77, .month = kStart, .in_month = 1, .ever = 1});
}

void ChangeAll(const Account& /*account*/, EntryBuilder& e) {
  e.SetNode({.id = {1}, .parent = kRootNode, .kind = NodeKind::kMember, .name = "m"});
  e.AddIdentity({.type = 4, .data = "key", .node = {1}});
  e.SetLimit({.id = 1, .node = {1}, .unit = Unit::Of("token"), .amount = 50, .alerts = {80}});
  e.SetProfile({.state = AccountState::kActive,
                .credit_limit_micros = 700,
                .segment = "s",
                .tenant = "t",
                .billing_day = 9});
  e.SetDatedChange({.at = kStart.PlusSeconds(90), .state = AccountState::kSuspended});
}

CounterMove Count(int64_t counted, int64_t held) {
  return {.id = 1,
          .owner = 1,
          .window = {.kind = WindowKind::kSliding, .length_ms = 60'000},
          .at = kStart,
          .counted = counted,
          .held = held,
          .noticed_percent = 80};
}

void OpenCall(const Account& account, EntryBuilder& e) {
  PostMovement(account, {.bucket = {2}, .released = 0, .spent = 0, .held = 30}, &e);
  e.OpenSession(1, kStart, kStart.PlusSeconds(1'000));
  e.SetSessionNode({1});
  Grant grant;
  grant.holds = {{.bucket = {2}, .amount = 30}};
  grant.counter_holds = {{.id = 1, .owner = 1, .amount = 30}};
  e.SetGrant(grant);
  e.Count(Count(0, 30));
}

void EndCall(const Account& account, EntryBuilder& e) {
  e.SetSessionPrevious(account.sessions[0].last);
  PostMovement(account, {.bucket = {2}, .released = 30, .spent = 20, .held = 0}, &e);
  e.Count(Count(20, -30));
  e.CloseSession();
  e.SetBucketNoticed({2}, 80);
  EncodeNotice({.type = NoticeType::kBucketThreshold, .subject = 2, .percent = 80},
               e.Attach(AttachmentType::kNotice));
}

std::vector<Step> Steps() {
  using K = EntryKind;
  using Fill = std::function<void(const Account&, EntryBuilder&)>;
  const auto of_pack = [](auto post) -> Fill {
    return [post](const Account& a, EntryBuilder& e) { post(*a.FindBucket({2}), e); };
  };
  return {
      {K::kAccountCreated, kA, Create},
      {K::kAccountCreated, kB, Create},
      {K::kToppedUp, kA, [](const Account&, EntryBuilder& e) { PostTopUp(1'000, &e); }},
      {K::kOfferPurchased, kA, BuyPack},
      {K::kNodeChanged, kA, ChangeAll},
      {K::kSessionOpened, kA, OpenCall},
      {K::kBucketsRefilled, kA,
       of_pack([](const Bucket& b, EntryBuilder& e) { PostRefill(b, Instant::Never(), &e); })},
      {K::kSessionTerminated, kA, EndCall},
      {K::kOfferRenewed, kA,
       [](const Account& a, EntryBuilder& e) {
         PostCarryOver(*a.FindBucket({2}), Tokens(3, 0), 30, &e);
         PostNextCycle(*a.FindSubscription(1), kStart.PlusSeconds(120), &e);
       }},
      {K::kAdjusted, kA,
       [](const Account& a, EntryBuilder& e) {
         PostAdjustment(*a.FindBucket(kMainBucket), -600, AdjustmentReason::kCorrection, &e);
       }},
      {K::kWrittenOff, kA,
       [](const Account& a, EntryBuilder& e) {
         PostWriteOff(*a.FindBucket(kMainBucket), 100, &e);
       }},
      {K::kTransferSent, kA,
       of_pack([](const Bucket& b, EntryBuilder& e) { PostTransferOut(b, Gift(), &e); })},
      {K::kTransferReceived, kB, nullptr},  // Of what the sender then lists.
      {K::kTransferSettled, kA, [](const Account&, EntryBuilder& e) { e.DropTransfer("gift"); }},
      {K::kEventRefunded, kA,
       [](const Account& a, EntryBuilder& e) {
         e.RefundOf({.group = 8, .index = 0}, {{.record = 0, .line = 0, .amount = 5}});
         PostMovement(a, {.bucket = {2}, .released = 0, .spent = -5, .held = 0}, &e);
       }},
      {K::kBucketsExpired, kA,
       [](const Account& a, EntryBuilder& e) {
         CHECK(PostExpiries(a, kStart.PlusSeconds(3'600), &e) == 1);
       }},
      {K::kAccountChanged, kA,
       [](const Account& a, EntryBuilder& e) {
         e.DropDatedChange(a.dated_changes[0]);
         e.DropLimit(1);
         e.DropCounter(1, 1);
         e.MoveIdentity({.type = 4, .data = "key", .node = kRootNode});
       }},
  };
}

/// One process: opens the store and makes every step that is not there. False where a write failed.
bool RunSteps(Store* store) {
  BookOptions options;
  options.checkpoint_lag_entries = 2;
  auto opened = Book::Open(options, store);
  REQUIRE(opened.ok());
  Book& book = **opened;
  ocs::tests::ManualExecutor executor;
  EmbeddedGroupLog log(store, &executor, book.head());
  EntryBuilder entry;
  int number = 0;
  for (const Step& step : Steps()) {
    ++number;
    book.OpenGroup(kStart.PlusSeconds(number));
    const bool session =
        step.kind == EntryKind::kSessionOpened || step.kind == EntryKind::kSessionTerminated;
    const std::string key = session ? "call"
                            : step.kind == EntryKind::kTransferReceived
                                ? TransferKey("gift")
                                : "step-" + std::to_string(number);
    const uint32_t request = step.kind == EntryKind::kSessionTerminated ? 1 : 0;
    const auto account = book.FindAccount(step.account);
    REQUIRE(account.ok());
    bool there = false;
    if (session) {
      const auto known = book.FindRequest(**account, key, request);
      REQUIRE(known.ok());
      there = known->entry != nullptr;
    } else {
      const auto known = book.FindChange(kPartition, key);
      REQUIRE(known.ok());
      there = *known != nullptr;
    }
    if (there) continue;
    Account* of = *account != nullptr ? *account : book.NewAccount(kPartition);
    REQUIRE(of->id == step.account);
    entry.Begin(step.kind, step.account);
    entry.SetKey({.type = session ? EntryKey::Type::kRequest : EntryKey::Type::kChange,
                  .text = key,
                  .number = request});
    if (step.fill) {
      step.fill(*of, entry);
    } else {
      const auto sender = book.FindAccount(kA);
      REQUIRE((*sender)->FindTransfer("gift") != nullptr);
      PostTransferIn(*of, *(*sender)->FindTransfer("gift"), &entry);
    }
    INFO("step " << number);
    REQUIRE(VerdictName(Judge(*of, entry)) == "allowed");
    book.Append(of, &entry);
    Group* group = book.Seal(Book::WriteBack::kAsNeeded);
    bool durable = false;
    log.Append(group, [&](AppendOutcome outcome, const absl::Status&) {
      durable = outcome == AppendOutcome::kDurable;
    });
    executor.RunAll();
    if (!durable) return false;
    book.Durable(group);
  }
  return true;
}

std::vector<std::string> RowsOf(const Store& store, Table table) {
  std::vector<std::string> rows;
  for (auto cursor = store.Seek(table, ""); cursor->valid(); cursor->Next())
    rows.emplace_back(cursor->value());
  return rows;
}

TEST_CASE("every write of every kind of entry fails once, and the journal comes out the same",
          "[balance][crash]") {
  const std::shared_ptr<Store> calm = MakeMemStore();
  FaultyStore counted(calm);
  REQUIRE(RunSteps(&counted));
  const auto writes = counted.write_count();
  REQUIRE(writes == static_cast<int64_t>(Steps().size()));
  const std::vector<std::string> expected = RowsOf(*calm, Table::kJournal);
  for (const WriteFault fault : {WriteFault::kRefused, WriteFault::kUncertain}) {
    for (int64_t n = 1; n <= writes; ++n) {
      INFO("write " << n);
      const std::shared_ptr<Store> store = MakeMemStore();
      FaultyStore faulty(store);
      faulty.FailWrite(n, fault, absl::UnavailableError("planted"));
      REQUIRE_FALSE(RunSteps(&faulty));
      CHECK(faulty.writes_after_failure() == 0);
      FaultyStore again(store);
      REQUIRE(RunSteps(&again));
      REQUIRE(RowsOf(*store, Table::kJournal) == expected);
      // A third start finds nothing to do.
      FaultyStore idle(store);
      REQUIRE(RunSteps(&idle));
      CHECK(idle.write_count() == 0);
    }
  }
}

}  // namespace
}  // namespace ocs::balance::tests
