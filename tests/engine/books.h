// The books of a store as an auditor reads them: from the journal alone.

#ifndef TESTS_ENGINE_BOOKS_H_
#define TESTS_ENGINE_BOOKS_H_

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "balance/journal.h"
#include "balance/ledger.h"
#include "balance/mem_store.h"
#include "cdr/record.h"
#include "ocs/base/text.h"
#include "tests/support/catch.h"

namespace ocs::engine::tests {

using balance::LedgerAccount;

struct GroupCopy {
  uint64_t number = 0;
  Instant logged_at;
  std::string bytes;
};

/// All groups; their chain is checked.
inline std::vector<GroupCopy> JournalOf(const balance::Store& store) {
  std::vector<GroupCopy> groups;
  balance::ChainHash previous = {};
  auto cursor = store.Seek(balance::Table::kJournal, {});
  for (uint64_t number = 1; cursor->valid(); cursor->Next(), ++number) {
    REQUIRE(cursor->key() == balance::GroupKey(number));
    std::string bytes(cursor->value());
    const auto reader = balance::GroupReader::Open(bytes, number);
    REQUIRE(reader.ok());
    REQUIRE(reader->previous_hash() == previous);
    previous = balance::Sha256(bytes);
    groups.push_back(
        {.number = number, .logged_at = reader->logged_at(), .bytes = std::move(bytes)});
  }
  const auto head = balance::ReadHead(store);
  REQUIRE(head.ok());
  REQUIRE(head->group == groups.size());
  REQUIRE(head->hash == previous);
  return groups;
}

/// Calls `visit(entry)` for each entry, oldest first.
template <typename Visit>
void ForEachEntry(const balance::Store& store, Visit visit) {
  for (const GroupCopy& group : JournalOf(store)) {
    auto reader = balance::GroupReader::Open(group.bytes, group.number);
    REQUIRE(reader.ok());
    while (true) {
      const auto entry = reader->Next();
      REQUIRE(entry.ok());
      if (!*entry) break;
      visit(**entry);
    }
  }
}

/// What was posted to each ledger account, all units together, and what the records say.
struct Totals {
  std::array<int64_t, balance::kLedgerAccountCount> posted = {};
  int64_t record_money = 0;    ///< Sum of the records' lines of the account's own money.
  int64_t record_revenue = 0;  ///< Sum of what their draws earn of packages.
  int64_t records = 0;
  int64_t Of(LedgerAccount account) const { return posted[static_cast<size_t>(account)]; }
};

/// Adds up one entry's records; checks law 5 on the face of every line, and that no record number
/// is missing or there twice.
inline void AddRecords(const balance::EntryView& entry, Totals* totals) {
  for (const auto& attachment : entry.attachments) {
    if (attachment.type != balance::AttachmentType::kRecord) continue;
    const auto record = cdr::DecodeRecord(attachment.bytes);
    REQUIRE(record.ok());
    REQUIRE(record->account == entry.account);
    REQUIRE(record->local_sequence == static_cast<uint64_t>(++totals->records));
    const int64_t sign = cdr::IsCredit(record->type) ? -1 : 1;
    for (const cdr::RecordLine& line : record->lines) {
      if (line.form == cdr::LineForm::kPieces) {
        REQUIRE(line.amount * line.price_denominator + line.carry_out ==
                line.quantity * line.price_numerator + line.carry_in);
      }
      if (line.unit.is_money() && line.bucket == balance::kMainBucket)
        totals->record_money += sign * line.amount;
      totals->record_revenue += line.revenue_micros;
    }
  }
}

/// Law 3, from the journal alone: the postings of each entry sum to zero in each unit, the records
/// agree with them, and the buckets rebuilt from them satisfy conservation.
inline Totals TotalsOf(const balance::Store& store) {
  Totals totals;
  std::map<std::pair<uint64_t, uint32_t>, Unit> units;
  ForEachEntry(store, [&](const balance::EntryView& entry) {
    std::map<std::string, int64_t> sums;
    Unit currency;
    balance::EffectReader effects(entry.effects);
    while (effects.Next()) {
      const auto bucket_key = [&](BucketId id) { return std::pair(entry.account.value, id.value); };
      if (effects.effect() == balance::Effect::kCreateAccount) {
        units[bucket_key(balance::kMainBucket)] = effects.account().currency;
      } else if (effects.effect() == balance::Effect::kAddBucket) {
        units[bucket_key(effects.bucket().id)] = effects.bucket().unit;
      }
      if (effects.effect() != balance::Effect::kPost) continue;
      const balance::Posting& posting = effects.posting();
      const bool in_currency = balance::CountsInCurrency(posting.account);
      const auto unit = units.find(bucket_key(in_currency ? balance::kMainBucket : posting.bucket));
      REQUIRE(unit != units.end());
      sums[std::string(unit->second.code())] += posting.amount;
      totals.posted[static_cast<size_t>(posting.account)] += posting.amount;
    }
    REQUIRE(effects.ok());
    for (const auto& [unit, sum] : sums) {
      INFO("entry " << entry.position.group << "." << entry.position.index << " in " << unit);
      REQUIRE(sum == 0);
    }
    AddRecords(entry, &totals);
  });
  REQUIRE(totals.record_money == totals.Of(LedgerAccount::kEarned) +
                                     totals.Of(LedgerAccount::kDeferred) +
                                     totals.Of(LedgerAccount::kRebate));
  REQUIRE(totals.record_revenue == totals.Of(LedgerAccount::kPackageEarned));
  return totals;
}

/// The states of all accounts as the journal alone gives them, by id, in their byte form.
inline std::map<uint64_t, balance::Account> AccountsOf(const balance::Store& store) {
  std::map<uint64_t, balance::Account> accounts;
  balance::Applier applier;
  ForEachEntry(store, [&](const balance::EntryView& entry) {
    const bool of_account = entry.account.valid() &&
                            entry.kind != balance::EntryKind::kIdentityClaimed &&
                            entry.kind != balance::EntryKind::kIdentityReleased;
    if (!of_account) return;
    balance::Account& account = accounts[entry.account.value];
    REQUIRE(entry.previous == account.last);
    const absl::Status applied = applier.Apply(entry, &account);
    INFO(applied);
    REQUIRE(applied.ok());
    REQUIRE(balance::CheckInvariants(account).ok());
  });
  return accounts;
}

inline std::string Bytes(const balance::Account& account) {
  std::string bytes;
  balance::EncodeAccount(account, &bytes);
  return bytes;
}

/// A copy of every row of a store.
inline std::shared_ptr<balance::Store> CopyOf(const balance::Store& store) {
  std::shared_ptr<balance::Store> copy = balance::MakeMemStore();
  balance::StoreBatch batch;
  for (int table = 0; table < balance::kTableCount; ++table) {
    auto cursor = store.Seek(static_cast<balance::Table>(table), {});
    for (; cursor->valid(); cursor->Next())
      batch.Put(static_cast<balance::Table>(table), cursor->key(), cursor->value());
    REQUIRE(cursor->status().ok());
  }
  REQUIRE(copy->Write(batch).ok());
  return copy;
}

}  // namespace ocs::engine::tests

#endif  // TESTS_ENGINE_BOOKS_H_
