#include "ocs/engine/internal/catalogue_text.h"

#include <utility>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/compiled_catalogues.h"
#include "rating/catalogue.h"

namespace ocs::engine {
namespace {

// The part of a row that follows the text; returns the simulation's result.
std::string_view ReadDecision(ByteReader& in, RevisionView* view) {
  view->decision = static_cast<RevisionDecision>(in.U8());
  view->reason = std::string(in.Text());
  view->expires_at = Instant{in.Signed()};
  view->decided_at = Instant{in.Signed()};
  view->decided_by = std::string(in.Text());
  view->decided_reason = std::string(in.Text());
  view->copy_of = static_cast<uint32_t>(in.Varint());
  return in.Text();
}

absl::StatusOr<std::shared_ptr<const Revision>> LoadRevision(uint32_t number, std::string_view row,
                                                             CompiledCatalogues* compiled) {
  ByteReader in(row);
  RevisionView read;
  Position entry;
  entry.group = in.Varint();
  entry.index = static_cast<uint32_t>(in.Varint());
  read.published_at = Instant{in.Signed()};
  read.effective_from = Instant{in.Signed()};
  read.published_by = std::string(in.Text());
  const std::string_view text = in.Text();
  std::string_view simulation;
  // A row of before there were proposals ends here, and says: published.
  if (in.ok() && !in.done()) simulation = ReadDecision(in, &read);
  if (!in.ok() || !in.done() || read.decision < RevisionDecision::kPublished ||
      read.decision > RevisionDecision::kCancelled) {
    return absl::DataLossError(Cat("the row of catalogue revision ", number, " is damaged"));
  }
  ParsedRevision parsed = ParseRevision(text, Cat("revision ", number), number, compiled);
  if (parsed.revision == nullptr) {
    return absl::DataLossError(Cat("catalogue revision ", number, " of the store does not check: ",
                                   parsed.diagnostics.empty() ? "" : parsed.diagnostics[0]));
  }
  const RevisionView& checked = parsed.revision->view;
  read.revision = number;
  read.name = checked.name;
  read.model_count = checked.model_count;
  read.offer_count = checked.offer_count;
  read.text_bytes = checked.text_bytes;
  read.text_sha256 = checked.text_sha256;
  parsed.revision->view = std::move(read);
  parsed.revision->entry = entry;
  Attach(simulation, parsed.revision.get());
  const RevisionDecision decision = parsed.revision->view.decision;
  if (decision != RevisionDecision::kPublished && decision != RevisionDecision::kCancelled)
    parsed.revision->tariff = nullptr;
  return parsed.revision;
}

}  // namespace

ParsedRevision ParseRevision(std::string_view text, std::string_view file_name, uint32_t number,
                             CompiledCatalogues* compiled) {
  ParsedRevision parsed;
  if (const auto known = compiled == nullptr ? nullptr : compiled->Find(text, number)) {
    parsed.revision = std::make_shared<Revision>(*known);
    return parsed;
  }
  rating::CatalogueCheck check =
      rating::ParseCatalogue(text, file_name.empty() ? "catalogue" : file_name);
  for (const rating::Diagnostic& diagnostic : check.diagnostics)
    parsed.diagnostics.push_back(diagnostic.ToString());
  if (!parsed.diagnostics.empty()) return parsed;
  OCS_CHECK(check.catalogue.has_value());
  auto tariff = rating::Tariff::Compile(*check.catalogue, number);
  parsed.revision = std::make_shared<Revision>();
  parsed.revision->text = std::string(text);
  parsed.revision->view.name = tariff->name();
  parsed.revision->view.model_count = tariff->model_count();
  parsed.revision->view.offer_count = tariff->offer_count();
  parsed.revision->view.text_bytes = static_cast<int64_t>(text.size());
  parsed.revision->view.text_sha256 = TextSha256(text);
  parsed.revision->tariff = std::move(tariff);
  if (compiled != nullptr) compiled->Add(std::make_shared<Revision>(*parsed.revision), number);
  return parsed;
}

std::shared_ptr<const rating::Tariff> CompileRevision(std::string_view text, uint32_t revision) {
  const rating::CatalogueCheck check = rating::ParseCatalogue(text, "catalogue");
  OCS_CHECK(check.diagnostics.empty());
  return rating::Tariff::Compile(*check.catalogue, revision);
}

std::string TextSha256(std::string_view text) { return balance::ToHex(balance::Sha256(text)); }

void Attach(std::string_view simulation, Revision* revision) {
  revision->simulation = std::string(simulation);
  revision->view.simulation_bytes = static_cast<int64_t>(simulation.size());
  revision->view.simulation_sha256 = simulation.empty() ? "" : TextSha256(simulation);
}

CatalogueCheck CompareTexts(std::string_view text, std::string_view file_name,
                            const Revision* before) {
  CatalogueCheck result;
  result.text_sha256 = TextSha256(text);
  const rating::CatalogueCheck after =
      rating::ParseCatalogue(text, file_name.empty() ? "catalogue" : file_name);
  for (const rating::Diagnostic& diagnostic : after.diagnostics)
    result.diagnostics.push_back(diagnostic.ToString());
  if (before == nullptr) return result;
  result.compared_with = before->view.revision;
  if (!result.diagnostics.empty()) return result;
  const rating::CatalogueCheck old =
      rating::ParseCatalogue(before->text, Cat("revision ", before->view.revision));
  OCS_CHECK(old.catalogue.has_value());
  result.changes = rating::CompareTariffs(*old.catalogue, *after.catalogue);
  return result;
}

void WriteRevisionRow(const Revision& revision, balance::StoreBatch* batch) {
  const RevisionView& view = revision.view;
  std::string key(balance::meta_key::kRevisionPrefix);
  ByteWriter(&key).Big32(view.revision);
  std::string row;
  ByteWriter out(&row);
  out.Varint(revision.entry.group);
  out.Varint(revision.entry.index);
  out.Signed(view.published_at.unix_ms);
  out.Signed(view.effective_from.unix_ms);
  out.Text(view.published_by);
  out.Text(revision.text);
  out.U8(static_cast<uint8_t>(view.decision));
  out.Text(view.reason);
  out.Signed(view.expires_at.unix_ms);
  out.Signed(view.decided_at.unix_ms);
  out.Text(view.decided_by);
  out.Text(view.decided_reason);
  out.Varint(view.copy_of);
  out.Text(revision.simulation);
  batch->Put(balance::Table::kMeta, key, row);
}

absl::StatusOr<std::vector<std::shared_ptr<const Revision>>> LoadRevisions(
    const balance::Store& store, CompiledCatalogues* compiled) {
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
                         LoadRevision(number, cursor->value(), compiled));
    revisions.push_back(std::move(revision));
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return revisions;
}

}  // namespace ocs::engine
