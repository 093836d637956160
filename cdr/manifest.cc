#include "cdr/manifest.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cdr/internal/sha256.h"
#include "cdr/internal/text.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

constexpr size_t kDigestsPerLine = 12;
constexpr size_t kHashDigits = 64;

std::string_view CompressionName(Compression compression) {
  return compression == Compression::kGzip ? "gzip" : "none";
}

// Reads lines one after another. The first that does not fit is remembered; after it nothing is
// read.
class LineReader final {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  bool ok() const { return what_.empty(); }
  absl::Status status() const {
    if (ok()) return absl::OkStatus();
    return absl::DataLossError(Cat("line ", number_, ": ", what_));
  }
  void Fail(std::string_view what) {
    if (ok()) what_ = what;
  }

  bool NextIs(std::string_view key) const {
    return rest_.size() > key.size() && rest_.starts_with(key) && rest_[key.size()] == ' ';
  }
  // What stands behind the key of the next line.
  std::string_view Take(std::string_view key) {
    if (!ok()) return {};
    ++number_;
    const size_t end = rest_.find('\n');
    if (!NextIs(key) || end == std::string_view::npos) {
      Fail(Cat("expected '", key, "'"));
      return {};
    }
    const std::string_view value = rest_.substr(key.size() + 1, end - key.size() - 1);
    rest_.remove_prefix(end + 1);
    return value;
  }
  uint64_t TakeNumber(std::string_view key) { return Number(Take(key)); }
  Instant TakeTime(std::string_view key) {
    const auto at = ParseInstant(Take(key));
    if (!at.ok()) Fail("expected a time");
    return at.ok() ? *at : Instant();
  }
  std::string TakeHash(std::string_view key) {
    const std::string_view value = Take(key);
    if (value.size() != kHashDigits) Fail("expected a SHA-256 of 64 digits");
    return std::string(value);
  }
  uint64_t Number(std::string_view text) {
    uint64_t number = 0;
    if (!ok()) return 0;
    if (!absl::SimpleAtoi(ToAbsl(text), &number)) Fail("expected a number");
    return number;
  }
  template <typename T>
  T Known(std::optional<T> value) {
    if (!value) Fail("a value that is not known to this release");
    return value.value_or(T());
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  int number_ = 0;
  std::string what_;
};

// The words of a line, between single spaces.
std::vector<std::string_view> SplitAtSpaces(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

void ReadShards(LineReader& in, Manifest* manifest) {
  while (in.ok() && in.NextIs("shard")) {
    const auto words = SplitAtSpaces(in.Take("shard"));
    if (words.size() != 6) return in.Fail("expected a shard, its sequence and its records");
    const ShardId shard = {static_cast<uint16_t>(in.Number(words[0]))};
    manifest->shards[shard] = {.first_sequence = in.Number(words[2]),
                               .last_sequence = in.Number(words[3]),
                               .records = in.Number(words[5])};
  }
  while (in.ok() && in.NextIs("cursor")) {
    const auto words = SplitAtSpaces(in.Take("cursor"));
    const auto id = ParseRecordId(words.back());
    if (words.size() != 3 || !id.ok()) return in.Fail("expected a sequence and a record");
    manifest->cursors[id->shard] = {.sequence = in.Number(words[1]), .position = id->position};
  }
}

void ReadDigests(LineReader& in, Manifest* manifest) {
  const uint64_t count = in.TakeNumber("digests");
  if (count > kFileRecordsMax || count != manifest->records)
    return in.Fail("not as many digests as records");
  manifest->digests.reserve(count);
  while (in.ok() && manifest->digests.size() < count) {
    for (const std::string_view word : SplitAtSpaces(in.Take("d"))) {
      uint32_t digest = 0;
      if (!absl::SimpleHexAtoi(ToAbsl(word), &digest)) return in.Fail("expected digests");
      manifest->digests.push_back(digest);
    }
  }
}

}  // namespace

std::vector<std::string> SumLines(const ControlTotals& totals) {
  std::vector<std::string> lines;
  for (const auto& [key, sum] : totals.sums()) {
    lines.push_back(Cat(RecordTypeName(key.type), " ",
                        key.charge_code.empty() ? "-" : absl::CEscape(key.charge_code), " ",
                        key.unit.is_money() ? FormatMicros(sum) : Cat(sum), " ",
                        key.unit.empty() ? "-" : key.unit.code()));
  }
  for (const auto& [key, sum] : totals.costs()) {
    lines.push_back(Cat(kCostSum, key.second.empty() ? "-" : absl::CEscape(key.second), " ",
                        key.first.is_money() ? FormatMicros(sum) : Cat(sum), " ",
                        key.first.empty() ? "-" : key.first.code()));
  }
  return lines;
}

std::string FormatManifest(const Manifest& manifest) {
  std::string out;
  AppendTo(&out, "format ", kManifestFormat, "\nfile ", manifest.file, "\nnode ", manifest.node_id,
           "\nsequence ", manifest.sequence, "\nencoding ", FileFormatName(manifest.format),
           "\ncompression ", CompressionName(manifest.compression), "\nbytes ", manifest.size_bytes,
           "\nsha256 ", manifest.sha256, "\nprevious ", manifest.previous);
  AppendTo(&out, "\nclosure ", FileClosureName(manifest.closure), "\nopened_at ",
           FormatInstant(manifest.opened_at, absl::UTCTimeZone()), "\nclosed_at ",
           FormatInstant(manifest.closed_at, absl::UTCTimeZone()), "\nrecords ", manifest.records,
           "\nlines ", manifest.lines, "\n");
  for (const auto& [shard, range] : manifest.shards) {
    AppendTo(&out, "shard ", shard.value, " sequence ", range.first_sequence, " ",
             range.last_sequence, " records ", range.records, "\n");
  }
  for (const auto& [shard, cursor] : manifest.cursors) {
    AppendTo(&out, "cursor sequence ", cursor.sequence, " ",
             FormatRecordId({.shard = shard, .position = cursor.position}), "\n");
  }
  for (const std::string& sum : manifest.sums) AppendTo(&out, "sum ", sum, "\n");
  AppendTo(&out, "digests ", manifest.digests.size());
  for (size_t i = 0; i < manifest.digests.size(); ++i) {
    out.append(i % kDigestsPerLine == 0 ? "\nd " : " ");
    absl::StrAppend(&out, absl::Hex(manifest.digests[i], absl::kZeroPad8));
  }
  out.push_back('\n');
  const std::string hash = internal::Sha256Hex(out);
  AppendTo(&out, "end ", hash, "\n");
  return out;
}

absl::StatusOr<Manifest> ParseManifest(std::string_view text) {
  LineReader in(text);
  Manifest manifest;
  if (in.Take("format") != kManifestFormat) in.Fail(Cat("expected ", kManifestFormat));
  manifest.file = std::string(in.Take("file"));
  manifest.node_id = std::string(in.Take("node"));
  manifest.sequence = static_cast<uint32_t>(in.TakeNumber("sequence"));
  manifest.format = in.Known(ParseFileFormat(in.Take("encoding")));
  manifest.compression = in.Take("compression") == "gzip" ? Compression::kGzip : Compression::kNone;
  manifest.size_bytes = in.TakeNumber("bytes");
  manifest.sha256 = in.TakeHash("sha256");
  manifest.previous = in.TakeHash("previous");
  manifest.closure = in.Known(ParseFileClosure(in.Take("closure")));
  manifest.opened_at = in.TakeTime("opened_at");
  manifest.closed_at = in.TakeTime("closed_at");
  manifest.records = in.TakeNumber("records");
  manifest.lines = in.TakeNumber("lines");
  ReadShards(in, &manifest);
  while (in.ok() && in.NextIs("sum")) manifest.sums.emplace_back(in.Take("sum"));
  ReadDigests(in, &manifest);
  in.TakeHash("end");
  OCS_RETURN_IF_ERROR(in.status());
  if (!in.rest().empty()) return absl::DataLossError("something stands behind its end");
  // Written again, it must be the same: its own hash at the end included.
  if (FormatManifest(manifest) != text)
    return absl::DataLossError("its content is not what its own hash says");
  return manifest;
}

std::string ManifestHash(std::string_view text) { return internal::Sha256Hex(text); }

std::string SeriesFileName(std::string_view node_id, uint32_t sequence, Instant opened_at,
                           const FileOptions& options) {
  const absl::Time time = opened_at.ToTime();
  const int offset_minutes = options.zone.At(time).offset / 60;
  const absl::TimeZone fixed = absl::FixedTimeZone(offset_minutes * 60);
  const absl::CivilMinute at = absl::ToCivilMinute(time, fixed);
  const int absolute = std::abs(offset_minutes);
  return Cat(node_id, "_-_",
             absl::StrFormat("%07u.%04d%02d%02d_-_%02d%02d%c%02d%02d", sequence, at.year(),
                             at.month(), at.day(), at.hour(), at.minute(),
                             offset_minutes < 0 ? '-' : '+', absolute / 60, absolute % 60),
             FileFormatSuffix(options.format),
             options.compression == Compression::kGzip ? ".gz" : "");
}

}  // namespace ocs::cdr
