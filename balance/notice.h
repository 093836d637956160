// A notice: something that the customer or an operator is to be told, because an entry made it
// true. It rides along with that entry (AttachmentType::kNotice), so that none is lost and none is
// given twice: what has been told is part of the account (Counter::noticed_percent,
// Bucket::noticed_percent).

#ifndef BALANCE_NOTICE_H_
#define BALANCE_NOTICE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "balance/account.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"

namespace ocs::balance {

/// Numbers are stored: never reused.
enum class NoticeType : uint8_t {
  kLimitThreshold = 1,      ///< A limit is used to `percent`. Subject: the limit.
  kLimitReached = 2,        ///< It is used up. Subject: the limit.
  kBucketThreshold = 3,     ///< A bucket is used to `percent`. Subject: the bucket.
  kBucketEnding = 4,        ///< It will end at `at` with `amount` left. Subject: the bucket.
  kLowBalance = 5,          ///< `amount` of the account's own money is left.
  kStateChanged = 6,        ///< The account's or node's state is now `name`. Subject: the node.
  kRepurchased = 7,         ///< An offer was bought by itself. Subject: the new bucket, or 0.
  kRenewed = 8,             ///< A new cycle began. Subject: the subscription.
  kRenewalFailed = 9,       ///< There was not the money for it. Subject: the subscription.
  kSubscriptionEnded = 10,  ///< Subject: the subscription.
  kTransferSent = 11,       ///< `name` is its id, `amount` what was sent. Subject: the bucket.
  kTransferReceived = 12,   ///< Likewise.
  /// The status of a spending limit is another one, for somebody who watches it. Subject: the
  /// limit, or 0 of the balance; `amount` what is used of it or left. `name`: watch, counter,
  /// status, and where it will be another one by itself, that status and when (ms since 1970), with
  /// blanks between.
  kSpendingStatus = 13,
};
/// "limit threshold", "low balance", ...
std::string_view NoticeTypeName(NoticeType type);

struct Notice {
  NoticeType type = NoticeType::kLimitThreshold;
  NodeId node = {};  ///< Whose limit or bucket it is.
  uint64_t subject = 0;
  uint8_t percent = 0;
  Unit unit = {};  ///< Of `amount`; empty where there is none.
  int64_t amount = 0;
  Instant at = {};  ///< When it became true; of kBucketEnding: when the bucket ends.
  std::string name = {};
  friend bool operator==(const Notice&, const Notice&) = default;
};

/// Appends the byte form (docs/format/journal.md).
void EncodeNotice(const Notice& notice, std::string* out);

/// Errors: DataLoss when the bytes are not a whole notice.
absl::StatusOr<Notice> DecodeNotice(std::string_view bytes);

/// The highest of the thresholds (per cent, ascending) that `used` of `amount` has reached and that
/// is above what was told before; nothing when there is none. Where `amount` is 0 or less, any use
/// has reached all of them.
std::optional<uint8_t> CrossedThreshold(std::span<const uint8_t> thresholds, int64_t used,
                                        int64_t amount, uint8_t noticed_percent);

/// "limit 3 of node 2 is used to 80 per cent". No identity and no secret is in it.
std::string NoticeInWords(const Notice& notice, absl::TimeZone zone);

}  // namespace ocs::balance

#endif  // BALANCE_NOTICE_H_
