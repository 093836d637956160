#include "balance/rocks_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "rocksdb/db.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/store_contract.h"
#include "tests/support/temp_dir.h"

namespace ocs::testing {
namespace {

using balance::OpenMode;
using balance::OpenRocksStore;
using balance::RocksOptions;

// Small, so that tests are light; the journal's share of the buffer is a sixteenth to a quarter of
// it.
constexpr int64_t kSmallBytes = 4 * 1024 * 1024;

RocksOptions In(const std::string& folder, OpenMode mode) {
  return {.folder = folder,
          .mode = mode,
          .block_cache_bytes = kSmallBytes,
          .write_buffer_bytes = kSmallBytes};
}

std::unique_ptr<Store> MustOpen(const std::string& folder,
                                OpenMode mode = OpenMode::kCreateIfMissing) {
  auto store = OpenRocksStore(In(folder, mode));
  INFO(store.status().ToString());
  REQUIRE(store.ok());
  return *std::move(store);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

/// Name and content of each file of the folder.
std::map<std::string, std::string> Snapshot(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename()] = ReadFile(entry.path());
  }
  return files;
}

/// The files with that ending, in the order of their names.
std::vector<std::string> FilesWith(const std::string& folder, const std::string& ending) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().ends_with(ending)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string JournalKey(int64_t number) {
  std::string key;
  ByteWriter(&key).Big64(static_cast<uint64_t>(number));
  return key;
}

TEST_CASE("the store on disk keeps the contract of stores", "[balance][unit]") {
  const TempDir folder;
  const auto store = MustOpen(folder.path());
  SECTION("put, get, delete") { CheckPutGetDelete(*store); }
  SECTION("changes of a batch apply in their order") { CheckOrderWithinABatch(*store); }
  SECTION("ranges") { CheckRanges(*store); }
  SECTION("odd keys and values") { CheckOddKeysAndValues(*store); }
  SECTION("cursors see the moment they were made") { CheckCursors(*store); }
  SECTION("answers that live stay") { CheckThatLiveAnswersStay(*store); }
}

TEST_CASE("the store on disk does what a map does", "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 20260518);
  const TempDir folder;
  const auto store = MustOpen(folder.path());
  CheckAgainstAMap(*store, random);
}

TEST_CASE("what was written is there after reopening", "[balance][unit]") {
  const TempDir folder;
  const std::string path = folder.Path("made/with/its/parents");
  for (int round = 0; round < 4; ++round) {
    const auto mode = round == 0 ? OpenMode::kCreateIfMissing : OpenMode::kMustExist;
    const auto store = MustOpen(path, mode);
    for (int i = 0; i < round; ++i) {
      for (const Table table : kAllTables) {
        CHECK(MustGet(*store, table, "round " + std::to_string(i)) == "here");
      }
    }
    StoreBatch batch;
    for (const Table table : kAllTables) {
      batch.Put(table, "round " + std::to_string(round), "here");
    }
    REQUIRE(store->Write(batch) == absl::OkStatus());
    CHECK(store->DiskBytes() > 0);
  }
}

TEST_CASE("a store that must exist is not made", "[balance][unit]") {
  const TempDir folder;
  const OpenMode mode = GENERATE(OpenMode::kMustExist, OpenMode::kReadOnly);
  const auto empty = OpenRocksStore(In(folder.path(), mode));
  CHECK(empty.status().code() == absl::StatusCode::kNotFound);
  CHECK(std::string(empty.status().message()).find(folder.path()) != std::string::npos);
  CHECK(Snapshot(folder.path()).empty());
  const auto absent = OpenRocksStore(In(folder.Path("absent"), mode));
  CHECK(absent.status().code() == absl::StatusCode::kNotFound);
  CHECK_FALSE(std::filesystem::exists(folder.Path("absent")));
}

TEST_CASE("data files without CURRENT are not taken for an empty store", "[balance][unit]") {
  const TempDir folder;
  { MustPut(*MustOpen(folder.path()), Table::kMeta, "k", "v"); }
  std::filesystem::remove(folder.Path("CURRENT"));
  const auto before = Snapshot(folder.path());
  const auto opened = OpenRocksStore(In(folder.path(), OpenMode::kCreateIfMissing));
  CHECK(opened.status().code() == absl::StatusCode::kDataLoss);
  CHECK((Snapshot(folder.path()) == before));
}

TEST_CASE("a folder is opened by one process once", "[balance][unit]") {
  const TempDir folder;
  const auto store = MustOpen(folder.path());
  const auto second = OpenRocksStore(In(folder.path(), OpenMode::kMustExist));
  CHECK(second.status().code() == absl::StatusCode::kAlreadyExists);
  CHECK(std::string(second.status().message()).find(folder.path()) != std::string::npos);

  // A child of fork() lacks RocksDB's threads; this open fails before it would need them.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // The parent's table of locks was copied; another process would not have it, so run the program
    // anew.
    ::setenv("OCS_TEST_LOCKED_FOLDER", folder.path().c_str(), 1);
    ::execl("/proc/self/exe", "store_test", "[.locked-folder]", "--use-colour", "no", nullptr);
    ::_exit(97);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  MustPut(*store, Table::kMeta, "k", "still works");
}

TEST_CASE("another process is refused a locked folder (run by the test above)",
          "[.locked-folder]") {
  const char* folder = std::getenv("OCS_TEST_LOCKED_FOLDER");
  if (folder == nullptr) return;  // Only the test above has a folder to offer.
  const auto store = OpenRocksStore(In(folder, OpenMode::kMustExist));
  INFO(store.status().ToString());
  CHECK(store.status().code() == absl::StatusCode::kAlreadyExists);
  CHECK(std::string(store.status().message()).find(folder) != std::string::npos);
}

TEST_CASE("a reader sees what was not flushed and changes nothing", "[balance][unit]") {
  const TempDir folder;
  {
    const auto store = MustOpen(folder.path());
    MustPut(*store, Table::kJournal, "in the log only", "v");
  }
  const auto before = Snapshot(folder.path());
  REQUIRE(FilesWith(folder.path(), ".sst").empty());
  {
    const auto reader = MustOpen(folder.path(), OpenMode::kReadOnly);
    CHECK(MustGet(*reader, Table::kJournal, "in the log only") == "v");
    CHECK(AllRows(*reader, Table::kJournal).size() == 1);
    StoreBatch batch;
    batch.Put(Table::kMeta, "k", "v");
    CHECK(reader->Write(batch).code() == absl::StatusCode::kFailedPrecondition);
    CHECK(MustGet(*reader, Table::kMeta, "k") == "<none>");
  }
  CHECK((Snapshot(folder.path()) == before));
  CHECK(MustGet(*MustOpen(folder.path()), Table::kJournal, "in the log only") == "v");
}

TEST_CASE("a store is copied while it is written to, as it was at one moment", "[balance][unit]") {
  const TempDir dir;
  const auto store = MustOpen(dir.path() + "/live");
  const auto write = [&](int number) {
    StoreBatch batch;
    const std::string value = std::to_string(number);
    batch.Put(Table::kMeta, "head", value);
    batch.Put(Table::kJournal, "group-" + value, std::string(2'000, 'x'));
    return store->Write(batch).ok();
  };
  for (int i = 0; i < 200; ++i) REQUIRE(write(i));
  std::atomic<bool> copied = false;
  std::atomic<int> last = 199;
  std::thread writer([&] {
    while (!copied) {
      if (write(last + 1)) ++last;
    }
  });
  const absl::Status status = store->CopyTo(dir.path() + "/copy");
  copied = true;
  writer.join();
  INFO(status);
  REQUIRE(status.ok());
  CHECK(absl::IsAlreadyExists(store->CopyTo(dir.path() + "/copy")));
  const auto copy = MustOpen(dir.path() + "/copy", OpenMode::kMustExist);
  const auto head = copy->Get(Table::kMeta, "head");
  REQUIRE(head.ok());
  REQUIRE(head->has_value());
  const int at = std::stoi(**head);
  CHECK(at >= 199);
  CHECK(at <= last);
  for (int i = 0; i <= at; ++i)
    REQUIRE((*copy->Get(Table::kJournal, "group-" + std::to_string(i))).has_value());
  CHECK_FALSE((*copy->Get(Table::kJournal, "group-" + std::to_string(at + 1))).has_value());
  // The copy is a store of its own.
  StoreBatch batch;
  batch.Put(Table::kMeta, "head", "copy");
  CHECK(copy->Write(batch).ok());
  CHECK(**store->Get(Table::kMeta, "head") == std::to_string(last));
}

TEST_CASE("a store that lacks a later table is read as it is, and gets it when written",
          "[balance][unit]") {
  const TempDir dir;
  const std::string folder = dir.path() + "/old";
  StoreBatch batch;
  batch.Put(Table::kMeta, "head", "1");
  REQUIRE(MustOpen(folder)->Write(batch).ok());
  {
    std::vector<std::string> names;
    REQUIRE(rocksdb::DB::ListColumnFamilies({}, folder, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open({}, folder, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    REQUIRE(names.back() == "vouchers");
    REQUIRE(database->DropColumnFamily(handles.back()).ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      REQUIRE(database->DestroyColumnFamilyHandle(handle).ok());
    }
  }
  {
    const auto old = MustOpen(folder, OpenMode::kReadOnly);
    CHECK(**old->Get(Table::kMeta, "head") == "1");
    CHECK_FALSE((*old->Get(Table::kVouchers, "any")).has_value());
    CHECK(AllRows(*old, Table::kVouchers).empty());
    CHECK(*old->LastKey(Table::kVouchers) == std::nullopt);
    CHECK(old->Usage().table_bytes[static_cast<int>(Table::kVouchers)] == 0);
  }
  const auto now = MustOpen(folder, OpenMode::kMustExist);
  StoreBatch more;
  more.Put(Table::kVouchers, "any", "one");
  REQUIRE(now->Write(more).ok());
  CHECK(**now->Get(Table::kVouchers, "any") == "one");
  CHECK(**now->Get(Table::kMeta, "head") == "1");
}

TEST_CASE("where a store's bytes are", "[balance][unit]") {
  const TempDir dir;
  const auto store = MustOpen(dir.path() + "/live");
  StoreBatch batch;
  batch.Put(Table::kJournal, "group", std::string(100'000, 'x'));
  REQUIRE(store->Write(batch).ok());
  const balance::DiskUsage logged = store->Usage();
  CHECK(logged.log_bytes > 100'000);
  CHECK(logged.total_bytes >= logged.log_bytes);
  CHECK(logged.free_bytes > 0);
  CHECK(logged.table_bytes[static_cast<int>(Table::kJournal)] == 0);
  REQUIRE(store->CopyTo(dir.path() + "/copy").ok());  // Which writes the tables first.
  CHECK(store->Usage().table_bytes[static_cast<int>(Table::kJournal)] > 0);
  CHECK(store->Usage().table_bytes[static_cast<int>(Table::kDue)] == 0);
}

TEST_CASE("a trimmed journal gives its space back", "[balance][unit]") {
  OCS_SEEDED_RANDOM(random, 7);
  const TempDir folder;
  int64_t full = 0;
  constexpr int kGroups = 200;
  {
    const auto store = MustOpen(folder.path());
    for (int i = 0; i < kGroups; ++i) {
      MustPut(*store, Table::kJournal, JournalKey(i), testing::RandomBytes(random, 100'000));
    }
    full = store->DiskBytes();
    StoreBatch trim;
    trim.DeleteRange(Table::kJournal, JournalKey(0), JournalKey(kGroups - 10));
    REQUIRE(store->Write(trim) == absl::OkStatus());
    for (int i = 0; i < kGroups; ++i) {
      MustPut(*store, Table::kJournal, JournalKey(kGroups + i),
              testing::RandomBytes(random, 30'000));
    }
    CHECK(store->Seek(Table::kJournal, "")->key() == JournalKey(kGroups - 10));
  }
  const auto store = MustOpen(folder.path());
  CHECK(full > 15'000'000);
  CHECK(store->DiskBytes() < full);
  CHECK(AllRows(*store, Table::kJournal).size() == kGroups + 10);
}

TEST_CASE("answers that expired leave the disk when it is cleaned up", "[balance][unit]") {
  OCS_SEEDED_RANDOM(random, 8);
  const TempDir folder;
  const auto store = MustOpen(folder.path());
  store->AnswersMayExpire(Instant{1'000'000'000});
  size_t written = 0;
  size_t left = 0;
  // Each round fills buffers, whose tables are then compacted together with those before.
  for (int round = 0; round < 40; ++round) {
    StoreBatch batch;
    for (int i = 0; i < 10'000; ++i) {
      batch.Put(Table::kAnswers, testing::RandomBytes(random, 16), AnswerUntil(999'999));
    }
    written += batch.size();
    REQUIRE(store->Write(batch) == absl::OkStatus());
  }
  MustPut(*store, Table::kAnswers, "live", AnswerUntil(1'000'000));
  left = AllRows(*store, Table::kAnswers).size();
  CHECK(left < written);
  CHECK(MustGet(*store, Table::kAnswers, "live") == AnswerUntil(1'000'000));
}

/// Opens and reads everything: the first error, or OK.
absl::Status ReadEverything(const std::string& folder, OpenMode mode, Rows* journal) {
  auto store = OpenRocksStore(In(folder, mode));
  if (!store.ok()) return store.status();
  for (const Table table : kAllTables) {
    const auto cursor = (*store)->Seek(table, "");
    for (; cursor->valid(); cursor->Next()) {
      if (table == Table::kJournal) journal->emplace_back(cursor->key(), cursor->value());
    }
    if (!cursor->status().ok()) return cursor->status();
  }
  return absl::OkStatus();
}

/// Flips bits of `path` and requires that each flip is refused as DataLoss or makes no difference
/// to what is read.
void CheckFlips(const std::string& folder, const std::string& path, const Rows& expected,
                size_t step) {
  const std::string good = ReadFile(path);
  int refused = 0;
  int tried = 0;
  for (size_t at = 0; at < good.size(); at += step) {
    const size_t bit = (at / step + at) % 8;
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
    WriteFile(path, bad);
    Rows journal;
    const absl::Status status = ReadEverything(folder, OpenMode::kReadOnly, &journal);
    INFO(path << " byte " << at << " bit " << bit << ": " << status.ToString());
    if (status.ok()) {
      REQUIRE((journal == expected));
    } else {
      REQUIRE(status.code() == absl::StatusCode::kDataLoss);
      ++refused;
    }
    ++tried;
  }
  WriteFile(path, good);
  INFO(path << ": " << refused << " of " << tried << " flips refused");
  CHECK(refused > tried / 2);
}

TEST_CASE("a store whose log has a flipped bit is refused", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 9);
  const TempDir folder;
  Rows expected;
  {
    const auto store = MustOpen(folder.path());
    for (int i = 0; i < 4; ++i) {
      const std::string value = testing::RandomBytes(random, 60);
      MustPut(*store, Table::kJournal, JournalKey(i), value);
      expected.emplace_back(JournalKey(i), value);
    }
  }
  const auto logs = FilesWith(folder.path(), ".log");
  REQUIRE(logs.size() == 1);
  const std::string good = ReadFile(logs[0]);
  // Every single bit: tests/balance/wal_check_test.cc. Here, that the store obeys.
  for (size_t bit = 0; bit < good.size() * 8; bit += 31) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    WriteFile(logs[0], bad);
    Rows journal;
    const absl::Status status = ReadEverything(folder.path(), OpenMode::kReadOnly, &journal);
    INFO("bit " << bit << " of " << good.size() * 8 << ": " << status.ToString());
    REQUIRE(status.code() == absl::StatusCode::kDataLoss);
    const bool sampled = bit % 7 == 0;
    if (sampled) {
      REQUIRE(ReadEverything(folder.path(), OpenMode::kMustExist, &journal).code() ==
              absl::StatusCode::kDataLoss);
    }
  }
  WriteFile(logs[0], good);
  Rows journal;
  CHECK(ReadEverything(folder.path(), OpenMode::kMustExist, &journal) == absl::OkStatus());
  CHECK((journal == expected));
}

TEST_CASE("a flipped bit in large records, tables or the manifest is refused or without effect",
          "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 10);
  const TempDir folder;
  Rows expected;
  for (int i = 0; i < 3; ++i) {
    // Reopening flushes what was written before into a table; the last value stays in the log.
    const auto store = MustOpen(folder.path());
    const std::string value = testing::RandomBytes(random, 100'000);
    MustPut(*store, Table::kJournal, JournalKey(i), value);
    expected.emplace_back(JournalKey(i), value);
  }
  SECTION("log") {
    CheckFlips(folder.path(), FilesWith(folder.path(), ".log").back(), expected, 1'487);
  }
  SECTION("table") {
    for (const std::string& path : FilesWith(folder.path(), ".sst")) {
      const size_t size = std::filesystem::file_size(path);
      if (size > 50'000) CheckFlips(folder.path(), path, expected, 1'487);
    }
  }
  SECTION("manifest") {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      if (!entry.path().filename().string().starts_with("MANIFEST")) continue;
      CheckFlips(folder.path(), entry.path(), expected, 7);
    }
  }
}

TEST_CASE("a log cut short at any byte loses at most the record that was cut", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 11);
  const TempDir folder;
  std::vector<uintmax_t> ends;
  Rows expected;
  std::string log;
  {
    const auto store = MustOpen(folder.path());
    for (int i = 0; i < 3; ++i) {
      expected.emplace_back(JournalKey(i), testing::RandomBytes(random, i == 1 ? 70'000 : 50));
      MustPut(*store, Table::kJournal, expected.back().first, expected.back().second);
      log = FilesWith(folder.path(), ".log").back();
      ends.push_back(std::filesystem::file_size(log));
    }
  }
  const std::string good = ReadFile(log);
  REQUIRE(good.size() == ends.back());
  for (size_t size = 0; size <= good.size(); ++size) {
    const bool near_an_edge = size < 30 || size + 30 > good.size() || size % 32'768 < 9 ||
                              size % 32'768 > 32'750 || size % 4'999 == 0;
    if (!near_an_edge) continue;
    WriteFile(log, good.substr(0, size));
    Rows journal;
    const absl::Status status = ReadEverything(folder.path(), OpenMode::kReadOnly, &journal);
    INFO("cut at " << size << ": " << status.ToString());
    REQUIRE(status.ok());
    const auto whole =
        std::count_if(ends.begin(), ends.end(), [&](auto end) { return end <= size; });
    REQUIRE((journal == Rows(expected.begin(), expected.begin() + whole)));
  }
  // Behind a torn record the next store writes on, and nothing is lost later.
  WriteFile(log, good.substr(0, good.size() - 3));
  MustPut(*MustOpen(folder.path()), Table::kJournal, "later", "v");
  const auto store = MustOpen(folder.path());
  CHECK(AllRows(*store, Table::kJournal).size() == 3);
  CHECK(MustGet(*store, Table::kJournal, "later") == "v");
}

}  // namespace
TEST_CASE("stores that share their memory keep what they have apart", "[balance][unit]") {
  const ocs::testing::TempDir folder;
  const auto memory = balance::MakeRocksMemory(kSmallBytes, kSmallBytes);
  std::vector<std::unique_ptr<Store>> stores;
  for (const char* name : {"a", "b", "c"}) {
    RocksOptions options = In(folder.Path(name), OpenMode::kCreateIfMissing);
    options.memory = memory;
    auto store = OpenRocksStore(options);
    REQUIRE(store.ok());
    stores.push_back(*std::move(store));
  }
  // More than the memory holds: whichever store has most is flushed.
  const std::string filler(64 * 1024, 'x');
  for (int i = 0; i < 200; ++i) {
    for (size_t s = 0; s < stores.size(); ++s) {
      balance::StoreBatch batch;
      batch.Put(balance::Table::kMeta, std::to_string(i), filler + std::to_string(s));
      REQUIRE(stores[s]->Write(batch).ok());
    }
  }
  for (int i = 0; i < 200; ++i) {
    for (size_t s = 0; s < stores.size(); ++s) {
      const auto value = stores[s]->Get(balance::Table::kMeta, std::to_string(i));
      REQUIRE(value.ok());
      REQUIRE(**value == filler + std::to_string(s));
    }
  }
}

}  // namespace ocs::testing
