// How far a simulation is: a bar on the terminal with the rate and the time that is left.

#ifndef TOOLS_SIMULATE_PROGRESS_BAR_H_
#define TOOLS_SIMULATE_PROGRESS_BAR_H_

#include <string>

#include "absl/time/time.h"
#include "ocs/simulation/run.h"

namespace ocs::simulate {

/// The bar's line for what was done in some time: "[#####     ]  50 %  1,000,000 calls, 500,000 a
/// second, 2 s left". Without a known total only the count and the rate.
std::string ProgressLine(const simulation::RunProgress& progress, absl::Duration elapsed);

/// Writes to standard error while it is a terminal, at most five times a second; wiped when this
/// goes. Thread-compatible.
class ProgressBar final {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Update(const simulation::RunProgress& progress);

 private:
  bool terminal_;
  bool shown_ = false;
  absl::Time begun_;
  absl::Time next_;
};

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_PROGRESS_BAR_H_
