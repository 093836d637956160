// The credentials file: who may call the server, in which roles. Read as a whole; a file with one
// fault in it changes nothing.
//
// A line is `KEY ROLE[,ROLE...] TENANT NAME [until=TIME] [rate=N] [burst=N]`; '#' begins a comment.
// KEY is the SHA-256 of a bearer token as 64 hexadecimal digits, or subject="..." with the subject
// of a client certificate in the form of RFC 4514, as TLS shows it. The token itself is never in
// the file. docs/OPERATING.md has an example.

#ifndef OCS_RPC_CREDENTIALS_H_
#define OCS_RPC_CREDENTIALS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/base/time.h"
#include "ocs/rpc/access.h"

namespace ocs::rpc {

/// Lines of the file. Far more than there are systems that talk to an OCS.
inline constexpr int kCredentialsMax = 1'000;
/// Bytes of a tenant and of a name; "tenant/name" is recorded as the actor of changes.
inline constexpr int kCredentialNameLengthMax = 48;
/// Bytes of a bearer token that are looked at; a longer one is refused unread.
inline constexpr int kTokenLengthMax = 256;
/// The most that a rate may be: a nanosecond a request.
inline constexpr int64_t kRateMax = 1'000'000'000;

/// One line.
struct CredentialLine {
  std::string key;  ///< 64 lower-case hexadecimal digits, or "subject=" and the subject.
  RoleSet roles;
  std::string tenant;
  std::string name;
  Instant until = Instant::Never();  ///< From then on it is refused.
  int64_t rate_per_second = 0;       ///< Requests; 0: what the configuration says for all.
  int64_t burst = 0;                 ///< Requests at once; 0: what the configuration says for all.
};

/// Reads the text of a file; `place` begins the errors. Errors: InvalidArgument "PLACE:LINE: what",
/// which names no key.
absl::StatusOr<std::vector<CredentialLine>> ParseCredentials(std::string_view place,
                                                             std::string_view text);

/// SHA-256 of a token as 64 lower-case hexadecimal digits.
std::string TokenKey(std::string_view token);

}  // namespace ocs::rpc

#endif  // OCS_RPC_CREDENTIALS_H_
