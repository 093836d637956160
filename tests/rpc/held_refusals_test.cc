// Refusals that leave later.

#include "ocs/rpc/internal/held_refusals.h"

#include "tests/support/catch.h"

namespace ocs::rpc::internal {
namespace {

TEST_CASE("what is held becomes due in order, and not before its time", "[rpc][unit]") {
  HoldQueue<int> queue(100, 3);
  CHECK(queue.empty());
  CHECK_FALSE(queue.TakeDue(1'000'000).has_value());
  REQUIRE(queue.Hold(1, 1'000));
  REQUIRE(queue.Hold(2, 1'050));
  CHECK(queue.next_due_ms() == 1'100);
  CHECK_FALSE(queue.TakeDue(1'099).has_value());
  CHECK(queue.TakeDue(1'100) == 1);
  CHECK_FALSE(queue.TakeDue(1'149).has_value());
  CHECK(queue.TakeDue(5'000) == 2);
  CHECK(queue.empty());
}

TEST_CASE("a full queue holds no more, and all can be taken at the end", "[rpc][unit]") {
  HoldQueue<int> queue(100, 2);
  REQUIRE(queue.Hold(1, 0));
  REQUIRE(queue.Hold(2, 0));
  CHECK_FALSE(queue.Hold(3, 0));
  CHECK(queue.TakeOldest() == 1);
  CHECK(queue.Hold(3, 0));
  CHECK(queue.TakeOldest() == 2);
  CHECK(queue.TakeOldest() == 3);
  CHECK_FALSE(queue.TakeOldest().has_value());
}

}  // namespace
}  // namespace ocs::rpc::internal
