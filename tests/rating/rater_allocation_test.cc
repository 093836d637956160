// What is rated on the way of every call takes nothing from the heap.

#include <cstdint>
#include <cstdlib>
#include <new>

#include "rating/rater.h"
#include "tests/rating/shaped_world.h"
#include "tests/rating/support.h"

namespace {

thread_local int64_t allocations = 0;

void* Allocate(size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// Every allocation of this program is counted.
void* operator new(size_t bytes) { return Allocate(bytes); }
void* operator new[](size_t bytes) { return Allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace ocs::rating {

TEST_CASE("charges and holds of up to 6 lines take nothing from the heap", "[rating][unit]") {
  RateRow package;
  RateRow money;
  for (const TokenKind kind : kKinds) {
    const auto k = static_cast<size_t>(kind);
    package.rates[k] = {.numerator = 1, .denominator = 1, .line = 0};
    money.rates[k] = {.numerator = 27, .denominator = 100, .line = 1 + k};
  }
  Shape shape{.form = Shape::Form::kGraduated, .minimum = 5, .maximum = 1'000'000};
  shape.tiers = {{.up_to = 1'000, .rates = money.rates},
                 {.up_to = INT64_MAX, .rates = package.rates, .flat = 10}};
  const std::vector<Pot> linear = {{&package, 1'500}, {&money, 1'000'000}};
  const std::vector<Pot> shaped = {
      {.row = &money, .available = 1'000'000, .shape = &shape, .counted = 900}};
  const std::vector<Carry> carries = {{.line = 1, .denominator = 100, .remainder = 3}};
  const Quantities used = {
      {TokenKind::kInput, 1'000}, {TokenKind::kOutput, 700}, {TokenKind::kRequest, 1}};
  ChargeLines lines;

  const int64_t before = allocations;
  const RateOutcome charged = Charge(used, linear, carries, &lines);
  const size_t linear_lines = lines.size();
  const HoldResult held = Hold(used, linear);
  const RateOutcome charged_shaped = Charge(used, shaped, carries, &lines);
  const RateOutcome minimum = ChargeMinimum(shaped, &lines);
  const CounterUses counters = CountersOf(lines, shaped);
  const HoldResult held_shaped = Hold(used, shaped);
  const int64_t after = allocations;

  CHECK(after == before);
  CHECK(linear_lines == 4);
  CHECK(lines.size() == 5);
  CHECK(counters.size() == 1);
  CHECK(charged == RateOutcome::kRated);
  CHECK(charged_shaped == RateOutcome::kRated);
  CHECK(minimum == RateOutcome::kRated);
  CHECK(held.outcome == HoldResult::Outcome::kGranted);
  CHECK(held_shaped.outcome == HoldResult::Outcome::kGranted);
  // The count counts.
  const int64_t* one = new int64_t(1);
  CHECK(allocations > after);
  delete one;
}

}  // namespace ocs::rating
