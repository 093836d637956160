#include "tools/inspect/prove.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/inspect/account_check.h"
#include "tools/inspect/record_check.h"
#include "tools/inspect/table_check.h"
#include "tools/inspect/voucher_check.h"

namespace ocs::tools {
namespace {

using balance::ChainHash;
using balance::EntryView;
using balance::GroupReader;
using balance::Head;

constexpr uint64_t kGroupsBetweenMemoryChecks = 256;

// What this process has in memory now; 0 where the system does not tell.
int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  int64_t resident = 0;
  file >> pages >> resident;
  return file ? resident * ::sysconf(_SC_PAGESIZE) : 0;
}

absl::StatusOr<uint64_t> ReadNumber(const balance::Store& store, std::string_view key) {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row, store.Get(balance::Table::kMeta, key));
  if (!row) return 0;
  ByteReader in(*row);
  const uint64_t number = in.Varint();
  if (!in.ok()) return absl::DataLossError(Cat("the store's row '", key, "' is damaged"));
  return number;
}

std::string GroupPlace(uint64_t number) { return Cat("group ", number); }

// One walk over one store.
class Walk final {
 public:
  Walk(const balance::Store& store, const ProveOptions& options, const StoreFormat& format,
       const Head& head, const Trimmed& trimmed, uint64_t checkpoint, OtherShards others)
      : store_(store),
        others_(std::move(others)),
        options_(options),
        head_(head),
        checkpoint_(checkpoint),
        keys_(&store, options.retention, &report_),
        accounts_(&store, trimmed.group + 1, checkpoint, &report_),
        records_(trimmed.group == 0 ? RecordCheck::Journal::kWhole : RecordCheck::Journal::kTrimmed,
                 &report_),
        tables_(&store, trimmed.group + 1, &others_, &report_),
        vouchers_(&store, trimmed.group + 1, &others_, &report_),
        hash_(trimmed.hash) {
    report_.shard = format.shard;
    report_.shard_count = format.shard_count;
    report_.first_group = trimmed.group + 1;
    report_.head_group = head.group;
    report_.head_hash = balance::ToHex(head.hash);
  }

  absl::StatusOr<Report> Run() {
    OCS_RETURN_IF_ERROR(accounts_.LoadRows());
    resident_before_ = ResidentBytes();
    OCS_RETURN_IF_ERROR(Groups());
    CheckHead();
    keys_.Finish();
    if (broken_off_) {
      report_.notes.push_back(
          Cat("the walk ended before the head: nothing after group ", next_ - 1, " was checked"));
    } else {
      accounts_.Finish();
      records_.Finish(head_.record_sequence);
      const size_t unknown =
          accounts_.ForEach([&](const balance::Account& account) { tables_.AddAccount(account); });
      OCS_RETURN_IF_ERROR(tables_.Finish(unknown));
      OCS_RETURN_IF_ERROR(vouchers_.Finish());
    }
    if (options_.transfers != nullptr) {
      if (report_.first_group > 1) options_.transfers->Trimmed();
      if (broken_off_) options_.transfers->Incomplete("a journal cannot be read to its end");
    }
    if (others_.left_out() > 0) {
      report_.notes.push_back(Cat(FormatGrouped(static_cast<int64_t>(others_.left_out())),
                                  " identities and vouchers are kept in shards that were not "
                                  "given: they were not looked up"));
    }
    report_.accounts = accounts_.account_count();
    return std::move(report_);
  }

 private:
  absl::Status Groups() {
    next_ = report_.first_group;
    auto cursor = store_.Seek(balance::Table::kJournal, balance::GroupKey(next_));
    for (; cursor->valid(); cursor->Next(), ++next_) {
      if (cursor->key() != balance::GroupKey(next_)) {
        BreakOff("is not there, though a later one is");
        return absl::OkStatus();
      }
      if (!OneGroup(cursor->value())) return absl::OkStatus();
      if (options_.progress) options_.progress(next_, head_.group);
      if ((next_ - report_.first_group) % kGroupsBetweenMemoryChecks == 0)
        OCS_RETURN_IF_ERROR(CheckMemory());
    }
    if (absl::IsDataLoss(cursor->status())) {
      BreakOff(cursor->status().message());
      return absl::OkStatus();
    }
    return cursor->status();
  }

  void BreakOff(absl::string_view why) {
    report_.Fail(Check::kChain, GroupPlace(next_), std::string(why));
    broken_off_ = true;
  }

  // False: nothing after this group can be read.
  bool OneGroup(std::string_view bytes) {
    report_.Count(Check::kChain);
    report_.journal_bytes += static_cast<int64_t>(bytes.size());
    auto group = GroupReader::Open(bytes, next_);
    if (!group.ok()) {
      BreakOff(group.status().message());
      return false;
    }
    CheckChain(*group);
    hash_ = balance::Sha256(bytes);
    uint32_t count = 0;
    for (;; ++count) {
      const auto entry = group->Next();
      if (!entry.ok()) {
        BreakOff(entry.status().message());
        return false;
      }
      if (!entry->has_value()) break;
      OneEntry(**entry, group->logged_at());
    }
    tables_.AddGroup(count);
    return true;
  }

  void CheckChain(const GroupReader& group) {
    if (group.previous_hash() != hash_) {
      report_.Fail(Check::kChain, GroupPlace(next_),
                   Cat("names ", balance::ToHex(group.previous_hash()),
                       " as the group before it, which is ", balance::ToHex(hash_)));
    }
    if (group.shard() != report_.shard) {
      report_.Fail(Check::kChain, GroupPlace(next_),
                   Cat("is of shard ", group.shard().value, ", not ", report_.shard.value));
    }
    if (group.logged_at() < logged_at_) {
      report_.Fail(Check::kChain, GroupPlace(next_), "its logged time is before its predecessor's");
    }
    logged_at_ = group.logged_at();
  }

  void OneEntry(const EntryView& entry, Instant logged_at) {
    ++report_.entries;
    keys_.Add(entry, logged_at);
    vouchers_.Add(entry, logged_at);
    if (options_.transfers != nullptr) options_.transfers->Add(entry);
    records_.Begin(entry, accounts_.Before(entry));
    records_.End(entry, accounts_.Apply(entry));
  }

  void CheckHead() {
    report_.Count(Check::kChain);
    const uint64_t last = next_ - 1;
    if (broken_off_) return;
    if (last != head_.group) {
      report_.Fail(
          Check::kChain, "head",
          Cat("names group ", head_.group, " as the last, the journal ends with group ", last));
    } else if (head_.group > 0 && last >= report_.first_group && hash_ != head_.hash) {
      report_.Fail(Check::kChain, "head",
                   Cat("names hash ", balance::ToHex(head_.hash), ", group ", last, " has ",
                       balance::ToHex(hash_)));
    }
    if (checkpoint_ > head_.group) {
      report_.Fail(Check::kChain, "checkpoint",
                   Cat("is group ", checkpoint_, ", after the head ", head_.group));
    }
  }

  absl::Status CheckMemory() const {
    const int64_t used = ResidentBytes();
    if (used <= options_.memory_bytes_max) return absl::OkStatus();
    constexpr int64_t kMiB = int64_t{1} << 20;
    const auto done = static_cast<int64_t>(next_ - report_.first_group + 1);
    const auto all = static_cast<int64_t>(head_.group - report_.first_group + 1);
    // The places of the states come first; then memory grows with the journal. A few groups say
    // nothing about the others.
    const bool known = done >= static_cast<int64_t>(kGroupsBetweenMemoryChecks);
    const int64_t grown = std::max<int64_t>(used - resident_before_, 0);
    const int64_t needed = known ? resident_before_ + grown / done * all : 2 * used;
    return absl::ResourceExhaustedError(
        Cat("accounts and request keys are kept in memory: after ", FormatGrouped(done), " of ",
            FormatGrouped(all), " groups they need ", FormatGrouped(used / kMiB),
            " MiB, more than the limit of ", FormatGrouped(options_.memory_bytes_max / kMiB),
            "; run again with --memory-mib ", needed / kMiB + 256));
  }

  const balance::Store& store_;
  OtherShards others_;
  const ProveOptions& options_;
  const Head head_;
  const uint64_t checkpoint_;
  Report report_;
  KeyCheck keys_;
  AccountCheck accounts_;
  RecordCheck records_;
  TableCheck tables_;
  VoucherCheck vouchers_;
  uint64_t next_ = 1;
  int64_t resident_before_ = 0;  ///< The walk.
  ChainHash hash_;               ///< Of the group before next_.
  Instant logged_at_;
  bool broken_off_ = false;
};

}  // namespace

absl::StatusOr<StoreFormat> ReadFormat(const balance::Store& store) {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store.Get(balance::Table::kMeta, balance::meta_key::kFormat));
  if (!row) return absl::NotFoundError("the store is empty: no server has ever written to it");
  ByteReader in(*row);
  StoreFormat format;
  format.version = in.Varint();
  format.shard.value = static_cast<uint16_t>(in.Varint());
  format.shard_count = static_cast<uint32_t>(in.Varint());
  if (!in.ok()) return absl::DataLossError("the store's format row is damaged");
  if (format.version > static_cast<uint64_t>(balance::kFormatVersion)) {
    return absl::FailedPreconditionError(Cat("the store has format version ", format.version,
                                             ", this release knows up to ", balance::kFormatVersion,
                                             ": use the ocs-inspect of the release that wrote it"));
  }
  return format;
}

absl::StatusOr<Trimmed> ReadTrimmed(const balance::Store& store) {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store.Get(balance::Table::kMeta, balance::meta_key::kTrimmed));
  Trimmed trimmed;
  if (!row) return trimmed;
  ByteReader in(*row);
  trimmed.group = in.Varint();
  const std::string_view hash = in.Raw(trimmed.hash.size());
  if (!in.ok()) return absl::DataLossError("the store's row 'trimmed' is damaged");
  std::copy(hash.begin(), hash.end(), trimmed.hash.begin());
  return trimmed;
}

absl::StatusOr<uint64_t> ReadCheckpoint(const balance::Store& store) {
  return ReadNumber(store, balance::meta_key::kCheckpoint);
}

absl::StatusOr<Report> Prove(const balance::Store& store, const ProveOptions& options) {
  OCS_ASSIGN_OR_RETURN(const StoreFormat format, ReadFormat(store));
  OCS_ASSIGN_OR_RETURN(const Head head, balance::ReadHead(store));
  OCS_ASSIGN_OR_RETURN(const Trimmed trimmed, ReadTrimmed(store));
  OCS_ASSIGN_OR_RETURN(const uint64_t checkpoint, ReadCheckpoint(store));
  OCS_ASSIGN_OR_RETURN(const auto map, balance::ReadShardMap(store, format.shard,
                                                             static_cast<int>(format.shard_count)));
  OtherShards others =
      map ? OtherShards(&store, format.shard, *map, options.shards) : OtherShards(&store);
  return Walk(store, options, format, head, trimmed, checkpoint, std::move(others)).Run();
}

}  // namespace ocs::tools
