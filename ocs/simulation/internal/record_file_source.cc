// Reads records of use from files that `ocsctl cdr export` writes: CSV of both formats, JSON lines.

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <nlohmann/json.hpp>
#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/internal/line_pieces.h"
#include "ocs/simulation/internal/record_events.h"

namespace ocs::simulation {
namespace {

using internal::LinePieces;
using internal::RecordUse;
using Json = nlohmann::json;

enum ColumnNumber : size_t {
  kRecordId,
  kType,
  kAccount,
  kClosedAt,
  kModel,
  kProduct,
  kScenario,
  kServiceTier,
  kRegion,
  kChannel,
  kLineCount,
  kLine,
  kList,
  kKind,
  kQuantity,
  kForm,
  kColumnCount
};
constexpr std::array<std::string_view, kColumnCount> kColumnNames = {
    "record_id", "type",         "account",  "closed_at", "model",      "product",
    "scenario",  "service_tier", "region",   "channel",   "line_count", "line",
    "list",      "kind",         "quantity", "form"};
// What the first format does not have.
constexpr std::array<ColumnNumber, 7> kLater = {kProduct, kScenario, kServiceTier, kRegion,
                                                kChannel, kList,     kForm};

// What is no use although it is a line: the amount of a tier, what a call is short of.
bool IsUse(std::string_view form) { return form != "flat" && form != "minimum"; }

template <typename Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// Fields of a row by RFC 4180; what is quoted without quotes in it is not copied. False where a
// quote is not closed.
bool SplitRow(std::string_view row, std::vector<std::string_view>* fields,
              std::deque<std::string>* copied) {
  fields->clear();
  copied->clear();
  size_t at = 0;
  while (true) {
    if (at < row.size() && row[at] == '"') {
      std::string text;
      for (++at; at < row.size(); ++at) {
        if (row[at] != '"') {
          text.push_back(row[at]);
        } else if (at + 1 < row.size() && row[at + 1] == '"') {
          text.push_back(row[++at]);
        } else {
          break;
        }
      }
      if (at >= row.size()) return false;
      ++at;
      fields->push_back(copied->emplace_back(std::move(text)));
    } else {
      const size_t end = std::min(row.find(',', at), row.size());
      fields->push_back(row.substr(at, end - at));
      at = end;
    }
    if (at >= row.size()) return true;
    if (row[at] != ',') return false;
    ++at;
  }
}

// What both forms have in common.
class RecordFileSource : public EventSource {
 public:
  RecordFileSource(std::string path, const Population* population, Names* names)
      : path_(std::move(path)), dealer_(population, names) {}

  std::string name() const override { return path_.substr(path_.rfind('/') + 1); }
  std::string hash() const override { return lines_->hash(); }
  int64_t total_weight() const override { return lines_->size(); }

 protected:
  void NoteBad(int64_t line, std::string why, EventBatch* batch) const {
    ++batch->bad_row_count;
    if (batch->bad_rows.size() < kBadRowsOfPiece)
      batch->bad_rows.push_back({.file = path_, .line = line, .why = std::move(why)});
  }
  const std::string& path() const { return path_; }
  const internal::RecordDealer& dealer() const { return dealer_; }
  std::unique_ptr<LinePieces> lines_;
  uint64_t number_ = 0;

 private:
  std::string path_;
  internal::RecordDealer dealer_;
};

// ---- JSON lines ----

std::string_view TextOf(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() || !at->is_string()
             ? std::string_view()
             : std::string_view(at->get_ref<const std::string&>());
}

class JsonSource final : public RecordFileSource {
 public:
  using RecordFileSource::RecordFileSource;

  absl::Status Open() {
    OCS_ASSIGN_OR_RETURN(lines_, LinePieces::Open(path()));
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Read(Piece* piece) override {
    OCS_ASSIGN_OR_RETURN(const bool more, lines_->Next(piece));
    piece->number = number_++;
    return more;
  }

  void Parse(const Piece& piece, EventBatch* batch) const override {
    internal::RecordDealer::Cache cache;
    std::string_view rest = piece.bytes;
    for (int64_t line = piece.first_line; !rest.empty(); ++line) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view row = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (row.empty()) continue;
      ++batch->lines;
      std::string why = ParseObject(row, &cache, batch);
      if (!why.empty()) NoteBad(line, std::move(why), batch);
    }
  }

 private:
  std::string ParseObject(std::string_view text, internal::RecordDealer::Cache* cache,
                          EventBatch* batch) const {
    const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) return "is no JSON object";
    const std::string_view type = TextOf(object, "type");
    if (type.empty()) return "type: expected 'usage', 'fee', ...";
    if (type != "usage") {
      ++batch->unrated;
      return "";
    }
    RecordUse use;
    use.model = TextOf(object, "model");
    use.product = TextOf(object, "product");
    use.scenario = TextOf(object, "scenario");
    use.service_tier = TextOf(object, "service_tier");
    use.region = TextOf(object, "region");
    use.channel = TextOf(object, "channel");
    const auto account = object.find("account");
    if (account == object.end() || !account->is_number_unsigned())
      return "account: expected a whole number";
    use.account = account->get<uint64_t>();
    const absl::StatusOr<Instant> at = ParseInstant(TextOf(object, "closed_at"));
    if (!at.ok()) return "closed_at: expected a time of RFC 3339";
    use.at = *at;
    const auto lines = object.find("lines");
    if (lines == object.end() || !lines->is_array()) return "lines: expected an array";
    for (const Json& line : *lines) {
      if (!line.is_object()) return "lines: expected objects";
      if (!IsUse(TextOf(line, "form"))) continue;
      const auto kind = ParseTokenKind(TextOf(line, "kind"));
      if (!kind) return Cat("kind: '", TextOf(line, "kind"), "' is none");
      const auto quantity = line.find("quantity");
      if (quantity == line.end() || !quantity->is_number_unsigned() ||
          !AddQuantity(use.used, *kind, quantity->get<int64_t>())) {
        return "quantity: expected a whole number";
      }
    }
    return dealer().Add(use, cache, batch);
  }
};

// ---- CSV ----

class CsvSource final : public RecordFileSource {
 public:
  using RecordFileSource::RecordFileSource;

  absl::Status Open() {
    OCS_ASSIGN_OR_RETURN(lines_, LinePieces::Open(path()));
    OCS_ASSIGN_OR_RETURN(const std::string header, lines_->Header());
    std::vector<std::string_view> names;
    std::deque<std::string> copied;
    SplitRow(header, &names, &copied);
    columns_ = names.size();
    where_.fill(columns_);
    for (size_t c = 0; c < kColumnCount; ++c) {
      where_[c] = static_cast<size_t>(std::find(names.begin(), names.end(), kColumnNames[c]) -
                                      names.begin());
      const bool later = std::find(kLater.begin(), kLater.end(), c) != kLater.end();
      if (where_[c] == columns_ && !later) {
        return absl::InvalidArgumentError(
            Cat(path(), ":1: the header has no column '", kColumnNames[c], "'"));
      }
    }
    return absl::OkStatus();
  }

  // A piece ends with a record's last row: the last record of what was read waits for the next.
  absl::StatusOr<bool> Read(Piece* piece) override {
    while (true) {
      OCS_ASSIGN_OR_RETURN(const bool more, lines_->Next(piece));
      if (!more) {
        if (waiting_.empty()) return false;
        piece->bytes = std::exchange(waiting_, "");
        piece->weight = 0;
      } else {
        if (waiting_.empty()) waiting_line_ = piece->first_line;
        piece->bytes.insert(0, waiting_);
        const size_t begin = LastRecord(piece->bytes);
        waiting_ = piece->bytes.substr(begin);
        piece->bytes.resize(begin);
      }
      piece->first_line = waiting_line_;
      waiting_line_ += std::count(piece->bytes.begin(), piece->bytes.end(), '\n');
      piece->number = number_++;
      if (!piece->bytes.empty()) return true;
      if (waiting_.size() > kWaitingMax) {
        return absl::InvalidArgumentError(
            Cat(path(), ":", waiting_line_, ": the record has too many rows"));
      }
    }
  }

  void Parse(const Piece& piece, EventBatch* batch) const override {
    Reader reader{.batch = batch};
    std::string_view rest = piece.bytes;
    for (int64_t line = piece.first_line; !rest.empty(); ++line) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view row = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
      if (row.empty()) continue;
      ++batch->lines;
      std::string why = ParseRow(row, line, &reader);
      if (!why.empty()) {
        NoteBad(line, std::move(why), batch);
        reader.open = false;
      }
    }
    Close(&reader);
  }

 private:
  static constexpr size_t kWaitingMax = 8 * 1024 * 1024;  // 4,096 rows of a record.

  struct Reader {
    EventBatch* batch;
    internal::RecordDealer::Cache cache = {};
    std::vector<std::string_view> fields = {};
    std::deque<std::string> copied = {};
    bool open = false;  // A record of use was begun.
    int64_t line = 0;   // Of its first row.
    std::string id = {};
    std::array<std::string, kColumnCount> texts = {};  // Of the record that is open.
    RecordUse use = {};
  };

  static std::string_view IdOf(std::string_view row) {
    const size_t begin = row.find(',');
    if (begin == std::string_view::npos) return row;
    return row.substr(begin + 1, row.find(',', begin + 1) - begin - 1);
  }

  // Where the rows of the last record begin. The first two columns are never quoted.
  static size_t LastRecord(std::string_view bytes) {
    size_t begin = bytes.size();
    std::string_view id;
    while (begin > 0) {
      const size_t newline = begin < 2 ? std::string_view::npos : bytes.rfind('\n', begin - 2);
      const size_t row = newline == std::string_view::npos ? 0 : newline + 1;
      const std::string_view found = IdOf(bytes.substr(row, begin - row));
      if (id.empty()) id = found;
      if (found != id) break;
      begin = row;
    }
    return begin;
  }

  std::string_view Field(const Reader& reader, ColumnNumber column) const {
    return where_[column] < columns_ ? reader.fields[where_[column]] : std::string_view();
  }

  void Close(Reader* reader) const {
    if (!std::exchange(reader->open, false)) return;
    std::string why = dealer().Add(reader->use, &reader->cache, reader->batch);
    if (!why.empty()) NoteBad(reader->line, std::move(why), reader->batch);
  }

  std::string Begin(int64_t line, Reader* reader) const {
    Close(reader);
    reader->id = std::string(Field(*reader, kRecordId));
    if (Field(*reader, kType) != "usage") {
      ++reader->batch->unrated;
      return "";
    }
    RecordUse& use = reader->use;
    use.used.clear();
    if (!ReadNumber(Field(*reader, kAccount), &use.account))
      return Cat("account: is '", Field(*reader, kAccount), "', expected a whole number");
    const absl::StatusOr<Instant> at = ParseInstant(Field(*reader, kClosedAt));
    if (!at.ok())
      return Cat("closed_at: is '", Field(*reader, kClosedAt), "', expected a time of RFC 3339");
    use.at = *at;
    for (const ColumnNumber c : {kModel, kProduct, kScenario, kServiceTier, kRegion, kChannel})
      reader->texts[c] = std::string(Field(*reader, c));
    use.model = reader->texts[kModel];
    use.product = reader->texts[kProduct];
    use.scenario = reader->texts[kScenario];
    use.service_tier = reader->texts[kServiceTier];
    use.region = reader->texts[kRegion];
    use.channel = reader->texts[kChannel];
    reader->open = true;
    reader->line = line;
    return "";
  }

  std::string ParseRow(std::string_view row, int64_t line, Reader* reader) const {
    if (!SplitRow(row, &reader->fields, &reader->copied)) return "a quote is not closed";
    if (reader->fields.size() != columns_)
      return Cat("has ", reader->fields.size(), " columns, expected ", columns_);
    if (Field(*reader, kRecordId) != reader->id) {
      std::string why = Begin(line, reader);
      if (!why.empty()) return why;
    }
    if (!reader->open || Field(*reader, kLine).empty()) return "";
    if (Field(*reader, kList) == "cost" || !IsUse(Field(*reader, kForm))) return "";
    const auto kind = ParseTokenKind(Field(*reader, kKind));
    if (!kind) return Cat("kind: '", Field(*reader, kKind), "' is none");
    int64_t quantity = 0;
    if (!ReadNumber(Field(*reader, kQuantity), &quantity) || quantity < 0 ||
        !AddQuantity(reader->use.used, *kind, quantity)) {
      return Cat("quantity: is '", Field(*reader, kQuantity), "', expected a whole number");
    }
    return "";
  }

  size_t columns_ = 0;
  std::array<size_t, kColumnCount> where_ = {};
  std::string waiting_;
  int64_t waiting_line_ = 2;
};

template <typename Source>
absl::StatusOr<std::unique_ptr<EventSource>> OpenAs(const std::string& path,
                                                    const Population* population, Names* names) {
  auto source = std::make_unique<Source>(path, population, names);
  OCS_RETURN_IF_ERROR(source->Open());
  return source;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventSource>> OpenRecordFile(const std::string& path,
                                                            const Population* population,
                                                            Names* names) {
  OCS_ASSIGN_OR_RETURN(const std::unique_ptr<LinePieces> lines, LinePieces::Open(path));
  OCS_ASSIGN_OR_RETURN(const std::string first, lines->Header());
  if (!first.empty() && first.front() == '{') return OpenAs<JsonSource>(path, population, names);
  return OpenAs<CsvSource>(path, population, names);
}

}  // namespace ocs::simulation
