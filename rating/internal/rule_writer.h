// Writes rules, adjustments and what they are made of, as rule_reader reads them.

#ifndef RATING_INTERNAL_RULE_WRITER_H_
#define RATING_INTERNAL_RULE_WRITER_H_

#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/text_tree.h"

namespace ocs::rating::internal {

void WriteMatchers(const std::vector<Matcher>& matchers, TextTree* map);
/// Instants are written in `zone`, which is also the one that conditions need not name.
void WriteConditions(const Conditions& when, absl::TimeZone zone, TextTree* map);
TextTree WritePriceRules(const std::vector<RateRule>& rules, absl::TimeZone zone);
TextTree WriteFactorRules(const std::vector<RateRule>& rules, absl::TimeZone zone);
TextTree WriteAdjustments(const std::vector<Adjustment>& adjustments, absl::TimeZone zone);

/// "9.9": micros as ReadMoney reads them.
std::string WriteMoney(int64_t micros);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_RULE_WRITER_H_
