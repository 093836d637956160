// Changes of prices inside a session: CC-62, CC-63 and CC-66 of docs/CREDIT_CONTROL.md, and the
// seventh law of the design.

#include <string>
#include <vector>

#include "cdr/record.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// The harness's clock begins at 2026-05-17 14:40:00 in Shanghai. A token of `day` costs 2 micros,
// from 15:00 to 15:08 5; of `twice` 2, 5 from 15:00 and 3 from 15:05; of `half` it is sold to 15:00
// only. `pack` draws 1 a token, 3 from 15:00 on.
constexpr char kSwitches[] = R"(
catalogue: switches
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: day, provider: acme}
  - {id: twice, provider: acme}
  - {id: half, provider: acme}
  - {id: cheap-later, provider: acme}
price_books:
  - id: book
    rules:
      - {model: day, per: 1M tokens, tokens: 2}
      - {model: day, hours: 15:00-15:08, per: 1M tokens, tokens: 5}
      - {model: twice, per: 1M tokens, tokens: 2}
      - {model: twice, hours: 15:00-15:05, per: 1M tokens, tokens: 5}
      - {model: twice, hours: 15:05-16:00, per: 1M tokens, tokens: 3}
      - {model: half, hours: 14:00-15:00, per: 1M tokens, tokens: 2}
      - {model: cheap-later, per: 1M tokens, tokens: 4}
      - {model: cheap-later, from: 2026-05-17T15:00:00+08:00, per: 1M tokens, tokens: 1}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
  - id: pack
    name: Pack
    charge_code: PACK
    fee: 0
    grants:
      - name: tokens
        unit: token
        amount: 1000
        validity: 30 days
        covers: {model: day}
        weights:
          - {any: true, hours: 15:00-16:00, tokens: 3}
        when_used_up: stop
)";

class TariffWorld final {
 public:
  TariffWorld() : script(h) {
    // To 14:55:00 in Shanghai of the day on which the clock begins.
    const Instant start = *ParseInstant("2026-05-17T14:55:00+08:00");
    h.clock.AdvanceSeconds((start.unix_ms - h.clock.Now().unix_ms) / 1000);
    REQUIRE(h.clock.Now() == start);
    h.Publish(kSwitches);
  }
  cdr::Record Record(size_t index) {
    records = script.Records();
    REQUIRE(index < records.size());
    const auto record = cdr::DecodeRecord(records[index].bytes);
    REQUIRE(record.ok());
    return *record;
  }
  ServiceAnswer Ask(const std::string& session, const std::string& model) {
    Kept<CreditControlCall> call;
    Fill(call, {.session = session, .number = 0, .account = script.account("A"), .model = model},
         RequestType::kInitial);
    call.request.services[0].requests_quota = true;
    call.request.services[0].requested = {{TokenKind::kOutput, 100}};
    h.Run(&call);
    REQUIRE(call.answer.code == ResultCode::kSuccess);
    return call.answer.services[0];
  }

  Harness h;
  Script script;
  std::vector<ReadRecord> records;
};

TEST_CASE("a grant tells when prices change while it lasts, and is held for the dearer side",
          "[engine][unit][CC-62]") {
  TariffWorld w;
  w.script.Run(R"(
    account A money=100000
    buy A pay
  )");
  const ServiceAnswer spans = w.Ask("s", "day");
  CHECK(spans.tariff_changes_at == *ParseInstant("2026-05-17T15:00:00+08:00"));
  CHECK(spans.validity_seconds == 600);
  // 100 at 5, not at 2; and a micro of room for the second carry.
  w.script.Run("bucket A 1 -> granted=100000 available=99499 held=501 spent=0 expired=0");
  // A change to a lower price: held at the higher one.
  const ServiceAnswer lower = w.Ask("t", "cheap-later");
  CHECK(lower.tariff_changes_at == *ParseInstant("2026-05-17T15:00:00+08:00"));
  w.script.Run("bucket A 1 -> granted=100000 available=99098 held=902 spent=0 expired=0");
  // What would span a second change lasts to that.
  const ServiceAnswer twice = w.Ask("u", "twice");
  CHECK(twice.tariff_changes_at == *ParseInstant("2026-05-17T15:00:00+08:00"));
  CHECK(twice.validity_seconds == 600);
  w.h.clock.AdvanceSeconds(60);
  CHECK(w.Ask("v", "twice").validity_seconds == 9 * 60);
  // What cannot be held for both sides lasts to the change.
  const ServiceAnswer half = w.Ask("x", "half");
  CHECK(half.tariff_changes_at == Instant::Never());
  CHECK(half.validity_seconds == 4 * 60);
  // After the change there is none until the next.
  w.h.clock.AdvanceSeconds(20 * 60);
  CHECK(w.Ask("y", "day").tariff_changes_at == Instant::Never());
}

TEST_CASE("what was used before and after a change has each side's price, and a record of its own",
          "[engine][unit][CC-63]") {
  TariffWorld w;
  w.script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/day/output:100/_             -> 2001 | 1 2001 granted=output:100
    wait 420
    # 30 at 2, 20 at 5.
    update s 1 A 1/_/output:100/before:output:30,after:output:20 -> 2001 cost=160 | 1 2001 granted=output:100 charged=160
    wait 360
    # The grant of 15:02 told of 15:08: what lies on neither side costs what is dearer, all of it.
    update s 2 A 1/_/_/indeterminate:output:10   -> 2001 cost=210 | 1 2001 charged=50
    terminate s 3 A                              -> 2001 cost=210
  )");
  const cdr::Record before = w.Record(0);
  CHECK(before.tariff_change == 1);
  CHECK(before.cause == cdr::ClosingCause::kPartialRecord);
  CHECK(before.opened_at == *ParseInstant("2026-05-17T14:55:00+08:00"));
  CHECK(before.closed_at == ParseInstant("2026-05-17T15:00:00+08:00")->PlusMillis(-1));
  REQUIRE(before.lines.size() == 1);
  CHECK(before.lines[0].amount == 60);
  CHECK(before.lines[0].quantity == 30);
  CHECK(before.record_sequence == 1);
  const cdr::Record after = w.Record(1);
  CHECK(after.tariff_change == 2);
  CHECK(after.opened_at == *ParseInstant("2026-05-17T15:00:00+08:00"));
  CHECK(after.closed_at == *ParseInstant("2026-05-17T15:02:00+08:00"));
  REQUIRE(after.lines.size() == 1);
  CHECK(after.lines[0].amount == 100);
  CHECK(after.record_sequence == 2);
  const cdr::Record unknown = w.Record(2);
  CHECK(unknown.tariff_change == 3);
  CHECK(unknown.record_sequence == 3);
  CHECK(unknown.lines[0].amount == 50);
}

TEST_CASE("both sides at once, also at the end, and a repeat of it", "[engine][unit][CC-63]") {
  TariffWorld w;
  w.script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/day/input:10,output:100/_    -> 2001 | 1 2001 granted=input:10,output:100
    wait 420
    # 10 * 2 and 30 * 2 before; 5 at the dearer; 20 after; and 1 that is on no side, by event time.
    terminate s 1 A 1/_/_/before:input:10,before:output:30,indeterminate:output:5,after:output:20,output:1 -> 2001 cost=210 | 1 2001 charged=210
    terminate s 1 A 1/_/_/before:input:10,before:output:30,indeterminate:output:5,after:output:20,output:1 -> 2001 cost=210 | 1 2001 charged=210
    # Another side under the same number is another request.
    terminate s 1 A 1/_/_/before:input:10,before:output:30,after:output:26 -> 5004 field=tariff_change_usage
    restart
    terminate s 1 A 1/_/_/before:input:10,before:output:30,indeterminate:output:5,after:output:20,output:1 -> 2001 cost=210 | 1 2001 charged=210
    bucket A 1                                   -> granted=100000 available=99790 held=0 spent=210 expired=0
    records                                      -> 4
  )");
  CHECK(w.Record(3).cause == cdr::ClosingCause::kNormalRelease);
  CHECK(w.Record(0).cause == cdr::ClosingCause::kPartialRecord);
}

TEST_CASE("packages are drawn by each side's weight", "[engine][unit][CC-62][CC-63]") {
  TariffWorld w;
  w.script.Run(R"(
    account A
    buy A pack                                   -> ok fee=0 bucket=2
    initial s 0 A 1/day/output:100/_             -> 2001 | 1 2001 granted=output:100
    bucket A 2                                   -> granted=1000 available=699 held=301 spent=0 expired=0
    wait 420
    update s 1 A 1/_/output:100/before:output:30,after:output:20 -> 2001 cost=0 | 1 2001 granted=output:100 drawn=90
    bucket A 2                                   -> granted=1000 available=610 held=300 spent=90 expired=0
    # More than there is at the dearer side: the rest, as the last units.
    update s 2 A 1/_/output:400/_                -> 2001 cost=0 | 1 2001 granted=output:303 final
  )");
}

TEST_CASE("a boundary belongs to what begins there; a report may come long after it",
          "[engine][unit][CC-66]") {
  TariffWorld w;
  w.script.Run(R"(
    account A money=100000
    buy A pay
    # At 14:59:59 the old price holds, at 15:00:00 the new one.
    debit e 0 A 1/day/output:10/_ at=299         -> 2001 cost=20 | 1 2001 granted=output:10 charged=20
    debit e 1 A 1/day/output:10/_ at=300         -> 2001 cost=50 | 1 2001 granted=output:10 charged=50
    initial s 0 A 1/day/output:100/_             -> 2001 | 1 2001 granted=output:100
    initial t 0 A 1/twice/output:100/_           -> 2001 | 1 2001 granted=output:100
    wait 300
    # Opened exactly at the boundary: the next change is told, not this one.
    initial u 0 A 1/day/output:100/_             -> 2001 | 1 2001 granted=output:100
    wait 840
    # 15:14, long after: before is before, also when after has ended at 15:08 and is cheaper again.
    update s 1 A 1/_/_/before:output:10          -> 2001 cost=20 | 1 2001 charged=20
    # Two changes behind the one that was told: the dearer of 5 and 3.
    update t 1 A 1/_/_/before:output:10,after:output:10 -> 2001 cost=70 | 1 2001 charged=70
    # Nothing itemised: by the time of the report.
    update u 1 A 1/_/_/output:10                 -> 2001 cost=20 | 1 2001 charged=20
    # A grant that told of no change: sides mean nothing.
    update u 2 A 1/_/_/after:output:10           -> 2001 cost=40 | 1 2001 charged=20 overshoot
  )");
}

TEST_CASE("sides are parts of what was used, each once", "[engine][unit][CC-63]") {
  TariffWorld w;
  w.script.Run("account A money=1000\nbuy A pay");
  Kept<CreditControlCall> call;
  Fill(call, {.session = "s", .number = 1, .account = w.script.account("A"), .model = "day"},
       RequestType::kUpdate);
  call.request.services[0].has_used = true;
  call.request.services[0].used = {{TokenKind::kOutput, 10}};
  call.request.services[0].by_tariff = {
      {.side = TariffChangeUsage::kAfter, .used = {{TokenKind::kOutput, 11}}}};
  w.h.Run(&call);
  CHECK(call.answer.code == ResultCode::kInvalidAvpValue);
  CHECK(call.answer.failed_field ==
        "multiple_services_credit_control[0].used_service_unit.tariff_change_usage");
}

TEST_CASE("a revision that takes open sessions over is a change of prices like another",
          "[engine][unit][CC-62][CC-63]") {
  const auto text = [](std::string_view price, std::string_view more) {
    return Cat(R"(
catalogue: revisions
currency: CNY
time_zone: Asia/Shanghai
models: [{id: m, provider: acme}]
price_books: [{id: book, rules: [{model: m, per: 1M tokens, tokens: )",
               price, R"(}]}]
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
)",
               more);
  };
  Harness h;
  h.Publish(text("2", ""));
  const auto publish = [&](const std::string& what, int64_t seconds_ahead) {
    Kept<PublishCatalogueCall> call;
    call.change.key = Cat("publish-in-", seconds_ahead);
    call.text = what;
    call.effective_from = h.clock.Now().PlusSeconds(seconds_ahead);
    h.Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
  };
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    initial kept 0 A 1/m/output:100/_            -> 2001 | 1 2001 granted=output:100
    bucket A 1                                   -> granted=100000 available=99800 held=200 spent=0 expired=0
  )");
  publish(text("5", ""), 60);
  publish(text("7", "open_sessions: switch\n"), 120);
  script.Run(R"(
    # Told, and held for the dearer side: 100 * 7, and room for a carry. The one between takes no
    # session over.
    update kept 1 A 1/_/output:100/output:1      -> 2001 cost=2 | 1 2001 granted=output:100 charged=2
    bucket A 1                                   -> granted=100000 available=99297 held=701 spent=2 expired=0
    wait 90
    update kept 2 A 1/_/output:100/output:10     -> 2001 cost=22 | 1 2001 granted=output:100 charged=20
    # Opened with the second revision, taken over by the third.
    initial late 0 A 1/m/output:10/_             -> 2001 | 1 2001 granted=output:10
    wait 60
    update kept 3 A 1/_/_/before:output:10,after:output:10 -> 2001 cost=112 | 1 2001 charged=90
    terminate late 1 A 1/_/_/before:output:1,after:output:1 -> 2001 cost=12 | 1 2001 charged=12
    restart
    terminate kept 4 A 1/_/_/output:1            -> 2001 cost=119 | 1 2001 charged=7 overshoot
    bucket A 1                                   -> granted=100000 available=99869 held=0 spent=131 expired=0
  )");
  const std::vector<ReadRecord> records = script.Records();
  std::vector<uint32_t> revisions;
  for (const ReadRecord& record : records)
    revisions.push_back(cdr::DecodeRecord(record.bytes)->tariff_revision);
  CHECK(revisions == std::vector<uint32_t>{1, 1, 1, 3, 2, 3, 3});
}

TEST_CASE("a day on which clocks are put forward changes prices when they are",
          "[engine][unit][CC-66]") {
  Harness h;
  const Instant start = *ParseInstant("2027-03-14T01:55:00-05:00");
  h.clock.AdvanceSeconds((start.unix_ms - h.clock.Now().unix_ms) / 1000);
  h.Publish(R"(
catalogue: dst
currency: CNY
time_zone: America/New_York
models: [{id: m, provider: acme}]
price_books:
  - id: book
    rules:
      - {model: m, per: 1M tokens, tokens: 2}
      - {model: m, hours: 02:30-04:00, per: 1M tokens, tokens: 5}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
)");
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/m/output:10/_                -> 2001 | 1 2001 granted=output:10
    # There is no 02:30: at 02:00 it is 03:00, and dear.
    bucket A 1                                   -> granted=1000 available=949 held=51 spent=0 expired=0
    wait 600
    update s 1 A 1/_/_/before:output:5,after:output:5 -> 2001 cost=35 | 1 2001 charged=35
  )");
}

}  // namespace
}  // namespace ocs::engine::tests
