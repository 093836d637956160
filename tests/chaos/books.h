// What must be true at the end of a chaos run, whatever happened on the way: the diaries beside the
// records, the accounts and the answers to repeats.

#ifndef TESTS_CHAOS_BOOKS_H_
#define TESTS_CHAOS_BOOKS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/chaos/diary.h"
#include "tests/e2e/client.h"

namespace ocs::chaos {

using Record = cdr::v1::Record;

/// Every record there is, oldest first. REQUIREs that the stream ends well.
std::vector<Record> ReadRecords(e2e::Client& client);

/// Sends each answered request again: the answer must be the same bytes. Returns how many.
int64_t CheckRepeats(e2e::Client& client, const Notes& notes);

/// What was used stands in the records once or, of a request without an answer, once or not at all;
/// and the money that an answer names is that of its records. No record is of anything else.
void CheckCharges(const Notes& notes, const std::vector<Record>& records);

/// Sequence numbers without gaps, ids that do not repeat, and for each session that was opened one
/// record that closes it.
void CheckRecordsWhole(const Notes& notes, const std::vector<Record>& records);

/// Money in = money charged + money left, nothing held, no session open, and below zero only by
/// what was used beyond what there was.
void CheckAccounts(e2e::Client& client, const std::map<uint64_t, int64_t>& paid_in,
                   const std::vector<Record>& records);

}  // namespace ocs::chaos

#endif  // TESTS_CHAOS_BOOKS_H_
