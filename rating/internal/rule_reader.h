// Reads rules: whom they speak of, when, and how much; and refuses rules between which nothing
// decides.

#ifndef RATING_INTERNAL_RULE_READER_H_
#define RATING_INTERNAL_RULE_READER_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/fields.h"

namespace ocs::rating::internal {

/// What a rule may name, known once the models have been read.
struct Names {
  std::set<std::string> models;
  std::map<std::string, std::string> aliases;  ///< Alias to the id of its model.
  std::set<std::string> classes;
  std::set<std::string> providers;
  std::set<std::string> units;
  std::string zone;  ///< Of the catalogue, for hours that name none.
};

/// A list of rules as it is read, with the place of each.
struct RuleList {
  std::vector<RateRule> rules;
  std::vector<std::string> paths;  ///< Beside `rules`.
};

/// The matchers of a map with one or more of the keys model, class, provider, any. Faults are
/// reported; a map without any of them is one.
std::vector<Matcher> ReadMatchers(const Fields& fields, const Names& names);

/// Reads the rules of a price book into `list`. `book_id` makes the charge codes of those that name
/// none.
void ReadPriceRules(const std::vector<Field>& items, const std::string& book_id, const Names& names,
                    Reporter* reporter, RuleList* list);

/// Whether factors may change with the time.
enum class FactorTimes : uint8_t { kNever, kAllowed };

/// Reads burn factors (kNever) or draw weights (kAllowed) into `list`.
void ReadFactorRules(const std::vector<Field>& items, FactorTimes times, const Names& names,
                     Reporter* reporter, RuleList* list);

/// Reports each pair of rules of the same strength that speak of the same model at the same time.
void CheckOverlaps(const RuleList& list, const std::vector<Model>& models, Reporter* reporter);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_RULE_READER_H_
