// Tasks, timers and signals on one thread.

#include "ocs/runtime/event_loop.h"

#include <signal.h>

#include <future>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace ocs::runtime {
namespace {

TEST_CASE("tasks run one by one, in order, never inside Post", "[runtime][unit]") {
  std::vector<int> seen;
  std::thread::id runner;
  bool inner_ran = false;
  bool ran_inside = false;
  {
    EventLoop loop("test");
    for (int i = 0; i < 1'000; ++i) loop.Post([&seen, i] { seen.push_back(i); });
    std::promise<void> posted;
    loop.Post([&] {
      runner = std::this_thread::get_id();
      loop.Post([&inner_ran] { inner_ran = true; });
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

TEST_CASE("what was posted before the end runs before the end", "[runtime][unit]") {
  int count = 0;
  {
    EventLoop loop("test");
    for (int i = 0; i < 100; ++i) loop.Post([&count] { ++count; });
  }
  CHECK(count == 100);
}

TEST_CASE("a timer runs again and again until the loop ends", "[runtime][unit]") {
  int runs = 0;
  std::promise<void> third;
  {
    EventLoop loop("test");
    loop.Every(1, [&] {
      if (++runs == 3) third.set_value();
    });
    third.get_future().wait();
  }
  const int at_end = runs;
  CHECK(at_end >= 3);
}

TEST_CASE("a signal is handed to the handler and no longer ends the process", "[runtime][unit]") {
  EventLoop loop("test");
  std::promise<int> first;
  std::promise<int> second;
  int count = 0;
  loop.OnSignals({SIGUSR1}, [&](int signal) { (++count == 1 ? first : second).set_value(signal); });
  REQUIRE(::raise(SIGUSR1) == 0);
  CHECK(first.get_future().get() == SIGUSR1);
  REQUIRE(::raise(SIGUSR1) == 0);
  CHECK(second.get_future().get() == SIGUSR1);
}

}  // namespace
}  // namespace ocs::runtime
