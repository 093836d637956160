// Records as JSON lines: one object on one line for each record, in UTF-8, with the fields in a
// fixed order. The names and meanings are those of docs/format/cdr-csv.md; what is empty or zero by
// default is left out.

#ifndef CDR_JSON_LINES_H_
#define CDR_JSON_LINES_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cdr/record.h"

namespace ocs::cdr {
namespace internal {
class TimeText;
}

inline constexpr std::string_view kJsonLinesFormat =
    "ocs-cdr-json-1";  ///< "format" of every object.

/// Writes objects with times in one zone. The same record always gives the same bytes. Money and
/// the carry line are JSON strings, so that no reader rounds them. Thread-compatible.
class JsonLinesEncoder final {
 public:
  explicit JsonLinesEncoder(absl::TimeZone zone);
  ~JsonLinesEncoder();

  /// Appends the object of a record and a line feed. Bytes that are not UTF-8 become U+FFFD.
  void Append(const RecordId& id, const Record& record, std::string* out);

 private:
  std::unique_ptr<internal::TimeText> times_;
};

}  // namespace ocs::cdr

#endif  // CDR_JSON_LINES_H_
