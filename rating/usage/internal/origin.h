// From the names of provider and interface, and the shape of an answer, to the dialect in which it
// is read.

#ifndef RATING_USAGE_INTERNAL_ORIGIN_H_
#define RATING_USAGE_INTERNAL_ORIGIN_H_

#include <optional>
#include <string>
#include <string_view>

#include "rating/usage/internal/dialects.h"
#include "rating/usage/internal/fields.h"
#include "rating/usage/provider_usage.h"

namespace ocs::usage::internal {

/// The interface without what changes nothing: "chat" of "compat-chat-stream".
std::string PlainApi(std::string_view api);

/// What the names say about the dialect; nothing where the shape has to say it.
std::optional<Dialect> DialectOf(const UsageOrigin& origin);

/// What the names decide beyond the dialect.
Terms TermsOf(const UsageOrigin& origin);

/// Where the usage stands in one answer or event, and in which dialect it is.
struct Found {
  Scope usage;
  Scope holder;  ///< The object that holds it, and with it the model and the tier.
};

/// Looks for usage: under its usual names, in the envelopes of events, or the root itself where it
/// is a bare usage object. Nothing where there is none; an object without any count is none.
Found FindUsage(const JsonTree& tree);

/// The dialect that the members of a usage tell; nothing where none of them is known.
std::optional<Dialect> DialectByShape(const UsageOrigin& origin, const Found& found,
                                      const Scope& root);

}  // namespace ocs::usage::internal

#endif  // RATING_USAGE_INTERNAL_ORIGIN_H_
