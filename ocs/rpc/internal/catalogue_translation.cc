#include "ocs/rpc/internal/catalogue_translation.h"

#include "ocs/base/limits.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

namespace catalog_pb = ::ocs::catalog::v1;

constexpr int kFileNameLengthMax = 256;  // Longer names tell no more in a diagnostic.

std::optional<FieldFault> CheckText(const std::string& text, const std::string& file_name) {
  if (text.empty()) return FieldFault{"text", "is missing"};
  if (auto fault = CheckLength("text", text, kCatalogueBytesMax)) return fault;
  return CheckLength("file_name", file_name, kFileNameLengthMax);
}

std::optional<FieldFault> ResultFromWire(const catalog_pb::SimulationResult& in,
                                         engine::SimulationResult* out) {
  constexpr size_t kHexLength = 64;
  if (in.result().empty()) return FieldFault{"simulation.result", "is missing"};
  if (in.catalogue_sha256().size() != kHexLength ||
      in.catalogue_sha256().find_first_not_of("0123456789abcdef") != std::string::npos) {
    return FieldFault{"simulation.catalogue_sha256",
                      "expected 64 hexadecimal digits, lower case: of the text simulated"};
  }
  out->bytes = in.result();
  out->text_sha256 = in.catalogue_sha256();
  return std::nullopt;
}

void ChangeToWire(const rating::Change& in, catalog_pb::CatalogueChange* out) {
  static_assert(static_cast<int>(rating::ChangeKind::kBookAdded) + 1 == catalog_pb::BOOK_ADDED);
  out->set_kind(static_cast<catalog_pb::CatalogueChangeKind>(static_cast<int>(in.kind) + 1));
  out->set_where(in.where);
  out->set_before(in.before);
  out->set_after(in.after);
  out->set_factor_numerator(in.factor.numerator);
  out->set_factor_denominator(in.factor.denominator);
}

}  // namespace

std::optional<FieldFault> FromWire(const catalog_pb::CheckCatalogueRequest& in) {
  return CheckText(in.text(), in.file_name());
}

std::optional<FieldFault> FromWire(const catalog_pb::PublishCatalogueRequest& in,
                                   engine::PublishCatalogueCall* out) {
  if (auto fault = FromWire(in.change(), &out->change)) return fault;
  if (auto fault = CheckText(in.text(), in.file_name())) return fault;
  out->text = in.text();
  out->file_name = in.file_name();
  if (in.has_effective_from_unix_ms()) out->effective_from = Instant{in.effective_from_unix_ms()};
  if (in.has_simulation()) return ResultFromWire(in.simulation(), &out->simulation);
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const catalog_pb::RollBackCatalogueRequest& in,
                                   engine::PublishCatalogueCall* out) {
  if (auto fault = FromWire(in.change(), &out->change)) return fault;
  if (in.revision() == 0) return FieldFault{"revision", "is missing: revisions count from 1"};
  out->copy_of = in.revision();
  if (in.has_effective_from_unix_ms()) out->effective_from = Instant{in.effective_from_unix_ms()};
  if (in.has_simulation()) return ResultFromWire(in.simulation(), &out->simulation);
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const catalog_pb::DecideRevisionRequest& in,
                                   engine::DecideRevisionCall* out) {
  using Action = engine::DecideRevisionCall::Action;
  if (auto fault = FromWire(in.change(), &out->change)) return fault;
  if (in.revision() == 0) return FieldFault{"revision", "is missing: revisions count from 1"};
  if (in.action() < catalog_pb::DecideRevisionRequest::APPROVE ||
      in.action() > catalog_pb::DecideRevisionRequest::CANCEL) {
    return FieldFault{"action", "expected APPROVE, REJECT or CANCEL"};
  }
  out->revision = in.revision();
  out->action = static_cast<Action>(in.action() - catalog_pb::DecideRevisionRequest::APPROVE);
  return std::nullopt;
}

void ToWire(const engine::CatalogueCheck& in, catalog_pb::CheckCatalogueResponse* out) {
  for (const std::string& diagnostic : in.diagnostics) out->add_diagnostic(diagnostic);
  out->set_compared_with(in.compared_with);
  for (const rating::Change& change : in.changes) ChangeToWire(change, out->add_change());
  out->set_text_sha256(in.text_sha256);
}

void ToWire(const engine::DecideRevisionCall& in, catalog_pb::DecideRevisionResponse* out) {
  out->set_effective_from_unix_ms(in.effective_from.unix_ms);
}

void ToWire(const engine::PublishCatalogueCall& in, catalog_pb::PublishCatalogueResponse* out) {
  out->set_revision(in.revision);
  out->set_proposed(in.decision == engine::RevisionDecision::kProposed);
  out->set_expires_at_unix_ms(in.expires_at.unix_ms);
}

void ToWire(const engine::RevisionView& in, catalog_pb::Revision* out) {
  out->set_revision(in.revision);
  out->set_name(in.name);
  out->set_effective_from_unix_ms(in.effective_from.unix_ms);
  out->set_published_at_unix_ms(in.published_at.unix_ms);
  out->set_published_by(in.published_by);
  out->set_model_count(in.model_count);
  out->set_offer_count(in.offer_count);
  out->set_text_bytes(in.text_bytes);
  static_assert(static_cast<int>(engine::RevisionState::kCancelled) ==
                catalog_pb::Revision::CANCELLED);
  out->set_state(static_cast<catalog_pb::Revision::State>(in.state));
  out->set_reason(in.reason);
  out->set_expires_at_unix_ms(in.expires_at.unix_ms);
  out->set_decided_at_unix_ms(in.decided_at.unix_ms);
  out->set_decided_by(in.decided_by);
  out->set_decided_reason(in.decided_reason);
  out->set_copy_of(in.copy_of);
  out->set_text_sha256(in.text_sha256);
  out->set_simulation_bytes(in.simulation_bytes);
  out->set_simulation_sha256(in.simulation_sha256);
}

}  // namespace ocs::rpc::internal
