// Reads rules and adjustments: whom they speak of, when, and how much; and refuses rules between
// which nothing decides.

#ifndef RATING_INTERNAL_RULE_READER_H_
#define RATING_INTERNAL_RULE_READER_H_

#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/fields.h"
#include "rating/internal/names.h"

namespace ocs::rating::internal {

/// Of one unit or grant: a model and a time of day each, for every model in wide use.
inline constexpr size_t kFactorRulesMax = 2'000;

/// The keys of ReadMatchers.
const std::vector<std::string>& MatcherKeys();

/// The matchers of a map with one or more of the keys model, family, class, provider, any; sorted.
/// Faults are reported; a map without any of them is one.
std::vector<Matcher> ReadMatchers(const Fields& fields, const Names& names);

/// The rules of a price book.
std::vector<RateRule> ReadPriceRules(const std::vector<Field>& items, const Names& names,
                                     Reporter* reporter);

/// Burn factors or draw weights.
std::vector<RateRule> ReadFactorRules(const std::vector<Field>& items, const Names& names,
                                      Reporter* reporter);

/// Adjustments; their names are unique in the list.
std::vector<Adjustment> ReadAdjustments(const std::vector<Field>& items, const Names& names,
                                        Reporter* reporter);

/// Reports each pair of rules of the same strength that speak of the same model, use and time.
void CheckOverlaps(const std::vector<RateRule>& rules, const std::vector<Model>& models,
                   const std::vector<Calendar>& calendars, Reporter* reporter);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_RULE_READER_H_
