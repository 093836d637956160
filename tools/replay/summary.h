// What came of a replay. The totals are deterministic: the same trace, seed and catalogue give the
// same bytes, however often the server was killed on the way. The timing is not, and is kept apart.
// Tested in: tests/e2e/replay_plan_test.cc

#ifndef TOOLS_REPLAY_SUMMARY_H_
#define TOOLS_REPLAY_SUMMARY_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/replay/call.h"
#include "tools/replay/population.h"

namespace ocs::replay {

struct Totals {
  int64_t calls = 0;
  int64_t completed = 0;
  int64_t cut = 0;
  int64_t blocked = 0;
  int64_t overage = 0;  ///< Calls that cost money although the customer has a package.
  int64_t requests = 0;
  int64_t input_tokens = 0;
  int64_t cached_tokens = 0;
  int64_t output_tokens = 0;
  int64_t charged_micros = 0;  ///< For calls; fees are apart.
  int64_t drawn_tokens = 0;    ///< From packages, by calls.

  void Add(const CallResult& result, const Product& product);
  void Add(const Totals& other);
  friend bool operator==(const Totals&, const Totals&) = default;
};

struct AccountSummary {
  const PlannedAccount* planned = nullptr;
  uint64_t account_id = 0;
  int64_t fee_micros = 0;
  Totals totals;
};

struct Summary {
  uint64_t seed = 0;
  std::vector<AccountSummary> accounts;  ///< By rank.

  Totals Sum() const;
  int64_t FeeMicros() const;
};

/// The totals as JSON, by account last; ends with a hash over every account's line.
std::string SummaryJson(const Summary& summary);

/// The totals as a table for people.
std::string DescribeSummary(const Summary& summary);

/// What time it took. Latencies are of single requests, from sending to the answer, repeats
/// included; in microseconds.
struct Timing {
  static constexpr int kTypeCount = 3;  ///< INITIAL, UPDATE, TERMINATION.
  int64_t micros = 0;
  int64_t calls = 0;
  int64_t requests = 0;
  int64_t repeats = 0;  ///< Requests sent again because no answer came.
  int64_t in_flight_max = 0;
  std::array<std::vector<int64_t>, kTypeCount> latency_us;

  /// Sorts the latencies. What follows needs it.
  void Sort();
  /// The latency that `permille` of the requests of a type do not exceed; 0 when there are none.
  int64_t Percentile(int type, int64_t permille) const;
};

std::string TimingJson(const Timing& timing);
std::string DescribeTiming(const Timing& timing);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_SUMMARY_H_
