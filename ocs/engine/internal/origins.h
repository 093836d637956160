// Which gateways have been restarted, and lost what they knew of their sessions (Origin-State-Id,
// RFC 6733 section 8.16, CC-15).
//
// A shard knows of each gateway the greatest Origin-State-Id that a request has brought to it. That
// is written into the journal (EntryKind::kOriginRestarted) and as a row of Table::kMeta with the
// same group, and loaded at the start.

#ifndef OCS_ENGINE_INTERNAL_ORIGINS_H_
#define OCS_ENGINE_INTERNAL_ORIGINS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "balance/account.h"
#include "balance/store.h"

namespace ocs::engine {

class Shard;

/// Confined to its shard.
class Origins final {
 public:
  /// Errors: DataLoss, Unavailable.
  static absl::StatusOr<std::unique_ptr<Origins>> Load(const balance::Store& store);

  bool empty() const { return known_.empty(); }

  /// What is known of a gateway of the callers of a tenant, "" the operator's; 0: nothing.
  uint32_t KnownOf(std::string_view tenant, std::string_view host) const;

  /// Takes and writes what a request says. True when that is greater than what was known of this
  /// gateway before: it was restarted. A gateway too many is not noted. REQUIRES: the shard has an
  /// open group; state > 0.
  bool Note(Shard& shard, std::string_view tenant, std::string_view host, uint32_t state);

  /// True when the gateway that began the session has been restarted since: by the operator's
  /// callers, or by those of the account's own tenant.
  bool HasLost(const balance::Account& account, const balance::Session& session) const;

 private:
  absl::flat_hash_map<std::string, uint32_t> known_;  // By tenant, '/' and host.
};

/// Ends the sessions of an account whose gateways have lost them: as the supervision timer would,
/// at once. At most kDueStepsMax; false: there are more. REQUIRES: the shard has an open group.
bool EndLostSessions(Shard& shard, balance::Account* account);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_ORIGINS_H_
