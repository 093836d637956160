#include "cdr/file_series.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "cdr/ber.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/sha256.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

constexpr uint64_t kBytesMax = uint64_t{2} << 30;
constexpr uint64_t kReadMax = uint64_t{4} << 30;

absl::Status CheckOptions(const SeriesOptions& options) {
  const auto refuse = [](std::string_view what) {
    return absl::InvalidArgumentError(ToAbsl(what));
  };
  if (!IsNodeId(options.file.node_id))
    return refuse("node: expected 1 to 20 letters, digits, '-' or '_'");
  if (options.bytes_max < 1 || options.bytes_max > kBytesMax)
    return refuse("bytes of a file: expected 1 to 2147483648");
  if (options.records_max < 1 || options.records_max > kFileRecordsMax)
    return refuse(Cat("records of a file: expected 1 to ", kFileRecordsMax));
  if (options.open_seconds_max < 1) return refuse("seconds a file is open: expected at least 1");
  return absl::OkStatus();
}

// Names in the folder that end so.
absl::StatusOr<std::vector<std::string>> NamesEndingIn(const std::string& folder,
                                                       std::string_view suffix) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    std::string name = at->path().filename().string();
    if (name.ends_with(suffix)) names.push_back(std::move(name));
  }
  if (error)
    return absl::UnavailableError(Cat(folder, ": cannot list the folder: ", error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

struct FileSeries::State {
  explicit State(std::string_view where, SeriesOptions wanted, internal::Descriptor held)
      : folder(where), options(std::move(wanted)), lock(std::move(held)) {}

  std::string Path(std::string_view name) const { return Cat(folder, "/", name); }

  absl::Status LoadState();
  absl::Status FinishCommitted(std::string_view manifest_text);
  absl::Status RemoveRest();
  absl::Status CheckOrder(const RecordId& id, const Record& record) const;
  absl::Status OpenFile(Instant now);
  absl::Status CloseFile(FileClosure closure, Instant now);
  Manifest Describe(const FileWriter::Sealed& sealed, FileClosure closure, Instant now) const;

  bool IsDue(Instant now) const {
    return file != nullptr && now >= opened_at.PlusSeconds(options.open_seconds_max);
  }
  // The first error is the one that every later call gives again.
  absl::Status Remember(absl::Status status) {
    if (failure.ok()) failure = status;
    return status;
  }

  std::string folder;
  SeriesOptions options;
  internal::Descriptor lock;

  Manifest last;  // Of the last committed file; sequence 0 when there is none.
  std::string last_hash{kNoPrevious};
  absl::btree_map<ShardId, Manifest::Cursor> durable;

  // The open file.
  std::unique_ptr<FileWriter> file;
  std::string file_name;
  Instant opened_at;
  Instant last_append_at;
  absl::btree_map<ShardId, Manifest::Cursor> added;  // `durable` and what is in the open file.

  absl::Status failure;
  uint64_t files_closed = 0;
  uint64_t records_written = 0;
  uint64_t records_skipped = 0;
};

absl::StatusOr<std::unique_ptr<FileSeries>> FileSeries::Open(std::string_view folder,
                                                             SeriesOptions options) {
  OCS_RETURN_IF_ERROR(CheckOptions(options));
  OCS_ASSIGN_OR_RETURN(internal::Descriptor lock,
                       internal::OpenTemporary(Cat(folder, "/", kSeriesLockName)));
  auto state = std::make_unique<State>(folder, std::move(options), std::move(lock));
  OCS_RETURN_IF_ERROR(state->LoadState());
  OCS_RETURN_IF_ERROR(state->RemoveRest());
  return std::unique_ptr<FileSeries>(new FileSeries(std::move(state)));
}

FileSeries::FileSeries(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileSeries::~FileSeries() = default;

absl::Status FileSeries::State::LoadState() {
  const std::string path = Path(kSeriesStateName);
  if (!internal::Exists(path)) {
    OCS_ASSIGN_OR_RETURN(const auto manifests, NamesEndingIn(folder, kManifestSuffix));
    if (manifests.empty()) return absl::OkStatus();
    return absl::DataLossError(
        Cat(path, ": is not there, but the folder holds ", manifests.back(),
            ": the series cannot go on without knowing where; copy the manifest of its last file "
            "to this name, or use an empty folder"));
  }
  OCS_ASSIGN_OR_RETURN(const std::string text, internal::ReadWhole(path, kManifestBytesMax));
  const auto manifest = ParseManifest(text);
  if (!manifest.ok()) {
    return Annotate(manifest.status(),
                    Cat(path, " (copy the manifest of the last file of the series to this name)"));
  }
  if (manifest->node_id != options.file.node_id || manifest->format != options.file.format) {
    return absl::InvalidArgumentError(Cat(folder, ": holds a series of node ", manifest->node_id,
                                          " in ", FileFormatName(manifest->format),
                                          ": use another folder"));
  }
  last = *manifest;
  last_hash = ManifestHash(text);
  durable = last.cursors;
  added = durable;
  return FinishCommitted(text);
}

// Gives the last committed file its names, where that was not done any more. Nothing is to do when
// the temporary is gone: the file has its name, or had it and was taken away.
absl::Status FileSeries::State::FinishCommitted(std::string_view manifest_text) {
  const std::string path = Path(last.file);
  const std::string temporary = Cat(path, FileWriter::kTemporarySuffix);
  if (!internal::Exists(temporary)) return absl::OkStatus();
  OCS_ASSIGN_OR_RETURN(const std::string bytes, internal::ReadWhole(temporary, kReadMax));
  if (internal::Sha256Hex(bytes) != last.sha256) {
    return absl::DataLossError(
        Cat(temporary,
            ": is committed but not what its manifest says: the disk lost it; restore "
            "it, or take the folder away and begin a new series"));
  }
  OCS_RETURN_IF_ERROR(internal::ReplaceFile(Cat(path, kManifestSuffix), manifest_text));
  OCS_RETURN_IF_ERROR(internal::Rename(temporary, path, internal::IfTaken::kRefuse));
  return internal::SyncFolder(folder);
}

// What a killed writer had not committed. Its records are not durable here, so they come again.
absl::Status FileSeries::State::RemoveRest() {
  OCS_ASSIGN_OR_RETURN(const auto names, NamesEndingIn(folder, FileWriter::kTemporarySuffix));
  const std::string ours = Cat(options.file.node_id, "_-_");
  for (const std::string& name : names) {
    if (name.starts_with(ours) || name.starts_with(kSeriesStateName)) internal::Unlink(Path(name));
  }
  return absl::OkStatus();
}

absl::Status FileSeries::State::CheckOrder(const RecordId& id, const Record& record) const {
  const auto at = added.find(id.shard);
  if (at == added.end() || record.local_sequence == at->second.sequence + 1)
    return absl::OkStatus();
  return absl::DataLossError(
      Cat("record ", FormatRecordId(id), " has sequence ", record.local_sequence, ", but ",
          at->second.sequence + 1, " must follow in the files of ", folder,
          ": records are missing in between, or this folder is of another server"));
}

absl::Status FileSeries::State::OpenFile(Instant now) {
  opened_at = now;
  file_name = SeriesFileName(options.file.node_id, last.sequence + 1, now, options.file);
  OCS_ASSIGN_OR_RETURN(file, FileWriter::Create(Path(file_name), options.file));
  return absl::OkStatus();
}

Manifest FileSeries::State::Describe(const FileWriter::Sealed& sealed, FileClosure closure,
                                     Instant now) const {
  const ControlTotals& totals = file->totals();
  Manifest manifest;
  manifest.file = file_name;
  manifest.node_id = options.file.node_id;
  manifest.sequence = last.sequence + 1;
  manifest.format = options.file.format;
  manifest.compression = options.file.compression;
  manifest.size_bytes = sealed.size_bytes;
  manifest.sha256 = sealed.sha256;
  manifest.previous = last_hash;
  manifest.closure = closure;
  manifest.opened_at = opened_at;
  manifest.closed_at = now;
  manifest.records = totals.record_count();
  manifest.lines = totals.line_count();
  for (const auto& [shard, range] : totals.shards()) {
    manifest.shards[shard] = {
        .first_sequence = range.first, .last_sequence = range.last, .records = range.records};
  }
  manifest.cursors = added;
  manifest.sums = SumLines(totals);
  manifest.digests = file->digests();
  return manifest;
}

absl::Status FileSeries::State::CloseFile(FileClosure closure, Instant now) {
  OCS_ASSIGN_OR_RETURN(const FileWriter::Sealed sealed,
                       file->Seal({.opened_at = opened_at,
                                   .last_append_at = last_append_at,
                                   .sequence = last.sequence + 1,
                                   .closure = closure}));
  Manifest manifest = Describe(sealed, closure, now);
  const std::string text = FormatManifest(manifest);
  // The sealed temporary keeps its name also when the power fails.
  OCS_RETURN_IF_ERROR(internal::SyncFolder(folder));
  OCS_RETURN_IF_ERROR(internal::ReplaceFile(Path(kSeriesStateName), text));
  // From here on the file is committed: what is left is done by whoever opens the folder next.
  OCS_RETURN_IF_ERROR(internal::ReplaceFile(Cat(Path(file_name), kManifestSuffix), text));
  OCS_RETURN_IF_ERROR(file->Commit());
  file.reset();
  last = std::move(manifest);
  last_hash = ManifestHash(text);
  durable = added;
  ++files_closed;
  records_written += last.records;
  return absl::OkStatus();
}

absl::Status FileSeries::Add(const RecordId& id, const Record& record, Instant now) {
  State& state = *state_;
  OCS_RETURN_IF_ERROR(state.failure);
  const auto known = state.added.find(id.shard);
  if (known != state.added.end() && id.position <= known->second.position) {
    ++state.records_skipped;
    return absl::OkStatus();
  }
  OCS_RETURN_IF_ERROR(CloseIfDue(now));
  const auto add = [&]() -> absl::Status {
    OCS_RETURN_IF_ERROR(state.CheckOrder(id, record));
    if (state.file == nullptr) OCS_RETURN_IF_ERROR(state.OpenFile(now));
    OCS_RETURN_IF_ERROR(state.file->Add(id, record));
    state.last_append_at = now;
    state.added[id.shard] = {.sequence = record.local_sequence, .position = id.position};
    if (state.file->totals().record_count() >= state.options.records_max)
      return state.CloseFile(FileClosure::kRecordCountLimit, now);
    if (state.file->size_bytes() >= state.options.bytes_max)
      return state.CloseFile(FileClosure::kSizeLimit, now);
    return absl::OkStatus();
  };
  return state.Remember(add());
}

absl::Status FileSeries::CloseIfDue(Instant now) {
  OCS_RETURN_IF_ERROR(state_->failure);
  if (!state_->IsDue(now)) return absl::OkStatus();
  return state_->Remember(state_->CloseFile(FileClosure::kOpenTimeLimit, now));
}

absl::Status FileSeries::Close(FileClosure closure, Instant now) {
  OCS_RETURN_IF_ERROR(state_->failure);
  if (state_->file == nullptr) return absl::OkStatus();
  return state_->Remember(state_->CloseFile(closure, now));
}

Instant FileSeries::due_at() const {
  if (state_->file == nullptr) return Instant::Never();
  return state_->opened_at.PlusSeconds(state_->options.open_seconds_max);
}

const absl::btree_map<ShardId, Manifest::Cursor>& FileSeries::durable() const {
  return state_->durable;
}
uint64_t FileSeries::files_closed() const { return state_->files_closed; }
uint64_t FileSeries::records_written() const { return state_->records_written; }
uint64_t FileSeries::records_skipped() const { return state_->records_skipped; }
const std::string& FileSeries::last_file() const { return state_->last.file; }
const std::string& FileSeries::last_manifest_hash() const { return state_->last_hash; }

}  // namespace ocs::cdr
