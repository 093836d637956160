// Fields of comma separated values (RFC 4180).

#ifndef CDR_INTERNAL_CSV_FIELD_H_
#define CDR_INTERNAL_CSV_FIELD_H_

#include <string>
#include <string_view>
#include <vector>

namespace ocs::cdr::internal {

/// Appends a field, quoted when it holds what would end it; a quote inside is doubled (RFC 4180,
/// 2.6 and 2.7).
void AppendCsvField(std::string_view text, std::string* out);

/// Splits a text into rows of unquoted fields. Lines may end in CR LF or LF. Thread-compatible.
class CsvRowReader final {
 public:
  explicit CsvRowReader(std::string_view text) : rest_(text), size_(text.size()) {}

  bool done() const { return rest_.empty(); }
  /// Of the next row, in the text.
  size_t offset() const { return size_ - rest_.size(); }

  /// Reads one row. False when its quoting is broken.
  bool Read(std::vector<std::string>* fields);

 private:
  bool ReadField(std::string* field);
  bool AtEndOfField() const;

  std::string_view rest_;
  size_t size_;
};

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_CSV_FIELD_H_
