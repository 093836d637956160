// A token bucket in one number: so many requests a second, so many at once.
//
// It keeps the instant at which the bucket would be full again (the generic cell rate algorithm).
// Integers only; a rate is kept as nanoseconds a request, rounded down, so that what passes is
// never less than what was asked for.

#ifndef OCS_RPC_INTERNAL_RATE_LIMIT_H_
#define OCS_RPC_INTERNAL_RATE_LIMIT_H_

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace ocs::rpc::internal {

/// Thread-safe, lock-free.
class RateLimit final {
 public:
  /// From now on `per_second` requests pass, `burst` of them at once. 0 a second: no limit.
  /// REQUIRES: per_second is 0 to 10^9, burst 1 to 10^9.
  void Set(int64_t per_second, int64_t burst) {
    const int64_t interval = per_second == 0 ? 0 : kSecond / per_second;
    interval_ns_.store(interval, std::memory_order_relaxed);
    // What a burst of slow requests adds up to is bounded by a day.
    burst_ns_.store(std::min(kDay / std::max<int64_t>(interval, 1), burst) * interval,
                    std::memory_order_relaxed);
  }

  /// Takes up to `wanted` requests at `now_ns` and returns how many pass. `now_ns` is any clock
  /// that does not go back. REQUIRES: wanted >= 0.
  int64_t Take(int64_t wanted, int64_t now_ns) {
    const int64_t interval = interval_ns_.load(std::memory_order_relaxed);
    if (interval == 0) return wanted;
    const int64_t burst = burst_ns_.load(std::memory_order_relaxed);
    int64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
    while (true) {
      const int64_t from = std::max(full_at, now_ns);
      const int64_t taken =
          std::min(wanted, std::max<int64_t>(now_ns + burst - from, 0) / interval);
      if (taken == 0) return 0;
      if (full_at_ns_.compare_exchange_weak(full_at, from + taken * interval,
                                            std::memory_order_relaxed)) {
        return taken;
      }
    }
  }

  /// How long until one more passes, at `now_ns`.
  int64_t WaitNanos(int64_t now_ns) const {
    const int64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
    const int64_t burst = burst_ns_.load(std::memory_order_relaxed);
    const int64_t interval = interval_ns_.load(std::memory_order_relaxed);
    return std::max<int64_t>(full_at + interval - burst - now_ns, 0);
  }

 private:
  static constexpr int64_t kSecond = 1'000'000'000;
  static constexpr int64_t kDay = 86'400 * kSecond;

  std::atomic<int64_t> interval_ns_{0};
  std::atomic<int64_t> burst_ns_{0};
  std::atomic<int64_t> full_at_ns_{0};
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_RATE_LIMIT_H_
