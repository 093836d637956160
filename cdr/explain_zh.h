// The sentences of cdr/explain.h in Chinese, for customers: from the record alone, without earned
// revenue and cost.

#ifndef CDR_EXPLAIN_ZH_H_
#define CDR_EXPLAIN_ZH_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// One sentence without a full stop, with the same facts as ExplainLine: quantity, price or burn
/// factor, amount, bucket, rule, revision, tier, adjustments, tax, carried remainders, overshoot.
std::string ExplainLineZh(const Record& record, const RecordLine& line);

/// As ExplainRecord: the record's own sentence, one for each line, then what it comes to.
std::string ExplainRecordZh(const RecordId& id, const Record& record, absl::TimeZone zone);

/// What FormatPrice (cdr/explain.h) made of a price of that kind, in Chinese: "1.00 CNY / 250,000
/// 个". For where only its text is left, as in a bill that was read back.
std::string PriceInChinese(TokenKind kind, std::string_view price);

}  // namespace ocs::cdr

#endif  // CDR_EXPLAIN_ZH_H_
