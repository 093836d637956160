#include "cdr/bill_run.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "cdr/bill.h"
#include "cdr/internal/bill_files.h"
#include "cdr/internal/bill_fold.h"
#include "cdr/internal/bill_manifest.h"
#include "cdr/internal/bill_spool.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/open_records.h"
#include "cdr/internal/sha256.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::BillManifest;

constexpr std::string_view kLockName = ".ocs-bill-lock";
constexpr uint64_t kManifestBytesMost = 16 << 20;
constexpr size_t kDifferencesMax = 20;
// Each holds a range's sums: beyond it writing the files is what takes the time.
constexpr size_t kThreadsMax = 16;

bool IsCycleName(std::string_view name) {
  if (name.empty() || name.size() > 32 || name.front() == '-') return false;
  for (const char c : name) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

absl::Status CheckOptions(const BillRunOptions& options) {
  if (!IsCycleName(options.cycle)) {
    return absl::InvalidArgumentError(
        Cat("'", options.cycle, "' is no name of a cycle: 1 to 32 of a-z, 0-9 and '-'"));
  }
  if (options.from >= options.until)
    return absl::InvalidArgumentError("a cycle ends after it begins");
  if (options.minimum_fen < 0)
    return absl::InvalidArgumentError("the least that is asked for is below 0");
  return absl::OkStatus();
}

absl::Status RemoveFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(Cat(path, ": cannot be removed: ", error.message()));
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directory(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(Cat(path, ": cannot be made: ", error.message()));
}

struct LoadedManifest {
  BillManifest manifest;
  std::string hash;
};

absl::StatusOr<LoadedManifest> LoadManifest(const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string text, internal::ReadWhole(path, kManifestBytesMost));
  auto manifest = internal::ParseBillManifest(text);
  if (!manifest.ok()) return Annotate(manifest.status(), path);
  return LoadedManifest{*std::move(manifest), internal::Sha256Hex(text)};
}

// Where two files first differ: their line, or nothing when they are equal.
std::optional<uint64_t> FirstDifference(const std::string& a, const std::string& b) {
  std::ifstream left(a, std::ios::binary);
  std::ifstream right(b, std::ios::binary);
  std::string one;
  std::string other;
  for (uint64_t line = 1;; ++line) {
    const bool more = static_cast<bool>(std::getline(left, one));
    if (more != static_cast<bool>(std::getline(right, other))) return line;
    if (!more) return std::nullopt;
    if (one != other) return line;
  }
}

bool AddSum(int64_t* sum, int64_t value) {
  const auto added = AddExact(*sum, value);
  if (added) *sum = *added;
  return added.has_value();
}

}  // namespace

struct BillRun::State {
  State(std::string_view where, BillRunOptions wanted, internal::Descriptor held)
      : folder(where), options(std::move(wanted)), lock(std::move(held)), spool(folder) {}

  std::string Path(std::string_view name) const { return Cat(folder, "/", name); }
  std::string WorkFolder() const { return Path(Cat(".", options.cycle, ".part")); }
  absl::Status Load();
  absl::Status LoadLast();
  absl::Status LoadPresent();
  absl::Status CheckPlace(const RecordId& id, const Record& record);
  absl::Status LoadOpen();
  internal::FoldTerms Terms() const;
  absl::Status KeepOpen(size_t range, const internal::FoldTerms& terms,
                        const internal::FoldedRange& folded);
  absl::Status FoldAll(internal::CarriedReader& carried, internal::BillFiles& out);
  absl::Status Emit(const Bill& bill, internal::BillFiles& out);
  absl::Status AddToSums(const Bill& bill);
  absl::StatusOr<BillRunResult> Seal(internal::BillFiles& out);
  absl::Status NameIt();
  absl::StatusOr<BillRunResult> Compare();

  std::string folder;
  BillRunOptions options;
  internal::Descriptor lock;
  std::optional<LoadedManifest> last;     // The last final cycle before this one.
  std::optional<LoadedManifest> present;  // This one, when it is final already.
  BillManifest made;                      // Of this run.
  absl::btree_map<ShardId, Manifest::Cursor> seen;
  absl::btree_map<ShardId, RecordId> beyond;  // The first record of the next cycle.
  internal::BillSpool spool;
  bool had_open = false;                             // Records were kept by the run before.
  std::unique_ptr<internal::OpenRecords> kept_open;  // Those kept by this one; null: it keeps none.
};

BillRun::BillRun(std::unique_ptr<State> state) : state_(std::move(state)) {}
BillRun::~BillRun() = default;

absl::StatusOr<std::unique_ptr<BillRun>> BillRun::Open(std::string_view folder,
                                                       const BillRunOptions& options) {
  OCS_RETURN_IF_ERROR(CheckOptions(options));
  OCS_ASSIGN_OR_RETURN(internal::Descriptor lock,
                       internal::OpenTemporary(Cat(folder, "/", kLockName)));
  auto state = std::make_unique<State>(folder, options, std::move(lock));
  OCS_RETURN_IF_ERROR(state->Load());
  return std::unique_ptr<BillRun>(new BillRun(std::move(state)));
}

absl::Status BillRun::State::Load() {
  OCS_RETURN_IF_ERROR(RemoveFolder(WorkFolder()));
  OCS_RETURN_IF_ERROR(LoadPresent());
  if (!present) OCS_RETURN_IF_ERROR(LoadLast());
  made.cycle = options.cycle;
  made.from = options.from;
  made.until = options.until;
  made.kind = options.kind;
  made.minimum_fen = options.minimum_fen;
  made.by_billing_day = options.by_billing_day;
  made.previous = std::string(kNoPrevious);
  if (last) {
    made.previous = last->hash;
    made.first_number = last->manifest.first_number + last->manifest.bills;
    made.start = last->manifest.end;
  }
  if (present) {
    made.kind = BillRunKind::kFinal;
    made.minimum_fen = present->manifest.minimum_fen;
    made.by_billing_day = present->manifest.by_billing_day;
    made.previous = present->manifest.previous;
    made.first_number = present->manifest.first_number;
    made.start = present->manifest.start;
  }
  seen = made.start;
  return LoadOpen();
}

// The records that the cycle before kept come first.
absl::Status BillRun::State::LoadOpen() {
  if (!last) return absl::OkStatus();
  for (const auto& [unit, sum] : last->manifest.sums) {
    if (sum.open_out_micros != 0) made.sums[unit].open_in_micros = sum.open_out_micros;
  }
  for (const BillManifest::File& file : last->manifest.files) {
    if (file.name != internal::kOpenName) continue;
    had_open = true;
    return internal::ReadOpenRecords(
        Cat(Path(last->manifest.cycle), "/", file.name), file,
        [this](const RecordId& id, const Record& record) { return spool.Add(id, record); });
  }
  return absl::OkStatus();
}

// The cycle itself, when it is final. A run that was killed between giving it its name and noting
// it in the state has its last step done here.
absl::Status BillRun::State::LoadPresent() {
  const std::string path = Path(options.cycle);
  if (!internal::Exists(path)) return absl::OkStatus();
  OCS_ASSIGN_OR_RETURN(present, LoadManifest(Cat(path, "/", kBillManifestName)));
  if (present->manifest.from != options.from || present->manifest.until != options.until) {
    return absl::InvalidArgumentError(
        Cat(path, ": is final from ", FormatInstant(present->manifest.from, options.zone),
            " until ", FormatInstant(present->manifest.until, options.zone),
            ": another time was asked for (was it made with another --zone?)"));
  }
  // What it begins with stands in the cycle before, whose carried amounts are read again.
  if (present->manifest.previous == kNoPrevious) return NameIt();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string manifest = Cat(entry.path().string(), "/", kBillManifestName);
    if (!internal::Exists(manifest)) continue;
    OCS_ASSIGN_OR_RETURN(const LoadedManifest other, LoadManifest(manifest));
    if (other.hash == present->manifest.previous) last = other;
  }
  if (last) return NameIt();
  return absl::DataLossError(Cat(path,
                                 ": the cycle before it is not in the folder any more; put "
                                 "it back, its carried amounts are needed"));
}

// Notes the newest final cycle in the state.
absl::Status BillRun::State::NameIt() {
  const std::string path = Path(kBillStateName);
  OCS_ASSIGN_OR_RETURN(
      const std::string text,
      internal::ReadWhole(Cat(Path(options.cycle), "/", kBillManifestName), kManifestBytesMost));
  if (internal::Exists(path)) {
    OCS_ASSIGN_OR_RETURN(const LoadedManifest state, LoadManifest(path));
    if (state.manifest.until >= options.until) return absl::OkStatus();
  }
  return internal::ReplaceFile(path, text);
}

absl::Status BillRun::State::LoadLast() {
  const std::string path = Path(kBillStateName);
  if (!internal::Exists(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (!IsCycleName(name) || !internal::Exists(Cat(Path(name), "/", kBillManifestName)))
        continue;
      return absl::FailedPreconditionError(Cat(path, ": is not there, but ", name,
                                               " is final: run that cycle again, which notes "
                                               "it, before the one behind it"));
    }
    return absl::OkStatus();
  }
  OCS_ASSIGN_OR_RETURN(last, LoadManifest(path));
  // A cycle that got its name from a run that was killed before it noted it.
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::string manifest = Cat(entry.path().string(), "/", kBillManifestName);
    if (!IsCycleName(name) || !internal::Exists(manifest)) continue;
    OCS_ASSIGN_OR_RETURN(const LoadedManifest other, LoadManifest(manifest));
    if (other.manifest.previous != last->hash) continue;
    last = other;
    break;
  }
  if (last->manifest.until != options.from) {
    return absl::FailedPreconditionError(
        Cat("the last final cycle is ", last->manifest.cycle, ", until ",
            FormatInstant(last->manifest.until, options.zone), "; the next one begins then, not ",
            FormatInstant(options.from, options.zone)));
  }
  return absl::OkStatus();
}

const absl::btree_map<ShardId, Manifest::Cursor>& BillRun::start() const {
  return state_->made.start;
}

bool BillRun::is_final_already() const { return state_->present.has_value(); }

// Whether the record is the next of its shard, and none is missing before it.
absl::Status BillRun::State::CheckPlace(const RecordId& id, const Record& record) {
  const auto before = seen.find(id.shard);
  const bool first = before == seen.end();
  // Records before the first cycle may have been trimmed; those of the cycle may not.
  if (first && record.local_sequence != 1 && record.recorded_at >= options.from) {
    return absl::DataLossError(Cat("shard ", id.shard.value, " begins with record ",
                                   record.local_sequence,
                                   ", which is of this cycle: the records before it are missing"));
  }
  if (!first && record.local_sequence != before->second.sequence + 1) {
    return absl::DataLossError(Cat("shard ", id.shard.value, ": record ", record.local_sequence,
                                   " comes behind record ", before->second.sequence,
                                   ": records are missing, or come twice"));
  }
  return absl::OkStatus();
}

absl::Status BillRun::Add(const RecordId& id, const Record& record) {
  State& state = *state_;
  const auto later = state.beyond.find(id.shard);
  if (record.recorded_at >= state.options.until) {
    if (later == state.beyond.end()) {
      OCS_RETURN_IF_ERROR(state.CheckPlace(id, record));
      state.beyond.emplace(id.shard, id);
    }
    return absl::OkStatus();
  }
  if (later != state.beyond.end()) {
    return absl::DataLossError(Cat("record ", FormatRecordId(id), " is of this cycle but comes ",
                                   "behind record ", FormatRecordId(later->second),
                                   ", which is of the next"));
  }
  OCS_RETURN_IF_ERROR(state.CheckPlace(id, record));
  state.seen.insert_or_assign(
      id.shard, Manifest::Cursor{.sequence = record.local_sequence, .position = id.position});
  if (record.recorded_at < state.options.from) {
    if (!state.last) return absl::OkStatus();
    return absl::DataLossError(Cat("record ", FormatRecordId(id), " was recorded at ",
                                   FormatInstant(record.recorded_at, state.options.zone),
                                   ", in a cycle that is final without it"));
  }
  if (!record.account.valid())
    return absl::InvalidArgumentError(Cat("record ", FormatRecordId(id), " is of no account"));
  ++state.made.records;
  return state.spool.Add(id, record);
}

absl::Status BillRun::State::AddToSums(const Bill& bill) {
  for (const CurrencyBill& part : bill.currencies) {
    BillRunSum& sum = made.sums[part.currency];
    if (!AddSum(&sum.total_micros, part.total_micros) ||
        !AddSum(&sum.carried_in_micros, part.carried_in_micros) ||
        !AddSum(&sum.payable_fen, part.payable_fen) ||
        !AddSum(&sum.carried_out_micros, part.carried_out_micros)) {
      return absl::OutOfRangeError(
          Cat("the sum of all bills in ", part.currency.code(), " does not fit 64 bits"));
    }
  }
  return absl::OkStatus();
}

absl::Status BillRun::State::Emit(const Bill& bill, internal::BillFiles& out) {
  OCS_RETURN_IF_ERROR(AddToSums(bill));
  uint64_t number = 0;
  if (KindOf(bill) != BillKind::kNone) number = made.first_number + made.bills++;
  return out.Add(number, bill);
}

internal::FoldTerms BillRun::State::Terms() const {
  return {.from = options.from,
          .until = options.until,
          .zone = options.zone,
          .minimum_fen = made.minimum_fen,
          .by_billing_day = made.by_billing_day,
          .had_open = had_open};
}

// Writes the records of a range that are kept for the next run, and what they come to.
absl::Status BillRun::State::KeepOpen(size_t range, const internal::FoldTerms& terms,
                                      const internal::FoldedRange& folded) {
  if (!made.by_billing_day) return absl::OkStatus();
  for (const Bill& bill : folded.open) {
    for (const CurrencyBill& part : bill.currencies) {
      if (!AddSum(&made.sums[part.currency].open_out_micros, part.total_micros))
        return absl::OutOfRangeError("the sum of what is kept for the next run does not fit");
    }
  }
  return spool.ForEach(range, [&](const RecordId& id, const Record& record) {
    return IsDue(terms, record) ? absl::OkStatus() : kept_open->Add(id, record);
  });
}

// Ranges are folded on several threads, some ahead, and written in their order on this one: the
// files are the same on any number.
absl::Status BillRun::State::FoldAll(internal::CarriedReader& carried, internal::BillFiles& out) {
  using Folded = absl::StatusOr<internal::FoldedRange>;
  const internal::FoldTerms terms = Terms();
  const size_t ahead = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kThreadsMax);
  std::deque<std::future<Folded>> folding;
  absl::Status status;
  size_t written = 0;
  for (size_t next = 0; status.ok() && (next < internal::kSpoolRanges || !folding.empty());) {
    if (next < internal::kSpoolRanges && folding.size() < ahead) {
      auto into = internal::CarriedInto(next, carried);
      status = into.status();
      if (!status.ok()) break;
      folding.push_back(
          std::async(std::launch::async, [&, range = next, given = *std::move(into)]() mutable {
            return internal::FoldRange(terms, range, std::move(given), spool);
          }));
      ++next;
      continue;
    }
    const Folded folded = folding.front().get();
    folding.pop_front();
    status = folded.status();
    for (size_t i = 0; status.ok() && i < folded->bills.size(); ++i)
      status = Emit(folded->bills[i], out);
    if (status.ok()) status = KeepOpen(written, terms, *folded);
    spool.Drop(written++);
  }
  for (auto& range : folding) range.wait();
  return status;
}

absl::StatusOr<BillRunResult> BillRun::Finish() {
  State& state = *state_;
  state.made.end = state.seen;
  OCS_RETURN_IF_ERROR(MakeFolder(state.WorkFolder()));
  OCS_ASSIGN_OR_RETURN(auto out, internal::BillFiles::Create(
                                     state.WorkFolder(), state.options.cycle, state.options.zone));
  if (state.made.by_billing_day) {
    OCS_ASSIGN_OR_RETURN(state.kept_open, internal::OpenRecords::Create(state.WorkFolder()));
  }
  std::string carried_path;
  if (state.last) {
    carried_path = Cat(state.Path(state.last->manifest.cycle), "/", internal::kCarriedName);
  }
  OCS_ASSIGN_OR_RETURN(auto carried, internal::CarriedReader::Open(carried_path));
  OCS_RETURN_IF_ERROR(state.FoldAll(*carried, *out));
  return state.Seal(*out);
}

absl::StatusOr<BillRunResult> BillRun::State::Seal(internal::BillFiles& out) {
  OCS_ASSIGN_OR_RETURN(made.files, out.Close());
  if (kept_open != nullptr) {
    OCS_ASSIGN_OR_RETURN(BillManifest::File file, kept_open->Close());
    made.files.push_back(std::move(file));
  }
  if (present) return Compare();
  const std::string text = internal::FormatBillManifest(made);
  OCS_RETURN_IF_ERROR(internal::ReplaceFile(Cat(WorkFolder(), "/", kBillManifestName), text));
  OCS_RETURN_IF_ERROR(internal::SyncFolder(WorkFolder()));
  const bool final = made.kind == BillRunKind::kFinal;
  const std::string draft = Path(Cat(options.cycle, ".draft"));
  OCS_RETURN_IF_ERROR(RemoveFolder(draft));
  const std::string named = final ? Path(options.cycle) : draft;
  // Past this line the bills are final, also when the process dies before the state says so.
  OCS_RETURN_IF_ERROR(internal::Rename(WorkFolder(), named, internal::IfTaken::kRefuse));
  OCS_RETURN_IF_ERROR(internal::SyncFolder(folder));
  if (final) OCS_RETURN_IF_ERROR(NameIt());
  return BillRunResult{.folder = named,
                       .records = made.records,
                       .bills = made.bills,
                       .first_number = made.first_number,
                       .sums = made.sums,
                       .hash = internal::Sha256Hex(text),
                       .verified = false,
                       .differences = {}};
}

// Of a cycle that is final: do the records still give what is in its folder, and is that what its
// manifest says?
absl::StatusOr<BillRunResult> BillRun::State::Compare() {
  const std::string named = Path(options.cycle);
  const BillManifest& kept = present->manifest;
  BillRunResult result{.folder = named,
                       .records = kept.records,
                       .bills = kept.bills,
                       .first_number = kept.first_number,
                       .sums = kept.sums,
                       .hash = present->hash,
                       .verified = true,
                       .differences = {}};
  for (size_t i = 0; i < made.files.size() && i < kept.files.size(); ++i) {
    const std::string& name = made.files[i].name;
    const auto line = FirstDifference(Cat(named, "/", name), Cat(WorkFolder(), "/", name));
    if (line) {
      result.differences.push_back(
          Cat(name, ", line ", *line, ": the records now give something else than is there"));
    } else if (made.files[i] != kept.files[i]) {
      result.differences.push_back(Cat(name, ": is not the file that the manifest tells"));
    }
  }
  if (made.files.size() != kept.files.size())
    result.differences.push_back("the manifest tells other files");
  if (made.end != kept.end)
    result.differences.push_back("the cycle ends with another record of a shard");
  if (result.differences.size() > kDifferencesMax) result.differences.resize(kDifferencesMax);
  OCS_RETURN_IF_ERROR(RemoveFolder(WorkFolder()));
  return result;
}

}  // namespace ocs::cdr
