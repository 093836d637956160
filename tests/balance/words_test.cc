#include "balance/words.h"

#include <string>

#include "tests/balance/samples.h"

namespace ocs::balance::tests {
namespace {

TEST_CASE("an entry is told in words", "[balance][unit]") {
  const Account account = SampleAccount();
  EntryBuilder entry;
  entry.Begin(EntryKind::kSessionOpened, account.id);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s-1", .number = 0});
  entry.OpenSession(3, kNow, kNow.PlusSeconds(1200));
  entry.SetGrant(account.sessions[0].grants[0]);
  entry.Post(LedgerAccount::kAvailable, {2}, -200);
  entry.Post(LedgerAccount::kHeld, {2}, 200);
  entry.Post(LedgerAccount::kPackageEarned, {2}, 1'500'000);
  const auto read = ReadEntry(entry, {.group = 1, .index = 0});
  const auto words = DescribeEntry(read->view, absl::UTCTimeZone(),
                                   {{kMainBucket, Unit::Of("CNY")}, {{2}, Unit::Of("token")}});
  REQUIRE(words.ok());
  CHECK(words->text ==
        "session opened, session s-1 request 0; under tariff revision 3, supervised until "
        "2026-05-17T07:00:00+00:00; granted to rating group 6 (deepseek-v3.2): 150 input 50 "
        "output");
  REQUIRE(words->postings.size() == 3);
  CHECK(words->postings[0].find("bucket 2 available -200") == 0);
  CHECK(words->postings[1].find("bucket 2 held +200") == 0);
  CHECK(words->postings[2].find("bucket 2 package revenue earned +1.5") == 0);
  CHECK(words->postings[2].find("CNY") != std::string::npos);
}

TEST_CASE("no identity stands in the words", "[balance][unit]") {
  EntryBuilder entry;
  entry.Begin(EntryKind::kIdentityAdded, AccountId::Of({1}, 1));
  entry.SetKey({.type = EntryKey::Type::kChange, .text = "key-1", .number = 0});
  entry.AddIdentity({.type = 0, .data = "8613800000000"});
  const auto read = ReadEntry(entry, {.group = 1, .index = 0});
  const auto words = DescribeEntry(read->view, absl::UTCTimeZone(), {});
  REQUIRE(words.ok());
  CHECK(words->text == "identity added, key key-1");
}

TEST_CASE("damaged effects have no words", "[balance][unit]") {
  EntryView view;
  view.kind = EntryKind::kToppedUp;
  view.position = {.group = 4, .index = 5};
  view.effects = "\x7f";
  const auto words = DescribeEntry(view, absl::UTCTimeZone(), {});
  CHECK(absl::IsDataLoss(words.status()));
  CHECK(words.status().message().find("4.5") != std::string::npos);
}

}  // namespace
}  // namespace ocs::balance::tests
