// A catalogue as text and as a checked value: models, units, price books, offers. The value is what Tariff::Compile takes.
// Pure: reads text that it is given, no file.

#ifndef RATING_CATALOGUE_H_
#define RATING_CATALOGUE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/time.h"

namespace ocs::rating {

/// One fault of a catalogue text, as its author needs it.
struct Diagnostic {
  std::string file;
  int line = 0;          ///< From 1; 0 when the text as a whole is meant.
  std::string field;     ///< "offers[2].grants[0].amount".
  std::string message;   ///< What was found and what was expected.

  std::string ToString() const;  ///< "operators.yaml:42: offers[2].grants[0].amount: ..."
};
}  // namespace ocs::rating

#endif  // RATING_CATALOGUE_H_
