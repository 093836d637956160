// Spending limits as 3GPP TS 29.594 (Nchf_SpendingLimitControl) and Sy have them: somebody, as a
// policy function that throttles, watches the statuses of an account's policy counters and is told
// when one changes. Told are notices ("spending status", balance/notice.h).
//
// The policy counters of an account:
//   limit-N   its limit N: "normal"; "warn-P" when its threshold of P per cent is reached; when it
//             is used up "block", of a limit that is for notices only "warn-100"
//   balance   the account's own money and credit, what is held included: "normal"; "warn-low" below
//             the configured low balance; "block" when nothing is left
//   package-N what was bought as the account's purchase N and goes on at rates when it is used up
//             (`when_used_up: throttle`): "normal"; "throttle" when it is, with those rates
// A status gets better only when it is better by 5 per cent, so that use and refunds on the edge do
// not flap. A limit whose window ends has the next status "normal" from then on, a package that is
// renewed or refilled likewise: it comes into force by itself and is not told again. A sliding
// window frees by and by: its status is looked at when time alone makes it better, and told then.
// Tested in: tests/engine/spending_test.cc

#ifndef OCS_ENGINE_SPENDING_OPERATION_H_
#define OCS_ENGINE_SPENDING_OPERATION_H_

#include <optional>
#include <string>
#include <vector>

#include "balance/push.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/engine/messages.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Bytes of a watch's id: of a-z, A-Z, 0-9, '-', '_', '.'.
inline constexpr int kWatchIdLengthMax = 64;
/// A watch lasts at most so long; who wants longer begins it anew.
inline constexpr int64_t kWatchSecondsMax = 30 * 86'400;

/// Begins to watch, or replaces the counters and the end of a watch that is there (S-01, S-02).
/// Refused: account_id (there is none, S-08 USER_UNKNOWN); policy_counter_id (unknown, S-08
/// UNKNOWN_POLICY_COUNTERS); the account has as many watches as it may.
class WatchCall : public Operation {
 public:
  Change change;
  AccountId account;  ///< Either this,
  IdentityType identity_type = IdentityType::kE164;
  std::string identity;               ///< or this.
  std::string watch;                  ///< Its id: the account's own.
  std::vector<std::string> counters;  ///< Empty: all that the account has, also later (S-05).
  Instant expires_at;                 ///< Later than now; shortened to kWatchSecondsMax (S-10).

  // Results.
  AccountId found;
  Instant ends_at;
  std::vector<balance::Watch::Told> statuses;
  struct Rates {
    std::string counter;
    std::vector<ThrottleRate> rates;
  };
  std::vector<Rates> throttled;  ///< Of the statuses that are "throttle", by counter.

 private:
  AccountId payer() const override { return account; }
  std::optional<Identity> identity_wanted() const override {
    if (account.valid()) return std::nullopt;
    return Identity{identity_type, identity};
  }
  void Execute(Shard& shard) override;
};

/// Ends a watch. One that is not there is no fault.
class UnwatchCall : public Operation {
 public:
  Change change;
  AccountId account;
  std::string watch;

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_SPENDING_OPERATION_H_
