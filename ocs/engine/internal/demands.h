// Demands on gateways: asked, asked again, answered (ocs/engine/push_operation.h).

#ifndef OCS_ENGINE_INTERNAL_DEMANDS_H_
#define OCS_ENGINE_INTERNAL_DEMANDS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "balance/account.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/messages.h"

namespace ocs::engine {

/// A gateway that does not answer is asked again after 5 seconds, then after twice as long each
/// time, but at most after 5 minutes. It ends with the session, which its supervision timer ends.
inline constexpr int64_t kAskAgainSecondsMin = 5;
inline constexpr int64_t kAskAgainSecondsMax = 300;
/// Of a session in an entry: 256 of them take about 64 KiB.
inline constexpr int kDemandsPerEntryMax = 256;

/// What is asked of a session.
struct DemandWish {
  balance::DemandKind kind = balance::DemandKind::kReauthorise;
  std::optional<uint32_t> rating_group = {};
  std::string_view reason = {};
};

/// What the session's demand is after the wish; nothing when what is pending says as much already.
/// `asked` is the position of the entry that will ask.
std::optional<balance::Demand> DemandAfter(const balance::Account& account,
                                           const balance::Session& session, const DemandWish& wish,
                                           Position asked, Instant now);

/// True when the request does what was demanded (CC-97): a re-authorisation is answered by the next
/// update that reports on its rating group; an abort only by the session's end.
bool AnswersDemand(const balance::Demand& demand, const CreditControlRequest& request);

/// Asks once more. REQUIRES: the shard has an open group.
void AskAgain(Shard& shard, balance::Account* account, const balance::Demand& demand);

/// True when the account's own money and credit are used up.
bool IsOutOfMoney(const balance::Account& account);

/// Money has come: where there was none before, the gateways of all open sessions are asked to
/// re-authorise (CC-59), as entries of their own. REQUIRES: the shard has an open group.
void AskAfterCredit(Shard& shard, balance::Account* account, bool was_out_of_money);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_DEMANDS_H_
