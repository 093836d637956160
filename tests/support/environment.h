// An environment variable for the length of a test.

#ifndef TESTS_SUPPORT_ENVIRONMENT_H_
#define TESTS_SUPPORT_ENVIRONMENT_H_

#include <stdlib.h>

#include <optional>
#include <string>
#include <utility>

namespace ocs::testing {

/// Sets a variable, or takes it away where `value` is nothing; afterwards it is as it was before.
/// Not for tests that run threads.
class ScopedVariable final {
 public:
  ScopedVariable(std::string name, const std::optional<std::string>& value)
      : name_(std::move(name)) {
    if (const char* before = ::getenv(name_.c_str())) before_ = before;
    Set(value);
  }
  ~ScopedVariable() { Set(before_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void Set(const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name_.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name_.c_str());
    }
  }

  std::string name_;
  std::optional<std::string> before_;
};

}  // namespace ocs::testing

#endif  // TESTS_SUPPORT_ENVIRONMENT_H_
