// Records as comma separated values (RFC 4180), one row for each line of a record, then one for
// each line of what its use costs; a record without lines has one row whose line columns are empty,
// so that no record is missing in the file.
// docs/format/cdr-csv.md says what each column means.

#ifndef CDR_CSV_H_
#define CDR_CSV_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cdr/control_totals.h"
#include "cdr/record.h"

namespace ocs::cdr {
namespace internal {
class TimeText;
}

inline constexpr std::string_view kCsvFormat = "ocs-cdr-2";  ///< The first column of every row.
/// What earlier releases wrote; it is still read. It has no costs and fewer columns.
inline constexpr std::string_view kCsvFormat1 = "ocs-cdr-1";

/// The header row with its line end. The order of the columns never changes within a format.
std::string_view CsvHeader();
/// That of kCsvFormat1.
std::string_view CsvHeader1();

/// Writes rows with times in one zone. The same record always gives the same bytes.
/// Thread-compatible.
class CsvEncoder final {
 public:
  explicit CsvEncoder(absl::TimeZone zone);
  ~CsvEncoder();

  /// Appends the rows of a record, each with its line end.
  void Append(const RecordId& id, const Record& record, std::string* out);

 private:
  std::unique_ptr<internal::TimeText> times_;
  std::string head_;  // The columns of the record, before those of the line.
};

/// The control totals of a whole file that CsvEncoder made, of this release or an earlier one:
/// equal to those of the records in it (of kCsvFormat1, without costs). Lines may end in CR LF or
/// LF. Errors: InvalidArgument with the row's number when the header is another, a row has too few
/// or too many columns, a value is not valid, or rows of a record are missing; OutOfRange as
/// ControlTotals::Add.
absl::StatusOr<ControlTotals> ParseCsv(std::string_view text);

}  // namespace ocs::cdr

#endif  // CDR_CSV_H_
