#include "cdr/internal/bill_manifest.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "cdr/internal/sha256.h"
#include "cdr/internal/text.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr std::string_view kManifestFormat = "ocs-bill-manifest-1";

void AppendCursors(std::string_view name, const BillManifest::Cursors& cursors, std::string* out) {
  for (const auto& [shard, cursor] : cursors) {
    AppendTo(out, name, " ", shard.value, " ", cursor.sequence, " ", cursor.position.group, " ",
             cursor.position.index, "\n");
  }
}

using Words = std::vector<std::string>;

template <typename Number>
bool ReadNumber(const Words& words, size_t at, Number* out) {
  return at < words.size() && absl::SimpleAtoi(words[at], out);
}

bool ReadCursor(const Words& words, BillManifest::Cursors* out) {
  uint32_t shard = 0;
  Manifest::Cursor cursor;
  if (words.size() != 5 || !ReadNumber(words, 1, &shard) || shard > UINT16_MAX) return false;
  if (!ReadNumber(words, 2, &cursor.sequence) || !ReadNumber(words, 3, &cursor.position.group) ||
      !ReadNumber(words, 4, &cursor.position.index)) {
    return false;
  }
  return out->emplace(ShardId{static_cast<uint16_t>(shard)}, cursor).second;
}

bool ReadSum(const Words& words, BillManifest* out) {
  if (words.size() != 6) return false;
  const auto unit = Unit::Parse(words[1]);
  if (!unit.ok()) return false;
  BillRunSum& sum = out->sums[*unit];
  return ReadNumber(words, 2, &sum.total_micros) && ReadNumber(words, 3, &sum.carried_in_micros) &&
         ReadNumber(words, 4, &sum.payable_fen) && ReadNumber(words, 5, &sum.carried_out_micros);
}

bool ReadOpen(const Words& words, BillManifest* out) {
  if (words.size() != 4) return false;
  const auto unit = Unit::Parse(words[1]);
  if (!unit.ok()) return false;
  BillRunSum& sum = out->sums[*unit];
  return ReadNumber(words, 2, &sum.open_in_micros) && ReadNumber(words, 3, &sum.open_out_micros);
}

bool ReadFile(const Words& words, BillManifest* out) {
  BillManifest::File file;
  if (words.size() != 4 || !ReadNumber(words, 2, &file.size_bytes)) return false;
  file.name = words[1];
  file.sha256 = words[3];
  out->files.push_back(std::move(file));
  return true;
}

bool ReadLine(const Words& words, BillManifest* out) {
  const std::string& name = words[0];
  if (name == "start") return ReadCursor(words, &out->start);
  if (name == "end") return ReadCursor(words, &out->end);
  if (name == "sum") return ReadSum(words, out);
  if (name == "open") return ReadOpen(words, out);
  if (name == "file") return ReadFile(words, out);
  if (words.size() != 2) return false;
  if (name == "cycle") out->cycle = words[1];
  if (name == "previous") out->previous = words[1];
  if (name == "kind") out->kind = words[1] == "final" ? BillRunKind::kFinal : BillRunKind::kDraft;
  if (name == "from") return ReadNumber(words, 1, &out->from.unix_ms);
  if (name == "until") return ReadNumber(words, 1, &out->until.unix_ms);
  if (name == "by_billing_day") out->by_billing_day = words[1] == "1";
  if (name == "minimum_fen") return ReadNumber(words, 1, &out->minimum_fen);
  if (name == "first_number") return ReadNumber(words, 1, &out->first_number);
  if (name == "bills") return ReadNumber(words, 1, &out->bills);
  if (name == "records") return ReadNumber(words, 1, &out->records);
  return true;
}

}  // namespace

std::string FormatBillManifest(const BillManifest& manifest) {
  std::string out =
      Cat("format ", kManifestFormat, "\ncycle ", manifest.cycle, "\nfrom ", manifest.from.unix_ms,
          "\nuntil ", manifest.until.unix_ms, "\nkind ",
          manifest.kind == BillRunKind::kFinal ? "final" : "draft", "\nminimum_fen ",
          manifest.minimum_fen, "\nprevious ", manifest.previous, "\nfirst_number ",
          manifest.first_number, "\nbills ", manifest.bills, "\nrecords ", manifest.records, "\n");
  if (manifest.by_billing_day) out.append("by_billing_day 1\n");
  AppendCursors("start", manifest.start, &out);
  AppendCursors("end", manifest.end, &out);
  for (const auto& [unit, sum] : manifest.sums) {
    AppendTo(&out, "sum ", unit.code(), " ", sum.total_micros, " ", sum.carried_in_micros, " ",
             sum.payable_fen, " ", sum.carried_out_micros, "\n");
    if (sum.open_in_micros == 0 && sum.open_out_micros == 0) continue;
    AppendTo(&out, "open ", unit.code(), " ", sum.open_in_micros, " ", sum.open_out_micros, "\n");
  }
  for (const BillManifest::File& file : manifest.files)
    AppendTo(&out, "file ", file.name, " ", file.size_bytes, " ", file.sha256, "\n");
  AppendTo(&out, "self ", Sha256Hex(out), "\n");
  return out;
}

absl::StatusOr<BillManifest> ParseBillManifest(std::string_view text) {
  BillManifest manifest;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n', absl::SkipEmpty())) {
    const Words words = absl::StrSplit(line, ' ');
    if (!ReadLine(words, &manifest)) {
      return absl::DataLossError(Cat("manifest of bills: cannot be read at '",
                                     FromAbsl(line).substr(0, 80), "'; restore it from a copy"));
    }
  }
  // Whatever was left out, added or changed shows here, the hash included.
  if (FormatBillManifest(manifest) == text) return manifest;
  return absl::DataLossError("manifest of bills: is not as it was written; restore it from a copy");
}

}  // namespace ocs::cdr::internal
