// Publishing a catalogue: checked and compiled before the shard is bothered, in force once it is
// durable.

#include <string>
#include <utility>

#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/engine_state.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {
namespace {

// Revisions belong to no payer: their keys live in the first partition.
constexpr PartitionId kCataloguePartition{0};

std::string RevisionKey(uint32_t revision) {
  std::string key(balance::meta_key::kRevisionPrefix);
  ByteWriter(&key).Big32(revision);
  return key;
}

}  // namespace

bool PublishCatalogueCall::Prepare(Engine& engine) {
  engine_ = &engine;
  if (text.size() > static_cast<size_t>(kCatalogueBytesMax)) {
    return FailField(this, "text",
                     Cat("has ", text.size(), " bytes, expected at most ", kCatalogueBytesMax));
  }
  ParsedRevision parsed = ParseRevision(text, file_name);
  diagnostics = std::move(parsed.diagnostics);
  if (!diagnostics.empty()) {
    return FailField(
        this, "text",
        Cat("the catalogue has ", diagnostics.size(), " faults, the first: ", diagnostics[0]));
  }
  compiled_ = std::move(parsed.revision);
  return true;
}

void PublishCatalogueCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  const Instant now = shard.logged_at();
  const Instant effective = effective_from.value_or(now);
  ChangeRecord record(
      shard, change, kCataloguePartition, balance::EntryKind::kCataloguePublished,
      {{"text", text}, {"effective_from", effective_from ? Cat(effective.unix_ms) : ""}});
  const auto read = [&](ByteReader& in) {
    revision = static_cast<uint32_t>(in.Varint());
    compiled_ = nullptr;  // In force already.
  };
  if (record.Repeats(this, read)) {
    if (!status.ok()) compiled_ = nullptr;
    return;
  }
  // Revisions that are decided but not yet durable count too.
  revision = ++engine_->state_->last_revision;

  // Past this line the command cannot fail.
  RevisionView& view = compiled_->view;
  view.revision = revision;
  view.effective_from = effective;
  view.published_at = now;
  view.published_by = change.actor;
  balance::EntryBuilder& entry = record.Begin(AccountId{});
  entry.Attach(balance::AttachmentType::kCatalogue)->append(text);
  ByteWriter answer(entry.answer());
  answer.Varint(revision);
  answer.Signed(effective.unix_ms);
  const Position position = shard.Append(nullptr);
  // The text stands in the row, too: the journal's front is trimmed, a revision stays.
  std::string row;
  ByteWriter out(&row);
  out.Varint(position.group);
  out.Varint(position.index);
  out.Signed(now.unix_ms);
  out.Signed(effective.unix_ms);
  out.Text(change.actor);
  out.Text(text);
  shard.book().derived()->Put(balance::Table::kMeta, RevisionKey(revision), row);
}

void PublishCatalogueCall::Durable() noexcept {
  if (compiled_ == nullptr || !status.ok()) return;
  // Compiled here, with the number that it has got: the shard goes on deciding meanwhile.
  compiled_->tariff = CompileRevision(text, compiled_->view.revision);
  engine_->state_->registry.Add(std::move(compiled_));
}

}  // namespace ocs::engine
