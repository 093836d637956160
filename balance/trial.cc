#include "balance/trial.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "balance/book.h"
#include "balance/journal.h"
#include "balance/ledger.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

// Which unit each live bucket has. Units are few: they are kept once, and named by a number.
class Units final {
 public:
  explicit Units(const Store* store, int64_t buckets_max)
      : store_(store), buckets_max_(buckets_max) {}

  absl::Status Learn(const EntryView& entry) {
    for (EffectReader effects(entry.effects); effects.Next();) {
      if (effects.effect() == Effect::kCreateAccount) {
        units_[{entry.account.value, kMainBucket.value}] = NumberOf(effects.account().currency);
      } else if (effects.effect() == Effect::kAddBucket) {
        units_[{entry.account.value, effects.bucket().id.value}] = NumberOf(effects.bucket().unit);
      }
    }
    if (static_cast<int64_t>(units_.size()) <= buckets_max_) return absl::OkStatus();
    return absl::ResourceExhaustedError(Cat("the units of more than ", buckets_max_,
                                            " buckets would be kept in memory; ask for one "
                                            "account"));
  }
  void Forget(const EntryView& entry) {
    for (EffectReader effects(entry.effects); effects.Next();) {
      if (effects.effect() == Effect::kDropBucket)
        units_.erase({entry.account.value, effects.bucket().id.value});
    }
  }
  // Of a bucket made before the journal's first group: as the stored state has it; empty when it
  // has left that too.
  absl::StatusOr<Unit> Of(AccountId account, BucketId bucket) {
    auto found = units_.find({account.value, bucket.value});
    if (found == units_.end()) {
      OCS_RETURN_IF_ERROR(LearnFromRow(account));
      found = units_.find({account.value, bucket.value});
    }
    return found == units_.end() ? Unit() : known_[found->second];
  }

 private:
  uint16_t NumberOf(const Unit& unit) {
    const auto at = std::find(known_.begin(), known_.end(), unit);
    if (at != known_.end()) return static_cast<uint16_t>(at - known_.begin());
    known_.push_back(unit);
    return static_cast<uint16_t>(known_.size() - 1);
  }
  absl::Status LearnFromRow(AccountId id) {
    OCS_ASSIGN_OR_RETURN(const auto row, store_->Get(Table::kAccounts, AccountKey(id)));
    if (!row) return absl::OkStatus();
    int64_t due_second = 0;
    OCS_ASSIGN_OR_RETURN(const Account account, DecodeAccountRow(*row, &due_second));
    for (const Bucket& bucket : account.buckets)
      units_.try_emplace({id.value, bucket.id.value}, NumberOf(bucket.unit));
    return absl::OkStatus();
  }

  const Store* store_;
  int64_t buckets_max_;
  absl::flat_hash_map<std::pair<uint64_t, uint32_t>, uint16_t> units_;
  std::vector<Unit> known_;
};

class Adder final {
 public:
  Adder(const Store& store, const TrialOptions& options)
      : options_(options), units_(&store, options.buckets_max) {}

  // False when the range has been passed.
  absl::StatusOr<bool> Add(const EntryView& entry) {
    if (options_.visit) options_.visit(entry);
    if (entry.position > options_.range.through) return false;
    if (!entry.account.valid() || (options_.account && *options_.account != entry.account))
      return true;
    OCS_RETURN_IF_ERROR(units_.Learn(entry));
    if (entry.position > options_.range.after) OCS_RETURN_IF_ERROR(AddPostings(entry));
    units_.Forget(entry);
    return true;
  }

  TrialBalance Take() {
    for (auto& [key, line] : lines_) trial_.lines.push_back(line);
    return std::move(trial_);
  }

 private:
  absl::Status AddPostings(const EntryView& entry) {
    OCS_ASSIGN_OR_RETURN(const auto postings, PostingsOf(entry));
    trial_.last = entry.position;
    if (postings.empty()) return absl::OkStatus();
    ++trial_.entry_count;
    for (const Posting& posting : postings) {
      ++trial_.posting_count;
      const BucketId bucket = CountsInCurrency(posting.account) ? kMainBucket : posting.bucket;
      OCS_ASSIGN_OR_RETURN(const Unit unit, units_.Of(entry.account, bucket));
      TrialLine& line = lines_[{unit, posting.account}];
      line.account = posting.account;
      line.unit = unit;
      (posting.amount < 0 ? line.debit : line.credit) +=
          posting.amount < 0 ? -absl::int128{posting.amount} : absl::int128{posting.amount};
    }
    return absl::OkStatus();
  }

  const TrialOptions& options_;
  Units units_;
  TrialBalance trial_;
  std::map<std::pair<Unit, LedgerAccount>, TrialLine> lines_;
};

// Reads entries by position; keeps the group read last, for neighbours.
class EntryFinder final {
 public:
  explicit EntryFinder(const Store& store) : store_(store) {}

  struct Found {
    std::string body;
    EntryView view;
    Instant logged_at;
  };
  absl::Status Read(Position position, Found* found) {
    if (number_ != position.group) {
      number_ = 0;
      OCS_ASSIGN_OR_RETURN(bytes_, ReadGroup(store_, position.group));
      number_ = position.group;
    }
    OCS_ASSIGN_OR_RETURN(GroupReader reader, GroupReader::Open(bytes_, position.group));
    found->logged_at = reader.logged_at();
    OCS_ASSIGN_OR_RETURN(found->body, reader.FindBody(position.index));
    OCS_ASSIGN_OR_RETURN(found->view, ParseEntry(found->body, position));
    return absl::OkStatus();
  }

 private:
  const Store& store_;
  uint64_t number_ = 0;
  std::string bytes_;
};

// The account's entries up to `through`, newest first, back to `after` or to where it was made;
// *whole tells which.
absl::StatusOr<std::vector<Position>> PositionsBack(EntryFinder& finder, Position newest,
                                                    const JournalRange& range, bool* trimmed) {
  std::vector<Position> positions;
  EntryFinder::Found found;
  *trimmed = false;
  for (Position at = newest; at.valid() && at > range.after; at = found.view.previous) {
    const absl::Status read = finder.Read(at, &found);
    if (absl::IsNotFound(read)) {
      *trimmed = true;
      return positions;
    }
    OCS_RETURN_IF_ERROR(read);
    if (at <= range.through) positions.push_back(at);
  }
  return positions;
}

}  // namespace

std::vector<Imbalance> ImbalancesOf(const TrialBalance& trial) {
  std::map<Unit, absl::int128> sums;
  for (const TrialLine& line : trial.lines) sums[line.unit] += line.net();
  std::vector<Imbalance> imbalances;
  for (const auto& [unit, sum] : sums) {
    if (sum != 0) imbalances.push_back({.unit = unit, .sum = sum});
  }
  return imbalances;
}

absl::StatusOr<TrialBalance> ReadTrialBalance(const Store& store, const TrialOptions& options) {
  Adder adder(store, options);
  auto cursor = store.Seek(Table::kJournal, {});
  for (; cursor->valid(); cursor->Next()) {
    ByteReader key(cursor->key());
    const uint64_t number = key.Big64();
    if (number > options.range.through.group) break;
    OCS_ASSIGN_OR_RETURN(GroupReader group, GroupReader::Open(cursor->value(), number));
    while (true) {
      OCS_ASSIGN_OR_RETURN(const std::optional<EntryView> entry, group.Next());
      if (!entry) break;
      OCS_ASSIGN_OR_RETURN(const bool more, adder.Add(*entry));
      if (!more) return adder.Take();
    }
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return adder.Take();
}

TrialBalance SumOf(const std::vector<TrialBalance>& shards) {
  TrialBalance sum;
  std::map<std::pair<Unit, LedgerAccount>, TrialLine> lines;
  for (const TrialBalance& shard : shards) {
    sum.entry_count += shard.entry_count;
    sum.posting_count += shard.posting_count;
    for (const TrialLine& line : shard.lines) {
      TrialLine& all = lines[{line.unit, line.account}];
      all.account = line.account;
      all.unit = line.unit;
      all.debit += line.debit;
      all.credit += line.credit;
    }
  }
  for (auto& [key, line] : lines) sum.lines.push_back(line);
  return sum;
}

absl::Status ForEachEntryOf(const Store& store, Position newest, const JournalRange& range,
                            const std::function<absl::Status(const EntryView&, Instant)>& visit) {
  EntryFinder finder(store);
  bool trimmed = false;
  OCS_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                       PositionsBack(finder, newest, range, &trimmed));
  EntryFinder::Found found;
  for (auto at = positions.rbegin(); at != positions.rend(); ++at) {
    OCS_RETURN_IF_ERROR(finder.Read(*at, &found));
    OCS_RETURN_IF_ERROR(visit(found.view, found.logged_at));
  }
  return absl::OkStatus();
}

absl::StatusOr<Account> ReadAccountAt(const Store& store, Position newest, Position at) {
  EntryFinder finder(store);
  bool trimmed = false;
  OCS_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                       PositionsBack(finder, newest, {.after = {}, .through = at}, &trimmed));
  if (trimmed) {
    return absl::NotFoundError(
        "the beginning of the account has been trimmed away: its state then is not known");
  }
  if (positions.empty()) return absl::NotFoundError("the account was not there yet");
  Account account;
  Applier applier;
  EntryFinder::Found found;
  for (auto next = positions.rbegin(); next != positions.rend(); ++next) {
    OCS_RETURN_IF_ERROR(finder.Read(*next, &found));
    account.id = found.view.account;
    OCS_RETURN_IF_ERROR(applier.Apply(found.view, &account));
  }
  return account;
}

}  // namespace ocs::balance
