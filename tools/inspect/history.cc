#include "tools/inspect/history.h"

#include <optional>
#include <utility>
#include <vector>

#include "balance/account.h"
#include "balance/book.h"
#include "balance/journal.h"
#include "balance/ledger.h"
#include "balance/words.h"
#include "cdr/explain.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/record_id.h"
#include "tools/inspect/prove.h"
#include "tools/inspect/report.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using balance::EntryView;
using Units = std::vector<std::pair<BucketId, Unit>>;

std::string PositionText(Position position) { return Cat(position.group, ".", position.index); }

// An entry with its postings and the reasons of its charges, indented below it.
absl::StatusOr<std::string> EntryText(const EntryView& entry, ShardId shard, Instant logged_at,
                                      const Units& units, absl::TimeZone zone) {
  OCS_ASSIGN_OR_RETURN(const balance::EntryWords words, balance::DescribeEntry(entry, zone, units));
  std::string out = Cat(PositionText(entry.position), "  ", FormatInstant(logged_at, zone), "  ",
                        entry.account.valid() ? Cat("account ", entry.account.value, ": ") : "",
                        Printable(words.text), "\n");
  for (const std::string& posting : words.postings) out += Cat("    ", posting, "\n");
  uint32_t number = 0;
  for (const EntryView::Attachment& attachment : entry.attachments) {
    if (attachment.type == balance::AttachmentType::kNote) {
      ByteReader in(attachment.bytes);
      const std::string_view actor = in.Text();
      const std::string_view reason = in.Text();
      if (in.ok() && !(actor.empty() && reason.empty()))
        out += Cat("    by '", Printable(actor), "': ", Printable(reason), "\n");
    }
    if (attachment.type != balance::AttachmentType::kRecord) continue;
    OCS_ASSIGN_OR_RETURN(const cdr::Record record, cdr::DecodeRecord(attachment.bytes));
    const cdr::RecordId id = engine::RecordIdOf(shard, entry.position, number++);
    out += Cat("    record ", cdr::FormatRecordId(id), ", number ", record.local_sequence, "\n");
    for (const cdr::RecordLine& line : record.lines)
      out += Cat("      ", Printable(cdr::ExplainLine(record, line)), "\n");
  }
  return out;
}

struct ReadBack {
  std::string bytes;
  EntryView entry;
  Instant logged_at;
};

absl::StatusOr<std::unique_ptr<ReadBack>> ReadEntry(const balance::Store& store,
                                                    Position position) {
  auto read = std::make_unique<ReadBack>();
  OCS_ASSIGN_OR_RETURN(const std::string group, balance::ReadGroup(store, position.group));
  OCS_ASSIGN_OR_RETURN(balance::GroupReader reader,
                       balance::GroupReader::Open(group, position.group));
  read->logged_at = reader.logged_at();
  OCS_ASSIGN_OR_RETURN(read->bytes, reader.FindBody(position.index));
  OCS_ASSIGN_OR_RETURN(read->entry, balance::ParseEntry(read->bytes, position));
  return read;
}

}  // namespace

// From its stored state.
absl::StatusOr<balance::Account> LoadAccount(const balance::Store& store, AccountId id) {
  balance::Account account;
  account.id = id;
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store.Get(balance::Table::kAccounts, balance::AccountKey(id)));
  if (row) {
    int64_t due_second = 0;
    OCS_ASSIGN_OR_RETURN(account, balance::DecodeAccountRow(*row, &due_second));
  }
  OCS_ASSIGN_OR_RETURN(const uint64_t checkpoint, ReadCheckpoint(store));
  balance::Applier applier;
  uint64_t number = checkpoint + 1;
  auto cursor = store.Seek(balance::Table::kJournal, balance::GroupKey(number));
  for (; cursor->valid(); cursor->Next(), ++number) {
    OCS_ASSIGN_OR_RETURN(balance::GroupReader group,
                         balance::GroupReader::Open(cursor->value(), number));
    while (true) {
      OCS_ASSIGN_OR_RETURN(const std::optional<EntryView> entry, group.Next());
      if (!entry) break;
      const bool beside = balance::IsBesideAccount(entry->kind);
      if (entry->account != id || beside || entry->position <= account.last) continue;
      OCS_RETURN_IF_ERROR(applier.Apply(*entry, &account));
    }
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  if (!account.last.valid()) return absl::NotFoundError(Cat("there is no account ", id.value));
  return account;
}

std::string BucketsTable(const balance::Account& account, absl::TimeZone zone) {
  Table table({{"bucket", Align::kRight},
               {"priority", Align::kRight},
               {"available", Align::kRight},
               {"held", Align::kRight},
               {"spent", Align::kRight},
               {"expired", Align::kRight},
               {"granted", Align::kRight},
               {"until"}});
  for (const balance::Bucket& bucket : account.buckets) {
    const auto amount = [&](int64_t value) { return FormatAmount(value, bucket.unit); };
    table.AddRow({Cat(bucket.id.value), Cat(bucket.priority), amount(bucket.available),
                  amount(bucket.held), amount(bucket.spent), amount(bucket.expired),
                  amount(bucket.granted), FormatInstant(bucket.valid_until, zone)});
  }
  return table.Format();
}

absl::StatusOr<std::string> AccountInWords(const balance::Store& store, ShardId shard, AccountId id,
                                           int entries_max, absl::TimeZone zone) {
  OCS_ASSIGN_OR_RETURN(const balance::Account account, LoadAccount(store, id));
  Units units;
  for (const balance::Bucket& bucket : account.buckets) units.push_back({bucket.id, bucket.unit});
  std::string out = Cat("account ", id.value, ", ", balance::AccountStateName(account.state), ", ",
                        account.currency.code(), ", credit limit ",
                        FormatAmount(account.credit_limit_micros, account.currency), ", ",
                        account.sessions.size(), " open sessions, ", account.identities.size(),
                        " identities\n\n", BucketsTable(account, zone), "\n");
  Position at = account.last;
  for (int count = 0; at.valid() && count < entries_max; ++count) {
    const auto read = ReadEntry(store, at);
    if (absl::IsNotFound(read.status())) {
      return Cat(out, "what was before has been trimmed away\n");
    }
    if (!read.ok()) return read.status();
    OCS_ASSIGN_OR_RETURN(const std::string text,
                         EntryText((*read)->entry, shard, (*read)->logged_at, units, zone));
    out += text;
    at = (*read)->entry.previous;
  }
  if (at.valid()) out += Cat("older entries follow, the next is ", PositionText(at), "\n");
  return out;
}

absl::StatusOr<std::string> GroupInWords(const balance::Store& store, uint64_t number,
                                         absl::TimeZone zone) {
  OCS_ASSIGN_OR_RETURN(const std::string bytes, balance::ReadGroup(store, number));
  OCS_ASSIGN_OR_RETURN(balance::GroupReader group, balance::GroupReader::Open(bytes, number));
  std::string out =
      FormatFields({{"group", Cat(number)},
                    {"shard", Cat(group.shard().value)},
                    {"logged at", FormatInstant(group.logged_at(), zone)},
                    {"bytes", FormatGrouped(static_cast<int64_t>(bytes.size()))},
                    {"hash", balance::ToHex(balance::Sha256(bytes))},
                    {"hash of the group before", balance::ToHex(group.previous_hash())}});
  out += "\n";
  while (true) {
    OCS_ASSIGN_OR_RETURN(const std::optional<EntryView> entry, group.Next());
    if (!entry) return out;
    OCS_ASSIGN_OR_RETURN(const std::string text,
                         EntryText(*entry, group.shard(), group.logged_at(), {}, zone));
    out += text;
  }
}

absl::StatusOr<std::string> RevisionsInWords(const balance::Store& store, absl::TimeZone zone) {
  Table table({{"revision", Align::kRight},
               {"effective from"},
               {"published at"},
               {"by"},
               {"bytes", Align::kRight},
               {"entry"},
               {"decision"}});
  constexpr std::string_view kDecisions[] = {"?", "published", "proposed", "rejected", "cancelled"};
  const std::string_view prefix = balance::meta_key::kRevisionPrefix;
  auto cursor = store.Seek(balance::Table::kMeta, prefix);
  for (; cursor->valid() && cursor->key().substr(0, prefix.size()) == prefix; cursor->Next()) {
    ByteReader key(cursor->key().substr(prefix.size()));
    ByteReader value(cursor->value());
    const uint32_t revision = key.Big32();
    Position at;
    at.group = value.Varint();
    at.index = static_cast<uint32_t>(value.Varint());
    const Instant published{value.Signed()};
    const Instant effective{value.Signed()};
    const std::string_view actor = value.Text();
    const std::string_view text = value.Text();
    // A row of before there were proposals ends with the text.
    const uint8_t decision = value.ok() && value.done() ? uint8_t{1} : value.U8();
    if (!key.ok() || !value.ok() || decision >= std::size(kDecisions))
      return absl::DataLossError("the row of a catalogue revision is damaged");
    table.AddRow({Cat(revision), FormatInstant(effective, zone), FormatInstant(published, zone),
                  std::string(actor), FormatGrouped(static_cast<int64_t>(text.size())),
                  PositionText(at), std::string(kDecisions[decision])});
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return table.empty() ? "" : table.Format();
}

}  // namespace ocs::tools
