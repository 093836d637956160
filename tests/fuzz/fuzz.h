// What a fuzz target is: one function that takes any bytes. It is called by libFuzzer, and by
// driver.cc as an ordinary test.

#ifndef TESTS_FUZZ_FUZZ_H_
#define TESTS_FUZZ_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Runs the code under test on these bytes and aborts (OCS_CHECK) where a law is broken. Returns 0.
/// Must not keep anything between calls. The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ocs::testing {

/// The bytes as a text.
inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace ocs::testing

#endif  // TESTS_FUZZ_FUZZ_H_
