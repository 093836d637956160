#include "balance/account.h"

#include <string>

#include "tests/balance/samples.h"

namespace ocs::balance::tests {
namespace {

TEST_CASE("an account state is what was encoded", "[balance][unit]") {
  const Account account = SampleAccount();
  const std::string bytes = Bytes(account);
  const auto decoded = DecodeAccount(bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == account);
  CHECK(Bytes(*decoded) == bytes);
}

TEST_CASE("an account state that is cut, lengthened or of another version is refused",
          "[balance][unit]") {
  const std::string bytes = Bytes(SampleAccount());
  for (size_t length = 0; length < bytes.size(); ++length) {
    INFO(length);
    CHECK(absl::IsDataLoss(DecodeAccount(bytes.substr(0, length)).status()));
  }
  CHECK(absl::IsDataLoss(DecodeAccount(bytes + '\0').status()));
  std::string newer = bytes;
  newer[0] = 2;
  CHECK(DecodeAccount(newer).status().message().find("version 2") != std::string::npos);
}

TEST_CASE("no damage of an account state stops the process", "[balance][property]") {
  const std::string bytes = Bytes(SampleAccount());
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto decoded = DecodeAccount(damaged);
      if (!decoded.ok()) {
        ++refused;
        CHECK(absl::IsDataLoss(decoded.status()));
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("what may be spent of the main balance includes the credit limit", "[balance][unit]") {
  Account account = SampleAccount();
  CHECK(account.Spendable(account.buckets[0]) == 300);
  CHECK(account.Spendable(account.buckets[1]) == 7);
  account.buckets[1].available = -100;
  CHECK(account.Spendable(account.buckets[1]) == -88);
  account.buckets[1].available = INT64_MAX - 5;
  CHECK(account.Spendable(account.buckets[1]) == INT64_MAX);
}

TEST_CASE("an account falls due with the first end of what it has", "[balance][unit]") {
  Account account = SampleAccount();
  CHECK(account.NextDue() == kNow.PlusSeconds(60));
  // All of the bucket is held: the session's end settles it.
  account.buckets[0].available = 0;
  CHECK(account.NextDue() == kNow.PlusSeconds(1200));
  account.sessions.clear();
  CHECK(account.NextDue() == Instant::Never());
  account.buckets[0].held = 0;
  CHECK(account.NextDue() == kNow.PlusSeconds(60));
}

TEST_CASE("buckets and sessions are found by their ids", "[balance][unit]") {
  Account account = SampleAccount();
  CHECK(account.FindBucket({2}) == &account.buckets[0]);
  CHECK(account.FindBucket(kMainBucket) == &account.buckets[1]);
  CHECK(account.FindBucket({3}) == nullptr);
  CHECK(account.FindSession("s-1") == &account.sessions[0]);
  CHECK(account.FindSession("s-2") == nullptr);
  const Account& same = account;
  CHECK(same.FindBucket({2}) == &account.buckets[0]);
  CHECK(same.FindSession("s-1") == &account.sessions[0]);
}

TEST_CASE("states of an account have names", "[balance][unit]") {
  CHECK(AccountStateName(AccountState::kPreActive) == "pre-active");
  CHECK(AccountStateName(AccountState::kClosed) == "closed");
}

}  // namespace
}  // namespace ocs::balance::tests
