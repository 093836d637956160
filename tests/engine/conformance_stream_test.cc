// Streamed model calls: grants that the server chooses, use that comes late or never, calls that
// come to no good end.

#include <string>

#include "cdr/record.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// A token of output is 3 micros (kSmallCatalogue).
TEST_CASE("the server chooses a grant by money, price, balance and the number of sessions",
          "[engine][unit][CC-31]") {
  EngineOptions options;
  options.grants = {.tokens_min = 10, .tokens_max = 1'000, .money_micros = 900};
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=3000
    buy A pay
    # 900 micros buy 300; alone, it may have all.
    initial a 0 A 1/plain/any/_                  -> 2001 | 1 2001 granted=output:300
    # 2,100 are left, for the second of two: 700 / 2.
    initial b 0 A 1/plain/any/_                  -> 2001 | 1 2001 granted=output:300
    # 1,200 are left, for the third of three: 400 / 3.
    initial c 0 A 1/plain/any/_                  -> 2001 | 1 2001 granted=output:133
    # 801 are left, for the fourth: 267 / 4, then ever fewer, and at least ten.
    initial d 0 A 1/plain/any/_                  -> 2001 | 1 2001 granted=output:66
    update d 1 A 1/_/any/output:60               -> 2001 cost=180 | 1 2001 granted=output:51 charged=180
    # What is asked for by number is granted as before.
    initial e 0 A 1/plain/output:150/_           -> 2001 | 1 2001 granted=output:150
    initial f 0 A 1/plain/any/_                  -> 2001 | 1 2001 granted=output:6 final
    initial g 0 A 1/plain/any/_                  -> 4012
  )");
}

TEST_CASE("a grant lasts as long as it shall at the speed of the last report",
          "[engine][unit][CC-31]") {
  EngineOptions options;
  options.grants = {.tokens_min = 10, .tokens_max = 1'000, .seconds = 20};
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000000
    buy A pay
    # Nothing is known yet.
    initial s 0 A 1/plain/any/_                -> 2001 | 1 2001 granted=output:1000
    wait 10
    # 300 in 10 seconds: 600 in 20.
    update s 1 A 1/_/any/output:300            -> 2001 cost=900 | 1 2001 granted=output:600 charged=900
    wait 4
    # 7 in 4 seconds: 35.
    update s 2 A 1/_/any/output:7              -> 2001 cost=921 | 1 2001 granted=output:35 charged=21
    wait 100
    # It has become slow: at least ten. The prompt has no speed.
    update s 3 A 1/_/any/input:400,output:1    -> 2001 cost=1724 | 1 2001 granted=output:10 charged=803 overshoot
    wait 1
    # And quick: at most a thousand.
    update s 4 A 1/_/any/output:60             -> 2001 cost=1904 | 1 2001 granted=output:1000 charged=180 overshoot
    # At once: no speed is known.
    update s 5 A 1/_/any/output:60             -> 2001 cost=2084 | 1 2001 granted=output:1000 charged=180
    wait 10
    # What is asked for by number is granted as before; what is not reported has no speed.
    update s 6 A 1/_/output:40/output:300      -> 2001 cost=2984 | 1 2001 granted=output:40 charged=900
    update s 7 A 1/_/any/_                     -> 2001 cost=2984 | 1 2001 granted=output:1000
    terminate s 8 A 1/_/_/output:0             -> 2001 cost=2984 | 1 2001
  )");
  // Bounded by the balance as before.
  script.Run(R"(
    account B money=300
    buy B pay
    initial t 0 B 1/plain/output:20/_          -> 2001 | 1 2001 granted=output:20
    wait 1
    update t 1 B 1/_/any/output:20             -> 2001 cost=60 | 1 2001 granted=output:80 charged=60
  )");
}

TEST_CASE("a gateway is told when to ask again and how far a stream may go",
          "[engine][unit][CC-38]") {
  EngineOptions options;
  options.grants.threshold_percent = 20;
  options.grants.tells_safe_tokens = true;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  const AccountId account = h.Create(3'000);
  h.Purchase(account, "pay");
  const auto ask = [&](uint32_t number, Quantities requested, Quantities used) {
    Kept<CreditControlCall> call;
    Fill(call, {.session = "s", .number = number, .account = account, .model = "plain"},
         number == 0 ? RequestType::kInitial : RequestType::kUpdate);
    call.request.services[0].requests_quota = true;
    call.request.services[0].requested = std::move(requested);
    call.request.services[0].has_used = !used.empty();
    call.request.services[0].used = std::move(used);
    h.Run(&call);
    REQUIRE(call.answer.code == ResultCode::kSuccess);
    return call.answer.services[0];
  };
  // 3,000 less 600 for the prompt pay 800 tokens of output, of which 100 are granted now.
  ServiceAnswer answer = ask(0, {{TokenKind::kInput, 300}, {TokenKind::kOutput, 100}}, {});
  CHECK(answer.output_tokens_safe == 800);
  CHECK(answer.threshold_tokens == 20);
  // The prompt and 80 tokens are paid: 2,160 pay 720.
  answer =
      ask(1, {{TokenKind::kOutput, 100}}, {{TokenKind::kInput, 300}, {TokenKind::kOutput, 80}});
  CHECK(answer.output_tokens_safe == 720);
  // A clamped call never overruns: what is promised is granted, and behind it there is nothing.
  answer = ask(2, {{TokenKind::kOutput, 720}}, {});
  CHECK(answer.granted == Quantities{{TokenKind::kOutput, 720}});
  CHECK(answer.output_tokens_safe == 720);
  answer = ask(3, {{TokenKind::kOutput, 721}}, {});
  CHECK(answer.granted == Quantities{{TokenKind::kOutput, 720}});
  CHECK(answer.output_tokens_safe == 720);
  CHECK(answer.final_unit == FinalUnitAction::kTerminate);
  CHECK(answer.threshold_tokens == 0);
}

TEST_CASE("a session that fell silent is charged what it held, where the policy says so",
          "[engine][unit][CC-07]") {
  EngineOptions options;
  options.lost_use = LostUse::kChargedHeld;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/input:100,output:50/_  -> 2001 | 1 2001 granted=input:100,output:50
    update s 1 A 1/_/output:100/input:100,output:50 -> 2001 cost=350 | 1 2001 granted=output:100 charged=350
    tick 1201
    sessions A                                   -> none
    # The 100 tokens that it was granted last; nothing is held any more.
    bucket A 1                                   -> granted=1000 available=350 held=0 spent=650 expired=0
    # What comes now would be charged twice.
    terminate s 2 A 1/_/_/output:40              -> 5002 field=session_id
    # A session that was granted nothing is charged nothing.
    initial t 0 A 1/plain/output:10/_
    update t 1 A 1/_/_/output:10                 -> 2001 cost=30 | 1 2001 charged=30
    tick 1201
    bucket A 1                                   -> granted=1000 available=320 held=0 spent=680 expired=0
    restart
    bucket A 1                                   -> granted=1000 available=320 held=0 spent=680 expired=0
    # Closing is not silence.
    initial u 0 A 1/plain/output:10/_
    state A closed                               -> ok
  )");
  const auto records = script.Records();
  const auto lost = cdr::DecodeRecord(records[1].bytes);
  REQUIRE(lost.ok());
  CHECK(lost->estimated);
  CHECK(lost->incomplete);
  CHECK(lost->cause == cdr::ClosingCause::kAbnormalRelease);
  CHECK(lost->record_sequence == 2);
  REQUIRE(lost->lines.size() == 1);
  CHECK(lost->lines[0].amount == 300);
  const auto nothing = cdr::DecodeRecord(records[3].bytes);
  REQUIRE(nothing.ok());
  CHECK_FALSE(nothing->estimated);
  CHECK(nothing->lines.empty());
  const auto closed = cdr::DecodeRecord(records[4].bytes);
  REQUIRE(closed.ok());
  CHECK(closed->lines.empty());
}

TEST_CASE("what is reported after the timer is charged as the session's, where the policy says so",
          "[engine][unit][CC-26][CC-94]") {
  EngineOptions options;
  options.late_use = LateUse::kCharged;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    account B money=1000
    buy A pay
    buy B pay
    initial s 0 A 1/plain/output:50/_            -> 2001 | 1 2001 granted=output:50
    update s 1 A 1/_/output:50/output:20         -> 2001 cost=60 | 1 2001 granted=output:50 charged=60
    tick 1201
    sessions A                                   -> none
    # The model is the session's; no grant, and the client hears that it is over.
    update s 2 A 1/_/output:50/output:30         -> 2001 cost=90 | 1 4010 charged=90
    terminate s 3 A 1/_/_/output:10              -> 2001 cost=30 | 1 2001 charged=30
    update s 2 A 1/_/output:50/output:30         -> 2001 cost=90 | 1 4010 charged=90
    restart
    terminate s 3 A 1/_/_/output:10              -> 2001 cost=30 | 1 2001 charged=30
    bucket A 1                                   -> granted=1000 available=820 held=0 spent=180 expired=0
    sessions A                                   -> none
    # What was not used, was never opened or is another account's is unknown as before.
    terminate s 4 A                              -> 5002 field=session_id
    update never 1 A 1/plain/_/output:1          -> 5002 field=session_id
    update never 2 A 1/plain/_/output:1          -> 5002 field=session_id
    update s 5 B 1/plain/_/output:1              -> 5002 field=session_id
    # A termination that came first: what an update before it used comes after it.
    initial t 0 A 1/plain/output:50/_
    terminate t 2 A 1/_/_/output:5               -> 2001 cost=15 | 1 2001 charged=15
    update t 1 A 1/_/_/output:4                  -> 2001 cost=12 | 1 2001 charged=12
  )");
  const auto records = script.Records();
  const auto late = cdr::DecodeRecord(records[2].bytes);
  REQUIRE(late.ok());
  CHECK(late->late);
  CHECK(late->session_id == "s");
  CHECK(late->model == "plain");
}

constexpr char kCalls[] = R"(
catalogue: calls
currency: CNY
time_zone: Asia/Shanghai
models: [{id: m, provider: acme}]
price_books:
  - {id: book, rules: [{any: true, per: 1M tokens, input: 2, output: 3, request: 1 per 1M request}]}
  - {id: vendor, kind: wholesale, rules: [{any: true, per: 1M tokens, tokens: 1}]}
wholesale: [{book: vendor}]
calls: {failed: free, moderated: prompt}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
)";

TEST_CASE("calls that failed, were cancelled or moderated are charged as the catalogue says",
          "[engine][unit]") {
  Harness h;
  h.Publish(kCalls);
  Script script(h);
  script.Run(R"(
    account A money=10000
    buy A pay
    # A request is a micro.
    initial a 0 A 1/m/input:100,output:50/_      -> 2001 | 1 2001 granted=input:100,output:50
    terminate a 1 A 1/_/_/input:100,output:20/failed -> 2001 cost=0 | 1 2001
    bucket A 1                                   -> granted=10000 available=10000 held=0 spent=0 expired=0
    initial b 0 A 1/m/input:100,output:50/_
    terminate b 1 A 1/_/_/input:100,output:20/moderated -> 2001 cost=201 | 1 2001 charged=201
    initial c 0 A 1/m/input:100,output:50/_
    terminate c 1 A 1/_/_/input:100,output:20/cancelled -> 2001 cost=261 | 1 2001 charged=261
    terminate c 1 A 1/_/_/input:100,output:20    -> 5004 field=call_outcome
    # What was charged while it streamed stays charged; a refund gives it back.
    initial d 0 A 1/m/input:100,output:50/_
    update d 1 A 1/_/output:50/input:100,output:50 -> 2001 cost=351 | 1 2001 granted=output:50 charged=351
    terminate d 2 A 1/_/_/output:7/failed        -> 2001 cost=351 | 1 2001
    refund r 0 A of=d.1                          -> 2001 cost=-351
    bucket A 1                                   -> granted=10000 available=9538 held=0 spent=462 expired=0
    # The caller's own count, marked.
    initial e 0 A 1/m/output:50/_
    terminate e 1 A 1/_/_/output:9/estimated     -> 2001 cost=28 | 1 2001 charged=28
  )");
  const auto records = script.Records();
  const auto failed = cdr::DecodeRecord(records[0].bytes);
  REQUIRE(failed.ok());
  CHECK(failed->call_outcome == 1);
  REQUIRE(failed->lines.size() == 2);
  CHECK(failed->lines[0].quantity == 100);
  CHECK(failed->lines[0].amount == 0);
  CHECK(failed->lines[0].charge_code == "uncharged");
  CHECK(failed->lines[0].rule == "catalogue, calls: failed");
  // The vendor is owed for it all the same.
  REQUIRE(failed->costs.size() == 2);
  CHECK(failed->costs[0].amount == 100);
  CHECK(failed->costs[1].amount == 20);
}

}  // namespace
}  // namespace ocs::engine::tests
