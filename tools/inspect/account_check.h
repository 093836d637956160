// Law 3 for accounts: every account is built again from its entries, from nothing, and compared
// with the state that the store holds.

#ifndef TOOLS_INSPECT_ACCOUNT_CHECK_H_
#define TOOLS_INSPECT_ACCOUNT_CHECK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "balance/ledger.h"
#include "balance/store.h"
#include "ocs/base/ids.h"
#include "tools/inspect/report.h"

namespace ocs::tools {

/// Where two states of one account differ first, in words; "" when they are the same. Sessions have
/// no order that matters.
std::string FirstDifference(balance::Account stored, balance::Account rebuilt);

/// Holds every account in memory. Thread-compatible.
class AccountCheck final {
 public:
  /// `store` and `report` outlive this. `checkpoint`: stored states include every group up to it.
  AccountCheck(const balance::Store* store, uint64_t first_group, uint64_t checkpoint,
               Report* report)
      : store_(store), first_group_(first_group), checkpoint_(checkpoint), report_(report) {}

  /// Reads where each stored state stands. Errors: Unavailable.
  absl::Status LoadRows();

  /// The account as it was before the entry; null when the entry is of none, or when it cannot be
  /// known. Good until Apply.
  const balance::Account* Before(const balance::EntryView& entry);

  /// Checks the entry's postings, applies it, checks what it left. Returns the account afterwards,
  /// or null as Before.
  const balance::Account* Apply(const balance::EntryView& entry);

  /// Compares what is left to compare.
  void Finish();

  /// Calls for every account that could be built, by id. Returns how many could not.
  size_t ForEach(const std::function<void(const balance::Account&)>& visit) const;

  size_t account_count() const { return accounts_.size(); }

 private:
  struct Rebuilt {
    balance::Account account;
    Position row_last;             ///< Last entry of the stored state; not valid: there is none.
    uint64_t first_after_row = 0;  ///< Group of the account's first entry after the stored state.
    bool seen = false;             ///< An entry of it was there.
    bool compared = false;
    bool broken = false;    ///< An entry did not fit: nothing more is known of it.
    bool from_row = false;  ///< Its beginning was trimmed away: it starts as stored.
  };
  Rebuilt* Find(const balance::EntryView& entry);
  bool StartFromRow(Rebuilt* rebuilt);
  void CheckPostings(const balance::EntryView& entry, const balance::Account* account);
  void CheckTouched(const balance::EntryView& entry, const balance::Account& account);
  void CheckDropped(const balance::EntryView& entry, const balance::Account& account);
  void Compare(Rebuilt* rebuilt);
  void FinishOne(Rebuilt& rebuilt);

  const balance::Store* store_;
  uint64_t first_group_;
  uint64_t checkpoint_;
  Report* report_;
  balance::Applier applier_;
  absl::flat_hash_map<uint64_t, Rebuilt> accounts_;
};

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_ACCOUNT_CHECK_H_
