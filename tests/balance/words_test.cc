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

TEST_CASE("changes of an account are told in words", "[balance][unit]") {
  const Account account = WideAccount();
  EntryBuilder entry;
  entry.Begin(EntryKind::kAccountChanged, account.id);
  entry.SetTimes({{2}, kNow, kNow.PlusSeconds(60), Instant::Never()});
  entry.SetSubscription(account.subscriptions[1]);
  entry.SetNode(account.nodes[1]);
  entry.SetLimit(account.limits[0]);
  entry.DropLimit(7);
  entry.SetProfile({AccountState::kGrace, 1'500'000, "student", "brand", 9});
  entry.SetDatedChange(account.dated_changes[0]);
  entry.SetTransfer(account.transfers[0]);
  entry.DropTransfer("gift-1");
  entry.RefundOf({.group = 3, .index = 4}, {{.record = 0, .line = 0, .amount = 5}});
  const auto read = ReadEntry(entry, {.group = 9, .index = 0});
  const auto words = DescribeEntry(read->view, absl::UTCTimeZone(), {});
  REQUIRE(words.ok());
  for (const char* part :
       {"bucket 2 is valid from 2026-05-17T06:40:00+00:00 until 2026-05-17T06:41:00+00:00",
        "subscription 1 is cancelled, ends at", "node 2 is a key below 1, suspended",
        "limit 7 of node 1: 1.00 CNY per cycle", "limit 7 is gone",
        "grace, credit limit 1.50, billing day 9", "will be suspended from",
        "30 token is on its way to account", "the transfer has arrived",
        "gives back a part of what entry 3.4 charged"}) {
    INFO(part << " in " << words->text);
    CHECK(words->text.find(part) != std::string::npos);
  }
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
