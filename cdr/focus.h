// Records as rows of FOCUS 1.0, the FinOps Open Cost and Usage Specification: what an enterprise's
// cost tools read from all its suppliers. A view: it sums what others price, and is not a form to
// settle from. docs/format/focus.md says where each column comes from.

#ifndef CDR_FOCUS_H_
#define CDR_FOCUS_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// The header row with its line end: the columns of FOCUS 1.0 in order of the alphabet, then ours,
/// which begin with x_ as the specification asks. The order never changes.
std::string_view FocusHeader();

/// Writes rows. The same record always gives the same bytes. Thread-compatible.
class FocusEncoder final {
 public:
  struct Options {
    std::string issuer;            ///< Who sends the invoice, and provides the service.
    std::string currency = "CNY";  ///< Of packages' revenue, in records that name no currency.
  };
  /// Billing periods are calendar months of that zone; times are written in UTC.
  FocusEncoder(absl::TimeZone zone, Options options);

  /// Appends a row for each line of the record, and one without cost for a record without lines, so
  /// that no record is missing.
  void Append(const RecordId& id, const Record& record, std::string* out);

 private:
  absl::TimeZone zone_;
  Options options_;
};

}  // namespace ocs::cdr

#endif  // CDR_FOCUS_H_
