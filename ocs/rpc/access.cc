#include "ocs/rpc/access.h"

#include <iterator>

namespace ocs::rpc {
namespace {

using enum Role;

constexpr std::string_view kRoleNames[kRoleCount] = {"charging", "care",       "catalogue",
                                                     "finance",  "operations", "read_only"};

constexpr MethodAccess kTable[] = {
    {Method::kCreditControl, "/ocs.charging.v1.Charging/CreditControl", {kCharging}},
    {Method::kCreditControlStream, "/ocs.charging.v1.Charging/CreditControlStream", {kCharging}},
    {Method::kCreateAccount, "/ocs.account.v1.Accounts/CreateAccount", {kCare}},
    {Method::kAddIdentity, "/ocs.account.v1.Accounts/AddIdentity", {kCare}},
    {Method::kRemoveIdentity, "/ocs.account.v1.Accounts/RemoveIdentity", {kCare}},
    {Method::kPurchaseOffer, "/ocs.account.v1.Accounts/PurchaseOffer", {kCare}},
    {Method::kTopUp, "/ocs.account.v1.Accounts/TopUp", {kCare, kFinance}},
    {Method::kAddNode, "/ocs.account.v1.Accounts/AddNode", {kCare}},
    {Method::kChangeNode, "/ocs.account.v1.Accounts/ChangeNode", {kCare}},
    {Method::kMoveIdentity, "/ocs.account.v1.Accounts/MoveIdentity", {kCare}},
    {Method::kSetLimit, "/ocs.account.v1.Accounts/SetLimit", {kCare}},
    {Method::kDropLimit, "/ocs.account.v1.Accounts/DropLimit", {kCare}},
    {Method::kSetProfile, "/ocs.account.v1.Accounts/SetProfile", {kCare}},
    {Method::kSetState, "/ocs.account.v1.Accounts/SetState", {kCare}},
    {Method::kCancelSubscription, "/ocs.account.v1.Accounts/CancelSubscription", {kCare}},
    {Method::kSetSwitch, "/ocs.account.v1.Accounts/SetSwitch", {kCare}},
    {Method::kAdjust, "/ocs.account.v1.Accounts/Adjust", {kCare}},
    {Method::kWriteOff, "/ocs.account.v1.Accounts/WriteOff", {kCare, kFinance}},
    {Method::kRefundCharge, "/ocs.account.v1.Accounts/RefundCharge", {kCare}},
    {Method::kTransfer, "/ocs.account.v1.Accounts/Transfer", {kCare}},
    {Method::kListNotices, "/ocs.account.v1.Accounts/ListNotices", {kCare, kOperations, kReadOnly}},
    {Method::kGetAccount, "/ocs.account.v1.Accounts/GetAccount", {kCare, kFinance, kReadOnly}},
    {Method::kGetCoverage, "/ocs.account.v1.Accounts/GetCoverage", {kCare, kFinance, kReadOnly}},
    {Method::kGetHistory, "/ocs.account.v1.Accounts/GetHistory", {kCare, kFinance, kReadOnly}},
    {Method::kCheckCatalogue, "/ocs.catalog.v1.Catalogue/CheckCatalogue", {kCatalogue}},
    {Method::kPublishCatalogue, "/ocs.catalog.v1.Catalogue/PublishCatalogue", {kCatalogue}},
    {Method::kRollBackCatalogue, "/ocs.catalog.v1.Catalogue/RollBackCatalogue", {kCatalogue}},
    {Method::kDecideRevision, "/ocs.catalog.v1.Catalogue/DecideRevision", {kCatalogue}},
    {Method::kListRevisions,
     "/ocs.catalog.v1.Catalogue/ListRevisions",
     {kCare, kCatalogue, kFinance, kOperations, kReadOnly}},
    {Method::kGetRevision,
     "/ocs.catalog.v1.Catalogue/GetRevision",
     {kCare, kCatalogue, kFinance, kReadOnly}},
    {Method::kStreamRecords, "/ocs.cdr.v1.Records/StreamRecords", {kFinance, kReadOnly}},
    {Method::kAcknowledge, "/ocs.cdr.v1.Records/Acknowledge", {kFinance}},
    {Method::kListConsumers,
     "/ocs.cdr.v1.Records/ListConsumers",
     {kFinance, kOperations, kReadOnly}},
    {Method::kGetBill, "/ocs.settlement.v1.Settlement/GetBill", {kCare, kFinance, kReadOnly}},
    {Method::kBackUp, "/ocs.operations.v1.Operations/BackUp", {kOperations}},
    {Method::kGetStoreUsage,
     "/ocs.operations.v1.Operations/GetStoreUsage",
     {kOperations, kReadOnly}},
    {Method::kIssueVouchers, "/ocs.account.v1.Vouchers/IssueVouchers", {kFinance}},
    {Method::kCancelVouchers, "/ocs.account.v1.Vouchers/CancelVouchers", {kFinance}},
    {Method::kRedeemVoucher, "/ocs.account.v1.Vouchers/RedeemVoucher", {kCare}},
    {Method::kListVoucherBatches,
     "/ocs.account.v1.Vouchers/ListVoucherBatches",
     {kCare, kFinance, kReadOnly}},
    {Method::kReadLedger, "/ocs.settlement.v1.Settlement/ReadLedger", {kFinance, kReadOnly}},
    {Method::kReRate, "/ocs.settlement.v1.ReRating/ReRate", {kFinance}},
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
