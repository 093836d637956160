// The pool of call objects, alone and under threads.

#include "ocs/rpc/internal/message_pool.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace ocs::rpc::internal {
namespace {

TEST_CASE("a pool gives back what was put, oldest first, and is bounded", "[rpc][unit]") {
  MessagePool<int, 4> pool;
  int objects[5] = {0, 1, 2, 3, 4};
  CHECK(pool.Take() == nullptr);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 4; ++i) CHECK(pool.Put(&objects[i]));
    CHECK_FALSE(pool.Put(&objects[4]));
    for (int i = 0; i < 4; ++i) CHECK(pool.Take() == &objects[i]);
    CHECK(pool.Take() == nullptr);
  }
}

TEST_CASE("an object is never with two threads at once", "[rpc][unit]") {
  struct Object {
    std::atomic<int> holders{0};
  };
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  auto pool = std::make_unique<MessagePool<Object, 64>>();
  std::vector<std::unique_ptr<Object>> objects;
  for (int i = 0; i < 16; ++i) {
    objects.push_back(std::make_unique<Object>());
    REQUIRE(pool->Put(objects.back().get()));
  }
  std::atomic<int> shared{0};
  std::atomic<int64_t> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        Object* object = pool->Take();
        if (object == nullptr) continue;
        if (object->holders.fetch_add(1) != 0) ++shared;
        ++taken;
        object->holders.fetch_sub(1);
        while (!pool->Put(object)) {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(shared.load() == 0);
  CHECK(taken.load() > 0);
  int left = 0;
  while (pool->Take() != nullptr) ++left;
  CHECK(left == 16);
}

}  // namespace
}  // namespace ocs::rpc::internal
