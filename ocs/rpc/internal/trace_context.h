// The W3C trace context of a call: which trace of the caller's it belongs to.

#ifndef OCS_RPC_INTERNAL_TRACE_CONTEXT_H_
#define OCS_RPC_INTERNAL_TRACE_CONTEXT_H_

#include <string_view>

namespace ocs::rpc::internal {

/// The trace-id (32 lower-case hexadecimal digits) of a `traceparent` header; empty when it is not
/// one. By the W3C recommendation a version above 00 may be longer, ff is none, and ids of zeros
/// are none. The view points into the header.
inline std::string_view TraceIdOf(std::string_view traceparent) {
  constexpr size_t kLength = 55;  // 00-{32}-{16}-{2}
  const auto hex = [](std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  const auto zeros = [](std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
  };
  if (traceparent.size() < kLength) return {};
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace_id = traceparent.substr(3, 32);
  const std::string_view parent_id = traceparent.substr(36, 16);
  const bool dashes = traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-';
  if (!dashes || !hex(version) || version == "ff" || !hex(traceparent.substr(53, 2))) return {};
  if (traceparent.size() > kLength && (version == "00" || traceparent[kLength] != '-')) return {};
  if (!hex(trace_id) || zeros(trace_id) || !hex(parent_id) || zeros(parent_id)) return {};
  return trace_id;
}

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_TRACE_CONTEXT_H_
