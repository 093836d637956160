// Reads traces: rows of time, conversation, model and tokens.

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/hash.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/internal/alias.h"
#include "ocs/simulation/internal/dealer.h"
#include "ocs/simulation/internal/line_pieces.h"

namespace ocs::simulation {
namespace {

using internal::LinePieces;

enum TraceColumn : size_t {
  kTimeColumn,
  kSessionColumn,
  kModelColumn,
  kInputColumn,
  kCachedColumn,
  kOutputColumn,
  kTraceColumnCount
};
constexpr std::array<std::string_view, kTraceColumnCount> kTraceColumnNames = {
    "timestamp_ms", "session_id", "model", "input_tokens", "cached_input_tokens", "output_tokens"};
constexpr size_t kFieldsMax = 64;
// A trace of ten years, in milliseconds: later ones would not fit when stretched.
constexpr int64_t kTimestampMax = int64_t{10} * 366 * 86'400'000;

// Digits only, as a trace has them; -1 where it is not a number up to `max`.
int64_t WholeOf(std::string_view text, int64_t max) {
  if (text.empty() || text.size() > 18) return -1;
  int64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number <= max ? number : -1;
}

class TraceSource final : public EventSource {
 public:
  TraceSource(std::string path, TraceOptions options, const Population* population, Names* names)
      : path_(std::move(path)), options_(options), dealer_(population, names), names_(names) {}

  absl::Status Open() {
    OCS_ASSIGN_OR_RETURN(lines_, LinePieces::Open(path_));
    OCS_ASSIGN_OR_RETURN(const std::string header, lines_->Header());
    where_.fill(kFieldsMax);
    size_t number = 0;
    for (const std::string& name : std::vector<std::string>(absl::StrSplit(header, ','))) {
      for (size_t c = 0; c < kTraceColumnCount; ++c) {
        if (name == kTraceColumnNames[c] && number < kFieldsMax) where_[c] = number;
      }
      ++number;
    }
    for (const TraceColumn needed : {kTimeColumn, kInputColumn, kOutputColumn}) {
      if (where_[needed] != kFieldsMax) continue;
      return absl::InvalidArgumentError(
          Cat(path_, ":1: the header has no column '", kTraceColumnNames[needed], "'"));
    }
    for (size_t c = 0; c < kTraceColumnCount; ++c) {
      if (where_[c] == kFieldsMax) continue;
      if (roles_.size() <= where_[c]) roles_.resize(where_[c] + 1, kTraceColumnCount);
      roles_[where_[c]] = static_cast<uint8_t>(c);
    }
    salt_ = StableHash64(path_.substr(path_.rfind('/') + 1));
    return absl::OkStatus();
  }

  std::string name() const override { return path_.substr(path_.rfind('/') + 1); }
  std::string hash() const override { return lines_->hash(); }
  int64_t total_weight() const override { return lines_->size() * options_.repeat; }

  absl::StatusOr<bool> Read(Piece* piece) override {
    while (true) {
      OCS_ASSIGN_OR_RETURN(const bool more, lines_->Next(piece));
      if (more) break;
      if (pass_ == 0) NotePeriod();
      if (static_cast<int64_t>(pass_ + 1) >= options_.repeat) return false;
      ++pass_;
      OCS_RETURN_IF_ERROR(lines_->Rewind());
    }
    if (pass_ == 0 && options_.repeat > 1) NoteLast(piece->bytes);
    piece->number = number_++;
    piece->pass = pass_;
    piece->offset_ms = static_cast<int64_t>(pass_) * options_.period_ms;
    return true;
  }

  void Parse(const Piece& piece, EventBatch* batch) const override;

 private:
  void NotePeriod() {
    if (options_.period_ms == 0) options_.period_ms = last_ms_ + 1'000;
  }
  // The time of the last row, for the passes that follow.
  void NoteLast(std::string_view bytes) {
    while (!bytes.empty() && bytes.back() == '\n') bytes.remove_suffix(1);
    const size_t begin = bytes.rfind('\n');
    const std::string_view row = begin == std::string_view::npos ? bytes : bytes.substr(begin + 1);
    const std::vector<std::string> fields = absl::StrSplit(ToAbsl(row), ',');
    if (where_[kTimeColumn] < fields.size())
      last_ms_ = std::max(last_ms_, WholeOf(fields[where_[kTimeColumn]], kTimestampMax));
  }
  struct Row {
    int64_t at;
    int64_t input;
    int64_t cached;
    int64_t output;
    std::string_view session;
    std::string_view model;
  };
  // False when there are too many models.
  bool FillEvent(const Row& row, int64_t line, const Piece& piece, internal::Dealer::Cache* cache,
                 Event* event) const;
  // The usual row, fast. False: ask ParseRow.
  bool ParsePlainRow(std::string_view text, int64_t line, const Piece& piece,
                     internal::Dealer::Cache* cache, Event* event) const;
  // "" when the row is an event.
  std::string ParseRow(std::string_view row, int64_t line, const Piece& piece,
                       internal::Dealer::Cache* cache, Event* event) const;

  std::string path_;
  TraceOptions options_;
  internal::Dealer dealer_;
  Names* names_;
  std::unique_ptr<LinePieces> lines_;
  std::array<size_t, kTraceColumnCount> where_ = {};
  std::vector<uint8_t> roles_;  // Of each field up to the last that is asked for: its column.
  uint64_t salt_ = 0;
  uint64_t pass_ = 0;
  uint64_t number_ = 0;
  int64_t last_ms_ = 0;
};

std::string Expected(std::string_view column, std::string_view found, int64_t max) {
  return Cat(column, ": is '", found.substr(0, 40), "', expected a whole number from 0 to ", max);
}

std::string TraceSource::ParseRow(std::string_view row, int64_t line, const Piece& piece,
                                  internal::Dealer::Cache* cache, Event* event) const {
  std::array<std::string_view, kTraceColumnCount> fields;
  size_t number = 0;
  size_t found = 0;
  for (size_t begin = 0; begin <= row.size() && number < kFieldsMax; ++number) {
    const size_t end = std::min(row.find(',', begin), row.size());
    for (size_t c = 0; c < kTraceColumnCount; ++c) {
      if (where_[c] != number) continue;
      fields[c] = row.substr(begin, end - begin);
      ++found;
    }
    begin = end + 1;
  }
  const size_t wanted = static_cast<size_t>(std::count_if(
      where_.begin(), where_.end(), [](size_t where) { return where != kFieldsMax; }));
  if (found < wanted) return Cat("has ", number, " columns, fewer than its header");
  const int64_t at = WholeOf(fields[kTimeColumn], kTimestampMax);
  if (at < 0) return Expected(kTraceColumnNames[kTimeColumn], fields[kTimeColumn], kTimestampMax);
  const int64_t input = WholeOf(fields[kInputColumn], kEventTokensMax);
  if (input < 0)
    return Expected(kTraceColumnNames[kInputColumn], fields[kInputColumn], kEventTokensMax);
  const int64_t output = WholeOf(fields[kOutputColumn], kEventTokensMax);
  if (output < 0)
    return Expected(kTraceColumnNames[kOutputColumn], fields[kOutputColumn], kEventTokensMax);
  // Empty means not known: all of the prompt is then charged as fresh.
  const int64_t cached = fields[kCachedColumn].empty() ? 0 : WholeOf(fields[kCachedColumn], input);
  if (cached < 0) return Expected(kTraceColumnNames[kCachedColumn], fields[kCachedColumn], input);
  if (input == 0 && output == 0) return "uses no tokens";
  const Row numbers{.at = at,
                    .input = input,
                    .cached = cached,
                    .output = output,
                    .session = fields[kSessionColumn],
                    .model = fields[kModelColumn]};
  if (!FillEvent(numbers, line, piece, cache, event))
    return Cat("model: there are more than ", Names::kNamesMax, " different ones");
  return "";
}

bool TraceSource::FillEvent(const Row& row, int64_t line, const Piece& piece,
                            internal::Dealer::Cache* cache, Event* event) const {
  const int64_t ms = row.at + piece.offset_ms;
  const int64_t stretched =
      options_.stretch_permille == 1'000 ? ms : ms * options_.stretch_permille / 1'000;
  event->at = options_.begins.PlusMillis(stretched);
  event->tokens = {static_cast<uint32_t>(row.input - row.cached),
                   static_cast<uint32_t>(row.cached),
                   0,
                   0,
                   static_cast<uint32_t>(row.output),
                   0};
  const uint64_t conversation = row.session.empty()
                                    ? internal::Mix(salt_ + static_cast<uint64_t>(line), piece.pass)
                                    : StableHash64(row.session, piece.pass);
  return dealer_.Deal(conversation, row.model, cache, event);
}

// One walk over the row. What is not plain digits where digits are to be is ParseRow's to tell.
bool TraceSource::ParsePlainRow(std::string_view text, int64_t line, const Piece& piece,
                                internal::Dealer::Cache* cache, Event* event) const {
  std::array<int64_t, kTraceColumnCount> numbers = {};
  std::array<std::string_view, kTraceColumnCount> texts = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (size_t field = 0; field < roles_.size(); ++field) {
    const uint8_t role = roles_[field];
    if (at > end) return false;
    if (role == kSessionColumn || role == kModelColumn || role == kTraceColumnCount) {
      const char* begin = at;
      while (at != end && *at != ',') ++at;
      if (role != kTraceColumnCount) texts[role] = {begin, static_cast<size_t>(at - begin)};
    } else {
      int64_t number = 0;
      int digits = 0;
      for (; at != end && *at != ','; ++at, ++digits) {
        const auto digit = static_cast<unsigned char>(*at - '0');
        if (digit > 9) return false;
        number = number * 10 + digit;
      }
      if (digits > 12 || (digits == 0 && role != kCachedColumn)) return false;
      numbers[role] = number;
    }
    ++at;  // Behind the comma; one behind the end after the last field.
  }
  const Row row{.at = numbers[kTimeColumn],
                .input = numbers[kInputColumn],
                .cached = numbers[kCachedColumn],
                .output = numbers[kOutputColumn],
                .session = texts[kSessionColumn],
                .model = texts[kModelColumn]};
  if (row.at > kTimestampMax || row.input > kEventTokensMax || row.output > kEventTokensMax)
    return false;
  if (row.cached > row.input || (row.input == 0 && row.output == 0)) return false;
  return FillEvent(row, line, piece, cache, event);
}

void TraceSource::Parse(const Piece& piece, EventBatch* batch) const {
  internal::Dealer::Cache cache;
  std::string_view rest = piece.bytes;
  batch->events.reserve(batch->events.size() + rest.size() / 20);
  int64_t line = piece.first_line - 1;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view row = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++line;
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (row.empty()) continue;
    ++batch->lines;
    Event event;
    if (ParsePlainRow(row, line, piece, &cache, &event)) {
      batch->events.push_back(event);
      continue;
    }
    std::string why = ParseRow(row, line, piece, &cache, &event);
    if (why.empty()) {
      batch->events.push_back(event);
      continue;
    }
    ++batch->bad_row_count;
    if (batch->bad_rows.size() < kBadRowsOfPiece)
      batch->bad_rows.push_back({.file = path_, .line = line, .why = std::move(why)});
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventSource>> OpenTrace(const std::string& path,
                                                       const TraceOptions& options,
                                                       const Population* population, Names* names) {
  auto source = std::make_unique<TraceSource>(path, options, population, names);
  OCS_RETURN_IF_ERROR(source->Open());
  return source;
}

}  // namespace ocs::simulation
