// Reads traces: rows of time, conversation, model and tokens.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
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

// Digits at the begin of a text, eight at a time.
struct Digits {
  int64_t number = 0;
  size_t count = 0;
};
constexpr size_t kWordBytes = 8;
static_assert(std::endian::native == std::endian::little);
constexpr std::array<int64_t, kWordBytes + 1> kPowersOfTen = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

// REQUIRES: eight bytes may be read.
inline Digits ReadDigits(const char* at) {
  constexpr uint64_t kLow = 0x7f7f7f7f7f7f7f7fULL;
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  word ^= 0x3030303030303030ULL;  // Digits are now 0 to 9.
  // The top bit of each byte that is above 9.
  const uint64_t others = (((word & kLow) + 0x7676767676767676ULL) | word) & ~kLow;
  if ((others & 0xff) != 0) return {};
  const auto count = others == 0 ? kWordBytes : static_cast<size_t>(std::countr_zero(others)) / 8;
  word <<= (kWordBytes - count) * 8;  // Zeros before the first digit.
  // Pairs of digits, then of pairs, then of those.
  word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ffULL;
  word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffffULL;
  word = (word * 10'000 + (word >> 32)) & 0x00000000ffffffffULL;
  return {.number = static_cast<int64_t>(word), .count = count};
}

// Up to 15 digits; a count of 16 where there are more. REQUIRES: 16 bytes may be read.
inline Digits ReadLongDigits(const char* at) {
  const Digits first = ReadDigits(at);
  if (first.count < kWordBytes) return first;
  const Digits rest = ReadDigits(at + kWordBytes);
  return {.number = first.number * kPowersOfTen[rest.count] + rest.number,
          .count = kWordBytes + rest.count};
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
  // A piece on its way to a batch. The last events of the batch wait for their account and model,
  // while what tells those is brought into the processor's cache.
  struct Parsing {
    const Piece& piece;
    EventBatch* batch;
    internal::Dealer::Cache cache = {};
    struct Undealt {
      uint64_t conversation;
      std::string_view model;
      int64_t line;
    };
    std::array<Undealt, 16> undealt = {};
    size_t undealt_count = 0;
  };
  void AddEvent(const Row& row, int64_t line, Parsing* parsing) const;
  void DealEvents(Parsing* parsing) const;
  void AddBadRow(int64_t line, std::string why, EventBatch* batch) const;
  // The usual row, fast: at its end it moves `from` behind it. False: ask ParseRow.
  bool ParsePlainRow(const char** from, const char* end, int64_t line, Parsing* parsing) const;
  // "" when the row is an event.
  std::string ParseRow(std::string_view row, int64_t line, Parsing* parsing) const;

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

std::string TraceSource::ParseRow(std::string_view row, int64_t line, Parsing* parsing) const {
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
  AddEvent(numbers, line, parsing);
  return "";
}

void TraceSource::AddEvent(const Row& row, int64_t line, Parsing* parsing) const {
  const int64_t ms = row.at + parsing->piece.offset_ms;
  const int64_t stretched =
      options_.stretch_permille == 1'000 ? ms : ms * options_.stretch_permille / 1'000;
  const uint64_t pass = parsing->piece.pass;
  const uint64_t conversation = row.session.empty()
                                    ? internal::Mix(salt_ + static_cast<uint64_t>(line), pass)
                                    : StableHash64(row.session, pass);
  dealer_.Fetch(conversation);
  Event& event = parsing->batch->events.emplace_back();
  event.at = options_.begins.PlusMillis(stretched);
  event.tokens = {static_cast<uint32_t>(row.input - row.cached),
                  static_cast<uint32_t>(row.cached),
                  0,
                  0,
                  static_cast<uint32_t>(row.output),
                  0};
  parsing->undealt[parsing->undealt_count++] = {conversation, row.model, line};
  if (parsing->undealt_count == parsing->undealt.size()) DealEvents(parsing);
}

void TraceSource::DealEvents(Parsing* parsing) const {
  std::vector<Event>& events = parsing->batch->events;
  size_t kept = events.size() - parsing->undealt_count;
  for (size_t i = 0; i < parsing->undealt_count; ++i) {
    const Parsing::Undealt& undealt = parsing->undealt[i];
    Event& event = events[events.size() - parsing->undealt_count + i];
    if (!dealer_.Deal(undealt.conversation, undealt.model, &parsing->cache, &event)) {
      AddBadRow(undealt.line,
                Cat("model: there are more than ", Names::kNamesMax, " different ones"),
                parsing->batch);
      continue;
    }
    if (&events[kept] != &event) events[kept] = event;
    ++kept;
  }
  events.resize(kept);
  parsing->undealt_count = 0;
}

void TraceSource::AddBadRow(int64_t line, std::string why, EventBatch* batch) const {
  ++batch->bad_row_count;
  if (batch->bad_rows.size() < kBadRowsOfPiece)
    batch->bad_rows.push_back({.file = path_, .line = line, .why = std::move(why)});
}

// One walk over the row. What is not plain digits where digits are to be is ParseRow's to tell, and
// so is what stands close to the end.
bool TraceSource::ParsePlainRow(const char** from, const char* end, int64_t line,
                                Parsing* parsing) const {
  std::array<int64_t, kTraceColumnCount> numbers = {};
  std::array<std::string_view, kTraceColumnCount> texts = {};
  const char* at = *from;
  for (size_t field = 0; field < roles_.size(); ++field) {
    if (field > 0 && *at++ != ',') return false;
    const uint8_t role = roles_[field];
    if (role == kSessionColumn || role == kModelColumn || role == kTraceColumnCount) {
      const char* begin = at;
      while (at != end && *at != ',' && *at != '\n') ++at;
      if (role != kTraceColumnCount) texts[role] = {begin, static_cast<size_t>(at - begin)};
      if (at == end) return false;
    } else {
      if (end - at <= static_cast<ptrdiff_t>(2 * kWordBytes)) return false;
      const Digits digits = ReadLongDigits(at);
      if (digits.count == 2 * kWordBytes || (digits.count == 0 && role != kCachedColumn))
        return false;
      numbers[role] = digits.number;
      at += digits.count;
    }
  }
  if (*at == ',')
    at = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
  if (at == nullptr || *at != '\n') return false;
  const Row row{.at = numbers[kTimeColumn],
                .input = numbers[kInputColumn],
                .cached = numbers[kCachedColumn],
                .output = numbers[kOutputColumn],
                .session = texts[kSessionColumn],
                .model = texts[kModelColumn]};
  if (row.at > kTimestampMax || row.input > kEventTokensMax || row.output > kEventTokensMax)
    return false;
  if (row.cached > row.input || (row.input == 0 && row.output == 0)) return false;
  *from = at + 1;
  AddEvent(row, line, parsing);
  return true;
}

void TraceSource::Parse(const Piece& piece, EventBatch* batch) const {
  Parsing parsing{.piece = piece, .batch = batch};
  const char* at = piece.bytes.data();
  const char* const end = at + piece.bytes.size();
  batch->events.reserve(batch->events.size() + piece.bytes.size() / 20);
  for (int64_t line = piece.first_line; at != end; ++line) {
    if (ParsePlainRow(&at, end, line, &parsing)) {
      ++batch->lines;
      continue;
    }
    const void* newline = std::memchr(at, '\n', static_cast<size_t>(end - at));
    const char* const row_end = newline == nullptr ? end : static_cast<const char*>(newline);
    std::string_view row(at, static_cast<size_t>(row_end - at));
    at = newline == nullptr ? end : row_end + 1;
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (row.empty()) continue;
    ++batch->lines;
    std::string why = ParseRow(row, line, &parsing);
    if (why.empty()) continue;
    DealEvents(&parsing);  // Rows before this one are told before it.
    AddBadRow(line, std::move(why), batch);
  }
  DealEvents(&parsing);
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
