// What survives beneath RocksStore when the disk fails or the power does.

#include <memory>
#include <string>
#include <vector>

#include "balance/internal/rocks_open.h"
#include "balance/rocks_store.h"
#include "ocs/base/status.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/seed.h"
#include "tests/support/store_contract.h"
#include "tests/support/temp_dir.h"

namespace ocs::testing {
namespace {

using balance::OpenMode;
using balance::RocksOptions;
using balance::internal::OpenRocksStoreOn;

/// A store on a faulty disk, and which batches it acknowledged.
class World {
 public:
  absl::Status Open() {
    const RocksOptions options{.folder = folder_.path(),
                               .mode = OpenMode::kCreateIfMissing,
                               .block_cache_bytes = 4 * 1024 * 1024,
                               .write_buffer_bytes = 4 * 1024 * 1024};
    auto store = OpenRocksStoreOn(files_, options);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }
  void Close() { store_.reset(); }

  /// Writes the next batch: a row in each of two tables, `size` bytes in one. Remembers whether it
  /// was acknowledged.
  absl::Status WriteNext(size_t size, Random& random) {
    const std::string key = std::to_string(1'000'000 + acknowledged_.size());
    StoreBatch batch;
    std::string value(size, '\0');
    for (char& c : value) c = static_cast<char>(random.Next());
    batch.Put(Table::kJournal, key, value);
    batch.Put(Table::kAccounts, key, "state");
    const absl::Status status = store_->Write(batch);
    acknowledged_.push_back(status.ok());
    return status;
  }

  /// Requires that acknowledged batches are whole, and all others whole or absent.
  void CheckContent() {
    for (size_t i = 0; i < acknowledged_.size(); ++i) {
      const std::string key = std::to_string(1'000'000 + i);
      const bool in_journal = MustGet(*store_, Table::kJournal, key) != "<none>";
      const bool in_accounts = MustGet(*store_, Table::kAccounts, key) != "<none>";
      INFO("batch " << i << (acknowledged_[i] ? ", acknowledged" : ", not acknowledged"));
      REQUIRE(in_journal == in_accounts);
      if (acknowledged_[i]) REQUIRE(in_journal);
    }
  }

  FaultyFileSystem& files() { return *files_; }
  Store& store() { return *store_; }

 private:
  const TempDir folder_;
  // Shared with the store, which keeps its file system alive.
  const std::shared_ptr<FaultyFileSystem> files_ = std::make_shared<FaultyFileSystem>();
  std::unique_ptr<Store> store_;
  std::vector<bool> acknowledged_;
};

void CheckThatWritesStop(World& world, FileFault fault, absl::StatusCode code) {
  OCS_SEEDED_RANDOM(random, 21);
  REQUIRE(world.Open() == absl::OkStatus());
  for (int i = 0; i < 3; ++i) REQUIRE(world.WriteNext(1'000, random) == absl::OkStatus());
  world.files().Plan(fault, 2, ".log");
  REQUIRE(world.WriteNext(1'000, random) == absl::OkStatus());
  const absl::Status failed = world.WriteNext(1'000, random);
  INFO(failed.ToString());
  CHECK(failed.code() == code);
  CHECK(world.files().struck());
  world.files().Heal();
  for (int i = 0; i < 3; ++i) CHECK(world.WriteNext(1'000, random).code() == code);
  CHECK(MustGet(world.store(), Table::kAccounts, "1000000") == "state");  // Reading goes on.
  world.Close();
  REQUIRE(world.Open() == absl::OkStatus());
  world.CheckContent();
  for (int i = 5; i < 8; ++i) {  // What came after the failed write was never written.
    CHECK(MustGet(world.store(), Table::kAccounts, std::to_string(1'000'000 + i)) == "<none>");
  }
  CHECK(world.WriteNext(1'000, random) == absl::OkStatus());
  world.CheckContent();
}

TEST_CASE("after a failed sync all writes fail until the store is reopened", "[balance][crash]") {
  World world;
  CheckThatWritesStop(world, FileFault::kFailSync, absl::StatusCode::kUnavailable);
}

TEST_CASE("after a failed append all writes fail until the store is reopened", "[balance][crash]") {
  World world;
  CheckThatWritesStop(world, FileFault::kFailAppend, absl::StatusCode::kUnavailable);
}

TEST_CASE("after a torn append all writes fail until the store is reopened", "[balance][crash]") {
  World world;
  CheckThatWritesStop(world, FileFault::kTearAppend, absl::StatusCode::kUnavailable);
}

TEST_CASE("a full disk is ResourceExhausted until the store is reopened", "[balance][crash]") {
  World world;
  CheckThatWritesStop(world, FileFault::kDiskFull, absl::StatusCode::kResourceExhausted);
}

TEST_CASE("a full disk in the background stops writes, and nothing acknowledged is lost",
          "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 22);
  World world;
  REQUIRE(world.Open() == absl::OkStatus());
  world.files().Plan(FileFault::kDiskFull, 1, ".sst");
  absl::Status status;
  for (int i = 0; i < 500 && status.ok(); ++i) status = world.WriteNext(100'000, random);
  INFO(status.ToString());
  CHECK(world.files().struck());
  CHECK(status.code() == absl::StatusCode::kResourceExhausted);
  CHECK(world.WriteNext(10, random).code() == absl::StatusCode::kResourceExhausted);
  world.Close();
  world.files().Heal();
  REQUIRE(world.Open() == absl::OkStatus());
  world.CheckContent();
}

/// Writes until the power goes at the nth append or sync (of any file, opening included), reopens,
/// and checks. Returns whether the power went at all.
bool LoseThePowerAt(int64_t nth, UnsyncedTail tail, Random& random) {
  World world;
  world.files().Plan(FileFault::kPowerLoss, nth, "");
  if (world.Open().ok()) {
    for (int i = 0; i < 6; ++i) {
      const auto size = static_cast<size_t>(random.OneIn(3) ? 300'000 : random.Below(2'000));
      if (!world.WriteNext(size, random).ok()) break;
    }
    world.Close();
  }
  const bool struck = world.files().struck();
  world.files().LosePower(tail, &random);
  world.files().Heal();
  const absl::Status reopened = world.Open();
  INFO("power lost at operation " << nth << ": " << reopened.ToString());
  REQUIRE(reopened == absl::OkStatus());
  world.CheckContent();
  REQUIRE(world.WriteNext(100, random) == absl::OkStatus());
  world.CheckContent();
  return struck;
}

TEST_CASE("power loss at any operation loses only what was not acknowledged", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 23);
  const UnsyncedTail tail =
      GENERATE(UnsyncedTail::kGone, UnsyncedTail::kPrefix, UnsyncedTail::kHoles);
  int64_t nth = 1;
  while (LoseThePowerAt(nth, tail, random)) ++nth;
  CHECK(nth > 12);  // At least an append and a sync for each batch.
}

TEST_CASE("power loss while a store recovers loses nothing", "[balance][crash]") {
  OCS_SEEDED_RANDOM(random, 24);
  bool struck = true;
  int64_t nth = 1;
  for (; struck; ++nth) {
    World world;
    REQUIRE(world.Open() == absl::OkStatus());
    for (int i = 0; i < 3; ++i) REQUIRE(world.WriteNext(50'000, random) == absl::OkStatus());
    world.files().Plan(FileFault::kTearAppend, 1, ".log");
    REQUIRE_FALSE(world.WriteNext(50'000, random).ok());
    world.Close();
    world.files().LosePower(UnsyncedTail::kPrefix, &random);
    world.files().Plan(FileFault::kPowerLoss, nth, "");
    IgnoreError(world.Open(), "the power goes in the middle of it, or not");
    world.Close();
    struck = world.files().struck();
    world.files().LosePower(UnsyncedTail::kPrefix, &random);
    world.files().Heal();
    const absl::Status reopened = world.Open();
    INFO("power lost at operation " << nth << ": " << reopened.ToString());
    REQUIRE(reopened == absl::OkStatus());
    world.CheckContent();
  }
  CHECK(nth > 5);
}

}  // namespace
}  // namespace ocs::testing
