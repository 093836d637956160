// From a text to a catalogue in force: what waits for whom, what is refused and in which order, and
// that no session changes its price meanwhile.

#include "ocs/engine/catalogue_operation.h"

#include <memory>
#include <string>
#include <vector>

#include "balance/journal.h"
#include "ocs/engine/compiled_catalogues.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/harness.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

using DecisionAction = DecideRevisionCall::Action;

// The small catalogue with `plain` output at so many CNY a million.
std::string PricedAt(int output) {
  std::string text = kSmallCatalogue;
  return text.replace(text.find("output: 3"), 9, Cat("output: ", output));
}

std::string Sha(const std::string& text) { return balance::ToHex(balance::Sha256(text)); }

struct Asked {
  std::string text = kSmallCatalogue;
  std::string actor = "ann";
  std::string reason = "May prices";
  std::optional<Instant> from = {};
  std::string simulation = "";
  std::string simulated_text = "";  // "": `text`.
  uint32_t copy_of = 0;
  std::string key = "";  // "": a new one.
};

std::string Publish(Harness& h, const Asked& asked, uint32_t* revision = nullptr) {
  Kept<PublishCatalogueCall> call;
  call.change = {.key = asked.key.empty() ? Cat("p-", ++h.keys) : asked.key,
                 .actor = asked.actor,
                 .reason = asked.reason};
  if (asked.copy_of == 0) call.text = asked.text;
  call.copy_of = asked.copy_of;
  call.effective_from = asked.from;
  call.simulation.bytes = asked.simulation;
  if (!asked.simulation.empty())
    call.simulation.text_sha256 =
        Sha(asked.simulated_text.empty() ? asked.text : asked.simulated_text);
  h.Run(&call);
  REQUIRE(call.done);
  if (revision != nullptr) *revision = call.revision;
  return OutcomeText(call);
}

struct Decided {
  uint32_t revision = 0;
  DecisionAction action = DecisionAction::kApprove;
  std::string actor = "bob";
  std::string reason = "as agreed";
  std::string key = "";
};

std::string Decide(Harness& h, const Decided& wanted, Instant* from = nullptr) {
  Kept<DecideRevisionCall> call;
  call.change = {.key = wanted.key.empty() ? Cat("d-", ++h.keys) : wanted.key,
                 .actor = wanted.actor,
                 .reason = wanted.reason};
  call.revision = wanted.revision;
  call.action = wanted.action;
  h.Run(&call);
  REQUIRE(call.done);
  if (from != nullptr) *from = call.effective_from;
  return OutcomeText(call);
}

// "in force, proposed".
std::string StatesOf(const Harness& h) {
  std::string all;
  for (const RevisionView& view : h.engine->revisions())
    all += Cat(all.empty() ? "" : ", ", RevisionStateName(view.state));
  return all;
}

EngineOptions With(const PublishingPolicy& policy) {
  EngineOptions options;
  options.publishing = policy;
  return options;
}

const PublishingPolicy kTwoPeople = {.second_approval = true};
const PublishingPolicy kSimulated = {.simulation_required = true};

TEST_CASE("what is published waits for another person, and is in force from the approval on",
          "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  uint32_t revision = 0;
  REQUIRE(Publish(h, {}, &revision) == "ok");
  CHECK(revision == 1);
  CHECK(StatesOf(h) == "proposed");
  Script script(h);
  script.Run("account A money=100000");
  // Nothing is sold by a proposal.
  script.Run("buy A pay -> FAILED_PRECONDITION");
  h.clock.AdvanceSeconds(100);
  Instant from;
  CHECK(Decide(h, {.revision = 1}, &from) == "ok");
  CHECK(from == h.clock.Now());
  for (int restart = 0; restart < 2; ++restart) {
    CHECK(StatesOf(h) == "in force");
    const RevisionView view = h.engine->revisions()[0];
    CHECK(view.published_by == "ann");
    CHECK(view.reason == "May prices");
    CHECK(view.decided_by == "bob");
    CHECK(view.decided_reason == "as agreed");
    CHECK(view.decided_at == from);
    CHECK(view.effective_from == from);
    CHECK(view.text_sha256 == Sha(kSmallCatalogue));
    h.Open();
  }
  script.Run("buy A pay -> ok fee=0");
}

TEST_CASE("an approval is refused in this order", "[engine][catalogue][unit]") {
  Harness h(nullptr, With({.second_approval = true, .proposal_seconds_max = 3'600}));
  CHECK(Publish(h, {.actor = ""}) == "INVALID_ARGUMENT actor");
  CHECK(Publish(h, {.reason = ""}) == "INVALID_ARGUMENT reason");
  REQUIRE(Publish(h, {}) == "ok");
  CHECK(Decide(h, {.revision = 9, .actor = ""}) == "INVALID_ARGUMENT actor");
  CHECK(Decide(h, {.revision = 9, .reason = ""}) == "INVALID_ARGUMENT reason");
  CHECK(Decide(h, {.revision = 9}) == "NOT_FOUND revision");
  CHECK(Decide(h, {.revision = 0}) == "NOT_FOUND revision");
  CHECK(Decide(h, {.revision = 1, .actor = "ann"}) == "FAILED_PRECONDITION revision");
  CHECK(Decide(h, {.revision = 1, .action = DecisionAction::kCancel}) ==
        "FAILED_PRECONDITION revision");
  CHECK(StatesOf(h) == "proposed");

  // Another one is published meanwhile: what was compared with the price list before it is stale.
  REQUIRE(Publish(h, {.text = PricedAt(4)}) == "ok");
  REQUIRE(Decide(h, {.revision = 2}) == "ok");
  CHECK(Decide(h, {.revision = 1}) == "FAILED_PRECONDITION revision");
  CHECK(StatesOf(h) == "proposed, in force");
  CHECK(Decide(h, {.revision = 2}) == "FAILED_PRECONDITION revision");
  CHECK(Decide(h, {.revision = 2, .action = DecisionAction::kReject}) ==
        "FAILED_PRECONDITION revision");

  // Nobody decided in time.
  REQUIRE(Publish(h, {.text = PricedAt(5)}) == "ok");
  h.clock.AdvanceSeconds(3'600);
  CHECK(StatesOf(h) == "expired, in force, expired");
  CHECK(Decide(h, {.revision = 3}) == "FAILED_PRECONDITION revision");
  h.Open();
  CHECK(Decide(h, {.revision = 3}) == "FAILED_PRECONDITION revision");
  CHECK(StatesOf(h) == "expired, in force, expired");
}

TEST_CASE("a rejected proposal is never in force", "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  REQUIRE(Publish(h, {}) == "ok");
  REQUIRE(Decide(h, {.revision = 1}) == "ok");
  const Instant later = h.clock.Now().PlusSeconds(60);
  REQUIRE(Publish(h, {.text = PricedAt(7), .from = later}) == "ok");
  // Also by who proposed it.
  REQUIRE(Decide(h, {.revision = 2, .action = DecisionAction::kReject, .actor = "ann"}) == "ok");
  CHECK(Decide(h, {.revision = 2}) == "FAILED_PRECONDITION revision");
  h.clock.AdvanceSeconds(120);
  h.Open();
  CHECK(StatesOf(h) == "in force, rejected");
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/plain/output:10/_     -> 2001 | 1 2001 granted=output:10
    terminate s 1 A 1/_/_/output:10       -> 2001 cost=30 | 1 2001 charged=30
  )");
}

TEST_CASE("a decision is made once, whoever repeats it", "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  REQUIRE(Publish(h, {.key = "p"}) == "ok");
  Instant first;
  REQUIRE(Decide(h, {.revision = 1, .key = "d"}, &first) == "ok");
  for (int restart = 0; restart < 2; ++restart) {
    h.clock.AdvanceSeconds(10);
    Instant again;
    CHECK(Decide(h, {.revision = 1, .key = "d"}, &again) == "ok");
    CHECK(again == first);
    uint32_t revision = 0;
    CHECK(Publish(h, {.key = "p"}, &revision) == "ok");
    CHECK(revision == 1);
    CHECK(Decide(h, {.revision = 2, .key = "d"}) == "ALREADY_EXISTS revision");
    CHECK(Decide(h, {.revision = 1, .action = DecisionAction::kReject, .key = "d"}) ==
          "ALREADY_EXISTS operation");
    CHECK(StatesOf(h) == "in force");
    h.Open();
  }
}

TEST_CASE("what is to come is listed, and can be cancelled before it is in force",
          "[engine][catalogue][unit]") {
  Harness h;
  REQUIRE(Publish(h, {}) == "ok");
  const Instant later = h.clock.Now().PlusSeconds(3'600);
  REQUIRE(Publish(h, {.text = PricedAt(7), .from = later}) == "ok");
  CHECK(StatesOf(h) == "in force, pending");
  // One before it would make that the pending one is never in force.
  CHECK(Publish(h, {.text = PricedAt(5)}) == "FAILED_PRECONDITION effective_from");
  CHECK(Publish(h, {.text = PricedAt(5), .from = later.PlusSeconds(-1)}) ==
        "FAILED_PRECONDITION effective_from");
  CHECK(StatesOf(h) == "in force, pending");
  REQUIRE(Decide(h, {.revision = 2, .action = DecisionAction::kCancel}) == "ok");
  CHECK(Decide(h, {.revision = 2, .action = DecisionAction::kCancel}) ==
        "FAILED_PRECONDITION revision");
  CHECK(Decide(h, {.revision = 1, .action = DecisionAction::kCancel}) ==
        "FAILED_PRECONDITION revision");
  REQUIRE(Publish(h, {.text = PricedAt(5)}) == "ok");
  h.clock.AdvanceSeconds(7'200);
  h.Open();
  CHECK(StatesOf(h) == "past, cancelled, in force");
}

TEST_CASE("a session of a gateway whose clock runs ahead keeps a revision that is cancelled",
          "[engine][catalogue][unit]") {
  Harness h;
  REQUIRE(Publish(h, {}) == "ok");
  Script script(h);
  script.Run("account A money=100000");
  script.Run("buy A pay");
  REQUIRE(Publish(h, {.text = PricedAt(7), .from = h.clock.Now().PlusSeconds(60)}) == "ok");
  script.Run("initial s 0 A 1/plain/output:10/_ at=100 -> 2001 | 1 2001 granted=output:10");
  REQUIRE(Decide(h, {.revision = 2, .action = DecisionAction::kCancel}) == "ok");
  h.Open();
  script.Run(R"(
    terminate s 1 A 1/_/_/output:10       -> 2001 cost=70 | 1 2001 charged=70
    initial t 0 A 1/plain/output:10/_     -> 2001 | 1 2001 granted=output:10
    terminate t 1 A 1/_/_/output:10       -> 2001 cost=30 | 1 2001 charged=30
  )");
}

TEST_CASE("a session keeps its price over proposals, approvals, switches and roll-backs",
          "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  REQUIRE(Publish(h, {}) == "ok");
  REQUIRE(Decide(h, {.revision = 1}) == "ok");
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
  )");
  REQUIRE(Publish(h, {.text = PricedAt(7), .from = h.clock.Now().PlusSeconds(60)}) == "ok");
  script.Run(
      "update s 1 A 1/_/output:10/output:10 "
      "-> 2001 cost=30 | 1 2001 granted=output:10 charged=30");
  REQUIRE(Decide(h, {.revision = 2}) == "ok");
  script.Run(R"(
    update s 2 A 1/_/output:10/output:10      -> 2001 cost=60 | 1 2001 granted=output:10 charged=30
    initial t 0 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
  )");
  h.clock.AdvanceSeconds(61);
  script.Run(R"(
    update s 3 A 1/_/output:10/output:10      -> 2001 cost=90 | 1 2001 granted=output:10 charged=30
    initial u 0 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
    update u 1 A 1/_/output:10/output:10      -> 2001 cost=70 | 1 2001 granted=output:10 charged=70
  )");
  REQUIRE(Publish(h, {.reason = "too dear", .copy_of = 1}) == "ok");
  REQUIRE(Decide(h, {.revision = 3}) == "ok");
  h.Open();
  CHECK(StatesOf(h) == "past, past, in force");
  CHECK(h.engine->revisions()[2].copy_of == 1);
  CHECK(*h.engine->revision_text(3) == kSmallCatalogue);
  script.Run(R"(
    initial v 0 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
    terminate s 4 A 1/_/_/output:10           -> 2001 cost=120 | 1 2001 charged=30
    terminate t 1 A 1/_/_/output:10           -> 2001 cost=30 | 1 2001 charged=30
    terminate u 2 A 1/_/_/output:10           -> 2001 cost=140 | 1 2001 charged=70
    terminate v 1 A 1/_/_/output:10           -> 2001 cost=30 | 1 2001 charged=30
  )");
}

TEST_CASE("a time that has passed before the approval never reaches back",
          "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  REQUIRE(Publish(h, {.from = h.clock.Now().PlusSeconds(-3'600)}) == "ok");
  h.clock.AdvanceSeconds(50);
  Instant from;
  REQUIRE(Decide(h, {.revision = 1}, &from) == "ok");
  CHECK(from == h.clock.Now());
}

TEST_CASE("a simulation of the very text is attached where it is required",
          "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kSimulated));
  CHECK(Publish(h, {}) == "FAILED_PRECONDITION simulation");
  CHECK(Publish(h, {.simulation = "revenue +2 %", .simulated_text = PricedAt(4)}) ==
        "INVALID_ARGUMENT simulation.catalogue_sha256");
  const std::string long_result(kSimulationResultBytesMax + 1, 'x');
  CHECK(Publish(h, {.simulation = long_result}) == "INVALID_ARGUMENT simulation.result");
  CHECK(h.engine->revisions().empty());
  REQUIRE(Publish(h, {.simulation = "revenue +2 %", .key = "p"}) == "ok");
  // The result belongs to what was published: with another it is another change.
  CHECK(Publish(h, {.simulation = "revenue +9 %", .key = "p"}) == "ALREADY_EXISTS simulation");
  h.Open();
  CHECK(h.engine->revisions()[0].simulation_sha256 == Sha("revenue +2 %"));
  CHECK(h.engine->revisions()[0].simulation_bytes == 12);
  CHECK(*h.engine->revision_simulation(1) == "revenue +2 %");
  CHECK(absl::IsNotFound(h.engine->revision_simulation(2).status()));

  // A roll-back brings the simulation of its text along.
  REQUIRE(Publish(h, {.text = PricedAt(7), .simulation = "revenue +5 %"}) == "ok");
  REQUIRE(Publish(h, {.copy_of = 1}) == "ok");
  CHECK(*h.engine->revision_simulation(3) == "revenue +2 %");
  CHECK(Publish(h, {.copy_of = 9}) == "NOT_FOUND revision");
}

TEST_CASE("a roll-back needs a simulation where the old revision had none",
          "[engine][catalogue][unit]") {
  Harness h;
  REQUIRE(Publish(h, {}) == "ok");
  h.options = With({.second_approval = true, .simulation_required = true});
  h.Open();
  CHECK(Publish(h, {.copy_of = 1}) == "FAILED_PRECONDITION simulation");
  REQUIRE(Publish(h, {.simulation = "as before", .copy_of = 1}) == "ok");
  CHECK(StatesOf(h) == "in force, proposed");
}

TEST_CASE("an approval asks for the simulation that the server requires by then",
          "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  REQUIRE(Publish(h, {}) == "ok");
  h.options = With({.second_approval = true, .simulation_required = true});
  h.Open();
  CHECK(Decide(h, {.revision = 1}) == "FAILED_PRECONDITION revision");
  CHECK(StatesOf(h) == "proposed");
}

TEST_CASE("of two approvals at once one is made, and a cancellation at once waits for its turn",
          "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  REQUIRE(Publish(h, {.from = h.clock.Now().PlusSeconds(600)}) == "ok");
  Kept<DecideRevisionCall> calls[3];
  for (int i = 0; i < 3; ++i) {
    calls[i].change = {.key = Cat("d", i), .actor = Cat("bob", i), .reason = "good"};
    calls[i].revision = 1;
    if (i == 2) calls[i].action = DecisionAction::kCancel;
    h.engine->Submit(&calls[i]);
  }
  h.executor.RunAll();
  CHECK(OutcomeText(calls[0]) == "ok");
  CHECK(OutcomeText(calls[1]) == "FAILED_PRECONDITION revision");
  CHECK(OutcomeText(calls[2]) == "FAILED_PRECONDITION revision");
  CHECK(StatesOf(h) == "pending");
  CHECK(Decide(h, {.revision = 1, .action = DecisionAction::kCancel}) == "ok");
  h.Open();
  CHECK(StatesOf(h) == "cancelled");
}

TEST_CASE("the journal says who proposed, approved, rejected and cancelled, and why",
          "[engine][catalogue][unit]") {
  Harness h(nullptr, With(kTwoPeople));
  const Instant later = h.clock.Now().PlusSeconds(600);
  REQUIRE(Publish(h, {.reason = "one", .from = later, .simulation = "result"}) == "ok");
  REQUIRE(Publish(h, {.reason = "two"}) == "ok");
  REQUIRE(Decide(h, {.revision = 2, .action = DecisionAction::kReject, .reason = "too dear"}) ==
          "ok");
  REQUIRE(Decide(h, {.revision = 1, .reason = "fine"}) == "ok");
  REQUIRE(Decide(h, {.revision = 1, .action = DecisionAction::kCancel, .reason = "no"}) == "ok");
  std::vector<std::string> seen;
  ForEachEntry(*h.store, [&](const balance::EntryView& entry) {
    ByteReader note(entry.attachment(balance::AttachmentType::kNote));
    const std::string who(note.Text());
    seen.push_back(Cat(balance::EntryKindName(entry.kind), " ", who, ": ", note.Text(), " ",
                       entry.attachment(balance::AttachmentType::kSimulation)));
  });
  CHECK(seen == std::vector<std::string>{
                    "catalogue proposed ann: one result", "catalogue proposed ann: two ",
                    "catalogue rejected bob: too dear ", "catalogue approved bob: fine ",
                    "catalogue cancelled bob: no "});
}

TEST_CASE("a check tells what a text changes against the revision in force or a named one",
          "[engine][catalogue][unit]") {
  Harness h;
  const std::string text = kSmallCatalogue;
  auto check = h.engine->CheckCatalogue(text, "f", {});
  REQUIRE(check.ok());
  CHECK(check->compared_with == 0);
  CHECK(check->changes.empty());
  CHECK(check->text_sha256 == Sha(text));
  REQUIRE(Publish(h, {}) == "ok");
  REQUIRE(Publish(h, {.text = PricedAt(6), .from = h.clock.Now().PlusSeconds(60)}) == "ok");
  CHECK(h.engine->CheckCatalogue(text, "f", {})->changes.empty());
  check = h.engine->CheckCatalogue(PricedAt(6), "f", {});
  CHECK(check->compared_with == 1);
  // Reasoning tokens have the price of output tokens.
  REQUIRE(check->changes.size() == 2);
  for (const rating::Change& change : check->changes) {
    INFO(change.ToString());
    CHECK(change.kind == rating::ChangeKind::kPriceRises);
    CHECK(change.factor == rating::Ratio{2, 1});
  }
  CHECK(h.engine->CheckCatalogue(PricedAt(6), "f", 2)->changes.empty());
  CHECK(absl::IsNotFound(h.engine->CheckCatalogue(text, "f", 3).status()));
  check = h.engine->CheckCatalogue("x: 1", "f", {});
  CHECK_FALSE(check->diagnostics.empty());
  CHECK(check->changes.empty());
}

TEST_CASE("two publications at once get numbers one after the other, and are charged by them",
          "[engine][catalogue][unit]") {
  Harness h;
  Kept<PublishCatalogueCall> calls[2];
  for (int i = 0; i < 2; ++i) {
    calls[i].change = {.key = Cat("at-once-", i), .actor = "ann", .reason = "prices"};
    calls[i].text = PricedAt(3 + i);
    h.engine->Submit(&calls[i]);  // Both compile as the revision that the first one becomes.
  }
  h.executor.RunAll();
  CHECK(calls[0].revision == 1);
  CHECK(calls[1].revision == 2);
  for (int start = 0; start < 2; ++start, h.Open()) {
    INFO("start " << start);
    const AccountId account = h.Create(20'000'000);
    h.Purchase(account, "pay");
    Kept<CreditControlCall> call;
    Fill(call, {.session = Cat("s-", start), .number = 0, .account = account, .model = "plain"},
         RequestType::kEvent);
    call.request.action = RequestedAction::kDirectDebiting;
    call.request.services[0].used = {{TokenKind::kOutput, 1'000'000}};
    call.request.services[0].has_used = true;
    h.Run(&call);
    REQUIRE(call.status.ok());
    CHECK(call.answer.tariff_revision == 2);
    CHECK(call.answer.services.at(0).charged_micros == 4'000'000);
  }
}

TEST_CASE("what a text came to is known to the next engine, and so many are known at most",
          "[engine][catalogue][unit]") {
  const auto compiled = std::make_shared<CompiledCatalogues>(2);
  const auto compiled_once = [&](const std::string& text, uint32_t number) {
    const auto known = compiled->Find(text, number);
    return known == nullptr ? nullptr : known->tariff;
  };
  EngineOptions options;
  options.compiled = compiled;
  Harness h(nullptr, options);
  REQUIRE(Publish(h, {.reason = "first"}) == "ok");
  const auto tariff = compiled_once(kSmallCatalogue, 1);
  REQUIRE(tariff != nullptr);
  CHECK(tariff->revision() == 1);
  CHECK(compiled_once(kSmallCatalogue, 2) == nullptr);  // Of another number is another.
  CHECK(compiled_once(PricedAt(6), 1) == nullptr);
  h.Open();
  CHECK(compiled->count() == 1);
  CHECK(compiled_once(kSmallCatalogue, 1) == tariff);
  // Nothing but the tariff is taken over from another store.
  Harness other(nullptr, options);
  REQUIRE(Publish(other, {.actor = "eve", .reason = "second"}) == "ok");
  CHECK(other.engine->revisions().at(0).published_by == "eve");
  CHECK(h.engine->revisions().at(0).published_by == "ann");
  CHECK(compiled->count() == 1);
  // A text with faults is not kept.
  CHECK(Publish(other, {.text = "x: 1"}) != "ok");
  CHECK(compiled->count() == 1);
  REQUIRE(Publish(other, {.text = PricedAt(6)}) == "ok");
  CHECK(compiled->count() == 2);
  REQUIRE(Publish(other, {.text = PricedAt(7)}) == "ok");
  CHECK(compiled->count() == 1);  // It was full.
  other.Open();
  CHECK(other.engine->revisions().size() == 3);
}

}  // namespace
}  // namespace ocs::engine::tests
