#include "ocs/rpc/internal/account_translation.h"

#include "absl/strings/str_cat.h"
#include "ocs/base/limits.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

namespace account_pb = ::ocs::account::v1;

std::optional<FieldFault> ReadCurrency(const std::string& code, Unit* out) {
  const auto unit = Unit::Parse(code);
  if (!unit.ok() || !unit->is_money()) {
    return FieldFault{"currency", "is not three capital letters (ISO 4217)"};
  }
  *out = *unit;
  return std::nullopt;
}

template <typename Request>
std::optional<FieldFault> ReadIdentityChange(const Request& in,
                                             engine::ChangeIdentityCall::Action action,
                                             engine::ChangeIdentityCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  out->action = action;
  if constexpr (requires { in.node_id(); }) out->node = {in.node_id()};
  return FromWire(in.subscription_id(), "subscription_id", &out->type, &out->data);
}

void WriteBucket(const engine::BucketView& in, account_pb::Bucket* out) {
  out->set_bucket_id(in.id.value);
  out->set_name(in.name);
  out->set_offer_id(in.offer);
  out->set_unit(std::string(in.unit.code()));
  out->set_priority(in.priority);
  out->set_valid_from_unix_ms(in.valid_from.unix_ms);
  out->set_valid_until_unix_ms(in.valid_until.unix_ms);
  out->set_granted(in.granted);
  out->set_available(in.available);
  out->set_held(in.held);
  out->set_spent(in.spent);
  out->set_expired(in.expired);
  out->set_transferred(in.transferred);
  out->set_node_id(in.node);
  out->set_shared(in.shared);
  out->set_subscription_number(in.subscription);
  out->set_carried_cycles(in.carried);
  out->set_refills_at_unix_ms(in.refills_at.unix_ms);
  out->set_refill_amount(in.refill_amount);
}

void WriteSubscription(const engine::SubscriptionView& in, account_pb::Subscription* out) {
  out->set_offer_id(in.offer);
  out->set_name(in.name);
  out->set_tariff_revision(in.tariff_revision);
  out->set_valid_from_unix_ms(in.valid_from.unix_ms);
  out->set_valid_until_unix_ms(in.valid_until.unix_ms);
  out->set_subscription_number(in.id);
  out->set_node_id(in.node);
  out->set_renews_at_unix_ms(in.renews_at.unix_ms);
  out->set_cycle_count(in.cycles);
  out->set_quantity(in.quantity);
  out->set_cancelled(in.cancelled);
  for (const engine::SwitchView& item : in.switches) {
    auto* added = out->add_switch_();
    added->set_switch_id(item.id);
    added->set_name(item.name);
    added->set_on(item.on);
  }
}

void WriteNode(const engine::NodeView& in, account_pb::Node* out) {
  out->set_node_id(in.id);
  out->set_parent_id(in.parent);
  out->set_kind(static_cast<account_pb::NodeKind>(in.kind));
  out->set_state(static_cast<account_pb::State>(in.state));
  out->set_name(in.name);
}

void WriteLimit(const engine::LimitView& in, account_pb::Limit* out) {
  out->set_limit_id(in.id);
  out->set_node_id(in.node);
  out->set_name(in.name);
  out->set_window(in.window);
  out->set_unit(std::string(in.unit.code()));
  out->set_amount(in.amount);
  out->set_used(in.used);
  out->set_held(in.held);
  out->set_left(in.left);
  out->set_alert_only(in.alert_only);
  for (const int percent : in.alerts) out->add_alert_percent(percent);
  out->set_frees_at_unix_ms(in.frees_at.unix_ms);
  out->set_until_unix_ms(in.until.unix_ms);
}

void WriteSession(const engine::SessionView& in, account_pb::Session* out) {
  out->set_session_id(in.session_id);
  out->set_opened_at_unix_ms(in.opened_at.unix_ms);
  out->set_ends_at_unix_ms(in.ends_at.unix_ms);
  out->set_tariff_revision(in.tariff_revision);
}

}  // namespace

std::optional<FieldFault> ReadAccount(uint64_t account_id, AccountId* out) {
  *out = {account_id};
  if (out->valid()) return std::nullopt;
  return FieldFault{"account_id", account_id == 0 ? "is missing" : "is no account's number"};
}

std::optional<FieldFault> FromWire(const account_pb::CreateAccountRequest& in,
                                   engine::CreateAccountCall* out) {
  if (auto fault = FromWire(in.change(), &out->change)) return fault;
  if (auto fault = ReadCurrency(in.currency(), &out->currency)) return fault;
  out->credit_limit_micros = in.credit_limit_micros();
  if (in.state() != account_pb::STATE_UNSPECIFIED && in.state() != account_pb::PRE_ACTIVE &&
      in.state() != account_pb::ACTIVE) {
    return FieldFault{"state", "expected PRE_ACTIVE or ACTIVE"};
  }
  out->pre_active = in.state() == account_pb::PRE_ACTIVE;
  if (auto fault = CheckLength("segment", in.segment(), kNameLengthMax)) return fault;
  if (auto fault = CheckLength("tenant", in.tenant(), kNameLengthMax)) return fault;
  out->segment = in.segment();
  out->tenant = in.tenant();
  if (in.billing_day() != 0) out->billing_day = in.billing_day();
  const int count = in.subscription_id_size();
  if (count > kIdentitiesPerRequestMax) {
    return FieldFault{"subscription_id", absl::StrCat("has ", count, " entries; at most ",
                                                      kIdentitiesPerRequestMax, " are taken")};
  }
  for (int i = 0; i < count; ++i) {
    auto& [type, data] = out->identities.emplace_back();
    const std::string field = absl::StrCat("subscription_id[", i, "]");
    if (auto fault = FromWire(in.subscription_id(i), field, &type, &data)) return fault;
  }
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::AddIdentityRequest& in,
                                   engine::ChangeIdentityCall* out) {
  return ReadIdentityChange(in, engine::ChangeIdentityCall::Action::kAdd, out);
}

std::optional<FieldFault> FromWire(const account_pb::RemoveIdentityRequest& in,
                                   engine::ChangeIdentityCall* out) {
  return ReadIdentityChange(in, engine::ChangeIdentityCall::Action::kRemove, out);
}

std::optional<FieldFault> FromWire(const account_pb::PurchaseOfferRequest& in,
                                   engine::PurchaseCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (in.offer_id().empty()) return FieldFault{"offer_id", "is missing"};
  if (auto fault = CheckLength("offer_id", in.offer_id(), kModelNameLengthMax)) return fault;
  out->offer = in.offer_id();
  out->node = {in.node_id()};
  if (in.quantity() != 0) out->quantity = in.quantity();
  if (in.has_event_timestamp_unix_ms()) out->event_time = Instant{in.event_timestamp_unix_ms()};
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::TopUpRequest& in, engine::TopUpCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  if (auto fault = ReadCurrency(in.currency(), &out->currency)) return fault;
  out->amount_micros = in.amount_micros();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const account_pb::GetAccountRequest& in,
                                   engine::GetAccountCall* out) {
  if (in.account_id() != 0) return ReadAccount(in.account_id(), &out->account);
  if (!in.has_subscription_id()) {
    return FieldFault{"account_id", "is missing, and so is subscription_id"};
  }
  return FromWire(in.subscription_id(), "subscription_id", &out->identity_type, &out->identity);
}

std::optional<FieldFault> FromWire(const account_pb::GetHistoryRequest& in,
                                   engine::HistoryCall* out) {
  if (auto fault = ReadAccount(in.account_id(), &out->account)) return fault;
  if (in.items_max() < 0 || in.items_max() > 1'000) {
    return FieldFault{"items_max", absl::StrCat("is ", in.items_max(), "; expected 1 to 1,000")};
  }
  if (in.items_max() > 0) out->items_max = in.items_max();
  if (in.has_before()) out->before = FromWire(in.before());
  return std::nullopt;
}

void ToWire(const engine::CreateAccountCall& in, account_pb::CreateAccountResponse* out) {
  out->set_account_id(in.account.value);
}

void ToWire(const engine::ChangeIdentityCall& /*in*/, account_pb::AddIdentityResponse* /*out*/) {}

void ToWire(const engine::ChangeIdentityCall& /*in*/, account_pb::RemoveIdentityResponse* /*out*/) {
}

void ToWire(const engine::PurchaseCall& in, account_pb::PurchaseOfferResponse* out) {
  out->set_tariff_revision(in.tariff_revision);
  out->set_fee_micros(in.fee_micros);
  out->set_currency(std::string(in.currency.code()));
  for (const BucketId bucket : in.buckets) out->add_bucket_id(bucket.value);
  out->set_record_id(in.record_id);
  out->set_valid_until_unix_ms(in.valid_until.unix_ms);
  out->set_fee_points(in.fee_points);
  out->set_fee_unit(std::string(in.fee_unit.code()));
  out->set_subscription_number(in.subscription);
  out->set_renews_at_unix_ms(in.renews_at.unix_ms);
}

void ToWire(const engine::TopUpCall& in, account_pb::TopUpResponse* out) {
  out->set_available_micros(in.available_micros);
}

void ToWire(const engine::GetAccountCall& in, account_pb::GetAccountResponse* out) {
  const engine::AccountView& view = in.view;
  account_pb::Account* account = out->mutable_account();
  account->set_account_id(view.id.value);
  account->set_state(view.state);
  account->set_currency(std::string(view.currency.code()));
  account->set_credit_limit_micros(view.credit_limit_micros);
  account->set_created_at_unix_ms(view.created_at.unix_ms);
  for (const auto& identity : view.identities) {
    auto* added = account->add_subscription_id();
    added->set_subscription_id_type(ToWire(identity.type));
    added->set_subscription_id_data(identity.data);
    account->add_subscription_id_node(identity.node);
  }
  account->set_segment(view.segment);
  account->set_tenant(view.tenant);
  account->set_billing_day(view.billing_day);
  for (const engine::NodeView& node : view.nodes) WriteNode(node, account->add_node());
  for (const engine::LimitView& limit : view.limits) WriteLimit(limit, account->add_limit());
  for (const engine::DatedChangeView& change : view.dated_changes) {
    auto* added = account->add_dated_change();
    added->set_at_unix_ms(change.at.unix_ms);
    added->set_state(static_cast<account_pb::State>(change.state));
    added->set_reason(change.reason);
  }
  for (const auto& bucket : view.buckets) WriteBucket(bucket, account->add_bucket());
  for (const auto& bought : view.subscriptions) {
    WriteSubscription(bought, account->add_subscription());
  }
  for (const auto& session : view.sessions) WriteSession(session, account->add_session());
}

void ToWire(const engine::HistoryCall& in, account_pb::GetHistoryResponse* out) {
  for (const engine::HistoryItem& item : in.items) {
    auto* added = out->add_item();
    added->set_shard(item.shard.value);
    ToWire(item.position, added->mutable_position());
    added->set_logged_at_unix_ms(item.logged_at.unix_ms);
    added->set_kind(item.kind);
    added->set_text(item.text);
    for (const std::string& posting : item.postings) added->add_posting(posting);
    for (const std::string& charge : item.charges) added->add_charge(charge);
  }
  if (in.next_before.valid()) ToWire(in.next_before, out->mutable_next_before());
}

}  // namespace ocs::rpc::internal
