#include "ocs/engine/internal/catalogue_text.h"

#include <utility>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "rating/catalogue.h"

namespace ocs::engine {
namespace {

absl::StatusOr<std::shared_ptr<const Revision>> LoadRevision(uint32_t number,
                                                             std::string_view row) {
  ByteReader in(row);
  in.Varint();  // Where it was published; only the inspector looks.
  in.Varint();
  const Instant published{in.Signed()};
  const Instant effective{in.Signed()};
  const std::string_view actor = in.Text();
  const std::string_view text = in.Text();
  if (!in.ok() || !in.done()) {
    return absl::DataLossError(Cat("the row of catalogue revision ", number, " is damaged"));
  }
  ParsedRevision parsed = ParseRevision(text, Cat("revision ", number));
  if (parsed.revision == nullptr) {
    return absl::DataLossError(Cat("catalogue revision ", number, " of the store does not check: ",
                                   parsed.diagnostics.empty() ? "" : parsed.diagnostics[0]));
  }
  RevisionView& view = parsed.revision->view;
  view.revision = number;
  view.effective_from = effective;
  view.published_at = published;
  view.published_by = actor;
  parsed.revision->tariff = CompileRevision(text, number);
  return parsed.revision;
}

}  // namespace

ParsedRevision ParseRevision(std::string_view text, std::string_view file_name) {
  ParsedRevision parsed;
  rating::CatalogueCheck check =
      rating::ParseCatalogue(text, file_name.empty() ? "catalogue" : file_name);
  for (const rating::Diagnostic& diagnostic : check.diagnostics)
    parsed.diagnostics.push_back(diagnostic.ToString());
  if (!parsed.diagnostics.empty()) return parsed;
  OCS_CHECK(check.catalogue.has_value());
  const auto tariff = rating::Tariff::Compile(*check.catalogue, 0);
  parsed.revision = std::make_shared<Revision>();
  parsed.revision->text = std::string(text);
  parsed.revision->view.name = tariff->name();
  parsed.revision->view.model_count = tariff->model_count();
  parsed.revision->view.offer_count = tariff->offer_count();
  parsed.revision->view.text_bytes = static_cast<int64_t>(text.size());
  return parsed;
}

std::unique_ptr<const rating::Tariff> CompileRevision(std::string_view text, uint32_t revision) {
  const rating::CatalogueCheck check = rating::ParseCatalogue(text, "catalogue");
  OCS_CHECK(check.diagnostics.empty());
  return rating::Tariff::Compile(*check.catalogue, revision);
}

absl::StatusOr<std::vector<std::shared_ptr<const Revision>>> LoadRevisions(
    const balance::Store& store) {
  std::vector<std::shared_ptr<const Revision>> revisions;
  const std::string_view prefix = balance::meta_key::kRevisionPrefix;
  auto cursor = store.Seek(balance::Table::kMeta, prefix);
  for (; cursor->valid() && cursor->key().substr(0, prefix.size()) == prefix; cursor->Next()) {
    ByteReader key(cursor->key().substr(prefix.size()));
    const uint32_t number = key.Big32();
    if (!key.ok() || number != revisions.size() + 1) {
      return absl::DataLossError("the store's list of catalogue revisions is damaged");
    }
    OCS_ASSIGN_OR_RETURN(std::shared_ptr<const Revision> revision,
                         LoadRevision(number, cursor->value()));
    revisions.push_back(std::move(revision));
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return revisions;
}

}  // namespace ocs::engine
