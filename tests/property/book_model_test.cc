// The book beside a model of it: every change of balance/changes.h, counters, nodes, transfers in
// two halves, repeats, crashes at any moment, and the journal read back at any position.

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "balance/book.h"
#include "balance/changes.h"
#include "balance/journal.h"
#include "balance/ledger.h"
#include "balance/mem_store.h"
#include "balance/trial.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/random.h"
#include "tests/property/model_book.h"
#include "tests/support/catch.h"
#include "tests/support/manual_executor.h"
#include "tests/support/seed.h"

namespace ocs::balance::tests {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int kAccounts = 3;

std::string TextOf(const Account& account) {
  ModelAccount copy;
  copy.segment = account.segment;
  for (const Node& node : account.nodes) copy.nodes[node.id.value] = node.parent.value;
  for (const Bucket& b : account.buckets) {
    ModelBucket& to = copy.buckets[b.id.value];
    to.granted = b.granted;
    to.available = b.available;
    to.held = b.held;
    to.spent = b.spent;
    to.expired = b.expired;
    to.transferred = b.transferred;
    to.paid = b.deferred_micros;
    to.released = b.released_micros;
  }
  for (const Session& session : account.sessions) copy.sessions[session.id] = {};
  if (const Counter* counter = account.FindCounter(9, 0)) {
    copy.counts = true;
    copy.counter = {.counted = counter->counted, .held = counter->held};
  }
  for (const Transfer& t : account.transfers)
    copy.pending[t.id] = {.amount = t.amount, .paid = t.bucket.deferred_micros};
  return copy.Text();
}

/// One life of a book: the same things done to it and to the model.
class Life final {
 public:
  Life(Random& random, const BookOptions& options) : random_(random), options_(options) {
    Open();
    for (uint16_t i = 0; i < kAccounts; ++i) {
      book_->OpenGroup(now_);
      Account* account = book_->NewAccount({i});
      entry_.Begin(EntryKind::kAccountCreated, account->id);
      entry_.CreateAccount(Unit::Of("CNY"), 0, now_);
      book_->Append(account, &entry_);
      ids_.push_back(account->id);
      ModelBucket& main = model_.accounts[account->id.value].buckets[1];
      main.money = true;
      main.main = true;
    }
    Write();
  }

  void Step() {
    now_ = now_.PlusMillis(random_.Between(1, kDayMs / 40));
    switch (random_.Below(20)) {
      case 0:
        return Crash();
      case 1:
      case 2:
        return Write();
      case 3:
      case 4:
        return TopUp();
      case 5:
      case 6:
        return Buy();
      case 7:
        return Refill();
      case 8:
        return Carry();
      case 9:
        return Adjust();
      case 10:
        return Send();
      case 11:
      case 12:
        return Deliver();
      case 13:
        return Expire();
      case 14:
        return ChangeNodes();
      case 15:
      case 16:
        return OpenSession();
      case 17:
        return CloseSession();
      default:
        return Use();
    }
  }

  void Compare() {
    for (const AccountId id : ids_) {
      const Account* account = Find(id);
      REQUIRE(TextOf(*account) == model_.accounts[id.value].Text());
      REQUIRE(CheckInvariants(*account).ok());
    }
  }

  void Finish() {
    Write();
    const auto trial = ReadTrialBalance(*store_, {});
    REQUIRE(trial.ok());
    REQUIRE(ImbalancesOf(*trial).empty());
    const auto net = [&](LedgerAccount account, std::string_view unit) {
      for (const TrialLine& line : trial->lines) {
        if (line.account == account && line.unit.code() == unit)
          return static_cast<int64_t>(line.net());
      }
      return int64_t{0};
    };
    CHECK(net(LedgerAccount::kCash, "CNY") == -model_.cash);
    CHECK(net(LedgerAccount::kPackageEarned, "CNY") == model_.package);
    CHECK(net(LedgerAccount::kBreakage, "CNY") == model_.breakage);
    CHECK(net(LedgerAccount::kEarned, "CNY") == model_.earned);
    CHECK(net(LedgerAccount::kDeferred, "CNY") ==
          model_.package + model_.breakage + model_.Deferred());
    CHECK(net(LedgerAccount::kDeferredMoved, "CNY") == model_.OnTheWay());
    for (const auto& [at, id, text] : past_) {
      const auto then = ReadAccountAt(*store_, Find(id)->last, at);
      REQUIRE(then.ok());
      REQUIRE(TextOf(*then) == text);
    }
  }

 private:
  struct Past {
    Position at;
    AccountId id;
    std::string text;
  };

  void Open() {
    auto opened = Book::Open(options_, store_.get());
    INFO(opened.status());
    REQUIRE(opened.ok());
    book_ = *std::move(opened);
    log_ = std::make_unique<EmbeddedGroupLog>(store_.get(), &executor_, book_->head());
  }
  void Write() {
    book_->OpenGroup(now_);
    Group* group =
        book_->Seal(random_.OneIn(3) ? Book::WriteBack::kMore : Book::WriteBack::kAsNeeded);
    if (group == nullptr) return;
    log_->Append(group, [](AppendOutcome outcome, const absl::Status&) {
      REQUIRE(outcome == AppendOutcome::kDurable);
    });
    executor_.RunAll();
    book_->Durable(group);
    durable_ = model_;
    for (const AccountId id : ids_) {
      if (random_.OneIn(10)) {
        const Account* account = Find(id);
        past_.push_back({account->last, id, TextOf(*account)});
      }
    }
  }
  /// What was not written is gone, from the book and from the model.
  void Crash() {
    book_.reset();
    executor_.DropAll();
    Open();
    model_ = durable_;
  }
  Account* Find(AccountId id) {
    const auto found = book_->FindAccount(id);
    REQUIRE(found.ok());
    REQUIRE(*found != nullptr);
    return *found;
  }
  /// Some account, and its model.
  void Pick() {
    id_ = ids_[static_cast<size_t>(random_.Below(kAccounts))];
    account_ = Find(id_);
    m_ = &model_.accounts[id_.value];
  }
  uint32_t AnyBucket() {
    auto at = m_->buckets.begin();
    std::advance(at, random_.Below(static_cast<int64_t>(m_->buckets.size())));
    return at->first;
  }
  void Begin(EntryKind kind) {
    book_->OpenGroup(now_);
    entry_.Begin(kind, id_);
  }
  void Append() {
    REQUIRE(VerdictName(Judge(*account_, entry_)) == "allowed");
    book_->Append(account_, &entry_);
    if (book_->group_full()) Write();
  }

  void TopUp() {
    Pick();
    // Half of the keys come again: nothing must then happen.
    const std::string key = Cat("key-", random_.Below(60));
    book_->OpenGroup(now_);
    const auto known = book_->FindChange(id_.partition(), Cat(key, "-", id_.value));
    REQUIRE(known.ok());
    const bool repeated = *known != nullptr;
    REQUIRE(repeated == (model_.keys.count(Cat(key, "-", id_.value)) != 0));
    if (repeated) return;
    const std::string text = Cat(key, "-", id_.value);
    const int64_t amount = random_.Between(1, 5'000);
    Begin(EntryKind::kToppedUp);
    entry_.SetKey({.type = EntryKey::Type::kChange, .text = text, .number = 0});
    PostTopUp(amount, &entry_);
    Append();
    model_.TopUp(*m_, amount);
    model_.keys.insert(text);
  }
  void Buy() {
    Pick();
    if (m_->buckets.size() > 12) return;
    ModelBucket made;
    made.money = random_.OneIn(4);
    const int64_t amount = random_.Between(1, 300);
    made.paid = random_.OneIn(3) ? 0 : random_.Below(1'000);
    if (random_.OneIn(2)) made.ends = now_.unix_ms + random_.Between(1, 5) * kDayMs;
    if (random_.OneIn(3) && !made.money) {
      made.refill = amount;
      made.planned = amount * random_.Between(1, 6);
    }
    Bucket bucket;
    bucket.id = {account_->next_bucket};
    bucket.priority = 1;
    bucket.unit = made.money ? Unit::Of("CNY") : Unit::Of("token");
    bucket.valid_from = now_;
    if (made.ends != INT64_MAX) bucket.valid_until = {made.ends};
    bucket.deferred_micros = made.paid;
    bucket.refill_amount = made.refill;
    bucket.planned = made.planned;
    Begin(EntryKind::kOfferPurchased);
    PostFee(made.paid, made.paid, &entry_);
    entry_.AddBucket(bucket);
    PostIssue(bucket.id, amount, &entry_);
    bucket.granted = bucket.available = amount;
    PostRecovery(*account_, bucket, &entry_);
    Append();
    REQUIRE(model_.Buy(*m_, made, amount) == bucket.id.value);
  }
  void Use() {
    Pick();
    const uint32_t id = AnyBucket();
    const int64_t amount = random_.Between(1, 120);
    Begin(EntryKind::kEventCharged);
    PostMovement(*account_, {.bucket = {id}, .released = 0, .spent = amount, .held = 0}, &entry_);
    CountUse(amount, 0);
    Append();
    model_.Use(m_->buckets[id], amount);
  }
  void CountUse(int64_t counted, int64_t held) {
    const int64_t day = now_.unix_ms / kDayMs;
    entry_.Count({.id = 9,
                  .window = {.kind = WindowKind::kDay},
                  .began_at = {day * kDayMs},
                  .ends_at = {(day + 1) * kDayMs},
                  .counted = counted,
                  .held = held});
    if (!m_->counts || day > m_->counter.day) m_->counter = {.day = day, .held = m_->counter.held};
    m_->counts = true;
    m_->counter.counted += counted;
    m_->counter.held += held;
  }
  void Refill() {
    Pick();
    const uint32_t id = AnyBucket();
    ModelBucket& b = m_->buckets[id];
    if (b.refill == 0) return;
    Begin(EntryKind::kBucketsRefilled);
    PostRefill(*account_->FindBucket({id}), Instant::Never(), &entry_);
    Append();
    model_.Refill(b);
  }
  void Carry() {
    Pick();
    const uint32_t id = AnyBucket();
    const int64_t left = m_->buckets[id].available;
    if (id == 1 || left <= 0) return;
    const int64_t amount = random_.Between(1, left);
    const Bucket from = *account_->FindBucket({id});
    Bucket to;
    to.id = {account_->next_bucket};
    to.priority = 1;
    to.unit = from.unit;
    to.valid_until = now_.PlusMillis(3 * kDayMs);
    Begin(EntryKind::kOfferRenewed);
    PostCarryOver(from, to, amount, &entry_);
    Append();
    model_.Carry(*m_, m_->buckets[id], amount, to.valid_until.unix_ms);
  }
  void Adjust() {
    Pick();
    const int64_t amount = random_.Between(-500, 500);
    const Bucket& main = *account_->FindBucket(kMainBucket);
    ModelBucket& m = m_->buckets[1];
    if (main.available < 0 && random_.OneIn(2)) {
      const int64_t up = random_.Between(1, -main.available);
      Begin(EntryKind::kWrittenOff);
      PostWriteOff(main, up, &entry_);
      Append();
      m.granted += up;
      m.available += up;
      return;
    }
    Begin(EntryKind::kAdjusted);
    PostAdjustment(main, amount,
                   random_.OneIn(2) ? AdjustmentReason::kGoodwill : AdjustmentReason::kCorrection,
                   &entry_);
    Append();
    m.granted += amount;
    m.available += amount;
  }
  void Send() {
    Pick();
    const uint32_t id = AnyBucket();
    const ModelBucket& b = m_->buckets[id];
    if (b.available <= 0 || (b.money && !b.main) || m_->pending.size() > 5) return;
    Transfer transfer;
    transfer.id = Cat("t-", ++made_);
    transfer.to = ids_[static_cast<size_t>(random_.Below(kAccounts))];
    transfer.amount = random_.Between(1, b.available);
    transfer.sent_at = now_;
    transfer.bucket.id = {b.main ? 1U : 0U};
    transfer.bucket.priority = 1;
    transfer.bucket.unit = b.main ? Unit::Of("CNY") : Unit::Of("token");
    Begin(EntryKind::kTransferSent);
    PostTransferOut(*account_->FindBucket({id}), transfer, &entry_);
    Append();
    model_.Send(*m_, transfer.id, id, transfer.to.value, transfer.amount);
  }
  /// The second half, once; and that the sender knows it, or not yet.
  void Deliver() {
    Pick();
    if (m_->pending.empty()) return;
    const std::string id = m_->pending.begin()->first;
    const ModelPending sent = m_->pending.begin()->second;
    const AccountId sender = id_;
    const Transfer transfer = *account_->FindTransfer(id);
    REQUIRE(transfer.to.value == sent.to);
    const std::string key = TransferKey(id);
    book_->OpenGroup(now_);
    const auto known = book_->FindChange(transfer.to.partition(), key);
    REQUIRE(known.ok());
    REQUIRE((*known != nullptr) == (model_.keys.count(key) != 0));
    if (*known == nullptr) {
      id_ = transfer.to;
      account_ = Find(id_);
      Begin(EntryKind::kTransferReceived);
      entry_.SetKey({.type = EntryKey::Type::kChange, .text = key, .number = 0});
      PostTransferIn(*account_, transfer, &entry_);
      Append();
      model_.Receive(model_.accounts[id_.value], sent);
      model_.keys.insert(key);
    }
    if (random_.OneIn(3)) return;  // It is asked for again later, and known then.
    id_ = sender;
    account_ = Find(id_);
    Begin(EntryKind::kTransferSettled);
    entry_.DropTransfer(id);
    Append();
    model_.accounts[id_.value].pending.erase(id);
  }
  void Expire() {
    Pick();
    book_->OpenGroup(now_);
    const Instant at = book_->logged_at();
    Begin(EntryKind::kBucketsExpired);
    if (PostExpiries(*account_, at, &entry_) != 0) Append();
    model_.Expire(*m_, at.unix_ms);
  }
  void ChangeNodes() {
    Pick();
    const Node node{.id = {static_cast<uint32_t>(random_.Between(1, 12))},
                    .parent = {static_cast<uint32_t>(random_.Below(13))},
                    .name = "n"};
    const bool fits = NodeFits(*account_, node);
    REQUIRE(fits == FitsInModel(node.id.value, node.parent.value));
    Begin(EntryKind::kNodeChanged);
    const std::string segment = Cat("s", random_.Below(9));
    if (fits) entry_.SetNode(node);
    entry_.SetProfile({.state = AccountState::kActive,
                       .credit_limit_micros = 0,
                       .segment = segment,
                       .tenant = "",
                       .billing_day = 1});
    Append();
    if (fits) m_->nodes[node.id.value] = node.parent.value;
    m_->segment = segment;
  }
  /// Tries it and looks at every path.
  bool FitsInModel(uint32_t id, uint32_t parent) const {
    std::map<uint32_t, uint32_t> nodes = m_->nodes;
    nodes[id] = parent;
    for (const auto& [node, above] : nodes) {
      uint32_t at = node;
      int depth = 0;
      while (at != 0) {
        const auto found = nodes.find(at);
        if (found == nodes.end() || ++depth > kNodeDepthMax) return false;
        at = found->second;
      }
    }
    return true;
  }
  void OpenSession() {
    Pick();
    const uint32_t id = AnyBucket();
    const int64_t left = m_->buckets[id].available;
    if (left <= 0 || m_->sessions.size() > 8) return;
    const std::string session = Cat("s-", ++made_);
    const int64_t held = random_.Between(1, left);
    Begin(EntryKind::kSessionOpened);
    entry_.SetKey({.type = EntryKey::Type::kRequest, .text = session, .number = 0});
    PostMovement(*account_, {.bucket = {id}, .released = 0, .spent = 0, .held = held}, &entry_);
    entry_.OpenSession(1, now_, Instant::Never());
    Grant grant;
    grant.holds = {{.bucket = {id}, .amount = held}};
    grant.counter_holds = {{.id = 9, .owner = 0, .amount = held}};
    entry_.SetGrant(grant);
    CountUse(0, held);
    Append();
    m_->buckets[id].available -= held;
    m_->buckets[id].held += held;
    m_->sessions[session][id] = held;
  }
  void CloseSession() {
    Pick();
    if (m_->sessions.empty()) return;
    const std::string session = m_->sessions.begin()->first;
    const auto [id, held] = *m_->sessions.begin()->second.begin();
    const int64_t spent = random_.Between(0, held + held / 3);
    Begin(EntryKind::kSessionTerminated);
    entry_.SetKey({.type = EntryKey::Type::kRequest, .text = session, .number = 1});
    entry_.SetSessionPrevious(account_->FindSession(session)->last);
    PostMovement(*account_, {.bucket = {id}, .released = held, .spent = spent, .held = 0}, &entry_);
    CountUse(spent, -held);
    entry_.CloseSession();
    Append();
    ModelBucket& b = m_->buckets[id];
    b.held -= held;
    b.available += held;
    model_.Use(b, spent);
    m_->sessions.erase(session);
  }

  Random& random_;
  BookOptions options_;
  std::unique_ptr<Store> store_ = MakeMemStore();
  ocs::tests::ManualExecutor executor_;
  std::unique_ptr<Book> book_;
  std::unique_ptr<EmbeddedGroupLog> log_;
  EntryBuilder entry_;
  Instant now_{1'779'000'000'000};
  std::vector<AccountId> ids_;
  ModelBook model_;
  ModelBook durable_;
  int64_t made_ = 0;
  std::vector<Past> past_;
  AccountId id_;
  Account* account_ = nullptr;
  ModelAccount* m_ = nullptr;
};

// OCS_ROUNDS, else as many as a test may take; more by hand.
int64_t RoundsWanted() {
  const char* text = std::getenv("OCS_ROUNDS");
  int64_t rounds = 60;
  if (text != nullptr) OCS_CHECK(absl::SimpleAtoi(text, &rounds));
  return rounds;
}

TEST_CASE("the book does what an obvious model does, through every change and crash",
          "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 20261121);
  constexpr int kSteps = 400;
  const int64_t rounds = RoundsWanted();
  for (int64_t round = 0; round < rounds; ++round) {
    INFO("round " << round);
    BookOptions options;
    options.checkpoint_lag_entries = random.OneIn(2) ? random.Below(40) : 4'000'000;
    options.cached_accounts_max = random.OneIn(2) ? 1 : 1'000;
    Life life(random, options);
    for (int step = 0; step < kSteps; ++step) {
      INFO("step " << step);
      life.Step();
      life.Compare();
    }
    life.Finish();
  }
  std::cout << "seed " << random_seed << ": " << rounds * kSteps
            << " operations and as many comparisons agree\n";
}

}  // namespace
}  // namespace ocs::balance::tests
