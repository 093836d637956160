#include "cdr/internal/check_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "cdr/ber.h"
#include "cdr/csv.h"
#include "cdr/file_32297.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/gzip.h"
#include "cdr/internal/sha256.h"
#include "cdr/internal/split_records.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr size_t kFaultsMax = 1'000;
constexpr std::string_view kFetchAgain =
    "do not load the file: fetch it again from where it was written";

std::string PlaceText(const RecordPiece& piece) {
  if (!piece.readable) return Cat("a record that cannot be read, at byte ", piece.offset);
  return Cat("record ", FormatRecordId(piece.id), " (sequence ", piece.local_sequence,
             "), at byte ", piece.offset);
}

using Counts = absl::flat_hash_map<uint32_t, int64_t>;

// Walks the digests of the manifest and those of the file side by side and names each difference.
// Digests have 32 bits: two records may share one, which at worst makes a message name the
// neighbour. The proof is the SHA-256 of the whole file.
class Comparison final {
 public:
  Comparison(const Manifest& manifest, const SplitFile& split)
      : manifest_(manifest), split_(split) {
    for (const uint32_t digest : manifest.digests) ++expected_left_[digest];
    for (const RecordPiece& piece : split.pieces) {
      digests_.push_back(RecordDigest(piece.bytes));
      ++actual_left_[digests_.back()];
    }
  }

  std::vector<Fault> Run() {
    while (faults_.size() < kFaultsMax) {
      SkipFound();
      if (expected_ == manifest_.digests.size() && actual_ == digests_.size()) break;
      Step();
    }
    return std::move(faults_);
  }

 private:
  void Step() {
    if (expected_ == manifest_.digests.size()) return Surplus();
    if (actual_ == digests_.size()) {
      // What cannot be followed to its end is one fault, not each record behind it.
      if (split_.status.ok()) return Missing();
      expected_ = manifest_.digests.size();
      return;
    }
    const uint32_t wanted = manifest_.digests[expected_];
    const uint32_t found = digests_[actual_];
    if (wanted == found) {
      TakeExpected();
      TakeActual();
      return;
    }
    const bool wanted_comes = actual_left_[wanted] > 0;
    const bool found_is_wanted = expected_left_[found] > 0;
    if (!found_is_wanted && seen_.contains(found)) return Surplus();
    if (wanted_comes && found_is_wanted) return Reordered();
    if (found_is_wanted) return Missing();
    if (wanted_comes) return Surplus();
    Altered();
  }

  void TakeExpected() { --expected_left_[manifest_.digests[expected_++]]; }
  void TakeActual() {
    const uint32_t digest = digests_[actual_++];
    --actual_left_[digest];
    seen_[digest] = actual_ - 1;
  }

  void Missing() {
    const std::string behind =
        actual_ == 0 ? "at its beginning" : Cat("behind ", PlaceText(split_.pieces[actual_ - 1]));
    Add(FaultKind::kRecordMissing, behind,
        Cat("record ", expected_ + 1, " of ", manifest_.records, " is not there"));
    TakeExpected();
  }
  // A record too many: a copy of one before it, or one that was never written.
  void Surplus() {
    const auto original = seen_.find(digests_[actual_]);
    if (original != seen_.end()) {
      Add(FaultKind::kRecordDoubled, PlaceText(split_.pieces[actual_]),
          Cat("stands at byte ", split_.pieces[original->second].offset, " already"));
    } else {
      Add(FaultKind::kRecordAltered, PlaceText(split_.pieces[actual_]),
          "was not in the file when it was written");
    }
    TakeActual();
  }
  void Altered() {
    Add(FaultKind::kRecordAltered, PlaceText(split_.pieces[actual_]),
        Cat("is not record ", expected_ + 1, " as it was written"));
    TakeExpected();
    TakeActual();
  }
  // Both records are there, further on: told once, for the record that came too early. It counts as
  // found, so that what was pushed behind it is no fault of its own.
  void Reordered() {
    Add(FaultKind::kRecordReordered, PlaceText(split_.pieces[actual_]),
        Cat("stands where record ", expected_ + 1, " stood"));
    const uint32_t early = digests_[actual_];
    --expected_left_[early];
    ++skip_[early];
    TakeActual();
  }
  // Moves over records that were found before their turn.
  void SkipFound() {
    while (expected_ < manifest_.digests.size()) {
      const auto at = skip_.find(manifest_.digests[expected_]);
      if (at == skip_.end() || at->second == 0) return;
      --at->second;
      ++expected_;
    }
  }

  void Add(FaultKind kind, const std::string& where, std::string what) {
    faults_.push_back(
        {kind, Cat(manifest_.file, ": ", where), std::move(what), std::string(kFetchAgain)});
  }

  const Manifest& manifest_;
  const SplitFile& split_;
  std::vector<uint32_t> digests_;  // Of the file.
  Counts expected_left_;           // Not yet passed, in the manifest and in the file.
  Counts actual_left_;
  Counts skip_;
  absl::flat_hash_map<uint32_t, size_t> seen_;  // Where a digest was last passed in the file.
  size_t expected_ = 0;
  size_t actual_ = 0;
  std::vector<Fault> faults_;
};

// What the records add up to, where the format tells every amount.
absl::StatusOr<ControlTotals> TotalsOf(FileFormat format, std::string_view bytes) {
  if (format == FileFormat::kCsv) return ParseCsv(bytes);
  ControlTotals totals;
  OCS_ASSIGN_OR_RETURN(FileReader32297 reader, FileReader32297::Open(bytes));
  while (true) {
    OCS_ASSIGN_OR_RETURN(const auto item, reader.Next());
    if (!item.has_value()) return totals;
    OCS_ASSIGN_OR_RETURN(const BerRecord record, DecodeBerRecord(item->record));
    OCS_RETURN_IF_ERROR(totals.Add(record.id, record.record));
  }
}

void CheckSums(const Manifest& manifest, std::string_view bytes, std::vector<Fault>* faults) {
  const auto totals = TotalsOf(manifest.format, bytes);
  const auto differs = [&](std::string what) {
    faults->push_back(
        {FaultKind::kFileAltered, manifest.file, std::move(what), std::string(kFetchAgain)});
  };
  if (!totals.ok()) return differs(std::string(FromAbsl(totals.status().message())));
  if (totals->record_count() != manifest.records || totals->line_count() != manifest.lines)
    return differs("does not have as many records and lines as its manifest says");
  std::vector<std::string> sums = SumLines(*totals);
  const auto is_cost = [](const std::string& line) { return line.rfind(kCostSum, 0) == 0; };
  // A file of an earlier release: its manifest tells no costs.
  if (std::none_of(manifest.sums.begin(), manifest.sums.end(), is_cost))
    std::erase_if(sums, is_cost);
  if (sums != manifest.sums) return differs("does not add up to the sums of its manifest");
}

void CheckHeader(const Manifest& manifest, std::string_view bytes, std::vector<Fault>* faults) {
  const auto reader = FileReader32297::Open(bytes);
  if (!reader.ok()) return;  // Told by the split.
  if (reader->header().sequence == manifest.sequence &&
      reader->header().record_count == manifest.records &&
      reader->header().closure == manifest.closure) {
    return;
  }
  faults->push_back({FaultKind::kFileAltered, manifest.file,
                     "its header has another sequence number, count or closing reason than its "
                     "manifest",
                     std::string(kFetchAgain)});
}

}  // namespace

std::vector<Fault> CheckFile(const Manifest& manifest, std::string_view bytes) {
  std::vector<Fault> faults;
  const auto altered = [&](std::string what) {
    faults.push_back(
        {FaultKind::kFileAltered, manifest.file, std::move(what), std::string(kFetchAgain)});
  };
  const bool same = Sha256Hex(bytes) == manifest.sha256;
  std::string unpacked;
  std::string_view content = bytes;
  if (manifest.compression == Compression::kGzip) {
    auto result = Gunzip(bytes, kFileBytesMax);
    if (!result.ok()) {
      altered(Cat("cannot be unpacked: ", FromAbsl(result.status().message())));
      return faults;
    }
    unpacked = *std::move(result);
    content = unpacked;
  }
  const SplitFile split = SplitRecords(manifest.format, content);
  faults = Comparison(manifest, split).Run();
  if (!split.status.ok()) altered(std::string(FromAbsl(split.status.message())));
  if (!same && faults.empty()) {
    altered(
        Cat("its SHA-256 is not that of its manifest, though its records are: something "
            "before, between or behind them differs; it has ",
            bytes.size(), " bytes, ", manifest.size_bytes, " were written"));
  }
  if (!faults.empty()) return faults;
  if (manifest.format == FileFormat::kBer) CheckHeader(manifest, content, &faults);
  if (manifest.format == FileFormat::kBer || manifest.format == FileFormat::kCsv)
    CheckSums(manifest, content, &faults);
  return faults;
}

}  // namespace ocs::cdr::internal
