#include "ocs/rpc/access.h"

#include <iterator>

namespace ocs::rpc {
namespace {

using enum Role;
using enum Reach;

constexpr std::string_view kRoleNames[kRoleCount] = {"charging", "care",       "catalogue",
                                                     "finance",  "operations", "read_only"};

constexpr MethodAccess kTable[] = {
    {Method::kCreditControl, "/ocs.charging.v1.Charging/CreditControl", {kCharging}, kOwnAccounts},
    {Method::kCreditControlStream,
     "/ocs.charging.v1.Charging/CreditControlStream",
     {kCharging},
     kOwnAccounts},
    {Method::kCreateAccount, "/ocs.account.v1.Accounts/CreateAccount", {kCare}, kOwnAccounts},
    {Method::kAddIdentity, "/ocs.account.v1.Accounts/AddIdentity", {kCare}, kOwnAccounts},
    {Method::kRemoveIdentity, "/ocs.account.v1.Accounts/RemoveIdentity", {kCare}, kOwnAccounts},
    {Method::kPurchaseOffer, "/ocs.account.v1.Accounts/PurchaseOffer", {kCare}, kOwnAccounts},
    {Method::kTopUp, "/ocs.account.v1.Accounts/TopUp", {kCare, kFinance}, kOwnAccounts},
    {Method::kAddNode, "/ocs.account.v1.Accounts/AddNode", {kCare}, kOwnAccounts},
    {Method::kChangeNode, "/ocs.account.v1.Accounts/ChangeNode", {kCare}, kOwnAccounts},
    {Method::kMoveIdentity, "/ocs.account.v1.Accounts/MoveIdentity", {kCare}, kOwnAccounts},
    {Method::kSetLimit, "/ocs.account.v1.Accounts/SetLimit", {kCare}, kOwnAccounts},
    {Method::kDropLimit, "/ocs.account.v1.Accounts/DropLimit", {kCare}, kOwnAccounts},
    {Method::kSetProfile, "/ocs.account.v1.Accounts/SetProfile", {kCare}, kOwnAccounts},
    {Method::kSetState, "/ocs.account.v1.Accounts/SetState", {kCare}, kOwnAccounts},
    {Method::kCancelSubscription,
     "/ocs.account.v1.Accounts/CancelSubscription",
     {kCare},
     kOwnAccounts},
    {Method::kSetSwitch, "/ocs.account.v1.Accounts/SetSwitch", {kCare}, kOwnAccounts},
    {Method::kAdjust, "/ocs.account.v1.Accounts/Adjust", {kCare}, kOwnAccounts},
    {Method::kWriteOff, "/ocs.account.v1.Accounts/WriteOff", {kCare, kFinance}, kOwnAccounts},
    {Method::kRefundCharge, "/ocs.account.v1.Accounts/RefundCharge", {kCare}, kOwnAccounts},
    {Method::kTransfer, "/ocs.account.v1.Accounts/Transfer", {kCare}, kOwnAccounts},
    {Method::kListNotices,
     "/ocs.account.v1.Accounts/ListNotices",
     {kCare, kOperations, kReadOnly},
     kOwnNews},
    {Method::kGetAccount,
     "/ocs.account.v1.Accounts/GetAccount",
     {kCare, kFinance, kReadOnly},
     kOwnAccounts},
    {Method::kGetCoverage,
     "/ocs.account.v1.Accounts/GetCoverage",
     {kCare, kFinance, kReadOnly},
     kOwnAccounts},
    {Method::kGetHistory,
     "/ocs.account.v1.Accounts/GetHistory",
     {kCare, kFinance, kReadOnly},
     kOwnAccounts},
    {Method::kCheckCatalogue,
     "/ocs.catalog.v1.Catalogue/CheckCatalogue",
     {kCatalogue},
     kOperatorOnly},
    {Method::kPublishCatalogue,
     "/ocs.catalog.v1.Catalogue/PublishCatalogue",
     {kCatalogue},
     kOperatorOnly},
    {Method::kRollBackCatalogue,
     "/ocs.catalog.v1.Catalogue/RollBackCatalogue",
     {kCatalogue},
     kOperatorOnly},
    {Method::kDecideRevision,
     "/ocs.catalog.v1.Catalogue/DecideRevision",
     {kCatalogue},
     kOperatorOnly},
    {Method::kListRevisions,
     "/ocs.catalog.v1.Catalogue/ListRevisions",
     {kCare, kCatalogue, kFinance, kOperations, kReadOnly},
     kOperatorOnly},
    {Method::kGetRevision,
     "/ocs.catalog.v1.Catalogue/GetRevision",
     {kCare, kCatalogue, kFinance, kReadOnly},
     kOperatorOnly},
    {Method::kStreamRecords, "/ocs.cdr.v1.Records/StreamRecords", {kFinance, kReadOnly}, kOwnNews},
    {Method::kAcknowledge, "/ocs.cdr.v1.Records/Acknowledge", {kFinance}, kOwnNews},
    {Method::kListConsumers,
     "/ocs.cdr.v1.Records/ListConsumers",
     {kFinance, kOperations, kReadOnly},
     kOwnNews},
    {Method::kGetBill,
     "/ocs.settlement.v1.Settlement/GetBill",
     {kCare, kFinance, kReadOnly},
     kOwnAccounts},
    {Method::kBackUp, "/ocs.operations.v1.Operations/BackUp", {kOperations}, kOperatorOnly},
    {Method::kGetStoreUsage,
     "/ocs.operations.v1.Operations/GetStoreUsage",
     {kOperations, kReadOnly},
     kOperatorOnly},
    {Method::kSetLogLevel,
     "/ocs.operations.v1.Operations/SetLogLevel",
     {kOperations},
     kOperatorOnly},
    {Method::kGetLogLevels,
     "/ocs.operations.v1.Operations/GetLogLevels",
     {kOperations, kReadOnly},
     kOperatorOnly},
    {Method::kIssueVouchers, "/ocs.account.v1.Vouchers/IssueVouchers", {kFinance}, kOperatorOnly},
    {Method::kCancelVouchers, "/ocs.account.v1.Vouchers/CancelVouchers", {kFinance}, kOperatorOnly},
    {Method::kRedeemVoucher, "/ocs.account.v1.Vouchers/RedeemVoucher", {kCare}, kOwnAccounts},
    {Method::kListVoucherBatches,
     "/ocs.account.v1.Vouchers/ListVoucherBatches",
     {kCare, kFinance, kReadOnly},
     kOperatorOnly},
    {Method::kReadLedger,
     "/ocs.settlement.v1.Settlement/ReadLedger",
     {kFinance, kReadOnly},
     kOperatorOnly},
    {Method::kReRate, "/ocs.settlement.v1.ReRating/ReRate", {kFinance}, kOperatorOnly},
    {Method::kStreamPushes, "/ocs.push.v1.Pushes/StreamPushes", {kCharging}, kOwnNews},
    {Method::kAnswerPush, "/ocs.push.v1.Pushes/AnswerPush", {kCharging}, kOwnAccounts},
    {Method::kReauthoriseSessions,
     "/ocs.push.v1.Pushes/ReauthoriseSessions",
     {kCare, kOperations},
     kOwnAccounts},
    {Method::kAbortSessions,
     "/ocs.push.v1.Pushes/AbortSessions",
     {kCare, kOperations},
     kOwnAccounts},
    {Method::kStreamNotices,
     "/ocs.push.v1.Pushes/StreamNotices",
     {kCharging, kCare, kOperations, kReadOnly},
     kOwnNews},
    {Method::kAcknowledgeNotices,
     "/ocs.push.v1.Pushes/AcknowledgeNotices",
     {kCharging, kCare, kOperations},
     kOwnNews},
    {Method::kSubscribe, "/ocs.spending.v1.SpendingLimits/Subscribe", {kCharging}, kOwnAccounts},
    {Method::kUnsubscribe,
     "/ocs.spending.v1.SpendingLimits/Unsubscribe",
     {kCharging},
     kOwnAccounts},
    {Method::kRunSimulation,
     "/ocs.simulation.v1.Simulations/RunSimulation",
     {kOperations},
     kOperatorOnly},
    {Method::kStreamProgress,
     "/ocs.simulation.v1.Simulations/StreamProgress",
     {kOperations, kReadOnly},
     kOperatorOnly},
    {Method::kCancelSimulation,
     "/ocs.simulation.v1.Simulations/CancelSimulation",
     {kOperations},
     kOperatorOnly},
    {Method::kGetSimulation,
     "/ocs.simulation.v1.Simulations/GetSimulation",
     {kOperations, kReadOnly},
     kOperatorOnly},
    {Method::kListSimulations,
     "/ocs.simulation.v1.Simulations/ListSimulations",
     {kOperations, kReadOnly},
     kOperatorOnly},
    {Method::kStartShadow,
     "/ocs.simulation.v1.Simulations/StartShadow",
     {kOperations},
     kOperatorOnly},
    {Method::kStopShadow,
     "/ocs.simulation.v1.Simulations/StopShadow",
     {kOperations},
     kOperatorOnly},
    {Method::kGetShadow,
     "/ocs.simulation.v1.Simulations/GetShadow",
     {kOperations, kReadOnly},
     kOperatorOnly},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kTable); ++i) {
    if (static_cast<size_t>(kTable[i].method) != i || kTable[i].roles.empty()) return false;
  }
  return true;
}
static_assert(InOrder(), "a row for each method, in the order of the enumeration");

}  // namespace

std::string_view RoleName(Role role) { return kRoleNames[static_cast<size_t>(role)]; }

std::optional<Role> ParseRole(std::string_view name) {
  for (int i = 0; i < kRoleCount; ++i) {
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

absl::Span<const MethodAccess> MethodTable() { return kTable; }

const MethodAccess& AccessOf(Method method) { return kTable[static_cast<size_t>(method)]; }

}  // namespace ocs::rpc
