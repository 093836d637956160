// What an account keeps of what is pushed to others: what gateways have been asked to do with its
// sessions, and who watches its spending limits. Plain values, part of balance/account.h.
// Tested in: tests/balance/applier_test.cc

#ifndef BALANCE_PUSH_H_
#define BALANCE_PUSH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::balance {

/// Systems that watch one account's spending limits: a policy function, its twin, some to spare.
inline constexpr int kWatchesPerAccountMax = 8;
/// Spending limits that one watch tells of; an account's state keeps what was told of each.
inline constexpr int kWatchedCountersMax = 256;

/// Numbers are stored: never reused.
enum class DemandKind : uint8_t {
  kReauthorise = 1,  ///< Report what was used and ask anew (RAR, CC-96).
  kAbort = 2,        ///< End the session (ASR, CC-100).
};

/// What a session's gateway has been asked and has not done yet. It stays until a request of the
/// session answers it or the session ends, and is asked again until then (CC-99).
struct Demand {
  std::string session_id = {};
  DemandKind kind = DemandKind::kReauthorise;
  std::optional<uint32_t> rating_group = {};  ///< Only this one; absent: the whole session.
  Position asked = {};  ///< The entry that asked: with the session it names the demand.
  Instant asked_at = {};
  Instant ask_at = {};      ///< When it is asked again.
  uint32_t asks = 1;        ///< So far.
  std::string reason = {};  ///< For the gateway's log.
  friend bool operator==(const Demand&, const Demand&) = default;
};

/// Somebody who is told when the status of a spending limit changes (Nchf_SpendingLimitControl).
struct Watch {
  std::string id = {};
  std::vector<std::string> counters = {};  ///< Sorted; empty: all of the account's.
  Instant expires_at = {};
  /// What was told last of a counter, sorted by its name.
  struct Told {
    std::string counter = {};
    std::string status = {};
    std::string next_status = {};  ///< From `next_at` on, without being told again.
    /// With a next status: when it comes into force. Without: when this one may have become better
    /// by time alone, and is looked at again.
    Instant next_at = Instant::Never();
    friend bool operator==(const Told&, const Told&) = default;
  };
  std::vector<Told> told = {};
  friend bool operator==(const Watch&, const Watch&) = default;
};

/// When some status of a watch is to be looked at again; Never().
inline Instant LookAt(const Watch& watch) {
  Instant first = Instant::Never();
  for (const Watch::Told& told : watch.told) {
    if (told.next_status.empty() && told.next_at < first) first = told.next_at;
  }
  return first;
}

/// When a watch falls due: to be looked at, or its end.
inline Instant DueOf(const Watch& watch) {
  const Instant look = LookAt(watch);
  return look < watch.expires_at ? look : watch.expires_at;
}

}  // namespace ocs::balance

#endif  // BALANCE_PUSH_H_
