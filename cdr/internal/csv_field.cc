#include "cdr/internal/csv_field.h"

#include <algorithm>

namespace ocs::cdr::internal {

void AppendCsvField(std::string_view text, std::string* out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out->append(text);
    return;
  }
  out->push_back('"');
  for (const char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

bool CsvRowReader::Read(std::vector<std::string>* fields) {
  fields->clear();
  while (true) {
    fields->emplace_back();
    if (!ReadField(&fields->back())) return false;
    if (rest_.empty()) return true;
    const char end = rest_.front();
    rest_.remove_prefix(1);
    if (end == ',') continue;
    if (end == '\n') return true;
    // Only CR LF is left (see ReadField).
    rest_.remove_prefix(1);
    return true;
  }
}

// Leaves rest_ at a comma, at a line end or at the end of the text.
bool CsvRowReader::ReadField(std::string* field) {
  if (rest_.empty() || rest_.front() != '"') {
    const size_t end = std::min(rest_.find_first_of(",\r\n\""), rest_.size());
    field->assign(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return AtEndOfField();
  }
  rest_.remove_prefix(1);
  while (true) {
    const size_t quote = rest_.find('"');
    if (quote == std::string_view::npos) return false;
    field->append(rest_.substr(0, quote));
    rest_.remove_prefix(quote + 1);
    if (rest_.empty() || rest_.front() != '"') return AtEndOfField();
    field->push_back('"');
    rest_.remove_prefix(1);
  }
}

bool CsvRowReader::AtEndOfField() const {
  return rest_.empty() || rest_.front() == ',' || rest_.front() == '\n' ||
         rest_.substr(0, 2) == "\r\n";
}

}  // namespace ocs::cdr::internal
