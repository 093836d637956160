// Administrative changes: refusals in order of precedence, repeats, conflicts.

#include "ocs/engine/operation.h"

#include <string>

#include "ocs/base/limits.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/harness.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

struct NewAccount {
  std::string key = "k";
  std::string currency = "CNY";
  int64_t limit = 0;
  std::vector<std::string> identities = {};
};

std::string Create(Harness& h, const NewAccount& wanted, AccountId* account = nullptr) {
  Kept<CreateAccountCall> call;
  call.change.key = wanted.key;
  call.currency = Unit::Of(wanted.currency);
  call.credit_limit_micros = wanted.limit;
  for (const std::string& data : wanted.identities)
    call.identities.push_back({IdentityType::kPrivate, data});
  h.Run(&call);
  REQUIRE(call.done);
  if (account != nullptr) *account = call.account;
  return OutcomeText(call);
}

std::string ChangeIdentity(Harness& h, const std::string& key, AccountId account,
                           ChangeIdentityCall::Action action, const std::string& data) {
  Kept<ChangeIdentityCall> call;
  call.change.key = key;
  call.account = account;
  call.action = action;
  call.type = IdentityType::kE164;
  call.data = data;
  h.Run(&call);
  REQUIRE(call.done);
  return OutcomeText(call);
}

AccountId Owner(Harness& h, IdentityType type, const std::string& data) {
  Kept<GetAccountCall> call;
  call.identity_type = type;
  call.identity = data;
  h.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? call.view.id : AccountId{};
}

TEST_CASE("an account is created once per key", "[engine][unit]") {
  Harness h;
  CHECK(Create(h, {.key = ""}) == "INVALID_ARGUMENT idempotency_key");
  CHECK(Create(h, {.key = std::string(129, 'k')}) == "INVALID_ARGUMENT idempotency_key");
  CHECK(Create(h, {.currency = "token"}) == "INVALID_ARGUMENT currency");
  CHECK(Create(h, {.limit = -1}) == "INVALID_ARGUMENT credit_limit_micros");
  CHECK(Create(h, {.limit = kAmountMicrosMax + 1}) == "INVALID_ARGUMENT credit_limit_micros");
  CHECK(Create(h, {.identities = std::vector<std::string>(65, "x")}) ==
        "INVALID_ARGUMENT identities");
  CHECK(Create(h, {.identities = {"a", ""}}) == "INVALID_ARGUMENT identities[1].data");
  CHECK(Create(h, {.identities = {"a", "b", "a"}}) == "INVALID_ARGUMENT identities[2]");
  AccountId first;
  CHECK(Create(h, {.limit = 5, .identities = {"a"}}, &first) == "ok");
  for (int restart = 0; restart < 2; ++restart) {
    AccountId again;
    CHECK(Create(h, {.limit = 5, .identities = {"a"}}, &again) == "ok");
    CHECK(again == first);
    CHECK(Create(h, {.limit = 6, .identities = {"a"}}) == "ALREADY_EXISTS credit_limit_micros");
    CHECK(Create(h, {.currency = "USD", .limit = 5, .identities = {"a"}}) ==
          "ALREADY_EXISTS currency");
    CHECK(Create(h, {.limit = 5}) == "ALREADY_EXISTS identities");
    CHECK(Create(h, {.key = "other", .identities = {"b", "a"}}) == "ALREADY_EXISTS identities[1]");
    CHECK_FALSE(Owner(h, IdentityType::kPrivate, "b").valid());
    h.Open();
  }
  CHECK(h.View(first).credit_limit_micros == 5);
}

TEST_CASE("an identity belongs to one account at a time", "[engine][unit]") {
  using Action = ChangeIdentityCall::Action;
  Harness h;
  const AccountId a = h.Create(0);
  const AccountId b = h.Create(0);
  CHECK(ChangeIdentity(h, "1", AccountId::Of({7}, 99), Action::kAdd, "86") ==
        "NOT_FOUND account_id");
  CHECK(ChangeIdentity(h, "1", a, Action::kAdd, "") == "INVALID_ARGUMENT identity.data");
  CHECK(ChangeIdentity(h, "1", a, Action::kAdd, "86") == "ok");
  CHECK(ChangeIdentity(h, "1", a, Action::kAdd, "86") == "ok");
  CHECK(ChangeIdentity(h, "1", a, Action::kAdd, "87") == "ALREADY_EXISTS identity");
  CHECK(ChangeIdentity(h, "1", a, Action::kRemove, "86") == "ALREADY_EXISTS operation");
  CHECK(ChangeIdentity(h, "2", b, Action::kAdd, "86") == "ALREADY_EXISTS identity");
  CHECK(ChangeIdentity(h, "3", b, Action::kRemove, "86") == "NOT_FOUND identity");
  CHECK(Owner(h, IdentityType::kE164, "86") == a);
  CHECK(ChangeIdentity(h, "4", a, Action::kRemove, "86") == "ok");
  CHECK_FALSE(Owner(h, IdentityType::kE164, "86").valid());
  CHECK(ChangeIdentity(h, "5", b, Action::kAdd, "86") == "ok");
  h.Open();
  CHECK(Owner(h, IdentityType::kE164, "86") == b);
  CHECK_FALSE(Owner(h, IdentityType::kImsi, "86").valid());
  CHECK(ChangeIdentity(h, "4", a, Action::kRemove, "86") == "ok");  // A repeat, not a removal.
  CHECK(Owner(h, IdentityType::kE164, "86") == b);
  for (int i = 0; i < kIdentitiesPerAccountMax - 2; ++i)
    CHECK(ChangeIdentity(h, Cat("many-", i), b, Action::kAdd, Cat("n", i)) == "ok");
  CHECK(ChangeIdentity(h, "full", b, Action::kAdd, "one-too-many") == "RESOURCE_EXHAUSTED ");
  CHECK(h.View(b).identities.size() == kIdentitiesPerAccountMax);
}

TEST_CASE("top-ups: refusals, repeats, conflicts", "[engine][unit]") {
  Harness h;
  Script script(h);
  script.Run(R"(
    account A
    top_up A 0                          -> INVALID_ARGUMENT field=amount_micros
    top_up A 1000000000000001           -> INVALID_ARGUMENT field=amount_micros
    top_up nobody 5                     -> NOT_FOUND field=account_id
    top_up A 5 currency=USD             -> INVALID_ARGUMENT field=currency
    top_up A 5 key=k                    -> ok available=5
    top_up A 6                          -> ok available=11
    top_up A 5 key=k                    -> ok available=5
    top_up A 6 key=k                    -> ALREADY_EXISTS field=amount_micros
    restart
    top_up A 5 key=k                    -> ok available=5
    bucket A 1                          -> granted=11 available=11 held=0 spent=0 expired=0
    # Keys of administrative changes are known for fourteen days.
    tick 1209599
    top_up A 5 key=k                    -> ok available=5
    tick 2
    top_up A 5 key=k                    -> ok available=16
  )");
}

TEST_CASE("a balance that would not fit is refused, and the largest can be used",
          "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  const AccountId account = h.Create(0, kAmountMicrosMax);
  Script script(h);
  script.Name("A", account);
  constexpr int kMost = 9'223;  // Times 10^15 is the last that fits.
  for (int i = 0; i < kMost; ++i) h.TopUp(account, kAmountMicrosMax);
  script.Run(R"(
    top_up A 1000000000000000           -> RESOURCE_EXHAUSTED
    buy A pay                           -> ok fee=0
    buy A short                         -> ok fee=1500000
    initial s 0 A 1/plain/input:1000/_  -> 2001 | 1 2001 granted=input:1000
    terminate s 1 A 1/_/_/input:1000    -> 2001 cost=2000 | 1 2001 charged=2000
    bucket A 1                          -> granted=9223000000000000000 available=9222999999998498000 held=0 spent=1502000 expired=0
  )");
}

TEST_CASE("purchases: refusals in order of precedence, repeats, conflicts", "[engine][unit]") {
  Harness h;
  Script script(h);
  script.Run(R"(
    account A money=25000000
    account D money=25000000 currency=USD
    buy nobody pack                     -> NOT_FOUND field=account_id
    buy A pack at=-86401                -> INVALID_ARGUMENT field=event_timestamp
    buy A pack at=301                   -> INVALID_ARGUMENT field=event_timestamp
    buy A pack                          -> FAILED_PRECONDITION
  )");
  h.Publish(kSmallCatalogue);
  script.Run(R"(
    buy A packet                        -> NOT_FOUND field=offer
    buy D pack                          -> FAILED_PRECONDITION field=offer
    buy D dollars                       -> ok fee=1000000
    buy A pack key=k                    -> ok fee=10000000 bucket=2
    buy A pack                          -> ok fee=10000000 bucket=3
    buy A pack                          -> FAILED_PRECONDITION
    buy A pack key=k                    -> ok fee=10000000 bucket=2
    buy A short key=k                   -> ALREADY_EXISTS field=offer
    buy A pack key=k at=0               -> ALREADY_EXISTS field=event_timestamp
    bucket A 1                          -> granted=25000000 available=5000000 held=0 spent=20000000 expired=0
    buy A bonus                         -> ok fee=5000000 bucket=4
    bucket A 4                          -> granted=10000000 available=10000000 held=0 spent=0 expired=0
    restart
    buy A pack key=k                    -> ok fee=10000000 bucket=2
    records                             -> 4
  )");
}

TEST_CASE("the number of an account's offers and buckets is bounded", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=9000000000");
  for (int i = 0; i < kOffersPerAccountMax; ++i) script.Run("buy A pay -> ok fee=0");
  script.Run(R"(
    buy A pay                           -> RESOURCE_EXHAUSTED
    account B money=9000000000
    buy B pack                          -> ok fee=10000000 bucket=2
  )");
  for (int i = 2; i < kBucketsPerAccountMax; ++i) script.Run("buy B pack");
  script.Run(R"(
    buy B pack                          -> RESOURCE_EXHAUSTED
    # What is used up makes room.
    debit e 0 B 1/plain/_/output:1000   -> 2001 cost=0 | 1 2001 granted=output:1000 drawn=1000
    buy B pack                          -> ok fee=10000000 bucket=257
    bucket B 2                          -> none
    buy B pack                          -> RESOURCE_EXHAUSTED
  )");
  h.Open();
  CHECK(h.View(script.account("B")).buckets.size() == 256);
}

std::string Publish(Harness& h, const std::string& key, const std::string& text,
                    std::optional<Instant> from, uint32_t* revision = nullptr) {
  Kept<PublishCatalogueCall> call;
  call.change.key = key;
  call.change.actor = "tariff desk";
  call.text = text;
  call.effective_from = from;
  h.Run(&call);
  REQUIRE(call.done);
  CHECK(call.status.ok() == call.diagnostics.empty());
  if (revision != nullptr) *revision = call.revision;
  return OutcomeText(call);
}

TEST_CASE("a catalogue is published once, checked, and found again", "[engine][unit]") {
  Harness h;
  const std::string text = kSmallCatalogue;
  CHECK(Publish(h, "bad", "catalogue: 7\nmodels: none\n", {}) == "INVALID_ARGUMENT text");
  uint32_t revision = 0;
  CHECK(Publish(h, "one", text, {}, &revision) == "ok");
  CHECK(revision == 1);
  for (int restart = 0; restart < 2; ++restart) {
    CHECK(Publish(h, "one", text, {}, &revision) == "ok");
    CHECK(revision == 1);
    h.Open();
  }
  const Instant later = h.clock.Now().PlusSeconds(3600);
  CHECK(Publish(h, "two", text, later, &revision) == "ok");
  CHECK(revision == 2);
  h.Open();
  REQUIRE(h.engine->revisions().size() == 2);
  CHECK(h.engine->revisions()[1].effective_from == later);
  CHECK(h.engine->revisions()[1].published_by == "tariff desk");
  CHECK(*h.engine->revision_text(2) == text);
  CHECK(absl::IsNotFound(h.engine->revision_text(3).status()));
  CHECK(h.engine->CheckCatalogue(text, "f", {})->diagnostics.empty());
  CHECK_FALSE(h.engine->CheckCatalogue("x: 1", "f", {})->diagnostics.empty());
}

TEST_CASE("a conflict of a catalogue's key names the field", "[engine][unit]") {
  Harness h;
  const std::string text = kSmallCatalogue;
  Kept<PublishCatalogueCall> first;
  first.change.key = "one";
  first.text = text;
  h.Run(&first);
  REQUIRE(first.status.ok());
  Kept<PublishCatalogueCall> other;
  other.change.key = "one";
  other.text = text + "\n";
  h.Run(&other);
  CHECK(OutcomeText(other) == "ALREADY_EXISTS text");
  Kept<PublishCatalogueCall> time;
  time.change.key = "one";
  time.text = text;
  time.effective_from = Instant{5};
  h.Run(&time);
  CHECK(OutcomeText(time) == "ALREADY_EXISTS effective_from");
  CHECK(h.engine->revisions().size() == 1);
}

TEST_CASE("a session keeps the revision that it was opened with", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
  )");
  std::string dearer = kSmallCatalogue;
  dearer.replace(dearer.find("output: 3"), 9, "output: 7");
  REQUIRE(Publish(h, "dearer", dearer, {}) == "ok");
  script.Run(R"(
    update s 1 A 1/_/output:10/output:10      -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
    initial t 0 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
    restart
    terminate s 2 A 1/_/_/output:10           -> 2001 cost=60 | 1 2001 charged=30
    terminate t 1 A 1/_/_/output:10           -> 2001 cost=70 | 1 2001 charged=70
  )");
}

TEST_CASE("a consumer's position only goes forward", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    debit e 0 A 1/plain/_/output:1
    debit e 1 A 1/plain/_/output:1
  )");
  const auto records = script.Records();
  REQUIRE(records.size() == 2);
  const Position first = records[0].id.position;
  const Position second = records[1].id.position;
  CHECK(*h.engine->ConsumerPosition("files", ShardId{0}) == Position{});
  const auto acknowledge = [&](Kept<AcknowledgeCall>& call, const std::string& name, Position at) {
    call.consumer = name;
    call.position = at;
    h.engine->Submit(&call);
  };
  {
    // Both are decided in one group.
    Kept<AcknowledgeCall> forward;
    Kept<AcknowledgeCall> backward;
    acknowledge(forward, "files", second);
    acknowledge(backward, "files", first);
    h.executor.RunAll();
    CHECK(forward.status.ok());
    CHECK(backward.status.ok());
  }
  CHECK(*h.engine->ConsumerPosition("files", ShardId{0}) == second);
  h.Open();
  CHECK(*h.engine->ConsumerPosition("files", ShardId{0}) == second);
  Kept<AcknowledgeCall> back;
  acknowledge(back, "files", first);
  Kept<AcknowledgeCall> beyond;
  acknowledge(beyond, "files", Position{.group = second.group + 100, .index = 0});
  Kept<AcknowledgeCall> unnamed;
  acknowledge(unnamed, "Files!", first);
  h.executor.RunAll();
  CHECK(back.status.ok());
  CHECK(OutcomeText(beyond) == "OUT_OF_RANGE record_id");
  CHECK(OutcomeText(unnamed) == "INVALID_ARGUMENT consumer");
  REQUIRE(h.engine->consumers().size() == 1);
  CHECK(h.engine->consumers()[0].position == second);
  CHECK(h.engine->ReadRecords(ShardId{0}, second, 10, 1000)->empty());
  CHECK(h.engine->ReadRecords(ShardId{0}, first, 10, 1000)->size() == 1);
  CHECK(h.engine->ReadRecords(ShardId{0}, Position{}, 1, 1000)->size() == 1);
  CHECK(h.engine->ReadRecords(ShardId{0}, Position{}, 10, 1)->size() == 1);
}

TEST_CASE("an account's history tells what happened, newest first, in pages", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    debit e 0 A 1/plain/_/output:1
    initial s 0 A 1/plain/output:10/_
    terminate s 1 A 1/_/_/output:10
  )");
  std::vector<std::string> kinds;
  Position before;
  do {
    Kept<HistoryCall> call;
    call.account = script.account("A");
    call.items_max = 2;
    call.before = before;
    h.Run(&call);
    REQUIRE(call.status.ok());
    REQUIRE(call.items.size() <= 2);
    for (const HistoryItem& item : call.items) kinds.push_back(item.kind);
    before = call.next_before;
  } while (before.valid());
  CHECK(kinds == std::vector<std::string>{"session terminated", "session opened", "event charged",
                                          "offer purchased", "top-up", "account created"});
  Kept<HistoryCall> none;
  none.account = AccountId::Of({9}, 9);
  h.Run(&none);
  CHECK(OutcomeText(none) == "NOT_FOUND account_id");
  Kept<HistoryCall> many;
  many.account = script.account("A");
  many.items_max = 1'001;
  h.Run(&many);
  CHECK(OutcomeText(many) == "INVALID_ARGUMENT items_max");
}

TEST_CASE("what nobody waits for any more is not begun", "[engine][unit]") {
  class Abandoned final : public CreateAccountCall {
   public:
    bool abandoned() const override { return true; }
    void Done() noexcept override { done = true; }
    bool done = false;
  };
  Harness h;
  Abandoned call;
  call.change.key = "k";
  call.currency = Unit::Of("CNY");
  h.Run(&call);
  CHECK(call.done);
  CHECK(absl::IsDeadlineExceeded(call.status));
  CHECK(Create(h, {.limit = 77}) == "ok");  // The key is free.
}

TEST_CASE("what an operator does to the server is an entry, once", "[engine][unit]") {
  Harness h;
  const auto act = [&h](const std::string& key, const std::string& reason,
                        const std::string& what) {
    Kept<OperatorActCall> call;
    call.change = {.key = key, .actor = "anna", .reason = reason};
    call.what = what;
    h.Run(&call);
    REQUIRE(call.done);
    return OutcomeText(call);
  };
  CHECK(act("", "why", "x") == "INVALID_ARGUMENT idempotency_key");
  CHECK(act("k", "", "x") == "INVALID_ARGUMENT reason");
  CHECK(act("k", "why", "") == "INVALID_ARGUMENT what");
  CHECK(act("k", "why", "log level of all: debug") == "ok");
  CHECK(act("k", "why", "log level of all: debug") == "ok");
  CHECK(act("k", "why", "log level of all: error") == "ALREADY_EXISTS what");
  std::vector<std::string> words;
  ForEachEntry(*h.store, [&words](const balance::EntryView& entry) {
    CHECK(entry.kind == balance::EntryKind::kOperated);
    CHECK_FALSE(entry.account.valid());
    ByteReader note(entry.attachment(balance::AttachmentType::kNote));
    const std::string actor(note.Text());
    words.push_back(Cat(actor, ", ", note.Text(), ": ", entry.answer));
  });
  CHECK(words == std::vector<std::string>{"anna, why: log level of all: debug"});
}

}  // namespace
}  // namespace ocs::engine::tests
