// Checks that stay on in production: a broken invariant near money stops the process instead of
// spreading. OCS_CHECK is for programmer errors only; what a caller or a disk can cause is a value
// or an absl::Status.

#ifndef OCS_BASE_CHECK_H_
#define OCS_BASE_CHECK_H_

namespace ocs {

/// Prints the expression with its place to standard error and aborts. Thread-safe.
[[noreturn]] void CheckFailed(const char* expression, const char* file, int line) noexcept;

/// Documents that both truth values happen on purpose; does nothing.
constexpr void Maybe(bool /*either*/) {}

#ifdef OCS_VERIFY
inline constexpr bool kVerify =
    true;  ///< Expensive re-computation after each step: development, sanitizers, simulation.
#else
inline constexpr bool kVerify = false;
#endif

}  // namespace ocs

/// Aborts with a message when `condition` is false; always on.
#define OCS_CHECK(condition)                           \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::ocs::CheckFailed(#condition, __FILE__, __LINE__))

#endif  // OCS_BASE_CHECK_H_
