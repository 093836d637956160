// Reading counts out of a tree, with the first fault kept: a dialect reads all that it wants and
// asks once at the end.

#ifndef RATING_USAGE_INTERNAL_FIELDS_H_
#define RATING_USAGE_INTERNAL_FIELDS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rating/usage/internal/json_tree.h"
#include "rating/usage/provider_usage.h"

namespace ocs::usage::internal {

/// Names of one thing, the best first.
using Names = std::initializer_list<std::string_view>;

/// An object or list of the tree, or nothing. The tree must outlive it.
struct Scope {
  const JsonTree* tree = nullptr;
  int node = -1;

  bool there() const { return node >= 0; }
};

/// Thread-compatible.
class Fields final {
 public:
  /// The count of that name. Nothing where there is none, or null, or where it is no count: that
  /// fault is kept. Where several names stand, the first holds, and another value is a
  /// disagreement.
  std::optional<int64_t> Count(const Scope& scope, Names names);

  /// The same, 0 for nothing.
  int64_t CountOr0(const Scope& scope, Names names) { return Count(scope, names).value_or(0); }

  /// A count that has to be there; 0 and a fault where it is not.
  int64_t Needed(const Scope& scope, Names names);

  /// A number of seconds, rounded up to a whole one.
  std::optional<int64_t> Seconds(const Scope& scope, Names names);

  /// A number as an exact plain decimal that is not negative.
  std::optional<std::string> Amount(const Scope& scope, std::string_view name);

  /// The text (or the number as text) of that name, empty where there is none. Longer than
  /// `bytes_max` is a fault.
  std::string Text(const Scope& scope, std::string_view name, size_t bytes_max);

  /// The object of that name; nothing where there is none or null, a fault where it is no object.
  Scope Object(const Scope& scope, Names names);

  /// The objects in the list of that name.
  std::vector<Scope> Elements(const Scope& scope, Names names);

  /// These are no counts: seconds that the provider took, costs that are read elsewhere.
  static void Ignore(const Scope& scope, Names names);

  void Fault(UsageErrorKind kind, const Scope& scope, std::string_view name, std::string found,
             std::string expected);

  const std::optional<UsageError>& error() const { return error_; }
  bool disagree() const { return disagree_; }
  bool rounded_up() const { return rounded_up_; }

 private:
  std::optional<int64_t> OneCount(const Scope& scope, int node);

  std::optional<UsageError> error_;
  bool disagree_ = false;
  bool rounded_up_ = false;
};

/// The member of that name, -1 where there is none or it is null.
int Member(const Scope& scope, std::string_view name);

/// What a message may show of a value: a number as it stands, of anything else its type.
std::string Shown(const JsonNode& node);

}  // namespace ocs::usage::internal

#endif  // RATING_USAGE_INTERNAL_FIELDS_H_
