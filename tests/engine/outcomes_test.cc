// Every outcome of a credit-control request, in order of precedence.

#include <string>

#include "ocs/engine/internal/charging.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

TEST_CASE("a request's form is checked field by field, before anything is looked up",
          "[engine][unit][CC-06][CC-13]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  const std::string long_text(129, 'x');
  script.Run("account A money=1000000\nbuy A pay -> ok fee=0");
  script.Run(Cat("initial ", long_text, " 0 A 1/plain/any/_ -> 5004 field=session_id"));
  script.Run(R"(
    # What is missing or wrong comes before who pays.
    initial s 0 _ 1/plain/any/_                        -> 5005 field=subscription_id
    initial s 0 nobody 1/plain/any/_ context=          -> 5005 field=service_context_id
    initial s 0 nobody 1/plain/any/_ context=voice@x   -> 5031 field=service_context_id
    debit s 0 nobody 1/plain/any/_ no=action           -> 5005 field=requested_action
    initial s 0 nobody 1/plain/any/_ action=debit      -> 5004 field=requested_action
    refund s 0 nobody                                  -> 5005 field=refund_information
    debit s 0 nobody 1/plain/any/_ of=x                -> 5004 field=refund_information
    initial s 0 nobody                                 -> 5005 field=multiple_services_credit_control
    debit s 0 nobody                                   -> 5005 field=multiple_services_credit_control
    refund s 0 nobody 1/plain/any/_ of=x               -> 5004 field=multiple_services_credit_control
    initial s 0 nobody 1/plain/any/_ 1/odd/any/_       -> 5004 field=multiple_services_credit_control[1].rating_group
    initial s 0 nobody 1/plain/any/_ 2/_/any/_         -> 5005 field=multiple_services_credit_control[1].model
    initial s 0 nobody 1/plain/any/input:1             -> 5004 field=multiple_services_credit_control[0].used_service_unit
    initial s 0 nobody 1/plain/input:-1/_              -> 5004 field=multiple_services_credit_control[0].requested_service_unit.input
    update s 0 nobody 1/plain/_/output:1000000000001   -> 5004 field=multiple_services_credit_control[0].used_service_unit.output
    initial s 0 nobody 1/plain/any/_                   -> 5030 field=subscription_id
    initial s 0 _ 1/plain/any/_ subscriber=stranger    -> 5030 field=subscription_id
    sessions A                                         -> none
  )");
  std::string seventeen = "initial s 0 A";
  for (int i = 0; i < 17; ++i) seventeen += Cat(" ", i, "/plain/any/_");
  script.Run(seventeen + " -> 5004 field=multiple_services_credit_control");
  script.Run(Cat("initial s 0 A 1/", long_text,
                 "/any/_ -> 5004 field=multiple_services_credit_control[0].model"));
}

TEST_CASE("what stands between a well-formed request and its charge, in order of precedence",
          "[engine][unit][CC-14][CC-24]") {
  Harness h;
  Script script(h);
  script.Run(R"(
    account A money=1000000
    initial early 0 A 1/plain/any/_                -> 5031 field=event_timestamp
  )");
  h.Publish(kSmallCatalogue);
  script.Run(R"(
    initial early 0 A 1/plain/any/_                -> 5031 field=event_timestamp     # A repeat.
    buy A pay                                      -> ok fee=0
    # A duplicate comes before all that follows.
    initial s 0 A 1/plain/input:10/_               -> 2001 | 1 2001 granted=input:10
    initial s 0 A 1/plain/input:10/_               -> 2001 | 1 2001 granted=input:10
    update s 0 A 1/plain/input:10/_                -> 5004 field=cc_request_type
    initial s 0 A 1/plain/input:10/_ at=0          -> 5004 field=event_timestamp
    initial s 0 A 1/plain/input:10/_ context=ai-tokens.v1@other -> 5004 field=service_context_id
    initial s 0 A 2/plain/input:10/_               -> 5004 field=rating_group
    initial s 0 A 1/simple/input:10/_              -> 5004 field=model
    initial s 0 A 1/plain/input:11/_               -> 5004 field=requested_service_unit
    update s 1 A 1/plain/_/input:3                 -> 2001 cost=6 | 1 2001 charged=6
    update s 1 A 1/plain/_/input:4                 -> 5004 field=used_service_unit
    debit e 0 A 1/plain/input:1/_                  -> 2001 cost=2 | 1 2001 granted=input:1 charged=2
    check e 0 A 1/plain/input:1/_                  -> 5004 field=requested_action
    refund r 0 A of=e.0                            -> 2001 cost=-2
    refund r 0 A of=s.1                            -> 5004 field=refund_information
    # Then the event's time,
    initial s 2 A 1/plain/any/_ at=301             -> 5004 field=event_timestamp
    initial s 3 A 1/plain/any/_ at=-86401          -> 5004 field=event_timestamp
    update s 4 A 1/plain/_/input:1 at=300          -> 2001 cost=8 | 1 2001 charged=2 overshoot
    # then the session,
    initial s 5 A 1/plain/any/_                    -> 5012 field=cc_request_type     # CC-08
    update t 0 A 1/plain/_/input:1                 -> 5002 field=session_id          # CC-09
    terminate t 1 A                                -> 5002 field=session_id
    # then the services.
    initial u 0 A 1/nothing/any/_                  -> 5031 field=multiple_services_credit_control.model
    initial u 1 A 1/unsold/any/_                   -> 5031 field=multiple_services_credit_control.requested_service_unit
    initial u 2 A 1/plain/input:1000000/_          -> 4012
    sessions A                                     -> s
    bucket A 1                                     -> granted=1000000 available=999992 held=0 spent=8 expired=0
    restart
    initial s 5 A 1/plain/any/_                    -> 5012 field=cc_request_type
    initial u 2 A 1/plain/input:1000000/_          -> 4012
    update t 0 A 1/plain/_/input:1                 -> 5002 field=session_id
    update t 0 A 1/plain/_/input:2                 -> 5004 field=used_service_unit
  )");
}

TEST_CASE("quota is granted, replaced, and taken back", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    # CC-31: an empty request leaves the amount to the server; 2,000 output tokens are more than there is.
    initial s 0 A 1/plain/any/_                  -> 2001 | 1 2001 granted=output:333 final
    bucket A 1                                   -> granted=1000 available=1 held=999 spent=0 expired=0
    # CC-35: a report gives back all of the old grant before the new one is taken.
    update s 1 A 1/_/output:100/output:33        -> 2001 cost=99 | 1 2001 granted=output:100 charged=99
    bucket A 1                                   -> granted=1000 available=601 held=300 spent=99 expired=0
    # Absent: what is used is debited, nothing is granted, nothing is held.
    update s 2 A 1/_/_/output:1                  -> 2001 cost=102 | 1 2001 charged=3
    bucket A 1                                   -> granted=1000 available=898 held=0 spent=102 expired=0
    # Asking without a report replaces the grant too.
    update s 3 A 1/_/output:10/_                 -> 2001 cost=102 | 1 2001 granted=output:10
    update s 4 A 1/_/output:20/_                 -> 2001 cost=102 | 1 2001 granted=output:20
    bucket A 1                                   -> granted=1000 available=838 held=60 spent=102 expired=0
    # A partial grant names the last units (CC-50): 838 + 60 - 200 = 698 pays 232 output tokens.
    update s 5 A 1/_/input:100,output:500/_      -> 2001 cost=102 | 1 2001 granted=input:100,output:232 final
    # A prompt that does not fit whole is refused for this group; the session stays (CC-44).
    update s 6 A 1/_/input:450/input:100,output:1 -> 2001 cost=305 | 1 4012 charged=203
    sessions A                                   -> s
    bucket A 1                                   -> granted=1000 available=695 held=0 spent=305 expired=0
    # CC-05: nothing is granted at the end.
    terminate s 7 A 1/_/output:10/output:1       -> 2001 cost=308 | 1 2001 charged=3 overshoot
    sessions A                                   -> none
    bucket A 1                                   -> granted=1000 available=692 held=0 spent=308 expired=0
    terminate s 8 A                              -> 5002 field=session_id
  )");
}

TEST_CASE(
    "what is used above the grant is charged and marked, and only then is the balance negative",
    "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100
    buy A pay
    initial s 0 A 1/plain/output:30/_            -> 2001 | 1 2001 granted=output:30
    update s 1 A 1/_/output:1/output:31          -> 2001 cost=93 | 1 2001 granted=output:1 charged=93 overshoot
    update s 2 A 1/_/output:1/output:5           -> 2001 cost=108 | 1 4012 charged=15 overshoot   # CC-47
    bucket A 1                                   -> granted=100 available=-8 held=0 spent=108 expired=0
    initial t 0 A 1/plain/input:0/_              -> 2001 | 1 2001 granted=none
    terminate t 1 A
    initial u 0 A 1/plain/output:1/_             -> 4012
    debit e 0 A 1/plain/output:1/_               -> 4012
    top_up A 11                                  -> ok available=3
    initial u 1 A 1/plain/output:1/_             -> 2001 | 1 2001 granted=output:1
    terminate s 3 A 1/_/_/output:2               -> 2001 cost=114 | 1 2001 charged=6 overshoot
    terminate u 2 A                              -> 2001 cost=0
    bucket A 1                                   -> granted=111 available=-3 held=0 spent=114 expired=0
  )");
}

TEST_CASE("several rating groups have each their own outcome", "[engine][unit][CC-30][CC-44]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    # CC-44: one group fails, the command is a success.
    initial s 0 A 1/plain/output:100/_ 2/unsold/any/_ 3/nothing/any/_ 4/plain/output:300/_ 5/plain/output:1/_ -> 2001 | 1 2001 granted=output:100 | 2 5031 field=multiple_services_credit_control.requested_service_unit | 3 5031 field=multiple_services_credit_control.model | 4 2001 granted=output:233 final | 5 4012
    bucket A 1                                   -> granted=1000 available=1 held=999 spent=0 expired=0
    # What was used is charged before anything is promised anew, whatever the order of the groups.
    update s 1 A 1/_/output:1000/_ 4/_/_/output:333 -> 2001 cost=999 | 1 4012 | 4 2001 charged=999 overshoot
    bucket A 1                                   -> granted=1000 available=1 held=0 spent=999 expired=0
    # A group that the request does not touch keeps its hold until the session ends.
    top_up A 599
    update s 2 A 1/_/output:100/_                -> 2001 cost=999 | 1 2001 granted=output:100
    update s 3 A 4/_/output:50/_ 1/_/_/_         -> 2001 cost=999 | 4 2001 granted=output:50 | 1 2001
    bucket A 1                                   -> granted=1599 available=150 held=450 spent=999 expired=0
    # A model that the tariff does not know frees the group's hold and is recorded without a charge.
    update s 4 A 1/nothing/any/output:7          -> 2001 cost=999 | 1 5031 field=multiple_services_credit_control.model
    bucket A 1                                   -> granted=1599 available=450 held=150 spent=999 expired=0
    terminate s 5 A 4/_/_/output:10              -> 2001 cost=1029 | 4 2001 charged=30
    bucket A 1                                   -> granted=1599 available=570 held=0 spent=1029 expired=0
    # CC-45: when every group fails no session is opened, and the first failure answers.
    initial t 0 A 1/plain/output:0,input:1000/_ 2/unsold/any/_ -> 4012
    sessions A                                   -> none
  )");
}

TEST_CASE("a session has at most sixteen rating groups", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=1000000\nbuy A pay");
  std::string sixteen;
  for (int i = 0; i < 16; ++i) sixteen += Cat(" ", i, "/plain/output:1/_");
  script.Run("initial s 0 A" + sixteen);
  script.Run(R"(
    bucket A 1                              -> granted=1000000 available=999952 held=48 spent=0 expired=0
    update s 1 A 16/plain/output:1/_        -> 5012 field=rating_group
    update s 2 A 3/_/output:2/output:1      -> 2001 cost=3 | 3 2001 granted=output:2 charged=3
    # The end may report of a new one.
    terminate s 3 A 16/plain/_/output:1     -> 2001 cost=6 | 16 2001 charged=3
    bucket A 1                              -> granted=1000000 available=999994 held=0 spent=6 expired=0
  )");
}

TEST_CASE("a direct debit takes all or nothing", "[engine][unit][CC-70]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    debit e1 0 A 1/plain/output:100/_                     -> 2001 cost=300 | 1 2001 granted=output:100 charged=300
    debit e2 0 A 1/plain/_/output:100                     -> 2001 cost=300 | 1 2001 granted=output:100 charged=300
    debit e3 0 A 1/plain/output:134/_                     -> 4012
    debit e4 0 A 1/plain/output:100/_ 2/plain/output:34/_ -> 4012
    debit e5 0 A 1/plain/output:1/_ 2/unsold/output:1/_   -> 5031 field=multiple_services_credit_control.used_service_unit
    debit e6 0 A 1/plain/output:1/_ 2/nothing/output:1/_  -> 5031 field=multiple_services_credit_control.model
    bucket A 1                                            -> granted=1000 available=400 held=0 spent=600 expired=0
    debit e7 0 A 1/plain/output:33/_ 2/plain/input:150/_  -> 2001 cost=399 | 1 2001 granted=output:33 charged=99 | 2 2001 granted=input:150 charged=300
    bucket A 1                                            -> granted=1000 available=1 held=0 spent=999 expired=0
    debit e7 0 A 1/plain/output:33/_ 2/plain/input:150/_  -> 2001 cost=399 | 1 2001 granted=output:33 charged=99 | 2 2001 granted=input:150 charged=300
    # What is held for a session is not there for an event.
    top_up A 599
    initial s 0 A 1/plain/output:150/_                    -> 2001 | 1 2001 granted=output:150
    debit e8 0 A 1/plain/output:51/_                      -> 4012
    debit e9 0 A 1/plain/output:50/_                      -> 2001 cost=150 | 1 2001 granted=output:50 charged=150
    bucket A 1                                            -> granted=1599 available=0 held=450 spent=1149 expired=0
  )");
}

TEST_CASE("a refund gives back all of a charge, once, to where it came from",
          "[engine][unit][CC-42][CC-71]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=10001000
    account B money=1000
    buy A pack-on                                  -> ok fee=10000000 bucket=2
    debit e 0 A 1/plain/output:1200/_              -> 2001 cost=600 | 1 2001 granted=output:1200 charged=600 drawn=1000
    bucket A 2                                     -> granted=1000 available=0 held=0 spent=1000 expired=0
    bucket A 1                                     -> granted=10001000 available=400 held=0 spent=10000600 expired=0
    refund r 0 B of=e.0                            -> 5004 field=refund_information
    refund r 0 A of=rubbish                        -> 5004 field=refund_information
    refund r 1 A of=0-1-0                          -> 5004 field=refund_information
    refund r 2 A of=e.0                            -> 2001 cost=-600
    bucket A 2                                     -> granted=1000 available=1000 held=0 spent=0 expired=0
    bucket A 1                                     -> granted=10001000 available=1000 held=0 spent=10000000 expired=0
    refund r 2 A of=e.0                            -> 2001 cost=-600
    refund r 3 A of=e.0                            -> 5004 field=refund_information
    restart
    refund r 2 A of=e.0                            -> 2001 cost=-600
    refund r 4 A of=e.0                            -> 5004 field=refund_information
    # Of a session's report, under the session's own id, while it is open.
    initial s 0 A 1/plain/output:10/_
    update s 1 A 1/_/output:10/output:10           -> 2001 cost=0 | 1 2001 granted=output:10 drawn=10
    refund s 5 A of=s.1                            -> 2001 cost=0
    refund s 6 A of=s.1                            -> 5004 field=refund_information
    refund s 5 A of=s.1                            -> 2001 cost=0
    update s 2 A 1/_/output:10/output:1            -> 2001 cost=0 | 1 2001 granted=output:10 drawn=1
    terminate s 3 A 1/_/_/output:1                 -> 2001 cost=0 | 1 2001 drawn=1
    refund q 0 A of=s.5                            -> 5004 field=refund_information
    bucket A 2                                     -> granted=1000 available=998 held=0 spent=2 expired=0
  )");
}

TEST_CASE("an event under the id of an open session happens once", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
    debit s 7 A 1/plain/output:1/_            -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    debit s 7 A 1/plain/output:1/_            -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    debit s 8 A 1/plain/output:1000/_         -> 4012
    top_up A 9000
    debit s 8 A 1/plain/output:1000/_         -> 4012
    restart
    debit s 7 A 1/plain/output:1/_            -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    terminate s 1 A 1/_/_/output:1            -> 2001 cost=3 | 1 2001 charged=3
    debit s 7 A 1/plain/output:1/_            -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    # The session opens again under a lower number than it ended with: old repeats stay repeats.
    initial s 2 A 1/plain/output:10/_         -> 2001 | 1 2001 granted=output:10
    debit s 7 A 1/plain/output:1/_            -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    terminate s 1 A 1/_/_/output:1            -> 2001 cost=3 | 1 2001 charged=3
    sessions A                                -> s
    bucket A 1                                -> granted=10000 available=9964 held=30 spent=6 expired=0
  )");
}

TEST_CASE("a balance check and a price enquiry change nothing", "[engine][unit][CC-72][CC-73]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    check c 0 A 1/plain/output:333/_                    -> 2001 enough
    check c 0 A 1/plain/output:334/_                    -> 2001 no_credit
    check c 0 A 1/plain/output:333/_ 2/plain/output:1/_ -> 2001 no_credit
    check c 0 A 1/unsold/output:1/_                     -> 5031 field=multiple_services_credit_control.used_service_unit
    check c 0 A 1/nothing/output:1/_                    -> 5031 field=multiple_services_credit_control.model
    price p 0 A 1/plain/input:100,output:50/_           -> 2001 cost=350 calls=2 | 1 2001 charged=350
    price p 0 A 1/plain/input:500/_                     -> 2001 cost=1000 calls=1 | 1 2001 charged=1000
    price p 0 A 1/plain/input:501/_                     -> 2001 cost=1002 | 1 2001 charged=1002 overshoot
    initial s 0 A 1/plain/output:200/_
    price p 0 A 1/plain/input:100/_                     -> 2001 cost=200 calls=2 | 1 2001 charged=200
    bucket A 1                                          -> granted=1000 available=400 held=600 spent=0 expired=0
    records                                             -> 0
  )");
}

TEST_CASE("one session id has one payer in a partition", "[engine][unit][CC-10]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  // Accounts live where the hash of their key says: two keys are sought that meet.
  std::map<uint16_t, AccountId> seen;
  AccountId first;
  AccountId second;
  for (int i = 0; i < 2'000 && !second.valid(); ++i) {
    const AccountId id = h.Create(0);
    const auto [at, fresh] = seen.emplace(id.partition().value, id);
    if (fresh) continue;
    first = at->second;
    second = id;
  }
  REQUIRE(second.valid());
  script.Name("A", first);
  script.Name("B", second);
  script.Run(R"(
    top_up A 1000
    top_up B 1000
    buy A pay
    buy B pay
    debit e 0 A 1/plain/output:1/_      -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    debit e 0 B 1/plain/output:1/_      -> 5004 field=subscription_id
    debit e 1 B 1/plain/output:1/_      -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    debit e 0 A 1/plain/output:1/_      -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    restart
    debit e 0 A 1/plain/output:1/_      -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    debit e 1 B 1/plain/output:1/_      -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    bucket A 1                          -> granted=1000 available=997 held=0 spent=3 expired=0
    bucket B 1                          -> granted=1000 available=997 held=0 spent=3 expired=0
  )");
}

TEST_CASE("a subscriber is found by any identity", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  const AccountId account = h.Create(1000);
  const AccountView view = h.View(account);
  Script script(h);
  script.Name("A", account);
  script.Run("buy A pay");
  script.Run(Cat("debit e 0 _ 1/plain/output:1/_ subscriber=", view.identities[0].data,
                 " -> 2001 cost=3 | 1 2001 granted=output:1 charged=3"));
  script.Run("bucket A 1 -> granted=1000 available=997 held=0 spent=3 expired=0");
}

}  // namespace
}  // namespace ocs::engine::tests
