#include "balance/mem_store.h"

#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/store_contract.h"

namespace ocs::testing {
namespace {

TEST_CASE("the store in memory keeps the contract of stores", "[balance][unit]") {
  const auto store = balance::MakeMemStore();
  SECTION("put, get, delete") { CheckPutGetDelete(*store); }
  SECTION("changes of a batch apply in their order") { CheckOrderWithinABatch(*store); }
  SECTION("ranges") { CheckRanges(*store); }
  SECTION("odd keys and values") { CheckOddKeysAndValues(*store); }
  SECTION("cursors see the moment they were made") { CheckCursors(*store); }
  SECTION("answers that live stay") { CheckThatLiveAnswersStay(*store); }
}

TEST_CASE("the store in memory does what a map does", "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 20260518);
  const auto store = balance::MakeMemStore();
  CheckAgainstAMap(*store, random);
}

TEST_CASE("the store in memory drops answers that have expired", "[balance][unit]") {
  const auto store = balance::MakeMemStore();
  MustPut(*store, Table::kAnswers, "dead", AnswerUntil(999));
  const auto cursor = store->Seek(Table::kAnswers, "");
  store->AnswersMayExpire(Instant{1'000'000});
  CHECK(MustGet(*store, Table::kAnswers, "dead") == "<none>");
  CHECK(Drain(*cursor).size() == 1);
  CHECK(store->DiskBytes() == 0);
}

}  // namespace
}  // namespace ocs::testing
