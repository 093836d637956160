// A folder of a test's own, gone when the test is done.

#ifndef TESTS_SUPPORT_TEMP_DIR_H_
#define TESTS_SUPPORT_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "ocs/base/check.h"

namespace ocs::testing {

/// Makes an empty folder under the system's temporary one and removes it with all that is in it.
/// Two of them never share a folder, also between processes. Thread-compatible.
class TempDir final {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "ocs-test.XXXXXX").string();
    OCS_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;  // A folder that stays behind fails no test.
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

  /// The place of a file or folder of that name in it; makes nothing.
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace ocs::testing

#endif  // TESTS_SUPPORT_TEMP_DIR_H_
