#include "tests/simulation/books_check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/escaping.h"
#include "balance/entry.h"
#include "balance/journal.h"
#include "balance/ledger.h"
#include "cdr/record.h"
#include "ocs/base/text.h"
#include "tools/inspect/prove.h"
#include "tools/inspect/transfer_check.h"

namespace ocs::simulation {
namespace {

class Auditor final {
 public:
  explicit Auditor(Books* books) : books_(books) {}

  void Add(const balance::EntryView& entry) {
    ++books_->entries;
    books_->last_entry = Cat(balance::EntryKindName(entry.kind), " of '", entry.key.text, "' ",
                             entry.key.number, ", account ", entry.account.value);
    if (entry.account.valid() && !balance::IsBesideAccount(entry.kind)) Apply(entry);
    for (const auto& attachment : entry.attachments) {
      if (attachment.type != balance::AttachmentType::kRecord) continue;
      const auto record = cdr::DecodeRecord(attachment.bytes);
      if (!record.ok()) {
        Fault(entry, "3: a record cannot be read");
      } else {
        AddRecord(entry, *record);
      }
    }
  }

  void FindDue() {
    for (const auto& [id, account] : accounts_) {
      if (account.NextDue() >= books_->next_due) continue;
      books_->next_due = account.NextDue();
      books_->due_account = id;
    }
  }

  // Law 5: a million small charges are the exact price of the whole, less what is carried.
  void Finish() {
    for (const auto& [line, sum] : lines_) {
      if (sum.priced == sum.charged + absl::int128(sum.carry)) continue;
      books_->faults.push_back(Cat("law 5: account ", std::get<0>(line), " line ",
                                   std::get<1>(line),
                                   ": the charges and the carry are not the "
                                   "price of all that was used"));
    }
  }

 private:
  struct LineSum {
    absl::int128 priced = 0;   // In 1/denominator of the smallest unit.
    absl::int128 charged = 0;  // The same.
    int64_t carry = 0;
  };

  void Fault(const balance::EntryView& entry, std::string_view what) {
    books_->faults.push_back(
        Cat("law ", what, " (entry ", entry.position.group, ".", entry.position.index, ")"));
  }

  void Apply(const balance::EntryView& entry) {
    balance::Account& account = accounts_[entry.account.value];
    const std::vector<balance::Bucket> before = account.buckets;
    if (const absl::Status applied = applier_.Apply(entry, &account); !applied.ok()) {
      Fault(entry, Cat("3: ", FromAbsl(applied.message())));
      return;
    }
    if (const auto postings = balance::PostingsOf(entry); postings.ok()) {
      for (const balance::Posting& posting : *postings)
        if (posting.account == balance::LedgerAccount::kTransferred)
          books_->transferred += posting.amount;
    }
    if (const absl::Status invariants = balance::CheckInvariants(account); !invariants.ok())
      Fault(entry, Cat("3: ", FromAbsl(invariants.message())));
    // Law 4: what raises a hold leaves no bucket below its limit.
    for (const balance::Bucket& bucket : account.buckets) {
      int64_t held = 0;
      for (const balance::Bucket& old : before) held += old.id == bucket.id ? old.held : 0;
      if (bucket.held > held && account.Spendable(bucket) < 0)
        Fault(entry, Cat("4: bucket ", bucket.id.value, " was granted beyond what it has"));
    }
  }

  void AddRecord(const balance::EntryView& entry, const cdr::Record& record) {
    if (record.local_sequence != static_cast<uint64_t>(++books_->records))
      Fault(entry, Cat("1: record ", record.local_sequence, " stands at place ", books_->records));
    if (record.type == cdr::RecordType::kUsage && record.record_sequence > 0) {
      // A session's id may be used again when it is closed: its first record begins a new one.
      uint32_t& revision = revisions_[{entry.account.value, std::string(record.session_id)}];
      if (record.record_sequence == 1) revision = record.tariff_revision;
      if (revision != record.tariff_revision)
        Fault(entry, Cat("7: session ", record.session_id, " went from tariff ", revision, " to ",
                         record.tariff_revision));
    }
    if (record.type != cdr::RecordType::kUsage) return;
    for (const cdr::RecordLine& line : record.lines) {
      if (line.carry_line == 0) continue;
      LineSum& sum = lines_[{entry.account.value, line.carry_line, line.price_denominator}];
      if (line.carry_in != sum.carry)
        Fault(entry, Cat("5: line ", line.carry_line, " carries in ", line.carry_in, ", ",
                         sum.carry, " was carried out"));
      sum.priced += absl::int128(line.quantity) * line.price_numerator;
      sum.charged += absl::int128(line.amount) * line.price_denominator;
      sum.carry = line.carry_out;
    }
  }

  Books* books_;
  balance::Applier applier_;
  std::map<uint64_t, balance::Account> accounts_;
  std::map<std::tuple<uint64_t, uint64_t, int64_t>, LineSum> lines_;
  std::map<std::pair<uint64_t, std::string>, uint32_t> revisions_;
};

// What the inspector proves, in its words.
void AddInspection(const balance::Store& store, const std::vector<const balance::Store*>& shards,
                   tools::TransferCheck* transfers, Books* books) {
  const auto report = tools::Prove(store, {.shards = shards, .transfers = transfers});
  if (!report.ok()) {
    books->faults.push_back(Cat("law 1: the inspector: ", FromAbsl(report.status().message())));
    return;
  }
  for (int i = 0; i < tools::kCheckCount; ++i) {
    const auto check = static_cast<tools::Check>(i);
    const tools::CheckResult& result = report->checks[static_cast<size_t>(i)];
    if (result.failed == 0) continue;
    books->faults.push_back(Cat("law ", tools::InfoOf(check).law, ": the inspector, ",
                                tools::InfoOf(check).name, ": ", result.first.front().place, ": ",
                                result.first.front().what));
  }
}

void AddTransfers(tools::TransferCheck* check, Books* books) {
  const tools::TransferReport transfers = check->Finish();
  if (!transfers.note.empty())
    books->faults.push_back(Cat("law 1: the inspector, transfers: ", transfers.note));
  if (transfers.ok()) return;
  const tools::Failure& first = transfers.check.first.front();
  books->faults.push_back(Cat("law 3: the inspector, transfers: ", first.place, ": ", first.what));
}

Books ReadShard(const balance::Store& store) {
  Books books;
  Auditor auditor(&books);
  balance::ChainHash previous = {};
  uint64_t number = 0;
  auto cursor = store.Seek(balance::Table::kJournal, {});
  for (; cursor->valid(); cursor->Next()) {
    const std::string bytes(cursor->value());
    auto reader = balance::GroupReader::Open(bytes, ++number);
    if (!reader.ok() || reader->previous_hash() != previous) {
      books.faults.push_back(Cat("law 1: group ", number, " does not follow the one before"));
      return books;
    }
    previous = balance::Sha256(bytes);
    books.logged_at = reader->logged_at();
    while (true) {
      const auto entry = reader->Next();
      if (!entry.ok()) books.faults.push_back(Cat("law 1: group ", number, " is damaged"));
      if (!entry.ok() || !*entry) break;
      auditor.Add(**entry);
    }
  }
  auditor.Finish();
  auditor.FindDue();
  books.head = Cat(number, " ",
                   FromAbsl(absl::BytesToHexString(absl::string_view(
                       reinterpret_cast<const char*>(previous.data()), previous.size()))));
  return books;
}

}  // namespace

Books ReadBooks(const std::vector<const balance::Store*>& shards) {
  Books all;
  for (const balance::Store* store : shards) {
    Books books = ReadShard(*store);
    all.faults.insert(all.faults.end(), books.faults.begin(), books.faults.end());
    all.head += all.head.empty() ? books.head : Cat(", ", books.head);
    all.entries += books.entries;
    all.records += books.records;
    all.transferred += books.transferred;
    all.logged_at = std::max(all.logged_at, books.logged_at);
    all.last_entry = books.last_entry;
    if (books.next_due >= all.next_due) continue;
    all.next_due = books.next_due;
    all.due_account = books.due_account;
  }
  return all;
}

Books CheckBooks(const std::vector<const balance::Store*>& shards) {
  Books books = ReadBooks(shards);
  tools::TransferCheck transfers;
  for (const balance::Store* store : shards) AddInspection(*store, shards, &transfers, &books);
  AddTransfers(&transfers, &books);
  return books;
}

}  // namespace ocs::simulation
