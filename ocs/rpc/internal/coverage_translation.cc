#include <optional>
#include <string>
#include <vector>

#include "ocs/rpc/internal/account_translation.h"

namespace ocs::rpc::internal {
namespace {

namespace account_pb = account::v1;

void RatesToWire(const std::vector<engine::PieceRateView>& in,
                 google::protobuf::RepeatedPtrField<account_pb::PieceRate>* out) {
  for (const engine::PieceRateView& rate : in) {
    account_pb::PieceRate* added = out->Add();
    added->set_token_kind(ToWire(rate.kind));
    added->set_numerator(rate.numerator);
    added->set_denominator(rate.denominator);
  }
}

void BucketToWire(const engine::BucketCoverageView& in, account_pb::BucketCoverage* out) {
  out->set_bucket_id(in.id.value);
  out->set_name(in.name);
  out->set_offer_id(in.offer);
  out->set_unit(std::string(in.unit.code()));
  out->set_available(in.available);
  out->set_valid_until_unix_ms(in.valid_until.unix_ms);
  out->set_subscription_number(in.subscription);
  for (const engine::CoveredModelView& model : in.models) {
    account_pb::CoveredModel* added = out->add_model();
    added->set_model_id(model.model);
    added->set_provider_id(model.provider);
    for (const std::string& name : model.classes) added->add_model_class(name);
    RatesToWire(model.draw, added->mutable_draw());
  }
  for (const std::string& name : in.classes) out->add_whole_class(name);
  for (const auto& [dimension, values] : in.only_for) {
    account_pb::CoveredUse* added = out->add_only_for();
    added->set_dimension(dimension);
    for (const std::string& value : values) added->add_value(value);
  }
  out->set_at_end(in.at_end);
  out->set_fallback_model_id(in.fallback_model);
  out->set_next_offer_id(in.next_offer);
}

}  // namespace

std::optional<FieldFault> FromWire(const account_pb::GetCoverageRequest& in,
                                   engine::CoverageCall* out) {
  if (auto fault = ReadAccount(in.account_id(), &out->account)) return fault;
  out->node = {in.node_id()};
  out->model = in.model();
  return std::nullopt;
}

void ToWire(const engine::CoverageCall& in, account_pb::GetCoverageResponse* out) {
  out->set_tariff_revision(in.tariff_revision);
  for (const engine::BucketCoverageView& bucket : in.buckets)
    BucketToWire(bucket, out->add_bucket());
  for (const engine::ModelPriceView& price : in.prices) {
    account_pb::ModelPrice* added = out->add_price();
    added->set_model_id(price.model);
    added->set_provider_id(price.provider);
    added->set_currency(std::string(price.currency.code()));
    RatesToWire(price.price, added->mutable_price());
    added->set_shaped(price.shaped);
    added->set_rule(price.rule);
  }
}

}  // namespace ocs::rpc::internal
