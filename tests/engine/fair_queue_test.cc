// Sources share a shard: whoever floods it waits for itself.

#include "ocs/engine/internal/fair_queue.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "ocs/base/limits.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// Remembers the order in which calls end.
class Ordered final : public GetAccountCall {
 public:
  Ordered(uint16_t from, std::vector<const Ordered*>* order) : order_(order) { source = from; }
  void Done() noexcept override {
    order_->push_back(this);
    if (then) then();
  }
  bool abandoned() const override { return given_up; }

  bool given_up = false;
  std::function<void()> then;

 private:
  std::vector<const Ordered*>* const order_;
};

using Calls = std::vector<std::unique_ptr<Ordered>>;

Ordered* Add(uint16_t source, Calls* calls, std::vector<const Ordered*>* order) {
  return calls->emplace_back(std::make_unique<Ordered>(source, order)).get();
}

// How many calls ended before this one.
size_t PlaceOf(const Ordered* call, const std::vector<const Ordered*>& order) {
  const auto found = std::find(order.begin(), order.end(), call);
  REQUIRE(found != order.end());
  return static_cast<size_t>(found - order.begin());
}

TEST_CASE("sources take turns, and each keeps its order", "[engine][unit]") {
  std::vector<const Ordered*> order;
  Calls calls;
  OperationList arrived;
  for (int i = 0; i < 100; ++i) arrived.Push(Add(7, &calls, &order));
  for (int i = 0; i < 20; ++i) arrived.Push(Add(3, &calls, &order));
  for (int i = 0; i < 2; ++i) arrived.Push(Add(0, &calls, &order));
  FairQueue queue;
  CHECK(queue.empty());
  queue.Add(&arrived);
  CHECK(arrived.empty());
  OperationList out;
  CHECK(queue.TakeTurns(1, &out) == FairQueue::kTurn);
  CHECK(queue.TakeTurns(2 * FairQueue::kTurn + 2, &out) == 2 * FairQueue::kTurn + 2);
  std::vector<int> taken(8);
  while (Operation* operation = out.Pop()) ++taken[operation->source];
  CHECK(taken == std::vector<int>{2, 0, 0, 16, 0, 0, 0, 32});
  queue.TakeAll(&out);
  CHECK(queue.empty());
  CHECK(queue.TakeTurns(10, &out) == 0);
  std::vector<const Operation*> rest;
  while (Operation* operation = out.Pop()) rest.push_back(operation);
  REQUIRE(rest.size() == 72);
  CHECK(rest[0] == calls[116].get());  // Of source 3, the seventeenth.
  CHECK(rest[4] == calls[32].get());   // Of source 7, the thirty-third.
  CHECK(rest[71] == calls[99].get());
}

TEST_CASE("a flood delays another source by turns, not by its length", "[engine][unit]") {
  Harness h;
  const AccountId account = h.Create(5);
  std::vector<const Ordered*> order;
  Calls calls;
  for (int i = 0; i < 20'000; ++i) {
    Ordered* call = Add(1, &calls, &order);
    call->account = account;
    h.engine->Submit(call);
  }
  Ordered* other = Add(2, &calls, &order);
  other->account = account;
  h.engine->Submit(other);
  h.executor.RunAll();
  REQUIRE(order.size() == calls.size());
  CHECK(PlaceOf(other, order) < 200);
}

TEST_CASE("who comes while a flood is worked off gets a turn in it", "[engine][unit]") {
  Harness h;
  const AccountId account = h.Create(5);
  std::vector<const Ordered*> order;
  Calls calls;
  for (int i = 0; i < 20'000; ++i) {
    Ordered* call = Add(1, &calls, &order);
    call->account = account;
    call->given_up = true;  // Ended at once: what its end submits comes in the middle of a round.
    h.engine->Submit(call);
  }
  Ordered* other = Add(2, &calls, &order);
  other->account = account;
  other->given_up = true;
  calls[10]->then = [&] { h.engine->Submit(other); };
  h.executor.RunAll();
  REQUIRE(order.size() == calls.size());
  CHECK(PlaceOf(other, order) < 2'000);
  CHECK(other->status.code() == absl::StatusCode::kDeadlineExceeded);
}

TEST_CASE("a source gets half of the queue, and there is room for another", "[engine][unit]") {
  Harness h;
  const AccountId account = h.Create(5);
  std::vector<const Ordered*> order;
  Calls calls;
  for (int i = 0; i < kQueueMax; ++i) {
    Ordered* call = Add(1, &calls, &order);
    call->account = account;
    h.engine->Submit(call);
  }
  CHECK(order.size() == kQueueMax / 2);  // The refused ones have ended.
  CHECK(h.engine->statistics(ShardId{0}).queue_length == kQueueMax / 2);
  for (const Ordered* call : order) REQUIRE(IsOverload(call->status));
  const size_t refused = order.size();
  for (int i = 0; i < 1'000; ++i) {
    Ordered* call = Add(2, &calls, &order);
    call->account = account;
    h.engine->Submit(call);
  }
  CHECK(order.size() == refused);
  h.executor.RunAll();
  CHECK(order.size() == calls.size());
  CHECK(h.engine->statistics(ShardId{0}).queue_length == 0);
  Ordered* again = Add(1, &calls, &order);
  again->account = account;
  h.engine->Submit(again);
  h.executor.RunAll();
  CHECK(again->status.ok());
}

TEST_CASE("the bound of a source falls with the room that is left", "[engine][unit]") {
  CHECK(SourceLengthMax(0, 100) == 100);
  CHECK(SourceLengthMax(60, 100) == 40);
  CHECK(SourceLengthMax(100, 100) == 0);
  CHECK(SourceLengthMax(101, 100) == 0);
  CHECK_FALSE(IsOverload(absl::ResourceExhaustedError("a limit of the account")));
  CHECK(IsOverload(Overloaded()));
}

}  // namespace
}  // namespace ocs::engine::tests
