// Law 3 between accounts: what left one has reached another once, has come back, or is on its way.
// One for the journals of all shards, as the halves of a transfer may be in two of them.
// Tested in: tests/tools/inspect_shards_test.cc

#ifndef TOOLS_INSPECT_TRANSFER_CHECK_H_
#define TOOLS_INSPECT_TRANSFER_CHECK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "tools/inspect/report.h"
#include "tools/inspect/wide.h"

namespace ocs::tools {

/// Has left an account that has not been told yet what became of it.
struct TransferOnItsWay {
  enum class Where : uint8_t {
    kLeft = 0,      ///< The receiver's shard has decided nothing yet.
    kReceived = 1,  ///< The receiver has it.
    kRefused = 2,   ///< The receiver will not have it: it goes back.
  };
  std::string id;
  AccountId from;
  AccountId to;
  Unit unit;
  int64_t amount = 0;
  Instant sent_at;
  Where where = Where::kLeft;
};
/// "not received yet", ...
std::string_view WhereText(TransferOnItsWay::Where where);

/// What became of the transfers of all shards. A value.
struct TransferReport {
  uint64_t sent = 0;
  uint64_t arrived = 0;                        ///< And the sender knows it.
  uint64_t came_back = 0;                      ///< The same.
  std::vector<TransferOnItsWay> on_their_way;  ///< By id.
  CheckResult check;
  std::string note;  ///< Why it was not judged; "" when it was.
  bool ok() const { return check.failed == 0; }
  /// What no account has now: left, and neither received nor back. By unit.
  UnitSums Missing() const;
};

/// Keeps some 200 bytes for each transfer of which not all halves have been seen.
/// Thread-compatible.
class TransferCheck final {
 public:
  /// The next entry of a shard's journal. Shards in any order, each from its first entry to its
  /// last.
  void Add(const balance::EntryView& entry);

  /// The beginning of a journal has been trimmed away: of older transfers one half may be missing.
  void Trimmed() { trimmed_ = true; }
  /// Not every entry can be seen, for this reason: nothing is judged.
  void Incomplete(std::string why) { incomplete_ = std::move(why); }

  /// Judges what was seen.
  TransferReport Finish();

 private:
  struct Seen {
    AccountId from;
    AccountId to;
    Unit unit;
    int64_t amount = 0;
    int64_t deferred = 0;  ///< Revenue that goes along.
    Instant sent_at;
    bool sent = false;
    bool refused = false;
    uint16_t received = 0;  ///< How often.
    uint16_t settled = 0;
    AccountId receiver;
    AccountId settler;
    absl::int128 received_amount = 0;
    absl::int128 received_deferred = 0;
    absl::int128 back_amount = 0;
    absl::int128 back_deferred = 0;
    bool came_back() const { return back_amount != 0 || back_deferred != 0; }
  };
  void AddSent(const balance::EntryView& entry, const balance::Transfer& transfer);
  void AddReceived(const balance::EntryView& entry, absl::int128 transferred,
                   absl::int128 deferred);
  void AddSettled(const balance::EntryView& entry, const std::string& id, absl::int128 transferred,
                  absl::int128 deferred);
  void ForgetWhole(const std::string& id);
  static std::string Difference(const Seen& seen);
  std::string Contradiction(const Seen& seen) const;
  void Fail(std::string place, std::string what);

  absl::flat_hash_map<std::string, Seen> seen_;
  TransferReport report_;
  bool trimmed_ = false;
  std::string incomplete_;
};

/// What became of the transfers, for people; "" where there have been none and none is amiss.
std::string FormatTransfers(const TransferReport& report);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_TRANSFER_CHECK_H_
