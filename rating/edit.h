// Changes of single values in a catalogue's text, each addressed by a path: what a simulation of
// "what if" and a sweep over prices start from. Nothing but the values changes: comments, order and
// line numbers stay. Pure.

#ifndef RATING_EDIT_H_
#define RATING_EDIT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ocs::rating {

inline constexpr int kEditsMax = 256;  ///< More than a person writes; a sweep makes a few a point.

/// One change. The path goes from the whole text down, its steps with '/' between them; each step
/// is a key, an index from 0, the id or name of a list's element, "key=value" of one, or '*'; '*'
/// in a word stands for any letters, '|' between words for either. "prices" as the last step is
/// every price by kind of token.
struct Edit {
  enum class Action : uint8_t {
    kSet = 0,       ///< The value is put there.
    kMultiply = 1,  ///< The number that is there, times the value.
    kAdd = 2,       ///< The number that is there, and the value.
    kSubtract = 3,
  };
  std::string path;
  Action action = Action::kSet;
  std::string value;  ///< A decimal number where the action is not kSet.

  std::string ToString() const;  ///< As ParseEdit reads it.
  friend bool operator==(const Edit&, const Edit&) = default;
};

/// Reads "offers/ct-personal-light/grants/0/amount = 12M"; "*=", "+=" and "-=" multiply, add and
/// subtract. Errors: InvalidArgument: no action, an empty path or value, a factor that is no number
/// with at most 12 decimals.
absl::StatusOr<Edit> ParseEdit(std::string_view text);

/// A value that was changed.
struct EditedPlace {
  int line = 0;
  std::string field;  ///< "offers[2].grants[0].amount"
  std::string before;
  std::string after;
  friend bool operator==(const EditedPlace&, const EditedPlace&) = default;
};

struct EditedText {
  std::string text;
  std::vector<EditedPlace> places;  ///< In order of edits, then of the text.
};

/// The text with the edits done one after the other. Errors: InvalidArgument: the text is no YAML;
/// an edit's path leads nowhere (told with what there is) or to something that is no single value;
/// a number that is not there or would be below 0 or too long. Whether the edited text is a
/// catalogue, ParseCatalogue tells. Thread-safe.
absl::StatusOr<EditedText> EditCatalogueText(std::string_view text, std::span<const Edit> edits);

}  // namespace ocs::rating

#endif  // RATING_EDIT_H_
