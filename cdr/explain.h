// Says in words what a record charged and why, from the record alone: no tariff, no account, no
// clock. The sentences are for customers and for those who answer them; they hold no earned revenue
// and no cost.

#ifndef CDR_EXPLAIN_H_
#define CDR_EXPLAIN_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// True when the line's amount follows from its quantity, price and carried remainders:
/// amount * price_denominator + carry_out == quantity * price_numerator + carry_in, with remainders
/// in [0, price_denominator). False too for a denominator below 1. A line of the forms kFree and
/// kVolume follows from its window, and is true while it is not negative and carries nothing.
bool AddsUp(const RecordLine& line);

/// "1,234 input tokens", "1 request".
std::string FormatQuantity(TokenKind kind, int64_t quantity);

/// A price in the words of a price list: "1.00 CNY per 250,000 tokens", "0.05 CNY per request",
/// "10 quota_point per token"; "1:1" for a draw of as much as is used, "no charge" for a numerator
/// of 0, "no price" for a denominator below 1. Money for fewer than 1,000 tokens is shown for
/// 1,000,000 of them where that is exact.
std::string FormatPrice(TokenKind kind, const Unit& unit, int64_t numerator, int64_t denominator);

/// "6 %", "6.25 %": hundredths of a per cent.
std::string FormatBasisPoints(int32_t basis_points);

/// One sentence without a full stop:
/// "1,234 input tokens of deepseek-v3.2 at 1.00 CNY per 250,000 tokens = 0.004936 CNY from bucket 1
/// (price book x, line 12, revision 3)"; for a package "12,000 input tokens of m drawn 1:1 from
/// bucket 2, 'token' (...)". What else happened follows after semicolons: carried remainders, use
/// beyond what was available, a line that does not add up.
std::string ExplainLine(const Record& record, const RecordLine& line);

/// The record's own sentence, then one for each line, then what it comes to in each unit; one to a
/// text line.
std::string ExplainRecord(const RecordId& id, const Record& record, absl::TimeZone zone);

}  // namespace ocs::cdr

#endif  // CDR_EXPLAIN_H_
