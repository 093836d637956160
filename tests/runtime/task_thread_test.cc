// Tasks on one thread.

#include "ocs/runtime/task_thread.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace ocs::runtime {
namespace {

TEST_CASE("tasks of a task thread run one by one, in order, never inside Post", "[runtime][unit]") {
  std::vector<int> seen;
  bool inner_ran = false;
  bool ran_inside = false;
  std::thread::id runner;
  {
    TaskThread thread("test");
    for (int i = 0; i < 1'000; ++i) thread.Post([&seen, i] { seen.push_back(i); });
    std::promise<void> posted;
    thread.Post([&] {
      runner = std::this_thread::get_id();
      thread.Post([&inner_ran] { inner_ran = true; });
      ran_inside = inner_ran;
      posted.set_value();
    });
    posted.get_future().wait();
  }
  CHECK(inner_ran);
  CHECK_FALSE(ran_inside);
  REQUIRE(seen.size() == 1'000);
  for (int i = 0; i < 1'000; ++i) REQUIRE(seen[static_cast<size_t>(i)] == i);
  CHECK(runner != std::this_thread::get_id());
}

TEST_CASE("a task thread that sleeps is woken, and its end waits for what was posted",
          "[runtime][unit]") {
  std::atomic<int> count{0};
  {
    TaskThread thread("a name of more than fifteen characters");
    for (int i = 0; i < 200; ++i) {
      std::promise<void> ran;  // Each time it may have gone to sleep again.
      thread.Post([&] {
        count.fetch_add(1);
        ran.set_value();
      });
      ran.get_future().wait();
    }
    for (int i = 0; i < 100; ++i) thread.Post([&] { count.fetch_add(1); });
  }
  CHECK(count.load() == 300);
}

TEST_CASE("many threads may post to a task thread, and none of it is lost", "[runtime][unit]") {
  int count = 0;  // Only the thread's tasks touch it.
  {
    TaskThread thread("test");
    std::vector<std::thread> posters;
    for (int p = 0; p < 4; ++p) {
      posters.emplace_back([&] {
        for (int i = 0; i < 5'000; ++i) thread.Post([&count] { ++count; });
      });
    }
    for (std::thread& poster : posters) poster.join();
  }
  CHECK(count == 20'000);
}

}  // namespace
}  // namespace ocs::runtime
