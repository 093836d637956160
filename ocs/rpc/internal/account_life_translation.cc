// The wire forms of calls that change an account over its life (proto/ocs/account/v1/life.proto).

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "ocs/base/limits.h"
#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

namespace account_pb = ::ocs::account::v1;
using balance::AccountState;

std::optional<FieldFault> ReadName(const std::string& in, std::string* out) {
  if (in.empty()) return FieldFault{"name", "is missing"};
  if (auto fault = CheckLength("name", in, kNameLengthMax)) return fault;
  *out = in;
  return std::nullopt;
}

std::optional<FieldFault> ReadState(account_pb::State in, AccountState* out) {
  if (in < account_pb::PRE_ACTIVE || in > account_pb::CLOSED) {
    return FieldFault{"state", absl::StrCat("is ", in, "; expected 1 to 5")};
  }
  *out = static_cast<AccountState>(in);
  return std::nullopt;
}

}  // namespace

static_assert(account_pb::PRE_ACTIVE == static_cast<int>(AccountState::kPreActive));
static_assert(account_pb::CLOSED == static_cast<int>(AccountState::kClosed));
static_assert(account_pb::GROUP == static_cast<int>(balance::NodeKind::kGroup));
static_assert(account_pb::KEY == static_cast<int>(balance::NodeKind::kKey));
static_assert(account_pb::CALL == static_cast<int>(WindowKind::kCall));
static_assert(account_pb::LIFETIME == static_cast<int>(WindowKind::kLifetime));

std::optional<FieldFault> FromWire(const account_pb::AddNodeRequest& in, engine::AddNodeCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (auto fault = ReadName(in.name(), &out->name)) return fault;
  if (in.kind() < account_pb::GROUP || in.kind() > account_pb::KEY) {
    return FieldFault{"kind", absl::StrCat("is ", in.kind(), "; expected 1 to 3")};
  }
  out->kind = static_cast<balance::NodeKind>(in.kind());
  out->parent = {in.parent_id()};
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::ChangeNodeRequest& in,
                                   engine::ChangeNodeCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.node_id() == 0) return FieldFault{"node_id", "is missing"};
  out->node = {in.node_id()};
  if (in.has_parent_id()) out->parent = balance::NodeId{in.parent_id()};
  if (in.has_name()) {
    if (auto fault = ReadName(in.name(), &out->name.emplace())) return fault;
  }
  if (in.state() != account_pb::STATE_UNSPECIFIED)
    return ReadState(in.state(), &out->state.emplace());
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::MoveIdentityRequest& in,
                                   engine::ChangeIdentityCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  out->action = engine::ChangeIdentityCall::Action::kMove;
  out->node = {in.node_id()};
  return FromWire(in.subscription_id(), "subscription_id", &out->type, &out->data);
}

std::optional<FieldFault> FromWire(const account_pb::SetLimitRequest& in,
                                   engine::SetLimitCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (auto fault = ReadName(in.name(), &out->name)) return fault;
  if (in.window() < account_pb::CALL || in.window() > account_pb::LIFETIME) {
    return FieldFault{"window", absl::StrCat("is ", in.window(), "; expected 2 to 8")};
  }
  const auto unit = Unit::Parse(in.unit());
  if (!unit.ok()) {
    return FieldFault{"unit", "is neither a currency nor the name of a unit such as token"};
  }
  if (in.alert_percent_size() > kAlertsPerLimitMax) {
    return FieldFault{"alert_percent",
                      absl::StrCat("has ", in.alert_percent_size(), " entries; at most ",
                                   kAlertsPerLimitMax, " are taken")};
  }
  out->limit = in.limit_id();
  out->node = {in.node_id()};
  out->window = {.kind = static_cast<WindowKind>(in.window()), .length_ms = in.length_ms()};
  out->unit = *unit;
  out->amount = in.amount();
  out->alert_only = in.alert_only();
  out->alerts.assign(in.alert_percent().begin(), in.alert_percent().end());
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::DropLimitRequest& in,
                                   engine::DropLimitCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.limit_id() == 0) return FieldFault{"limit_id", "is missing"};
  out->limit = in.limit_id();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::SetProfileRequest& in,
                                   engine::SetProfileCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (auto fault = CheckLength("segment", in.segment(), kNameLengthMax)) return fault;
  if (auto fault = CheckLength("tenant", in.tenant(), kNameLengthMax)) return fault;
  if (in.has_credit_limit_micros()) out->credit_limit_micros = in.credit_limit_micros();
  if (in.has_segment()) out->segment = in.segment();
  if (in.has_tenant()) out->tenant = in.tenant();
  if (in.has_billing_day()) out->billing_day = in.billing_day();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::SetStateRequest& in,
                                   engine::SetStateCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (auto fault = ReadState(in.state(), &out->state)) return fault;
  if (in.has_at_unix_ms()) out->at = Instant{in.at_unix_ms()};
  out->settle =
      in.forfeit() ? engine::SetStateCall::Settle::kForfeit : engine::SetStateCall::Settle::kPayOut;
  out->withdraw = in.withdraw();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::CancelSubscriptionRequest& in,
                                   engine::CancelSubscriptionCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.subscription_number() == 0) return FieldFault{"subscription_number", "is missing"};
  out->subscription = in.subscription_number();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::SetSwitchRequest& in,
                                   engine::SetSwitchCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.subscription_number() == 0) return FieldFault{"subscription_number", "is missing"};
  if (in.switch_id().empty()) return FieldFault{"switch_id", "is missing"};
  if (auto fault = CheckLength("switch_id", in.switch_id(), kNameLengthMax)) return fault;
  out->subscription = in.subscription_number();
  out->switch_id = in.switch_id();
  out->on = in.on();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::AdjustRequest& in, engine::AdjustCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.bucket_id() != 0) out->bucket = {in.bucket_id()};
  out->amount = in.amount();
  out->kind = in.correction() ? balance::AdjustmentReason::kCorrection
                              : balance::AdjustmentReason::kGoodwill;
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::WriteOffRequest& in,
                                   engine::WriteOffCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.bucket_id() != 0) out->bucket = {in.bucket_id()};
  if (in.has_amount()) out->amount = in.amount();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::RefundChargeRequest& in,
                                   engine::RefundChargeCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.record_id().empty()) return FieldFault{"record_id", "is missing"};
  if (auto fault = CheckLength("record_id", in.record_id(), kRefundInformationLengthMax))
    return fault;
  out->record_id = in.record_id();
  if (in.has_line()) out->line = in.line();
  out->amount = in.amount();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::TransferRequest& in,
                                   engine::TransferCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  out->to = {in.to_account_id()};
  if (!out->to.valid()) return FieldFault{"to_account_id", "is no account's number"};
  if (in.bucket_id() != 0) out->bucket = {in.bucket_id()};
  out->amount = in.amount();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::ListNoticesRequest& in,
                                   engine::NoticesCall* out) {
  if (in.notices_max() < 0 || in.notices_max() > 1'000) {
    return FieldFault{"notices_max",
                      absl::StrCat("is ", in.notices_max(), "; expected 1 to 1,000")};
  }
  if (in.notices_max() > 0) out->notices_max = in.notices_max();
  if (in.has_after()) out->after = FromWire(in.after());
  if (in.shard() > UINT16_MAX)
    return FieldFault{"shard", absl::StrCat("is ", in.shard(), "; there is no such shard")};
  out->shard = {static_cast<uint16_t>(in.shard())};
  return std::nullopt;
}

void ToWire(const engine::AddNodeCall& in, account_pb::AddNodeResponse* out) {
  out->set_node_id(in.node.value);
}
void ToWire(const engine::ChangeNodeCall& /*in*/, account_pb::ChangeNodeResponse* /*out*/) {}
void ToWire(const engine::ChangeIdentityCall& /*in*/, account_pb::MoveIdentityResponse* /*out*/) {}
void ToWire(const engine::SetLimitCall& in, account_pb::SetLimitResponse* out) {
  out->set_limit_id(in.limit_set);
}
void ToWire(const engine::DropLimitCall& /*in*/, account_pb::DropLimitResponse* /*out*/) {}
void ToWire(const engine::SetProfileCall& /*in*/, account_pb::SetProfileResponse* /*out*/) {}
void ToWire(const engine::SetStateCall& in, account_pb::SetStateResponse* out) {
  out->set_paid_out_micros(in.paid_out_micros);
}
void ToWire(const engine::CancelSubscriptionCall& in, account_pb::CancelSubscriptionResponse* out) {
  out->set_ends_at_unix_ms(in.ends_at.unix_ms);
}
void ToWire(const engine::SetSwitchCall& /*in*/, account_pb::SetSwitchResponse* /*out*/) {}
void ToWire(const engine::AdjustCall& in, account_pb::AdjustResponse* out) {
  out->set_available(in.available);
}
void ToWire(const engine::WriteOffCall& in, account_pb::WriteOffResponse* out) {
  out->set_written_off(in.written_off);
}
void ToWire(const engine::RefundChargeCall& in, account_pb::RefundChargeResponse* out) {
  out->set_refunded_micros(in.refunded_micros);
  out->set_refunded_pieces(in.refunded_pieces);
  out->set_record_id(in.refund_record_id);
}
void ToWire(const engine::TransferCall& in, account_pb::TransferResponse* out) {
  out->set_transfer_id(in.transfer_id);
}
void ToWire(const engine::NoticeView& in, account_pb::Notice* out) {
  ToWire(in.position, out->mutable_position());
  out->set_account_id(in.account.value);
  out->set_type(in.type);
  out->set_node_id(in.node);
  out->set_subject(in.subject);
  out->set_percent(in.percent);
  out->set_unit(std::string(in.unit.code()));
  out->set_amount(in.amount);
  out->set_at_unix_ms(in.at.unix_ms);
  out->set_name(in.name);
  out->set_text(in.text);
}
void ToWire(const engine::NoticesCall& in, account_pb::ListNoticesResponse* out) {
  for (const engine::NoticeView& notice : in.notices) ToWire(notice, out->add_notice());
  ToWire(in.next_after, out->mutable_next_after());
  out->set_shard_count(static_cast<uint32_t>(in.shard_count));
}

}  // namespace ocs::rpc::internal
