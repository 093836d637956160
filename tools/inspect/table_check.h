// The tables that are kept beside the journal so that something is found quickly: identities, what
// is due when, and which entry answered a request. Each must say what the accounts and the journal
// say, no more and no less.

#ifndef TOOLS_INSPECT_TABLE_CHECK_H_
#define TOOLS_INSPECT_TABLE_CHECK_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "balance/account.h"
#include "balance/store.h"
#include "tools/inspect/other_shards.h"
#include "tools/inspect/report.h"

namespace ocs::tools {

/// Keeps four bytes for each group. Thread-compatible.
class TableCheck final {
 public:
  /// `store`, `others` and `report` outlive this.
  TableCheck(const balance::Store* store, uint64_t first_group, OtherShards* others, Report* report)
      : store_(store), first_group_(first_group), others_(others), report_(report) {}

  /// The next group of the journal has that many entries.
  void AddGroup(uint32_t entry_count) { entry_counts_.push_back(entry_count); }

  /// An account as the journal makes it: each of its identities leads to it.
  void AddAccount(const balance::Account& account);

  /// What is in the tables beyond that. `unknown_accounts` could not be built: then nobody knows
  /// how many identities there should be. Errors: Unavailable.
  absl::Status Finish(size_t unknown_accounts);

 private:
  absl::Status CheckIdentityRows();
  absl::Status CheckDueRows();
  absl::Status CheckAnswerRows();

  const balance::Store* store_;
  uint64_t first_group_;
  OtherShards* others_;
  Report* report_;
  uint64_t identities_ = 0;
  std::vector<uint32_t> entry_counts_;
};

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_TABLE_CHECK_H_
