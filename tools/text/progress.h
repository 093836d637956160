// A line on the terminal that tells how long work is getting on. Silent when there is no terminal.

#ifndef TOOLS_TEXT_PROGRESS_H_
#define TOOLS_TEXT_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace ocs::tools {

/// Writes to standard error while it is a terminal, at most five times a second; the line is wiped
/// when this goes. Thread-compatible.
class Progress final {
 public:
  /// `what` is counted: "groups". `total` 0: not known.
  Progress(std::string what, uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// So much is done.
  void Update(uint64_t done);

 private:
  std::string what_;
  uint64_t total_;
  bool shown_ = false;
  bool terminal_;
  absl::Time begun_;
  absl::Time next_;
};

}  // namespace ocs::tools

#endif  // TOOLS_TEXT_PROGRESS_H_
