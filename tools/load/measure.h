// What came of the requests, by second and tenant.
// Tested in: tests/tools/load_test.cc

#ifndef TOOLS_LOAD_MEASURE_H_
#define TOOLS_LOAD_MEASURE_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ocs::load {

/// How a request ended. The order is that of the columns.
enum class End : uint8_t {
  kDone = 0,     ///< Answered with DIAMETER_SUCCESS: this is goodput.
  kBusy = 1,     ///< RESOURCE_EXHAUSTED.
  kLate = 2,     ///< DEADLINE_EXCEEDED.
  kRefused = 3,  ///< An answer with another result code.
  kOther = 4,    ///< Another status.
  kUnsent = 5,   ///< Not sent: more in flight than this program keeps.
};
inline constexpr int kEndCount = 6;

/// The counts of one second, or of several. Thread-compatible.
struct Cell {
  int64_t ends[kEndCount] = {};
  std::vector<uint32_t> done_us;  ///< Latency of each that was done.

  int64_t offered() const;
  void Add(const Cell& other);
};

/// The latency that `percent` of the sorted values do not exceed; 0 of none.
uint32_t Percentile(const std::vector<uint32_t>& sorted_us, int percent);

/// Thread-compatible.
class Measure final {
 public:
  explicit Measure(std::vector<std::string> tenants) : tenants_(std::move(tenants)) {}

  /// A request of the second that it was offered in. REQUIRES: phase >= 0, tenant is an index.
  void Count(int phase, int64_t second, size_t tenant, End end, uint32_t latency_us);

  /// One row for each phase and tenant. `phases` are the names: "50 %". The first second of a phase
  /// is not in it, as queues are still those of the phase before.
  std::string FormatTable(const std::vector<std::string>& phases) const;
  /// One row for each second and tenant, with a header.
  std::string FormatCsv(const std::vector<std::string>& phases) const;

  /// What the CSV has, as numbers, in its order.
  struct Row {
    int phase = 0;
    int64_t second = 0;
    size_t tenant = 0;
    int64_t offered = 0;
    int64_t done = 0;
    uint32_t p50_us = 0;
    uint32_t p99_us = 0;
  };
  std::vector<Row> Rows() const;
  const std::vector<std::string>& tenants() const { return tenants_; }

 private:
  struct Key {
    int phase;
    int64_t second;
    size_t tenant;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  const std::vector<std::string> tenants_;
  std::map<Key, Cell> cells_;
};

}  // namespace ocs::load

#endif  // TOOLS_LOAD_MEASURE_H_
