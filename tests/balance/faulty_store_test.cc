#include "tests/support/faulty_store.h"

#include <memory>

#include "balance/mem_store.h"
#include "tests/support/catch.h"
#include "tests/support/store_contract.h"

namespace ocs::testing {
namespace {

absl::Status TryPut(Store& store, std::string_view key) {
  StoreBatch batch;
  batch.Put(Table::kMeta, key, "v");
  return store.Write(batch);
}

TEST_CASE("a faulty store without faults keeps the contract of stores", "[balance][unit]") {
  FaultyStore store(balance::MakeMemStore());
  CheckPutGetDelete(store);
  CHECK(store.writes_after_failure() == 0);
}

TEST_CASE("a faulty store fails the nth write and all after it", "[balance][unit]") {
  const std::shared_ptr<Store> disk = balance::MakeMemStore();
  const WriteFault fault = GENERATE(WriteFault::kRefused, WriteFault::kUncertain);
  FaultyStore store(disk);
  store.FailWrite(2, fault, absl::ResourceExhaustedError("full"));
  CHECK(TryPut(store, "1") == absl::OkStatus());
  CHECK(TryPut(store, "2") == absl::ResourceExhaustedError("full"));
  CHECK(store.writes_after_failure() == 0);
  CHECK(TryPut(store, "3").code() == absl::StatusCode::kResourceExhausted);
  CHECK(store.writes_after_failure() == 1);
  CHECK(store.write_count() == 3);
  CHECK(MustGet(store, Table::kMeta, "1") == "v");

  FaultyStore reopened(disk);
  CHECK(MustGet(reopened, Table::kMeta, "1") == "v");
  CHECK(MustGet(reopened, Table::kMeta, "2") == (fault == WriteFault::kUncertain ? "v" : "<none>"));
  CHECK(MustGet(reopened, Table::kMeta, "3") == "<none>");
  CHECK(TryPut(reopened, "3") == absl::OkStatus());
}

TEST_CASE("a faulty store fails the nth read once", "[balance][unit]") {
  FaultyStore store(balance::MakeMemStore());
  REQUIRE(TryPut(store, "1") == absl::OkStatus());
  std::string value;
  store.FailRead(1, absl::DataLossError("checksum"));
  CHECK(store.Get(Table::kMeta, "1").status() == absl::DataLossError("checksum"));
  store.FailRead(2, absl::UnavailableError("disk"));
  CHECK(store.Get(Table::kMeta, "1").ok());
  CHECK(store.GetInto(Table::kMeta, "1", &value).status() == absl::UnavailableError("disk"));
  store.FailRead(1, absl::UnavailableError("disk"));
  CHECK(store.LastKey(Table::kMeta).status() == absl::UnavailableError("disk"));
  CHECK(store.read_count() == 4);
  CHECK(MustGet(store, Table::kMeta, "1") == "v");
}

}  // namespace
}  // namespace ocs::testing
