// The seam to threads: something that runs tasks one after the other, in order. The runtime gives
// real ones (ocs/runtime); tests and the simulator run theirs by hand.

#ifndef OCS_BASE_EXECUTOR_H_
#define OCS_BASE_EXECUTOR_H_

#include <functional>

namespace ocs {

/// Runs tasks serially, in the order posted, never inside Post. Post is thread-safe and may be
/// called from a task. A task must not throw.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void Post(std::function<void()> task) = 0;
};

}  // namespace ocs

#endif  // OCS_BASE_EXECUTOR_H_
