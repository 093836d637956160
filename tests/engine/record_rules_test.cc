// The rules of TS 32.298 and TS 32.255 for records, R-01 to R-11, from what the engine writes to
// what a billing domain reads in BER. docs/format/cdr-ber.md has the table.

#include <string>
#include <vector>

#include "cdr/ber.h"
#include "cdr/chf_record.h"
#include "cdr/record.h"
#include "ocs/engine/account_operation.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// A record as it was written, and as a billing domain sees it.
struct Seen {
  std::string bytes;
  std::string ber;
  cdr::Record record;
  cdr::ChfRecord chf;
};

std::vector<Seen> SeenOf(Script& script) {
  std::vector<Seen> all;
  for (const ReadRecord& read : script.Records()) {
    Seen& seen = all.emplace_back();
    seen.bytes = read.bytes;
    const auto record = cdr::DecodeRecord(seen.bytes);
    REQUIRE(record.ok());
    cdr::BerEncoder("ocs01", absl::UTCTimeZone()).Append(read.id, *record, &seen.ber);
  }
  // Their texts point into the strings, which do not move any more.
  for (Seen& seen : all) {
    seen.record = *cdr::DecodeRecord(seen.bytes);
    const auto chf = cdr::DecodeChfRecord(seen.ber);
    REQUIRE(chf.ok());
    seen.chf = *chf;
  }
  return all;
}

// A session of two updates and an end, one of an end only, an event, a fee and a refund; the second
// session falls silent.
std::vector<Seen> ADay(Harness& h) {
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100
    tick 10
    update s 1 A 1/_/output:100/output:10       -> 2001 cost=30 | 1 2001 granted=output:100 charged=30
    tick 20
    update s 2 A 1/_/output:100/output:20       -> 2001 cost=90 | 1 2001 granted=output:100 charged=60
    tick 30
    terminate s 3 A 1/_/_/output:30             -> 2001 cost=180 | 1 2001 charged=90
    initial t 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100
    tick 5
    terminate t 1 A 1/_/_/output:1              -> 2001 cost=3 | 1 2001 charged=3
    debit e 0 A 1/plain/_/output:20             -> 2001 cost=60 | 1 2001 granted=output:20 charged=60
    initial u 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100
    tick 1201
  )");
  return SeenOf(script);
}

TEST_CASE("R-01 each report makes its own record, and R-04 partial records are numbered from 1",
          "[engine][unit]") {
  Harness h;
  const std::vector<Seen> day = ADay(h);
  REQUIRE(day.size() == 6);
  std::vector<std::string> told;
  for (const Seen& seen : day) {
    told.push_back(std::string(seen.record.session_id) + " " +
                   std::to_string(seen.chf.record_sequence_number.value_or(0)) + " " +
                   std::to_string(seen.chf.cause_for_record_closing));
  }
  CAPTURE(told);
  CHECK(told == std::vector<std::string>{"s 1 1", "s 2 1", "s 3 0", "t 0 0", "e 0 0", "u 0 4"});
}

TEST_CASE("R-02 a record opens when the one before it closed, and R-03 lasts so long only",
          "[engine][unit]") {
  Harness h;
  const std::vector<Seen> day = ADay(h);
  const int64_t begin = day[0].record.opened_at.unix_ms;
  CHECK(day[1].record.opened_at.unix_ms == begin + 10'000);
  CHECK(day[2].record.opened_at.unix_ms == begin + 30'000);
  CHECK(day[0].chf.duration_seconds == 10);
  CHECK(day[1].chf.duration_seconds == 20);
  CHECK(day[2].chf.duration_seconds == 30);
  CHECK(day[3].chf.duration_seconds == 5);
  CHECK(day[4].chf.duration_seconds == 0);
}

TEST_CASE("R-05 one sequence counts all records of the node, also over a restart",
          "[engine][unit]") {
  Harness h;
  ADay(h);
  h.Open();
  Script script(h);
  script.Run(R"(
    account B money=1000
    buy B pay
    debit f 0 B 1/plain/_/output:20             -> 2001 cost=60 | 1 2001 granted=output:20 charged=60
  )");
  uint64_t expected = 0;
  for (const Seen& seen : SeenOf(script)) {
    CHECK(seen.record.local_sequence == ++expected);
    CHECK(seen.chf.local_record_sequence_number == expected);
    CHECK(seen.chf.recording_network_function_id == "ocs01.0");
  }
  CHECK(expected > 6);
}

TEST_CASE("R-06 containers are numbered, R-07 rated and with quota management", "[engine][unit]") {
  Harness h;
  for (const Seen& seen : ADay(h)) {
    for (const auto& usage : seen.chf.multiple_unit_usage) {
      int64_t number = 0;
      for (const auto& container : usage.used_unit_containers) {
        CHECK(container.local_sequence_number == ++number);
        CHECK(container.rating_indicator == true);
        CHECK(container.quota_management_indicator == true);
      }
    }
  }
}

TEST_CASE("R-08 a session that fell silent is told incomplete, R-10 sessions are named",
          "[engine][unit]") {
  Harness h;
  const std::vector<Seen> day = ADay(h);
  for (const Seen& seen : day) {
    CHECK(seen.chf.charging_session_identifier == seen.record.session_id);
    CHECK(seen.chf.service_specification == cdr::kBerFormat);
    const bool silent = seen.record.session_id == "u";
    CHECK(seen.chf.incomplete_cdr_indication.has_value() == silent);
    if (silent) CHECK(seen.chf.incomplete_cdr_indication->termination_lost == true);
  }
}

TEST_CASE("R-11 a partial record says whether it reached the tokens or the time of one record",
          "[engine][unit]") {
  EngineOptions options;
  options.partial_record_tokens = 50;
  options.partial_record_seconds = 60;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100 threshold=51
    tick 10
    update s 1 A 1/_/output:100/output:49       -> 2001 cost=147 | 1 2001 granted=output:100 threshold=51 charged=147
    update s 2 A 1/_/output:100/output:50       -> 2001 cost=297 | 1 2001 granted=output:100 threshold=51 charged=150
    tick 59
    update s 3 A 1/_/output:100/output:1        -> 2001 cost=300 | 1 2001 granted=output:100 threshold=51 charged=3
    tick 60
    update s 4 A 1/_/output:100/output:1        -> 2001 cost=303 | 1 2001 granted=output:100 threshold=51 charged=3
    tick 60
    update s 5 A 1/_/output:100/output:60       -> 2001 cost=483 | 1 2001 granted=output:100 threshold=51 charged=180
    tick 60
    terminate s 6 A 1/_/_/output:60             -> 2001 cost=663 | 1 2001 charged=180
  )");
  std::vector<int64_t> causes;
  for (const Seen& seen : SeenOf(script)) causes.push_back(seen.chf.cause_for_record_closing);
  CHECK(causes == std::vector<int64_t>{1, 16, 1, 17, 16, 0});
  // The supervision timer follows the shorter validity.
  script.Run(R"(
    initial t 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100 threshold=51
    tick 119
    sessions A                                  -> t
    tick 2
    sessions A                                  -> none
  )");
}

TEST_CASE("R-11 a gateway is told to report when what was used makes a record of its own",
          "[engine][unit][CC-38]") {
  EngineOptions options;
  options.partial_record_tokens = 50;
  options.grants.threshold_percent = 20;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  const AccountId account = h.Create(1'000);
  h.Purchase(account, "pay");
  const auto threshold = [&](uint32_t number, Quantities requested, Quantities used) {
    Kept<CreditControlCall> call;
    Fill(call, {.session = "s", .number = number, .account = account, .model = "plain"},
         number == 0 ? RequestType::kInitial : RequestType::kUpdate);
    call.request.services[0].requests_quota = true;
    call.request.services[0].requested = std::move(requested);
    call.request.services[0].has_used = !used.empty();
    call.request.services[0].used = std::move(used);
    h.Run(&call);
    REQUIRE(call.answer.code == ResultCode::kSuccess);
    return call.answer.services[0].threshold_tokens;
  };
  // With the prompt of 30 a record is full when 20 of 100 were used: fewer than 81 are left.
  CHECK(threshold(0, {{TokenKind::kInput, 30}, {TokenKind::kOutput, 100}}, {}) == 81);
  CHECK(threshold(1, {{TokenKind::kOutput, 100}},
                  {{TokenKind::kInput, 30}, {TokenKind::kOutput, 20}}) == 51);
  // Where a fifth of the grant comes sooner, that is told; a grant of a record's size ends with it.
  CHECK(threshold(2, {{TokenKind::kOutput, 51}}, {{TokenKind::kOutput, 50}}) == 10);
  CHECK(threshold(3, {{TokenKind::kOutput, 50}}, {}) == 10);
  // A prompt that fills a record by itself is told with the first token.
  CHECK(threshold(4, {{TokenKind::kInput, 50}, {TokenKind::kOutput, 40}}, {}) == 40);
  // What is the last is used up.
  CHECK(threshold(5, {{TokenKind::kOutput, 900}}, {}) == 0);
}

TEST_CASE("R-11 a session that the operator ends is closed by management intervention",
          "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    initial s 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100
  )");
  Kept<SetStateCall> close;
  close.change.key = "close";
  close.account = script.account("A");
  close.state = balance::AccountState::kClosed;
  h.Run(&close);
  REQUIRE(close.status.ok());
  const std::vector<Seen> seen = SeenOf(script);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].chf.cause_for_record_closing == 20);
  REQUIRE(seen[0].chf.incomplete_cdr_indication.has_value());
  CHECK(seen[0].chf.incomplete_cdr_indication->termination_lost == true);
  CHECK(h.engine->statistics(ShardId{0}).expired_sessions == 0);
}

TEST_CASE("every record tells the billing day that its account has then", "[engine][unit]") {
  Harness h;
  ADay(h);
  Script script(h);
  script.Run("account B money=100000\nbuy B pay");
  for (const int day : {31, 1}) {
    Kept<SetProfileCall> change;
    change.change.key = "day-" + std::to_string(day);
    change.account = script.account("B");
    change.billing_day = day;
    h.Run(&change);
    REQUIRE(change.status.ok());
    script.Run(Cat("debit e", day, " 0 B 1/plain/_/output:20\n", "initial s", day,
                   " 0 B 1/plain/output:100/_\n", "update s", day,
                   " 1 B 1/_/output:100/output:10\n", "refund r", day, " 0 B of=e", day, ".0\n",
                   "tick 1201\n"));
  }
  std::vector<uint32_t> days;
  for (const Seen& seen : SeenOf(script)) {
    if (seen.record.account == script.account("B")) days.push_back(seen.record.billing_day);
  }
  CHECK(days == std::vector<uint32_t>{31, 31, 31, 31, 0, 0, 0, 0});
}

}  // namespace
}  // namespace ocs::engine::tests
