// Files as this room needs them: descriptors with an owner, names that become durable, and whole
// files read. Every step that changes what is on the disk announces itself first, so that a test
// can stop a process at each of them.

#ifndef CDR_INTERNAL_DISK_H_
#define CDR_INTERNAL_DISK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace ocs::cdr::internal {

inline constexpr uint64_t kFileBytesMax = uint64_t{4}
                                          << 30;  ///< Of a file of records that is read.

/// Called before each step that changes the disk; nothing by default. Only tests set it.
using DiskStepHook = void (*)();
void SetDiskStepHook(DiskStepHook hook);

/// A file descriptor with an owner.
class Descriptor final {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }
  void Close();

 private:
  int number_;
};

std::string FolderOf(std::string_view path);

/// Opens a temporary, empty and locked. The lock tells a living writer from one that was killed; it
/// is checked that the name still stands for what was locked, because the other writer may just
/// have renamed it. Errors of all functions: as IoError.
absl::StatusOr<Descriptor> OpenTemporary(const std::string& path);

absl::Status WriteAll(const Descriptor& file, std::string_view bytes, std::string_view path);
/// Overwrites from the beginning.
absl::Status OverwriteHead(const Descriptor& file, std::string_view bytes, std::string_view path);
absl::Status Sync(const Descriptor& file, std::string_view path);
absl::Status SyncFolder(const std::string& folder);

/// Gives a file another name. kRefuse: AlreadyExists when that is taken.
enum class IfTaken : uint8_t { kRefuse, kReplace };
absl::Status Rename(const std::string& from, const std::string& to, IfTaken if_taken);
/// Takes a name away; nothing happens when it is not there.
void Unlink(const std::string& path);
bool Exists(const std::string& path);

/// Makes a small file durable under its name, in the place of one that may be there: written under
/// a temporary name, synced, renamed, the folder synced.
absl::Status ReplaceFile(const std::string& path, std::string_view bytes);

/// The whole file. Errors: also OutOfRange when it is larger than `bytes_max`.
absl::StatusOr<std::string> ReadWhole(const std::string& path, uint64_t bytes_max);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_DISK_H_
