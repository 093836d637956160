// Channels and tokens: what is refused before anything is sent. TLS itself is tested with a real
// server in tests/e2e/security_test.cc.

#include "tools/client/connection.h"  // tidy-allow arrow: the library's own tests

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "ocs/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::client {
namespace {

TEST_CASE("the files of TLS go together and are there", "[client][unit]") {
  CHECK(MakeChannel({}).ok());
  CHECK(MakeChannel({}, Sharing::kOwn).ok());
  CHECK(absl::IsInvalidArgument(MakeChannel({.cert_file = "a", .cert_key_file = "b"}).status()));
  CHECK(absl::IsInvalidArgument(MakeChannel({.ca_file = "a", .cert_file = "b"}).status()));
  const absl::Status missing = MakeChannel({.ca_file = "no-such-file.pem"}).status();
  CHECK(absl::IsNotFound(missing));
  CHECK(std::string(missing.message()).find("no-such-file.pem") != std::string::npos);
}

TEST_CASE("a server that takes its time to make a connection is not given up", "[client][unit]") {
  constexpr int kPatienceMillis = 400;  // Longer than a client looks for a server that is away.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  Connection connection;
  connection.server = Cat("127.0.0.1:", ntohs(address.sin_port));
  const auto channel = MakeChannel(connection, Sharing::kOwn);
  REQUIRE(channel.ok());
  (*channel)->GetState(/*try_to_connect=*/true);
  const int accepted = ::accept(listener, nullptr, nullptr);
  REQUIRE(accepted >= 0);
  pollfd hang_up = {.fd = accepted, .events = POLLRDHUP, .revents = 0};
  CHECK(::poll(&hang_up, 1, kPatienceMillis) == 0);
  ::close(accepted);
  ::close(listener);
}

TEST_CASE("a token file holds one word, and a fault does not show it", "[client][unit]") {
  const ocs::testing::TempDir folder;
  const auto read = [&](const std::string& text) {
    const std::string path = folder.Path("token");
    std::ofstream(path, std::ios::trunc) << text;
    Connection connection;
    connection.token_file = path;
    const absl::Status status = ReadToken(&connection);
    CHECK(std::string(status.message()).find("secret") == std::string::npos);
    return status.ok() ? connection.token : "refused";
  };
  CHECK(read("secret\n") == "secret");
  CHECK(read("") == "refused");
  CHECK(read("secret word\n") == "refused");
  CHECK(read("secret\x01") == "refused");
  Connection none;
  CHECK(ReadToken(&none).ok());
  none.token_file = folder.Path("missing");
  CHECK(absl::IsNotFound(ReadToken(&none)));
}

}  // namespace
}  // namespace ocs::client
