// Keeps the objects of finished calls for the next ones: a message that is parsed again reuses its
// memory, so a call in steady state allocates nothing of ours.

#ifndef OCS_RPC_INTERNAL_MESSAGE_POOL_H_
#define OCS_RPC_INTERNAL_MESSAGE_POOL_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ocs::rpc::internal {

/// A bounded queue of pointers for any number of threads, without locks (D. Vyukov's ring: each
/// cell counts whose turn it is). Holds at most kCapacity objects; it owns none. Thread-safe.
template <typename T, size_t kCapacity>
class MessagePool final {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "positions are masked");

 public:
  MessagePool() {
    for (size_t i = 0; i < kCapacity; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }
  MessagePool(const MessagePool&) = delete;
  MessagePool& operator=(const MessagePool&) = delete;

  /// False when the pool is full: the caller keeps the object.
  [[nodiscard]] bool Put(T* object) {
    size_t at = put_.load(std::memory_order_relaxed);
    while (true) {
      Cell& cell = cells_[at & (kCapacity - 1)];
      const auto ahead = static_cast<intptr_t>(cell.turn.load(std::memory_order_acquire) - at);
      if (ahead < 0) return false;
      if (ahead > 0) {
        at = put_.load(std::memory_order_relaxed);
        continue;
      }
      if (!put_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
      cell.object = object;
      cell.turn.store(at + 1, std::memory_order_release);
      return true;
    }
  }

  /// An object that was put, or null when there is none.
  T* Take() {
    size_t at = take_.load(std::memory_order_relaxed);
    while (true) {
      Cell& cell = cells_[at & (kCapacity - 1)];
      const auto ahead =
          static_cast<intptr_t>(cell.turn.load(std::memory_order_acquire) - (at + 1));
      if (ahead < 0) return nullptr;
      if (ahead > 0) {
        at = take_.load(std::memory_order_relaxed);
        continue;
      }
      if (!take_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
      T* object = cell.object;
      cell.turn.store(at + kCapacity, std::memory_order_release);
      return object;
    }
  }

 private:
  struct Cell {
    std::atomic<size_t> turn;
    T* object = nullptr;
  };
  std::array<Cell, kCapacity> cells_;
  alignas(64) std::atomic<size_t> put_{0};
  alignas(64) std::atomic<size_t> take_{0};
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_MESSAGE_POOL_H_
