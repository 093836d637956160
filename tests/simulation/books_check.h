// The books of a disk, read from its journal alone by a reader that shares nothing with the engine
// but the ledger's rules: laws 1, 3, 4, 5 and 7.

#ifndef TESTS_SIMULATION_BOOKS_CHECK_H_
#define TESTS_SIMULATION_BOOKS_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "balance/store.h"
#include "ocs/base/time.h"

namespace ocs::simulation {

struct Books {
  std::vector<std::string> faults;
  std::string head;
  int64_t entries = 0;
  int64_t records = 0;
  Instant logged_at;                    ///< Of the last group.
  Instant next_due = Instant::Never();  ///< The earliest that falls due, of any account.
  uint64_t due_account = 0;             ///< Whose.
  int64_t transferred = 0;              ///< Out of accounts and not into others, all units.
  std::string last_entry;               ///< "session opened of s12 0, account 3".
};

/// Walks the whole journal of each shard: the books as they are in the middle of things.
Books ReadBooks(const std::vector<const balance::Store*>& shards);

/// As ReadBooks, and lets the inspector prove each store, and all together.
Books CheckBooks(const std::vector<const balance::Store*>& shards);

}  // namespace ocs::simulation

#endif  // TESTS_SIMULATION_BOOKS_CHECK_H_
