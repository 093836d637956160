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
  std::string last_entry;               ///< "session opened of s12 0, account 3".
};

/// Walks the whole journal.
Books CheckBooks(const balance::Store& store);

}  // namespace ocs::simulation

#endif  // TESTS_SIMULATION_BOOKS_CHECK_H_
