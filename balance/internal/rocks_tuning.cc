#include "balance/internal/rocks_tuning.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "rocksdb/cache.h"
#include "rocksdb/compaction_filter.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/table_properties_collectors.h"

namespace ocs::balance::internal {
namespace {

constexpr uint64_t kMiB = 1024 * 1024;
constexpr int64_t kCacheBytesDefault = 64 * static_cast<int64_t>(kMiB);
constexpr int kCacheShardBits =
    4;  // Few threads read; a shard must hold the largest journal group many times.
constexpr size_t kAccountKeyBytes = 10;  // The whole key: partition and account.
constexpr size_t kAnswerKeyHashBytes =
    10;  // Partition and half of the hash: one row, nearly always.
// A bucket for each 64 bytes of a write buffer: about one for each row; an eighth of the buffer.
constexpr uint64_t kBytesPerHashBucket = 64;
constexpr int64_t kWriteBufferBytesDefault = 256 * static_cast<int64_t>(kMiB);

uint64_t WriteBufferBytes(const RocksOptions& options) {
  OCS_CHECK(options.write_buffer_bytes >= 0);
  const int64_t bytes = options.write_buffer_bytes;
  return static_cast<uint64_t>(bytes == 0 ? kWriteBufferBytesDefault : bytes);
}

/// Drops answers that have expired, when a compaction comes by. Thread-safe.
class AnswerExpiry final : public rocksdb::CompactionFilter {
 public:
  explicit AnswerExpiry(const ExpiryFloor* floor) : floor_(floor) {}

  const char* Name() const override { return "ocs.AnswerExpiry"; }

  Decision FilterV2(int /*level*/, const rocksdb::Slice& /*key*/, ValueType type,
                    const rocksdb::Slice& value, std::string* /*new_value*/,
                    std::string* /*skip_until*/) const override {
    if (type != ValueType::kValue) return Decision::kKeep;
    ByteReader reader(std::string_view(value.data(), value.size()));
    const uint32_t end_seconds = reader.Big32();
    // A value too short to have an end is not ours to judge.
    if (!reader.ok()) return Decision::kKeep;
    return end_seconds < floor_->load(std::memory_order_relaxed) ? Decision::kRemove
                                                                 : Decision::kKeep;
  }

 private:
  const ExpiryFloor* floor_;
};

/// One filter for all compactions: it has no state of its own. Thread-safe.
class AnswerExpiryFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit AnswerExpiryFactory(const ExpiryFloor* floor) : floor_(floor) {}
  const char* Name() const override { return "ocs.AnswerExpiryFactory"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& /*context*/) override {
    return std::make_unique<AnswerExpiry>(floor_);
  }

 private:
  const ExpiryFloor* floor_;
};

rocksdb::BlockBasedTableOptions BlockOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Index and filters live in the cache, so that memory is bounded by it and not by the size of the
  // store.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_size = 8 * 1024;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  // Index and filter in small parts: whole ones of several MiB do not fit a shard of the cache, and
  // each look-up would read them from disk again (measured: 149 us for an absent key instead of a
  // few).
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 8 * 1024;
  table.pin_top_level_index_and_filter = true;
  return table;
}

/// What all tables share.
rocksdb::ColumnFamilyOptions CommonOptions(const rocksdb::BlockBasedTableOptions& table,
                                           uint64_t write_buffer_bytes) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = write_buffer_bytes;
  family.max_write_buffer_number = 4;  // A burst fills new buffers while old ones are flushed.
  family.min_write_buffer_number_to_merge = 1;
  family.max_write_buffer_size_to_maintain = 0;  // Only optimistic transactions read old buffers.
  family.compression = rocksdb::kLZ4Compression;
  family.compaction_style = rocksdb::kCompactionStyleLevel;
  family.level_compaction_dynamic_level_bytes = true;  // Space stays within 1.1 of the data.
  family.level0_file_num_compaction_trigger = 4;
  family.target_file_size_base = 64 * kMiB;
  family.max_bytes_for_level_base = 256 * kMiB;
  // Reading each new file back would double the I/O, and blocks carry checksums.
  family.paranoid_file_checks = false;
  family.force_consistency_checks = true;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

/// Tables of random keys that are read by point: a hash table in memory instead of a skip list,
/// whose random inserts took half of the writer's time in a profile. Reading such a table in order
/// sorts what is in memory first; only the inspector does.
void UseHashMemtable(size_t prefix_bytes, rocksdb::ColumnFamilyOptions* family) {
  family->prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(prefix_bytes));
  family->memtable_factory.reset(rocksdb::NewHashLinkListRepFactory(
      static_cast<size_t>(family->write_buffer_size / kBytesPerHashBucket)));
}

/// Large values, ascending keys, written once, read in order or by point, trimmed from the front.
/// Plain table files: since keys ascend, files never overlap and compaction moves them by name
/// only, so a value is written once to the log and once to its table (measured: 2.0 times the
/// payload, 1.5 with LZ4). Blob files write the same bytes at the same rate (2,100 to 2,300 synced
/// groups of 150 KB a second, both) and are one more kind of file.
rocksdb::ColumnFamilyOptions JournalOptions(const rocksdb::BlockBasedTableOptions& common,
                                            uint64_t total) {
  rocksdb::BlockBasedTableOptions table = common;
  table.filter_policy = nullptr;  // Whoever asks for a group knows that it is there.
  rocksdb::ColumnFamilyOptions family =
      CommonOptions(table, std::clamp<uint64_t>(total / 4, kMiB, 64 * kMiB));
  family.enable_blob_files = false;
  return family;
}

/// Random puts of states of some hundred bytes, read when they are not in the account cache.
rocksdb::ColumnFamilyOptions AccountOptions(const rocksdb::BlockBasedTableOptions& table,
                                            uint64_t total) {
  rocksdb::ColumnFamilyOptions family =
      CommonOptions(table, std::clamp<uint64_t>(total / 4, kMiB, 64 * kMiB));
  UseHashMemtable(kAccountKeyBytes, &family);
  return family;
}

/// Random keys of 16 bytes, nearly all look-ups absent: filters in memory and on disk answer them.
rocksdb::ColumnFamilyOptions AnswerOptions(const rocksdb::BlockBasedTableOptions& common,
                                           uint64_t total, const ExpiryFloor* floor) {
  rocksdb::BlockBasedTableOptions table = common;
  table.block_size = 4 * 1024;  // Hits are rare and single.
  rocksdb::ColumnFamilyOptions family =
      CommonOptions(table, std::clamp<uint64_t>(total / 4, kMiB, 64 * kMiB));
  UseHashMemtable(kAnswerKeyHashBytes, &family);
  family.compression = rocksdb::kNoCompression;  // Hashes do not compress.
  family.compaction_filter_factory = std::make_shared<AnswerExpiryFactory>(floor);
  return family;
}

/// A queue: what is due is read and deleted at the front, so deletions pile up where every scan
/// begins.
rocksdb::ColumnFamilyOptions DueOptions(const rocksdb::BlockBasedTableOptions& table,
                                        uint64_t total) {
  rocksdb::ColumnFamilyOptions family =
      CommonOptions(table, std::clamp<uint64_t>(total / 16, kMiB, 16 * kMiB));
  // A file with 2,000 deletions among 4,000 neighbours is compacted soon.
  family.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(4'000, 2'000));
  return family;
}

rocksdb::ColumnFamilyOptions SmallOptions(const rocksdb::BlockBasedTableOptions& table,
                                          uint64_t total) {
  return CommonOptions(table, std::clamp<uint64_t>(total / 16, kMiB, 16 * kMiB));
}

std::shared_ptr<rocksdb::Cache> MakeCache(int64_t bytes) {
  OCS_CHECK(bytes >= 0);
  return rocksdb::NewLRUCache(static_cast<size_t>(bytes == 0 ? kCacheBytesDefault : bytes),
                              kCacheShardBits);
}

}  // namespace

rocksdb::DBOptions DatabaseOptions(const RocksOptions& options) {
  rocksdb::DBOptions database;
  const uint64_t write_buffers = WriteBufferBytes(options);
  database.create_if_missing = options.mode == OpenMode::kCreateIfMissing;
  // A crash in the middle of making the store leaves tables out; the next open adds them.
  database.create_missing_column_families = true;
  database.paranoid_checks = true;
  database.flush_verify_memtable_count = true;
  database.verify_sst_unique_id_in_manifest = true;
  // The strictest mode: a tail torn by power loss is cut off before RocksDB sees it (wal_check.h
  // says why).
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  // After a failed write nothing goes on by itself (DESIGN law 9).
  database.max_bgerror_resume_count = 0;

  database.max_background_jobs = 2;
  database.max_subcompactions = 1;
  database.max_open_files = 1024;
  database.db_write_buffer_size = static_cast<size_t>(write_buffers);
  // Of several stores: whichever has most is flushed when all together have as much.
  if (options.memory != nullptr) database.write_buffer_manager = options.memory->write_buffers;
  // What a restart must replay. Small tables that seldom fill a buffer are flushed when they hold
  // back the log.
  database.max_total_wal_size = 2 * write_buffers;
  database.max_manifest_file_size = 16 * kMiB;
  database.max_log_file_size = 4 * kMiB;
  database.keep_log_file_num = 4;
  database.info_log_level = rocksdb::WARN_LEVEL;
  database.stats_dump_period_sec = 0;
  database.stats_persist_period_sec = 0;

  // Recycled logs would halve the time of a sync (115 us instead of 200 us for 150 KB here), but
  // RocksDB 7.8 allows them only in the recovery mode that skips corruption.
  database.recycle_log_file_num = 0;
  // The log's space is taken ahead: a raw append and sync of 150 KB took 207 us with it, 222
  // without.
  database.allow_fallocate = true;
  database.bytes_per_sync =
      kMiB;  // Table files trickle out, so that the log's sync does not wait behind a burst.
  database.wal_bytes_per_sync = 0;  // Every group is synced anyway.
  // One writer at a time: nothing to hand over, nothing to wait for.
  database.allow_concurrent_memtable_write = false;
  database.enable_write_thread_adaptive_yield = false;
  database.enable_pipelined_write = false;
  database.unordered_write = false;
  database.avoid_flush_during_recovery = false;
  return database;
}

std::vector<rocksdb::ColumnFamilyDescriptor> TableOptions(const RocksOptions& options,
                                                          const ExpiryFloor* floor) {
  const rocksdb::BlockBasedTableOptions table = BlockOptions(
      options.memory != nullptr ? options.memory->cache : MakeCache(options.block_cache_bytes));
  const uint64_t total = WriteBufferBytes(options);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, SmallOptions(table, total));
  families.emplace_back("meta", SmallOptions(table, total));
  families.emplace_back("journal", JournalOptions(table, total));
  families.emplace_back("accounts", AccountOptions(table, total));
  families.emplace_back("due", DueOptions(table, total));
  families.emplace_back("answers", AnswerOptions(table, total, floor));
  families.emplace_back("identities", SmallOptions(table, total));
  families.emplace_back("vouchers", SmallOptions(table, total));
  OCS_CHECK(families.size() == kTableCount + 1);
  return families;
}

}  // namespace ocs::balance::internal

namespace ocs::balance {

RocksMemory::RocksMemory(int64_t block_cache_bytes, int64_t write_buffer_bytes)
    : cache(internal::MakeCache(block_cache_bytes)),
      write_buffers(std::make_shared<rocksdb::WriteBufferManager>(
          static_cast<size_t>(internal::WriteBufferBytes(
              RocksOptions{.folder = {}, .write_buffer_bytes = write_buffer_bytes})))) {}

std::shared_ptr<const RocksMemory> MakeRocksMemory(int64_t block_cache_bytes,
                                                   int64_t write_buffer_bytes) {
  return std::make_shared<const RocksMemory>(block_cache_bytes, write_buffer_bytes);
}

}  // namespace ocs::balance
