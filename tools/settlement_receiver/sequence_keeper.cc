#include "tools/settlement_receiver/sequence_keeper.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::receiver {
namespace {

constexpr size_t kSenderLengthMax = 64;
// A record of 4,096 lines is under 2 MiB of JSON, a bill of 65,536 reasons under 16.
constexpr int64_t kLineBytesMax = 16 * 1024 * 1024;

absl::Status ErrorOf(std::string_view what) {
  const int error = errno;
  const std::string message = Cat(what, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

absl::Status WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrorOf("write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// The end of the file from `begin` on.
absl::StatusOr<std::string> ReadFrom(int file, int64_t begin, int64_t end) {
  std::string bytes(static_cast<size_t>(end - begin), '\0');
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got =
        ::pread(file, bytes.data() + at, bytes.size() - at, begin + static_cast<int64_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ErrorOf("read");
    at += static_cast<size_t>(got);
  }
  return bytes;
}

bool SamePlace(const type::v1::JournalPosition& a, const type::v1::JournalPosition& b) {
  return a.group() == b.group() && a.index() == b.index();
}

}  // namespace

bool IsSender(std::string_view sender) {
  if (sender.empty() || sender.size() > kSenderLengthMax) return false;
  for (const char c : sender) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
  }
  return true;
}

absl::StatusOr<std::string> LineOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string line;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &line, options);
  if (!printed.ok()) return absl::InvalidArgumentError("a message that is no JSON");
  line += '\n';
  return line;
}

absl::Status ReadLine(const std::string& line, google::protobuf::Message* message) {
  const auto parsed = google::protobuf::util::JsonStringToMessage(line, message);
  if (parsed.ok()) return absl::OkStatus();
  return absl::DataLossError("the last line of the file is not what is kept in it");
}

absl::StatusOr<std::unique_ptr<TenantKeeper>> TenantKeeper::Open(const std::string& folder,
                                                                 const std::string& name) {
  std::unique_ptr<TenantKeeper> keeper(new TenantKeeper());
  OCS_ASSIGN_OR_RETURN(keeper->file_, LineFile::Open(folder, name));
  if (keeper->file_->last_line().empty()) return keeper;
  cdr::v1::Record last;
  OCS_RETURN_IF_ERROR(ReadLine(keeper->file_->last_line(), &last));
  keeper->position_ = last.position();
  return keeper;
}

absl::Status TenantKeeper::Add(const settlement::v1::DeliverRecordsRequest& request) {
  if (!request.has_behind() && request.record().empty()) return absl::OkStatus();  // It asks.
  if (!request.has_up_to()) {
    return absl::InvalidArgumentError("up_to: is missing: expected how far a tenant's records go");
  }
  if (!SamePlace(request.behind(), position_) || SamePlace(request.up_to(), position_))
    return absl::OkStatus();
  std::string lines;
  for (const cdr::v1::Record& record : request.record()) {
    OCS_ASSIGN_OR_RETURN(const std::string line, LineOf(record));
    lines += line;
  }
  const int count = request.record_size();
  // The last line is how far it has come.
  if (count == 0 || !SamePlace(request.record(count - 1).position(), request.up_to())) {
    cdr::v1::Record place;
    *place.mutable_position() = request.up_to();
    OCS_ASSIGN_OR_RETURN(const std::string line, LineOf(place));
    lines += line;
  }
  OCS_RETURN_IF_ERROR(file_->Append(lines));
  position_ = request.up_to();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LineFile>> LineFile::Open(const std::string& folder,
                                                         const std::string& name) {
  const std::string path = Cat(folder, "/", name);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return ErrorOf(path);
  std::unique_ptr<LineFile> opened(new LineFile(file));
  // Its name must be durable too before anything in it is promised.
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return ErrorOf(folder);
  const int synced = ::fsync(directory);
  ::close(directory);
  if (synced != 0) return ErrorOf(folder);
  OCS_RETURN_IF_ERROR(Annotate(opened->Load(), path));
  return opened;
}

LineFile::~LineFile() { ::close(file_); }

absl::Status LineFile::Load() {
  struct stat state = {};
  if (::fstat(file_, &state) != 0) return ErrorOf("stat");
  const int64_t size = state.st_size;
  const int64_t begin = std::max<int64_t>(0, size - kLineBytesMax);
  OCS_ASSIGN_OR_RETURN(const std::string tail, ReadFrom(file_, begin, size));
  const size_t end = tail.rfind('\n');
  const size_t whole = end == std::string::npos ? 0 : end + 1;
  if (whole == 0 && begin > 0) return absl::DataLossError("its end is no line");
  if (whole < tail.size()) {
    // The write that a killed process had begun, and told nobody of.
    if (::ftruncate(file_, begin + static_cast<int64_t>(whole)) != 0) return ErrorOf("truncate");
    if (::fdatasync(file_) != 0) return ErrorOf("sync");
  }
  if (whole == 0) return absl::OkStatus();
  const size_t before = end == 0 ? std::string::npos : tail.rfind('\n', end - 1);
  const size_t start = before == std::string::npos ? 0 : before + 1;
  last_line_ = tail.substr(start, end - start);
  return absl::OkStatus();
}

absl::Status LineFile::Append(std::string_view lines) {
  OCS_RETURN_IF_ERROR(WriteAll(file_, lines));
  return ::fdatasync(file_) == 0 ? absl::OkStatus() : ErrorOf("sync");
}

}  // namespace ocs::receiver
