// Who may call what: the roles, and for each method those that may call it. This table is the only
// place where that is decided; docs/OPERATING.md prints it.
//
// A new rpc needs an enumerator and a row here, with roles and reach. A method without a row cannot
// be written: every handler enters through internal/gate.h with its enumerator.

#ifndef OCS_RPC_ACCESS_H_
#define OCS_RPC_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace ocs::rpc {

enum class Role : uint8_t {
  kCharging = 0,    ///< Gateways and billing systems: credit control.
  kCare = 1,        ///< Customer care and shops: accounts, top-ups, purchases.
  kCatalogue = 2,   ///< Who makes the prices.
  kFinance = 3,     ///< Records, bills, money in.
  kOperations = 4,  ///< Who keeps the server running: sees states, changes no money.
  kReadOnly = 5,    ///< Auditors: reads everything, changes nothing.
};
inline constexpr int kRoleCount = 6;

/// "charging", "care", "catalogue", "finance", "operations", "read_only".
std::string_view RoleName(Role role);
/// The role of that name, or nothing.
std::optional<Role> ParseRole(std::string_view name);

/// Some of the roles.
class RoleSet final {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) Add(role);
  }
  constexpr void Add(Role role) { bits_ |= BitOf(role); }
  constexpr bool Has(Role role) const { return (bits_ & BitOf(role)) != 0; }
  constexpr bool HasAnyOf(RoleSet other) const { return (bits_ & other.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr uint32_t BitOf(Role role) { return uint32_t{1} << static_cast<uint32_t>(role); }
  uint32_t bits_ = 0;
};

/// Every rpc of the services, in the order of the table.
enum class Method : uint8_t {
  kCreditControl,
  kCreditControlStream,
  kCreateAccount,
  kAddIdentity,
  kRemoveIdentity,
  kPurchaseOffer,
  kTopUp,
  kAddNode,
  kChangeNode,
  kMoveIdentity,
  kSetLimit,
  kDropLimit,
  kSetProfile,
  kSetState,
  kCancelSubscription,
  kSetSwitch,
  kAdjust,
  kWriteOff,
  kRefundCharge,
  kTransfer,
  kListNotices,
  kGetAccount,
  kGetCoverage,
  kGetHistory,
  kCheckCatalogue,
  kPublishCatalogue,
  kRollBackCatalogue,
  kDecideRevision,
  kListRevisions,
  kGetRevision,
  kStreamRecords,
  kAcknowledge,
  kListConsumers,
  kGetBill,
  kBackUp,
  kGetStoreUsage,
  kSetLogLevel,
  kGetLogLevels,
  kIssueVouchers,
  kCancelVouchers,
  kRedeemVoucher,
  kListVoucherBatches,
  kReadLedger,
  kReRate,
  kStreamPushes,
  kAnswerPush,
  kReauthoriseSessions,
  kAbortSessions,
  kStreamNotices,
  kAcknowledgeNotices,
  kSubscribe,
  kUnsubscribe,
  kRunSimulation,
  kStreamProgress,
  kCancelSimulation,
  kGetSimulation,
  kListSimulations,
  kStartShadow,
  kStopShadow,
  kGetShadow,
};

/// What a method shows to a caller that is not the operator's.
enum class Reach : uint8_t {
  kOwnAccounts = 0,   ///< It names an account, which must be of the caller's tenant.
  kOwnNews = 1,       ///< It gives only what is of the caller's tenant: records, notices, cursors.
  kOperatorOnly = 2,  ///< Nothing: it is about the whole installation.
};

/// One row: the method, the roles of which a caller needs one, and what of other tenants it shows.
struct MethodAccess {
  Method method;
  std::string_view path;  ///< As on the wire: "/ocs.account.v1.Accounts/TopUp".
  RoleSet roles;
  Reach reach;
};

/// Every method, in the order of the enumeration.
absl::Span<const MethodAccess> MethodTable();

/// The row of a method.
const MethodAccess& AccessOf(Method method);

}  // namespace ocs::rpc

#endif  // OCS_RPC_ACCESS_H_
