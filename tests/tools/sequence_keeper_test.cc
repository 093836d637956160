#include "tools/settlement_receiver/sequence_keeper.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::receiver {
namespace {

using Records = google::protobuf::RepeatedPtrField<cdr::v1::Record>;

Records Numbers(uint64_t first, uint64_t last) {
  Records records;
  for (uint64_t number = first; number <= last; ++number) {
    cdr::v1::Record* record = records.Add();
    record->set_local_record_sequence_number(number);
    record->mutable_position()->set_group(100 + number);
    record->set_session_id("line\nbreak \"quoted\" 漢字");
  }
  return records;
}

std::unique_ptr<RecordKeeper> Open(const std::string& folder) {
  auto opened = RecordKeeper::Open(folder, "ocs01.0.jsonl");
  INFO(opened.status());
  REQUIRE(opened.ok());
  return *std::move(opened);
}

std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("a keeper takes each number once, in order, and nothing behind a gap", "[tools][unit]") {
  const ocs::testing::TempDir folder;
  auto keeper = Open(folder.path());
  CHECK(keeper->empty());
  REQUIRE(keeper->Add(Numbers(1, 5), 1).ok());
  REQUIRE(keeper->Add(Numbers(3, 8), 1).ok());
  REQUIRE(keeper->Add(Numbers(1, 8), 1).ok());
  REQUIRE(keeper->Add(Numbers(10, 12), 1).ok());
  REQUIRE(keeper->Add({}, 1).ok());
  CHECK(NumberOf(keeper->last()) == 8);
  CHECK(keeper->last().position().group() == 108);
  keeper = Open(folder.path());
  CHECK(NumberOf(keeper->last()) == 8);
  CHECK(keeper->last().position().group() == 108);
  REQUIRE(keeper->Add(Numbers(9, 9), 1).ok());
  const std::string text = TextOf(folder.path() + "/ocs01.0.jsonl");
  CHECK(std::count(text.begin(), text.end(), '\n') == 9);
}

TEST_CASE("a file that a killed receiver left at any byte goes on with the record that is missing",
          "[tools][crash]") {
  const ocs::testing::TempDir folder;
  const std::string path = folder.path() + "/ocs01.0.jsonl";
  REQUIRE(Open(folder.path())->Add(Numbers(1, 3), 1).ok());
  const std::string whole = TextOf(path);
  for (size_t length = 0; length <= whole.size(); ++length) {
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << whole.substr(0, length);
    auto keeper = Open(folder.path());
    const auto lines = std::count(whole.begin(), whole.begin() + static_cast<long>(length), '\n');
    CAPTURE(length);
    REQUIRE((keeper->empty() ? 0 : NumberOf(keeper->last())) == static_cast<uint64_t>(lines));
    REQUIRE(keeper->Add(Numbers(1, 3), 1).ok());
    REQUIRE(TextOf(path) == whole);
  }
}

settlement::v1::DeliverRecordsRequest TenantRequest(uint64_t behind, uint64_t up_to,
                                                    const Records& records) {
  settlement::v1::DeliverRecordsRequest request;
  request.mutable_behind()->set_group(behind);
  request.mutable_up_to()->set_group(up_to);
  *request.mutable_record() = records;
  return request;
}

TEST_CASE("a tenant's keeper takes what begins where it stands, also where there is nothing",
          "[tools][crash]") {
  const ocs::testing::TempDir folder;
  const std::string path = folder.path() + "/ocs01.acme.0.jsonl";
  const auto open = [&] {
    auto opened = TenantKeeper::Open(folder.path(), "ocs01.acme.0.jsonl");
    REQUIRE(opened.ok());
    return *std::move(opened);
  };
  auto keeper = open();
  CHECK(keeper->position().group() == 0);
  REQUIRE(keeper->Add({}).ok());  // It only asks.
  REQUIRE(keeper->Add(TenantRequest(0, 107, Numbers(3, 5))).ok());
  CHECK(keeper->position().group() == 107);
  REQUIRE(keeper->Add(TenantRequest(0, 107, Numbers(3, 5))).ok());        // Again.
  REQUIRE(keeper->Add(TenantRequest(200, 210, Numbers(101, 101))).ok());  // Behind a gap.
  CHECK(keeper->position().group() == 107);
  REQUIRE(keeper->Add(TenantRequest(107, 150, {})).ok());
  CHECK(open()->position().group() == 150);
  settlement::v1::DeliverRecordsRequest endless;
  endless.mutable_behind()->set_group(150);
  CHECK(absl::IsInvalidArgument(open()->Add(endless)));
  // Killed at any byte: what is whole counts, and what follows is sent again from there.
  const std::string whole = TextOf(path);
  for (size_t length = 0; length <= whole.size(); ++length) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    auto cut = open();
    const uint64_t at = cut->position().group();
    CAPTURE(length);
    if (at < 107)
      REQUIRE(cut->Add(TenantRequest(at, 107, Numbers(std::max<uint64_t>(at, 102) - 99, 5))).ok());
    if (at < 150) REQUIRE(cut->Add(TenantRequest(107, 150, {})).ok());
    REQUIRE(TextOf(path) == whole);
  }
}

TEST_CASE("names of senders are names of files, and a file of something else is refused",
          "[tools][unit]") {
  const ocs::testing::TempDir folder;
  for (const char* sender : {"", "../x", "a b", "."}) CHECK_FALSE(IsSender(sender));
  CHECK_FALSE(IsSender(std::string(65, 'a')));
  CHECK(IsSender("ocs-01_A"));
  CHECK(absl::IsNotFound(RecordKeeper::Open(folder.path() + "/none", "a.jsonl").status()));
  std::ofstream(folder.path() + "/ocs01.0.jsonl") << "hello\n";
  CHECK(absl::IsDataLoss(RecordKeeper::Open(folder.path(), "ocs01.0.jsonl").status()));
}

TEST_CASE("bills are kept from the first number that comes, then without gaps", "[tools][unit]") {
  const ocs::testing::TempDir folder;
  google::protobuf::RepeatedPtrField<settlement::v1::BillDocument> bills;
  for (const uint64_t number : {40, 41, 42}) bills.Add()->set_number(number);
  auto keeper = BillKeeper::Open(folder.path(), "ocs01.bills.jsonl");
  REQUIRE(keeper.ok());
  REQUIRE((*keeper)->Add(bills, 40).ok());
  bills.Add()->set_number(44);
  REQUIRE((*keeper)->Add(bills, 40).ok());
  CHECK(NumberOf((*keeper)->last()) == 42);
}

}  // namespace
}  // namespace ocs::receiver
