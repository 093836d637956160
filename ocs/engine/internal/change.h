// What all administrative changes have in common: a key that makes them happen once, who made them
// and why.

#ifndef OCS_ENGINE_INTERNAL_CHANGE_H_
#define OCS_ENGINE_INTERNAL_CHANGE_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balance/entry.h"
#include "ocs/base/bytes.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Fails the call as InvalidArgument at a field. Always false, so that checks can return it.
bool FailField(Operation* call, std::string_view field, std::string_view message);

/// Fails the call at a field with that code. Always false.
bool RefuseField(Operation* call, std::string_view field, absl::StatusCode code,
                 std::string_view why);

/// Checks key, actor and reason.
bool CheckChange(Operation* call, const Change& change);

/// Checks that an event time lies within the configured skew.
bool CheckEventTime(Operation* call, const Shard& shard, Instant at);

/// True when the call may see the account; false marks it as foreign, and the caller goes on as if
/// the account were not there.
bool MayReach(Operation* call, const balance::Account& account);

/// The account; null when it does not exist or is another tenant's (the call then fails as
/// NotFound) or the shard has stopped.
balance::Account* FindPayer(Operation* call, Shard& shard, AccountId account);

/// The same for a call that will change the account: what is due by now is done before it is
/// decided, so uses shard.entry(). REQUIRES: the shard has an open group.
balance::Account* FindPayerToChange(Operation* call, Shard& shard, AccountId account);

/// Refuses what a closed account does not allow.
bool CheckNotClosed(Operation* call, const balance::Account& account);

/// The zone of the newest published revision; UTC before the first.
absl::TimeZone ZoneInForce(const Revisions& revisions);

/// One change against what was done under its key before.
class ChangeRecord final {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string>>;
  /// `fields` are what must be equal for a repeat to be a repeat.
  ChangeRecord(Shard& shard, const Change& change, PartitionId partition, balance::EntryKind kind,
               Fields fields);

  /// True when the key was used before: then `read` has been given the recorded result (the content
  /// was the same), or the call has failed as AlreadyExists naming the field that differs. True too
  /// when the shard stopped.
  bool Repeats(Operation* call, const std::function<void(ByteReader&)>& read);

  /// Starts the entry of the change.
  balance::EntryBuilder& Begin(AccountId account);

 private:
  Shard& shard_;
  const Change& change_;
  std::string key_;  ///< As it is stored.
  PartitionId partition_;
  balance::EntryKind kind_;
  Fields fields_;
  balance::Fingerprint fingerprint_;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CHANGE_H_
