// What gateways are asked to do with their open sessions (RFC 8506 section 5.5, RFC 6733 section
// 8.5), and what they answer. A demand is part of the account until a request of the session
// answers it or the session ends; until then it is given to Engine::OnDemands again and again.
// Tested in: tests/engine/push_test.cc

#ifndef OCS_ENGINE_PUSH_OPERATION_H_
#define OCS_ENGINE_PUSH_OPERATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balance/push.h"
#include "ocs/base/ids.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// All demands of an account that are pending, as they are after an entry that touched one.
struct PendingDemands {
  AccountId account;
  std::string tenant;  ///< Whose customer; empty: the operator's.
  struct Item {
    balance::Demand demand;
    std::string origin_host;  ///< Of its session.
  };
  std::vector<Item> items;  ///< By session; empty: none is pending any more.
};

/// "ACCOUNT-GROUP-INDEX": names, with the session, a demand for ever.
std::string DemandId(AccountId account, Position asked);
struct DemandName {
  AccountId account;
  Position asked;
};
/// Nothing when the text is no such name.
std::optional<DemandName> ParseDemandId(std::string_view id);

/// Asks for re-authorisation (CC-96) or abort (CC-100) of one open session or of all of an account.
/// A session that is to be aborted stays so; one that is asked about another rating group is then
/// asked as a whole. Refused: session_id (not open).
class DemandCall : public Operation {
 public:
  Change change;  ///< Its reason goes to the gateway: at most kDemandReasonLengthMax of it.
  AccountId account;
  std::string session_id;  ///< Empty: all.
  balance::DemandKind kind = balance::DemandKind::kReauthorise;
  std::optional<uint32_t> rating_group;  ///< Only sessions that have it, about it alone.

  int64_t asked = 0;  ///< Result: sessions.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};
inline constexpr int kDemandReasonLengthMax = 256;

/// What a gateway says to a demand (RAA, ASA). Known as its Result-Codes: 2001 and 2002 change
/// nothing, the session's next request answers (CC-97); 5002: it has no such session, which is
/// closed here, its holds freed and its record marked incomplete (CC-98); 5012: it will not, and is
/// not asked again. A demand that is not pending any more is no fault.
class AnswerDemandCall : public Operation {
 public:
  std::string demand_id;
  std::string session_id;
  uint16_t result_code = 0;

 private:
  AccountId payer() const override {
    const auto name = ParseDemandId(demand_id);
    return name ? name->account : AccountId{};
  }
  void Execute(Shard& shard) override;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_PUSH_OPERATION_H_
