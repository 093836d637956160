#include "ocs/engine/ledger_reading.h"

#include "ocs/engine/record_id.h"
#include "tests/engine/harness.h"

namespace ocs::engine::tests {
namespace {

// Everything, in pages of that many entries.
std::vector<EarningEntry> ReadAll(const Engine& engine, int entries_max) {
  std::vector<EarningEntry> all;
  Position after;
  while (true) {
    const auto page = engine.ReadEarnings({0}, after, entries_max);
    REQUIRE(page.ok());
    for (const EarningEntry& entry : page->entries) all.push_back(entry);
    if (page->at_end) return all;
    REQUIRE(page->last > after);
    after = page->last;
  }
}

TEST_CASE("what postings earned is what the records say, entry by entry and bucket by bucket",
          "[engine][unit]") {
  Harness h;
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  const AccountId account = h.Create(50'000'000);
  for (int i = 0; i < 5; ++i) h.Purchase(account, "ct-personal-light");
  for (uint32_t i = 0; i < 20; ++i) {
    Kept<CreditControlCall> call;
    const Ask ask{.session = "use-" + std::to_string(i), .account = account};
    Fill(call, ask, RequestType::kEvent);
    call.request.action = RequestedAction::kDirectDebiting;
    call.request.services[0].has_used = true;
    call.request.services[0].used = {{TokenKind::kInput, 1'000'000}, {TokenKind::kOutput, 77}};
    h.Run(&call);
    REQUIRE(call.status.ok());
    REQUIRE(call.answer.code == ResultCode::kSuccess);
  }
  const auto records = h.engine->ReadRecords({0}, {}, 1'000, 1 << 30);
  REQUIRE(records.ok());
  REQUIRE(records->size() == 25);
  const std::vector<EarningEntry> entries = ReadAll(*h.engine, 1'000);
  REQUIRE(entries.size() == records->size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto record = cdr::DecodeRecord((*records)[i].bytes);
    REQUIRE(record.ok());
    CHECK(entries[i].position == EntryOf((*records)[i].id));
    CHECK(entries[i].account == account);
    CHECK(entries[i].logged_at == record->recorded_at);
    int64_t charged = 0;
    for (const cdr::RecordLine& line : record->lines) charged += line.amount;
    int64_t earned = 0;
    for (const Earned& from : entries[i].earned) earned += from.amount;
    CHECK(charged == earned);
    CHECK(earned > 0);
  }
  // Pages of any size give the same.
  for (const int size : {1, 2, 7}) CHECK(ReadAll(*h.engine, size).size() == entries.size());
  CHECK(absl::IsInvalidArgument(h.engine->ReadEarnings({7}, {}, 1).status()));
}

}  // namespace
}  // namespace ocs::engine::tests
