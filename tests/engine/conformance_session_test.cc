// The rows of docs/CREDIT_CONTROL.md about sessions, order, repeats and units: each test carries
// the ids of what it shows.

#include <string>

#include "cdr/record.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

TEST_CASE("a first interrogation opens a session and reserves, or does neither",
          "[engine][unit][CC-01][CC-02][CC-16]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial none 0 A 1/plain/input:501/_         -> 4012
    sessions A                                   -> none
    bucket A 1                                   -> granted=1000 available=1000 held=0 spent=0 expired=0
    # All that the grant may come to is reserved: 100 * 2 + 200 * 3.
    initial s 0 A 1/plain/input:100,output:200/_ -> 2001 | 1 2001 granted=input:100,output:200
    sessions A                                   -> s
    bucket A 1                                   -> granted=1000 available=200 held=800 spent=0 expired=0
    tick 1199
    sessions A                                   -> s
    tick 2
    sessions A                                   -> none
  )");
}

TEST_CASE("an update debits what was used, reserves anew and starts the timer again",
          "[engine][unit][CC-03][CC-11][CC-90]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:100/_           -> 2001 | 1 2001 granted=output:100
    tick 1000
    update s 1 A 1/_/output:50/output:80         -> 2001 cost=240 | 1 2001 granted=output:50 charged=240
    bucket A 1                                   -> granted=1000 available=610 held=150 spent=240 expired=0
    tick 1199
    sessions A                                   -> s
    tick 2
    sessions A                                   -> none
  )");
  Kept<CreditControlCall> call;
  Fill(call, {.session = "t", .number = 77, .account = script.account("A"), .model = "plain"},
       RequestType::kInitial);
  call.request.services[0].requests_quota = true;
  h.Run(&call);
  CHECK(call.answer.type == RequestType::kInitial);
  CHECK(call.answer.number == 77);
}

TEST_CASE("no failure of a rating group or an account fails an update as a whole",
          "[engine][unit][CC-04][CC-46][CC-47]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:100/_ 2/plain/output:100/_ -> 2001 | 1 2001 granted=output:100 | 2 2001 granted=output:100
    # A suspended account: what was used is debited, nothing is granted, and the session may end.
    state A suspended                            -> ok
    update s 1 A 1/_/output:100/output:10        -> 2001 cost=30 | 1 4010 charged=30
    state A active                               -> ok
    update s 2 A 1/_/output:1000/output:10 2/_/output:10/_ -> 2001 cost=60 | 1 2001 granted=output:313 final charged=30 overshoot | 2 4012
    sessions A                                   -> s
  )");
}

TEST_CASE("requests that the state machine has no row for are answered",
          "[engine][unit][CC-08][CC-09]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    update s 1 A 1/plain/output:1/_              -> 5002 field=session_id
    terminate s 2 A                              -> 5002 field=session_id
    initial s 3 A 1/plain/output:1/_             -> 2001 | 1 2001 granted=output:1
    initial s 4 A 1/plain/output:1/_             -> 5012 field=cc_request_type
    terminate s 5 A                              -> 2001 cost=0
    # A repeat of the termination is a repeat, not an unknown session.
    terminate s 5 A                              -> 2001 cost=0
    terminate s 6 A                              -> 5002 field=session_id
  )");
}

TEST_CASE("closing an account ends its sessions and gives back what they hold",
          "[engine][unit][CC-17]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:100/_           -> 2001 | 1 2001 granted=output:100
    state A closed                               -> ok
    sessions A                                   -> none
    update s 1 A 1/_/output:1/output:1           -> 4010 field=subscription_id
  )");
}

TEST_CASE("numbers may begin anywhere, have gaps and come out of order",
          "[engine][unit][CC-18][CC-25]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 5 A 1/plain/output:10/_            -> 2001 | 1 2001 granted=output:10
    update s 9 A 1/_/output:10/output:10         -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
    update s 7 A 1/_/output:10/output:5          -> 2001 cost=45 | 1 2001 granted=output:10 charged=15
    update s 9 A 1/_/output:10/output:10         -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
    update s 8 A 1/_/output:10/output:1          -> 2001 cost=48 | 1 2001 granted=output:10 charged=3
    terminate s 100 A                            -> 2001 cost=48
    bucket A 1                                   -> granted=1000 available=952 held=0 spent=48 expired=0
  )");
}

TEST_CASE("the same request is done once and answered alike, whichever copy comes first",
          "[engine][unit][CC-20][CC-21][CC-22][CC-27]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:10/_
    update s 1 A 1/_/output:10/output:10         -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
  )");
  const std::string first = script.last_bytes();
  script.Run(R"(
    # There is no flag that could call a copy the original: the first to arrive is.
    update s 1 A 1/_/output:10/output:10         -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
  )");
  CHECK(script.last_bytes() == first);
  script.Run(R"(
    restart
    update s 1 A 1/_/output:10/output:10         -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
  )");
  CHECK(script.last_bytes() == first);
  script.Run(R"(
    bucket A 1                                   -> granted=1000 available=940 held=30 spent=30 expired=0
    debit e 0 A 1/plain/output:1/_               -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    debit e 0 A 1/plain/output:1/_               -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    bucket A 1                                   -> granted=1000 available=937 held=30 spent=33 expired=0
  )");
}

TEST_CASE("what comes after the end finds no session, and is told how to be charged",
          "[engine][unit][CC-26]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:10/_
    terminate s 3 A 1/_/_/output:5               -> 2001 cost=15 | 1 2001 charged=15
    update s 2 A 1/_/output:10/output:4          -> 5002 field=session_id
    debit s.2 0 A 1/plain/_/output:4             -> 2001 cost=12 | 1 2001 granted=output:4 charged=12
  )");
}

TEST_CASE("events are known longer than sessions, and a refund pays once",
          "[engine][unit][CC-28][CC-71]") {
  EngineOptions options;
  options.answer_retention_seconds = 1'000;
  options.event_retention_seconds = 100'000;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    debit e 0 A 1/plain/output:10/_              -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
    refund r 0 A of=e.0                          -> 2001 cost=-30
    tick 50000
    tick 1
    refund r 0 A of=e.0                          -> 2001 cost=-30
    refund q 0 A of=e.0                          -> 5004 field=refund_information
    debit e 0 A 1/plain/output:10/_              -> 2001 cost=30 | 1 2001 granted=output:10 charged=30
    bucket A 1                                   -> granted=1000 available=1000 held=0 spent=0 expired=0
  )");
}

TEST_CASE("a request for quota gives some, a report alone gives none",
          "[engine][unit][CC-31][CC-34][CC-35]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=10000
    buy A pay
    initial s 0 A 1/plain/any/_                  -> 2001 | 1 2001 granted=output:2000
    # More than was granted is debited all the same; the new grant replaces the old one whole.
    update s 1 A 1/_/output:100/output:2001      -> 2001 cost=6003 | 1 2001 granted=output:100 charged=6003 overshoot
    bucket A 1                                   -> granted=10000 available=3697 held=300 spent=6003 expired=0
    update s 2 A 1/_/_/output:1                  -> 2001 cost=6006 | 1 2001 charged=3
    bucket A 1                                   -> granted=10000 available=3994 held=0 spent=6006 expired=0
  )");
}

TEST_CASE("a report at the threshold, and one of the tail behind it",
          "[engine][unit][CC-38][CC-94]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=10000
    buy A pay
    initial s 0 A 1/plain/output:100/_           -> 2001 | 1 2001 granted=output:100
    update s 1 A 1/_/output:100/output:80/reason:0 -> 2001 cost=240 | 1 2001 granted=output:100 charged=240
    # What ran on under the old grant until the answer came.
    update s 2 A 1/_/output:100/output:20/reason:3 -> 2001 cost=300 | 1 2001 granted=output:100 charged=60
    # After an outage: far more than was ever granted.
    terminate s 3 A 1/_/_/output:1000            -> 2001 cost=3300 | 1 2001 charged=3000 overshoot
  )");
  const auto records = script.Records();
  const auto first = cdr::DecodeRecord(records[0].bytes);
  REQUIRE(first.ok());
  CHECK(first->reporting_reason == 1);
}

TEST_CASE("reasons belong to reports", "[engine][unit][CC-67]") {
  EngineOptions options;
  options.credit.strict_reasons = true;
  Harness strict(nullptr, options);
  strict.Publish(kSmallCatalogue);
  Script script(strict);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:10/_/reason:4   -> 5004 field=multiple_services_credit_control[0].reporting_reason
    initial s 1 A 1/plain/output:10/_            -> 2001 | 1 2001 granted=output:10
    update s 2 A 1/_/output:10/output:1          -> 2001 cost=3 | 1 2001 granted=output:10 charged=3
    update s 3 A 1/_/output:10/output:1/reason:4 -> 2001 cost=6 | 1 2001 granted=output:10 charged=3
    update s 3 A 1/_/output:10/output:1/reason:5 -> 5004 field=reporting_reason
  )");
  Harness lax;
  lax.Publish(kSmallCatalogue);
  Script lax_script(lax);
  lax_script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:10/_/reason:4   -> 2001 | 1 2001 granted=output:10
  )");
}

TEST_CASE("costs so far are told without what is reserved, and at the end in full",
          "[engine][unit][CC-05][CC-41][CC-76]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:100/_           -> 2001 | 1 2001 granted=output:100
    update s 1 A 1/_/output:100/output:50        -> 2001 cost=150 | 1 2001 granted=output:100 charged=150
    terminate s 2 A 1/_/output:9/output:10       -> 2001 cost=180 | 1 2001 charged=30
    # An event reserved and ended around one call, and one at once.
    initial e 0 A 1/plain/output:10/_            -> 2001 | 1 2001 granted=output:10
    terminate e 1 A 1/_/_/output:10              -> 2001 cost=30 | 1 2001 charged=30
    debit i 0 A 1/plain/output:1/_               -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    bucket A 1                                   -> granted=1000 available=787 held=0 spent=213 expired=0
  )");
}

TEST_CASE("what every rating group lacks is told in one way or the other",
          "[engine][unit][CC-44][CC-45]") {
  EngineOptions options;
  options.credit.opens_without_credit = true;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A
    buy A pay
    # The session waits for a top-up; each group has its own code.
    initial s 0 A 1/plain/output:10/_ 2/plain/input:1/_ -> 2001 | 1 4012 | 2 4012
    sessions A                                   -> s
    update s 1 A 1/_/output:10/_                 -> 2001 cost=0 | 1 4012
    top_up A 1000
    update s 2 A 1/_/output:10/_                 -> 2001 cost=0 | 1 2001 granted=output:10
    # What is not short of credit is refused all the same.
    initial t 0 A 1/unsold/output:10/_           -> 5031 field=multiple_services_credit_control.requested_service_unit
    sessions A                                   -> s
    restart
    initial s 0 A 1/plain/output:10/_ 2/plain/input:1/_ -> 2001 | 1 4012 | 2 4012
  )");
  Harness refusing;
  refusing.Publish(kSmallCatalogue);
  Script other(refusing);
  other.Run(R"(
    account A
    buy A pay
    initial s 0 A 1/plain/output:10/_ 2/plain/input:1/_ -> 4012
    sessions A                                   -> none
  )");
}

}  // namespace
}  // namespace ocs::engine::tests
