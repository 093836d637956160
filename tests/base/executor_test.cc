#include "ocs/base/executor.h"

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace ocs {
namespace {

// The smallest executor that keeps the contract: tasks wait until they are run by hand.
class HandExecutor final : public Executor {
 public:
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void RunAll() {
    while (!tasks_.empty()) {
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

 private:
  std::deque<std::function<void()>> tasks_;
};

TEST_CASE("tasks run in the order posted and never inside Post", "[base][unit]") {
  HandExecutor by_hand;
  Executor& executor = by_hand;
  std::vector<int> order;
  executor.Post([&] {
    order.push_back(1);
    executor.Post([&] { order.push_back(3); });
    order.push_back(2);
  });
  CHECK(order.empty());
  by_hand.RunAll();
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("an executor is destroyed through its seam", "[base][unit]") {
  const auto owned = std::make_shared<int>(1);
  std::unique_ptr<Executor> executor = std::make_unique<HandExecutor>();
  executor->Post([owned] {});
  CHECK(owned.use_count() == 2);
  executor.reset();
  CHECK(owned.use_count() == 1);
}

}  // namespace
}  // namespace ocs
