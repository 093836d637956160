#include "cdr/internal/split_records.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "cdr/ber.h"
#include "cdr/csv.h"
#include "cdr/file_32297.h"
#include "cdr/focus.h"
#include "cdr/internal/csv_field.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

absl::Status Bad(size_t offset, std::string_view what) {
  return absl::DataLossError(Cat("byte ", offset, ": ", what));
}

void Identify(std::string_view id, std::string_view sequence, RecordPiece* piece) {
  const auto parsed = ParseRecordId(id);
  piece->readable = parsed.ok() && absl::SimpleAtoi(ToAbsl(sequence), &piece->local_sequence);
  if (parsed.ok()) piece->id = *parsed;
}

SplitFile SplitBer(std::string_view bytes) {
  SplitFile split;
  auto reader = FileReader32297::Open(bytes);
  if (!reader.ok()) {
    split.status = reader.status();
    return split;
  }
  while (true) {
    const auto item = reader->Next();
    split.status = item.status();
    if (!item.ok() || !item->has_value()) return split;
    RecordPiece piece;
    piece.offset = (*item)->offset;
    piece.bytes =
        bytes.substr(piece.offset, RecordHeaderLength((*item)->header) + (*item)->record.size());
    const auto record = DecodeBerRecord((*item)->record);
    piece.readable = record.ok();
    if (record.ok()) {
      piece.id = record->id;
      piece.local_sequence = record->record.local_sequence;
    }
    split.pieces.push_back(piece);
  }
}

// A record has one row or more, which follow each other and have its id in that column.
SplitFile SplitRows(std::string_view bytes, std::string_view header, size_t id_column,
                    size_t sequence_column) {
  SplitFile split;
  if (!bytes.starts_with(header)) {
    split.status = Bad(0, "not the header row of this format");
    return split;
  }
  const std::string_view rows = bytes.substr(header.size());
  CsvRowReader reader(rows);
  std::vector<std::string> row;
  std::string last_id;
  while (!reader.done()) {
    const size_t begin = header.size() + reader.offset();
    if (!reader.Read(&row)) {
      split.status = Bad(begin, "a row whose quoting is broken");
      return split;
    }
    if (row.size() <= std::max(id_column, sequence_column)) {
      split.status = Bad(begin, "a row with too few columns");
      return split;
    }
    const size_t end = header.size() + reader.offset();
    if (split.pieces.empty() || row[id_column] != last_id) {
      RecordPiece& piece = split.pieces.emplace_back();
      piece.offset = begin;
      Identify(row[id_column], row[sequence_column], &piece);
      last_id = row[id_column];
    }
    RecordPiece& piece = split.pieces.back();
    piece.bytes = bytes.substr(piece.offset, end - piece.offset);
  }
  return split;
}

// The text between `before` and `end`, or "".
std::string_view Between(std::string_view line, std::string_view before, char end) {
  const size_t at = line.find(before);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + before.size());
  return rest.substr(0, rest.find(end));
}

SplitFile SplitLines(std::string_view bytes) {
  SplitFile split;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    if (end == std::string_view::npos) {
      split.status = Bad(at, "a line without an end");
      return split;
    }
    RecordPiece& piece = split.pieces.emplace_back();
    piece.offset = at;
    piece.bytes = bytes.substr(at, end + 1 - at);
    // Both stand before any text of others, so the first that is found is it.
    Identify(Between(piece.bytes, "\"record_id\":\"", '"'),
             Between(piece.bytes, "\"local_sequence\":", ','), &piece);
    at = end + 1;
  }
  return split;
}

size_t ColumnOf(std::string_view header, std::string_view name) {
  size_t column = 0;
  for (size_t at = 0; header.substr(at, name.size() + 1) != Cat(name, ","); ++column)
    at = header.find(',', at) + 1;
  return column;
}

}  // namespace

SplitFile SplitRecords(FileFormat format, std::string_view bytes) {
  switch (format) {
    case FileFormat::kBer:
      return SplitBer(bytes);
    case FileFormat::kCsv:
      return SplitRows(bytes, CsvHeader(), ColumnOf(CsvHeader(), "record_id"),
                       ColumnOf(CsvHeader(), "local_sequence"));
    case FileFormat::kFocus:
      return SplitRows(bytes, FocusHeader(), ColumnOf(FocusHeader(), "x_RecordId"),
                       ColumnOf(FocusHeader(), "x_LocalSequence"));
    case FileFormat::kJsonLines:
      return SplitLines(bytes);
  }
  return {};
}

}  // namespace ocs::cdr::internal
