// Model calls drawn from the published rates and lengths of real customers: deterministic by seed,
// independent of threads. Generated, not recorded: a result that rests on it says so.
//
// What is assumed, beyond what was published:
// - A client's calls in a window lie as their law of gaps says, stretched so that their number is
//   the window's rate; windows are independent of each other.
// - Lengths of prompt and answer are independent of each other: only their own laws are published.
// - A client whose lengths are not published has those of the next client (by number, going round)
//   whose are. A quarter of a day without lengths has those of the next quarter that has some.
// - Rates repeat after their span, lengths by the time of day.
// - Prompts served from a cache are a stated share of each prompt: none was published.

#ifndef OCS_WORKLOAD_WORKLOAD_H_
#define OCS_WORKLOAD_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/workload/model_mix.h"

namespace ocs::workload {

inline constexpr int64_t kWindowMillis = 600'000;  ///< Rates are published for ten minutes.
inline constexpr int kClientsMax = 100'000;
inline constexpr int64_t kRateRowsMax = 50'000'000;  ///< 20,000 clients over a fortnight.
/// Calls of one client in one window: what is held in memory at once. The busiest published client
/// makes 60,000.
inline constexpr int64_t kCallsPerWindowMax = 4'000'000;

/// One generated call. Trivially copyable.
struct Call {
  int64_t at_millis = 0;     ///< Since the beginning of the workload.
  uint32_t client = 0;       ///< Index of the client, not its published number.
  uint32_t model = 0;        ///< Index into the mix's parts; 0 without a mix.
  int32_t input_tokens = 0;  ///< Of the prompt, the cached ones not included.
  int32_t cached_tokens = 0;
  int32_t output_tokens = 0;  ///< Reasoning not included.
  int32_t reasoning_tokens = 0;
  uint64_t draw = 0;  ///< Uniform, for whoever deals calls to accounts.
  friend bool operator==(const Call&, const Call&) = default;
};

/// Parts per million: 1,000,000 is once.
struct WorkloadOptions {
  uint64_t seed = 1;
  int64_t scale_ppm = 1'000'000;   ///< Of all rates. [1, 10^12]
  int64_t growth_ppm_per_day = 0;  ///< Each day so much more than the day before. [-900,000, 10^6]
  int64_t cached_share_ppm = 0;    ///< Of each prompt. [0, 1,000,000]
  ModelMix mix = {};               ///< Empty: no model is named.
};

/// Immutable. Thread-safe.
class Workload final {
 public:
  /// Reads a table "client,window_start_s,rate_rps,cv,arrival_dist,dist_param1,dist_param2" (rows
  /// of a client in order of time; windows that are not there are idle) and lines of JSON
  /// {"client", "window_start_s", "input_tokens": {length: probability}, "output_tokens": {...}}
  /// with an optional "reason_ratio" (the share of the output that is reasoning). Errors:
  /// InvalidArgument with "rates:LINE: ..." or "lengths:LINE: ..."; an option out of its range; no
  /// client has lengths.
  static absl::StatusOr<Workload> Read(std::string_view rates, std::string_view lengths,
                                       WorkloadOptions options);

  ~Workload();
  Workload(Workload&&) noexcept;
  Workload& operator=(Workload&&) noexcept;

  uint32_t client_count() const;
  int64_t client_number(uint32_t client) const;  ///< As published.
  bool client_borrows_lengths(uint32_t client) const;
  int64_t span_windows() const;  ///< After so many the rates repeat.
  const WorkloadOptions& options() const;

  /// About how many calls the windows [0, windows) hold, all clients together. For a progress bar
  /// and for choosing a scale.
  int64_t ExpectedCalls(int64_t windows) const;

  /// Adds the client's calls in that window (counted from 0 at the workload's beginning) to `out`,
  /// in order of time. REQUIRES: client < client_count(), window >= 0.
  void Draw(uint32_t client, int64_t window, std::vector<Call>* out) const;

 private:
  struct Tables;
  explicit Workload(std::unique_ptr<const Tables> tables);
  std::unique_ptr<const Tables> tables_;
};

}  // namespace ocs::workload

#endif  // OCS_WORKLOAD_WORKLOAD_H_
