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

absl::StatusOr<std::shared_ptr<const Revision>> LoadRevision(const balance::Store& store,
                                                             uint32_t number, Position position) {
  OCS_ASSIGN_OR_RETURN(const std::string bytes, balance::ReadGroup(store, position.group));
  OCS_ASSIGN_OR_RETURN(balance::GroupReader group,
                       balance::GroupReader::Open(bytes, position.group));
  OCS_ASSIGN_OR_RETURN(const std::string body, group.FindBody(position.index));
  OCS_ASSIGN_OR_RETURN(const balance::EntryView entry, balance::ParseEntry(body, position));
  const std::string_view text = entry.attachment(balance::AttachmentType::kCatalogue);
  ParsedRevision parsed = ParseRevision(text, Cat("revision ", number));
  if (parsed.revision == nullptr) {
    return absl::DataLossError(Cat("catalogue revision ", number, " of the store does not check: ",
                                   parsed.diagnostics.empty() ? "" : parsed.diagnostics[0]));
  }
  ByteReader answer(entry.answer);
  RevisionView& view = parsed.revision->view;
  view.revision = static_cast<uint32_t>(answer.Varint());
  view.effective_from.unix_ms = answer.Signed();
  view.published_at = group.logged_at();
  ByteReader note(entry.attachment(balance::AttachmentType::kNote));
  view.published_by = note.Text();
  if (!answer.ok() || view.revision != number) {
    return absl::DataLossError(Cat("catalogue revision ", number, ": its entry is damaged"));
  }
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
    ByteReader row(cursor->value());
    const uint32_t number = key.Big32();
    Position position;
    position.group = row.Varint();
    position.index = static_cast<uint32_t>(row.Varint());
    if (!key.ok() || !row.ok() || number != revisions.size() + 1) {
      return absl::DataLossError("the store's list of catalogue revisions is damaged");
    }
    OCS_ASSIGN_OR_RETURN(std::shared_ptr<const Revision> revision,
                         LoadRevision(store, number, position));
    revisions.push_back(std::move(revision));
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return revisions;
}

}  // namespace ocs::engine
