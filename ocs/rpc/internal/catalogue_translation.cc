#include "ocs/rpc/internal/catalogue_translation.h"

#include "ocs/base/limits.h"
#include "ocs/rpc/internal/type_translation.h"

namespace ocs::rpc::internal {
namespace {

namespace pb = ::ocs::catalog::v1;

constexpr int kFileNameLengthMax = 256;  // Longer names tell no more in a diagnostic.

std::optional<FieldFault> CheckText(const std::string& text, const std::string& file_name) {
  if (text.empty()) return FieldFault{"text", "is missing"};
  if (auto fault = CheckLength("text", text, kCatalogueBytesMax)) return fault;
  return CheckLength("file_name", file_name, kFileNameLengthMax);
}

}  // namespace

std::optional<FieldFault> FromWire(const pb::CheckCatalogueRequest& in) {
  return CheckText(in.text(), in.file_name());
}

std::optional<FieldFault> FromWire(const pb::PublishCatalogueRequest& in,
                                   engine::PublishCatalogueCall* out) {
  if (auto fault = FromWire(in.change(), &out->change)) return fault;
  if (auto fault = CheckText(in.text(), in.file_name())) return fault;
  out->text = in.text();
  out->file_name = in.file_name();
  if (in.has_effective_from_unix_ms()) out->effective_from = Instant{in.effective_from_unix_ms()};
  return std::nullopt;
}

void ToWire(const engine::PublishCatalogueCall& in, pb::PublishCatalogueResponse* out) {
  out->set_revision(in.revision);
}

void ToWire(const engine::RevisionView& in, pb::Revision* out) {
  out->set_revision(in.revision);
  out->set_name(in.name);
  out->set_effective_from_unix_ms(in.effective_from.unix_ms);
  out->set_published_at_unix_ms(in.published_at.unix_ms);
  out->set_published_by(in.published_by);
  out->set_model_count(in.model_count);
  out->set_offer_count(in.offer_count);
  out->set_text_bytes(in.text_bytes);
}

}  // namespace ocs::rpc::internal
