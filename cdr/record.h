// The charging data record (CDR): what happened and what it cost, for ever, in one value that
// explains itself. Its content follows TS 32.298 for the common fields; token usage, charge lines
// and bucket draws are ours.
//
// Every entry of the journal that charges or refunds carries its record as an attachment, so a
// charge without its record cannot exist. Records are partial records by default
// (TS 32.255 5.2.3.2, individual partial record): each interrogation that reports use makes one,
// with the next record sequence number of its session. The byte form is described in
// docs/format/cdr.md. A record's identity is (shard, position of its entry): it is known by whoever
// reads the journal and is not repeated inside.

#ifndef CDR_RECORD_H_
#define CDR_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "ocs/base/ids.h"
#include "ocs/base/limits.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"

namespace ocs::cdr {

/// Numbers are stored: never reused.
enum class RecordType : uint8_t {
  kUsage = 1,   ///< A session's use since its last report, or a one-time event.
  kFee = 2,     ///< The fee of an offer that was bought.
  kRefund = 3,  ///< Gives back what another record charged: `refers_to` names it. Amounts are
                ///< positive; they are credits.
  kRebate = 4,  ///< Gives back what a volume price charged before a cheaper tier was reached, at
                ///< the end of its window, [opened_at, closed_at). A credit, as kRefund.
  kCorrection = 5,  ///< Charges once more, by a corrected tariff, what `refers_to` charged and a
                    ///< refund beside it gives back. Its quantities were used once, there.
};
/// True when the record's amounts are credits.
constexpr bool IsCredit(RecordType type) {
  return type == RecordType::kRefund || type == RecordType::kRebate;
}

/// causeForRecClosing of TS 32.298; its numbers.
enum class ClosingCause : uint8_t {
  kNormalRelease = 0,    ///< The session was terminated, or the event is complete.
  kPartialRecord = 1,    ///< The session goes on.
  kAbnormalRelease = 4,  ///< The supervision timer (Tcc) ended the session; use since the last
                         ///< report is not known.
  kVolumeLimit = 16,     ///< The session goes on; the record has as many tokens as one may have.
  kTimeLimit = 17,       ///< The session goes on; the record lasted as long as one may last.
  kManagementIntervention = 20,  ///< By the operator: a session that was ended, or a correction.
};

/// What a line is, beside pieces at a price. Numbers are stored: never reused.
enum class LineForm : uint8_t {
  kPieces = 0,   ///< Law 5 holds on its face (RecordLine).
  kFlat = 1,     ///< The flat amount of the tier that the counter went into; quantity 1.
  kMinimum = 2,  ///< What the call is short of its minimum; quantity 1.
  kFree = 3,     ///< Pieces beyond the most that the window may cost: amount 0, or what was left.
  kVolume = 4,   ///< Pieces at the price of the tier reached, less what the window was charged too
                 ///< much before: the amount is what is left of it, and nothing is carried.
};

/// The bucket of the account's own money. Buckets that were bought have higher ids; a line that no
/// bucket paid has 0.
inline constexpr BucketId kOwnMoneyBucket{1};

/// A piece of one kind, charged to one bucket at one price. Law 5 holds on its face:
/// amount * price_denominator + carry_out == quantity * price_numerator + carry_in.
struct RecordLine {
  TokenKind kind = TokenKind::kInput;
  int64_t quantity = 0;
  Unit unit;  ///< Of `amount`: a currency (micros) or the bucket's unit.
  int64_t amount = 0;
  int64_t price_numerator = 0;
  int64_t price_denominator = 1;
  int64_t carry_in = 0;  ///< In 1/price_denominator of the smallest unit.
  int64_t carry_out = 0;
  uint64_t carry_line = 0;  ///< Under which the remainder is kept; 0 when nothing can be left.
  BucketId bucket;          ///< Drawn on (or given back to).
  /// Deferred revenue of the bucket's purchase that this draw earns, also of a bucket of money that
  /// was bought; 0 for the account's own money, below 0 where a refund gives it back.
  int64_t revenue_micros = 0;
  bool overshoot = false;        ///< Beyond what was available: charged all the same.
  std::string_view charge_code;  ///< What the bill groups by.
  std::string_view rule;         ///< "price book deepseek-cny, line 42".
  // From version 2 on.
  LineForm form = LineForm::kPieces;
  uint16_t tier = 0;             ///< Of the price, from 1; 0: it has none.
  int32_t tax_basis_points = 0;  ///< Contained in the amount: 600 is 6 %. 0: none is stated.
  std::string_view applied;      ///< Adjustments and exchange rate in the price: "night discount".

  friend bool operator==(const RecordLine&, const RecordLine&) = default;
};

/// A record being written, or one decoded in place: its texts point into memory that must outlive
/// it.
struct Record {
  RecordType type = RecordType::kUsage;
  /// localRecordSequenceNumber: counts all records of the shard from 1, without gaps.
  uint64_t local_sequence = 0;
  AccountId account;
  std::string_view session_id;  ///< chargingSessionIdentifier; the idempotency key of a fee.
  uint32_t request_number = 0;  ///< CC-Request-Number.
  /// recordSequenceNumber in the session from 1; 0 when it is the only one.
  uint32_t record_sequence = 0;
  ClosingCause cause = ClosingCause::kNormalRelease;
  bool incomplete = false;  ///< incompleteCDRIndication: use may be missing (R-08).
  bool estimated = false;   ///< Quantities are the caller's estimate, not the provider's report.
  Instant opened_at;    ///< Record opening time (R-02): of the session or of the previous partial's
                        ///< close.
  Instant closed_at;    ///< Event time of the report that closed it.
  Instant recorded_at;  ///< The shard's logged time of the entry.
  uint32_t rating_group = 0;
  std::string_view model;  ///< Canonical model id; empty for a fee.
  std::string_view provider;
  std::string_view offer;  ///< Of a fee: the offer bought.
  uint32_t tariff_revision = 0;
  uint16_t refers_to_shard = 0;  ///< With `refers_to`, of a refund or a correction.
  Position refers_to;
  absl::InlinedVector<RecordLine, 6> lines;  ///< Empty when nothing was used.
  // From version 2 on.
  std::string_view served_model;  ///< Which model served what was sold as `model`; "": that itself.
  std::string_view
      node;  ///< Who used it, from the top: "sales/anna/key-7"; "": the account itself.
  std::string_view product;  ///< What the use was like, as its report stated it; so the next four.
  std::string_view scenario;
  std::string_view service_tier;
  std::string_view region;
  std::string_view channel;
  std::string_view traceparent;  ///< W3C Trace Context.
  int64_t prompt_tokens = 0;     ///< Of the whole prompt, as priced by; 0 where no report told it.
  /// What the use costs us, in the currency of each line; their bucket is 0. Never shown to
  /// customers.
  absl::InlinedVector<RecordLine, 1> costs;
  // From version 3 on.
  /// On which side of a tariff change (RFC 8506 section 8.27) it was used: 0 none was reported, 1
  /// before, 2 after, 3 not known, and it is priced by the dearer side.
  uint32_t tariff_change = 0;
  uint32_t reporting_reason = 0;  ///< 3GPP's Reporting-Reason plus one; 0: none was stated.
  uint32_t call_outcome = 0;      ///< 0 as usual, 1 failed, 2 cancelled, 3 moderated.
  bool late = false;              ///< Reported when its session was closed already.
  /// On which day of a month the account's bill cycles begin, as of the record, 2 to 31; 0: on the
  /// 1st, also in records of releases that did not tell.
  uint32_t billing_day = 0;

  friend bool operator==(const Record&, const Record&) = default;
};

/// Bound of a record's lines: each kind from each bucket that an account may hold, and an
/// overshoot. The decoder refuses more.
inline constexpr int kRecordLinesMax = 4096;
static_assert(kRecordLinesMax >= kTokenKindCount * (kBucketsPerAccountMax + 1));

/// Appends the byte form. The same record always gives the same bytes, and different records give
/// different bytes. REQUIRES: at most kRecordLinesMax lines; enums hold declared values.
void EncodeRecord(const Record& record, std::string* out);

/// The record of these bytes; its texts point into `bytes`. Errors: DataLoss when the bytes are not
/// a record of a known version, whole and with nothing after it.
absl::StatusOr<Record> DecodeRecord(std::string_view bytes);

/// "pieces", "flat", "minimum", "free", "volume".
std::string_view LineFormName(LineForm form);

/// "usage", "fee", "refund", "rebate", "correction".
std::string_view RecordTypeName(RecordType type);

/// Where a record stands: unique for ever in one installation. An entry may carry several records:
/// whoever writes them makes the index from the entry's and theirs, so that ids ascend in a shard.
struct RecordId {
  ShardId shard;
  Position position;
  friend constexpr auto operator<=>(const RecordId&, const RecordId&) = default;
};

/// "0.1234.5": shard, group, index. The form in files, on the command line and in
/// refund_information.
std::string FormatRecordId(const RecordId& id);

/// Errors: InvalidArgument.
absl::StatusOr<RecordId> ParseRecordId(std::string_view text);

}  // namespace ocs::cdr

#endif  // CDR_RECORD_H_
