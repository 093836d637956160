#include "cdr/file_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "cdr/csv.h"
#include "cdr/internal/io_error.h"
#include "cdr/json_lines.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::IoError;

// Some hundred records a system call, and little memory where many files are written at once.
constexpr size_t kBufferBytes = 262'144;
constexpr mode_t kFileMode = 0640;  // Charging data is not for everyone on the machine.

// A file descriptor with an owner.
class Descriptor final {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool IsSameFile(int descriptor, const std::string& path) {
  struct stat open_file = {};
  struct stat named_file = {};
  return ::fstat(descriptor, &open_file) == 0 && ::lstat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

// Opens the temporary, empty and locked. The lock tells a living writer from one that was killed;
// it is checked that the name still stands for what was locked, because the other writer may just
// have renamed it.
absl::StatusOr<Descriptor> OpenTemporary(const std::string& temporary) {
  Descriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!file.valid()) return IoError(errno, "cannot create", temporary);
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0)
    return IoError(errno, "cannot lock", temporary);
  if (!IsSameFile(file.number(), temporary)) return IoError(EWOULDBLOCK, "cannot lock", temporary);
  if (::ftruncate(file.number(), 0) != 0) return IoError(errno, "cannot empty", temporary);
  return file;
}

absl::Status SyncFolder(const std::string& folder) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return IoError(errno, "cannot open to sync", folder);
  if (::fsync(directory.number()) != 0) return IoError(errno, "cannot sync", folder);
  return absl::OkStatus();
}

}  // namespace

struct FileWriter::State {
  State(std::string_view target, FileFormat wanted, absl::TimeZone zone, Descriptor opened)
      : path(target),
        temporary(Cat(target, kTemporarySuffix)),
        format(wanted),
        csv(zone),
        json_lines(zone),
        file(std::move(opened)) {
    buffer.reserve(kBufferBytes + kBufferBytes / 4);
  }

  // Writes the buffer out. On error the buffer is not to be used again.
  absl::Status Flush() {
    std::string_view rest = buffer;
    while (!rest.empty()) {
      const ssize_t written = ::write(file.number(), rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return IoError(errno, "cannot write", temporary);
      rest.remove_prefix(static_cast<size_t>(written));
    }
    buffer.clear();
    return absl::OkStatus();
  }

  // Takes the file back and remembers why.
  absl::Status Fail(absl::Status status) {
    RemoveTemporary();
    failure = std::move(status);
    return failure;
  }

  void RemoveTemporary() {
    if (temporary_exists) ::unlink(temporary.c_str());
    temporary_exists = false;
  }

  std::string path;
  std::string temporary;
  FileFormat format;
  CsvEncoder csv;
  JsonLinesEncoder json_lines;
  Descriptor file;
  std::string buffer;
  uint64_t size_bytes = 0;
  ControlTotals totals;
  absl::Status failure;
  bool temporary_exists = true;
  bool committed = false;
};

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::Create(std::string_view path,
                                                               FileFormat format,
                                                               absl::TimeZone zone) {
  const std::string target(path);
  struct stat existing = {};
  // Refused early, so that no hour of work is lost; Commit decides for good.
  if (::lstat(target.c_str(), &existing) == 0) return IoError(EEXIST, "cannot create", target);
  OCS_ASSIGN_OR_RETURN(Descriptor file, OpenTemporary(Cat(path, kTemporarySuffix)));
  auto state = std::make_unique<State>(path, format, zone, std::move(file));
  if (format == FileFormat::kCsv) {
    state->buffer.append(CsvHeader());
    state->size_bytes = state->buffer.size();
  }
  return std::unique_ptr<FileWriter>(new FileWriter(std::move(state)));
}

FileWriter::FileWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

FileWriter::~FileWriter() { state_->RemoveTemporary(); }

absl::Status FileWriter::Add(const RecordId& id, const Record& record) {
  State& state = *state_;
  OCS_CHECK(!state.committed);
  OCS_RETURN_IF_ERROR(state.failure);
  const size_t before = state.buffer.size();
  switch (state.format) {
    case FileFormat::kCsv:
      state.csv.Append(id, record, &state.buffer);
      break;
    case FileFormat::kJsonLines:
      state.json_lines.Append(id, record, &state.buffer);
      break;
  }
  state.size_bytes += state.buffer.size() - before;
  absl::Status status = state.totals.Add(id, record);
  if (status.ok() && state.buffer.size() >= kBufferBytes) status = state.Flush();
  return status.ok() ? status : state.Fail(std::move(status));
}

absl::Status FileWriter::Commit() {
  State& state = *state_;
  OCS_CHECK(!state.committed);
  OCS_RETURN_IF_ERROR(state.failure);
  if (absl::Status status = state.Flush(); !status.ok()) return state.Fail(std::move(status));
  if (::fsync(state.file.number()) != 0) {
    return state.Fail(IoError(errno, "cannot sync", state.temporary));
  }
  // Not rename(): that would replace a file that came meanwhile.
  if (::renameat2(AT_FDCWD, state.temporary.c_str(), AT_FDCWD, state.path.c_str(),
                  RENAME_NOREPLACE) != 0) {
    return state.Fail(IoError(errno, "cannot name the finished file", state.path));
  }
  state.temporary_exists = false;
  if (absl::Status status = SyncFolder(FolderOf(state.path)); !status.ok()) {
    // The name may not survive a power cut, so it is taken back: the caller writes the file again.
    ::unlink(state.path.c_str());
    return state.Fail(std::move(status));
  }
  state.committed = true;
  return absl::OkStatus();
}

const ControlTotals& FileWriter::totals() const { return state_->totals; }

uint64_t FileWriter::size_bytes() const { return state_->size_bytes; }

}  // namespace ocs::cdr
