// Law 2: no request and no administrative change was answered by two entries, no charge was given
// back twice.

#ifndef TOOLS_INSPECT_KEY_CHECK_H_
#define TOOLS_INSPECT_KEY_CHECK_H_

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "balance/entry.h"
#include "balance/store.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "tools/inspect/report.h"

namespace ocs::tools {

/// How long the server remembers keys: behind that, a key may be used again.
struct KeyRetention {
  int64_t answer_seconds = 2 * 86'400;
  int64_t event_seconds = 14 * 86'400;
};

/// Keeps 16 bytes of hash for each key. Thread-compatible.
class KeyCheck final {
 public:
  /// `store` and `report` outlive this.
  KeyCheck(const balance::Store* store, const KeyRetention& retention, Report* report)
      : store_(store), retention_(retention), report_(report) {}

  void Add(const balance::EntryView& entry, Instant logged_at);
  /// Writes notes about the whole.
  void Finish();

 private:
  struct Seen {
    Position position;
    Instant until;  ///< Remembered until then.
  };
  using Hash = std::pair<uint64_t, uint64_t>;
  void AddKey(Check check, const Hash& hash, const balance::EntryView& entry, Instant logged_at);
  void AddRefund(const balance::EntryView& entry, Position charged,
                 const std::vector<balance::RefundedLine>& so_far);

  const balance::Store* store_;
  KeyRetention retention_;
  Report* report_;
  absl::flat_hash_map<Hash, Seen> seen_;
  struct Refunded {
    Position position;                          ///< Of the last refund.
    std::vector<balance::RefundedLine> so_far;  ///< Empty: all of it.
  };
  absl::flat_hash_map<std::pair<uint64_t, uint32_t>, Refunded> refunds_;
  uint64_t reused_ = 0;
};

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_KEY_CHECK_H_
