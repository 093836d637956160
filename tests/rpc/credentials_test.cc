#include "ocs/rpc/credentials.h"

#include "ocs/rpc/internal/rate_limit.h"
#include "ocs/rpc/internal/token_hash.h"
#include "ocs/rpc/internal/trace_context.h"
#include "tests/support/catch.h"

namespace ocs::rpc {
namespace {

// SHA-256 of "abc", FIPS 180-4's first example.
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_CASE("a token's key is its SHA-256", "[rpc][unit]") { CHECK(TokenKey("abc") == kAbc); }

TEST_CASE("secrets are the same only when every byte is", "[rpc][unit]") {
  CHECK(internal::SameSecret("abc", "abc"));
  CHECK_FALSE(internal::SameSecret("abc", "abd"));
  CHECK_FALSE(internal::SameSecret("abc", "abcd"));
}

TEST_CASE("a credentials file is read line by line", "[rpc][unit]") {
  const std::string text = std::string("# callers\n\n") + kAbc +
                           " charging,read_only acme gateway-1 until=2027-01-01T00:00:00Z "
                           "rate=500 burst=50\n"
                           "subject=\"CN=shop,O=Some Telecom\"\tcare  other shop.1\r\n";
  const auto lines = ParseCredentials("file", text);
  REQUIRE(lines.ok());
  REQUIRE(lines->size() == 2);
  const CredentialLine& token = lines->at(0);
  CHECK(token.key == kAbc);
  CHECK(token.roles.Has(Role::kCharging));
  CHECK(token.roles.Has(Role::kReadOnly));
  CHECK_FALSE(token.roles.Has(Role::kCare));
  CHECK(token.tenant == "acme");
  CHECK(token.name == "gateway-1");
  CHECK(token.until == Instant{1'798'761'600'000});
  CHECK(token.rate_per_second == 500);
  CHECK(token.burst == 50);
  const CredentialLine& subject = lines->at(1);
  CHECK(subject.key == "subject=CN=shop,O=Some Telecom");
  CHECK(subject.tenant == "other");
  CHECK(subject.name == "shop.1");
  CHECK(subject.until == Instant::Never());
}

TEST_CASE("a fault in a credentials file is named without the key", "[rpc][unit]") {
  struct Case {
    std::string line;
    std::string expected;
  };
  const std::string key(kAbc);
  const auto bad = GENERATE_COPY(
      Case{"abcd charging acme gw", "file:2: the key is neither"},
      Case{key.substr(1) + "x charging acme gw", "file:2: the key is neither"},
      Case{"subject=CN=a charging acme gw", "file:2: the subject does not stand in double quotes"},
      Case{"subject=\"CN=a charging acme gw", "file:2: the subject does not stand"},
      Case{"subject=\"\" charging acme gw", "file:2: the subject is not 1 to 512 bytes"},
      Case{key + " root acme gw", "file:2: 'root' is no role"},
      Case{key + " charging, acme gw", "file:2: '' is no role"},
      Case{key + " charging acme/1 gw", "file:2: the tenant is not 1 to 48"},
      Case{key + " charging acme", "file:2: the name is not 1 to 48"},
      Case{key + " charging acme " + std::string(49, 'x'), "file:2: the name is not 1 to 48"},
      Case{key + " charging acme gw until=soon", "file:2: until= is not a time"},
      Case{key + " charging acme gw rate=0", "file:2: rate= is not a whole number"},
      Case{key + " charging acme gw burst=-1", "file:2: burst= is not a whole number"},
      Case{key + " charging acme gw hurry=1", "file:2: behind the name stand"},
      Case{key + " care acme gw\n" + key + " charging acme gw", "file:3: the key is there twice"});
  const auto lines = ParseCredentials("file", "#\n" + bad.line + "\n");
  REQUIRE_FALSE(lines.ok());
  CHECK(lines.status().code() == absl::StatusCode::kInvalidArgument);
  const std::string message(lines.status().message());
  CAPTURE(message);
  CHECK(message.substr(0, bad.expected.size()) == bad.expected);
  CHECK(message.find(key.substr(1, 20)) == std::string::npos);
}

TEST_CASE("a file of too many credentials is refused", "[rpc][unit]") {
  std::string text;
  for (int i = 0; i <= kCredentialsMax; ++i) {
    text += "subject=\"CN=" + std::to_string(i) + "\" care acme shop\n";
  }
  CHECK_FALSE(ParseCredentials("file", text).ok());
  text.resize(text.rfind("subject"));
  CHECK(ParseCredentials("file", text).ok());
}

constexpr int64_t kSecond = 1'000'000'000;

TEST_CASE("a rate lets its burst through at once and its rate after", "[rpc][unit]") {
  internal::RateLimit limit;
  limit.Set(100, 10);
  CHECK(limit.Take(25, kSecond) == 10);
  CHECK(limit.Take(1, kSecond) == 0);
  CHECK(limit.WaitNanos(kSecond) == kSecond / 100);
  CHECK(limit.Take(1, kSecond + kSecond / 100 - 1) == 0);
  CHECK(limit.Take(1, kSecond + kSecond / 100) == 1);
  CHECK(limit.Take(1'000, 10 * kSecond) == 10);
  int64_t taken = 0;
  for (int64_t ms = 1; ms <= 10'000; ++ms) taken += limit.Take(3, 10 * kSecond + ms * 1'000'000);
  CHECK(taken == 1'000);
}

TEST_CASE("without a rate everything passes, and a new rate counts at once", "[rpc][unit]") {
  internal::RateLimit limit;
  CHECK(limit.Take(1'000'000, 1) == 1'000'000);
  limit.Set(1, 1);
  CHECK(limit.Take(2, 1) == 1);
  limit.Set(0, 1);
  CHECK(limit.Take(2, 1) == 2);
  limit.Set(1, 1'000'000'000);  // A burst of 30 years; a day's is kept.
  CHECK(limit.Take(1'000'000, kSecond) <= 86'400);
}

TEST_CASE("a trace id is read from a W3C traceparent only", "[rpc][unit]") {
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string good = "00-" + id + "-00f067aa0ba902b7-01";
  CHECK(internal::TraceIdOf(good) == id);
  CHECK(internal::TraceIdOf("01" + good.substr(2) + "-more") == id);
  const auto bad = GENERATE_COPY(
      std::string(), good + "-more", good.substr(1), "ff" + good.substr(2),
      "00-" + std::string(32, '0') + good.substr(35),
      good.substr(0, 36) + std::string(16, '0') + "-01",
      "00-4BF92f3577b34da6a3ce929d0e0e4736" + good.substr(35), "00_" + good.substr(3));
  CAPTURE(bad);
  CHECK(internal::TraceIdOf(bad).empty());
}

}  // namespace
}  // namespace ocs::rpc
