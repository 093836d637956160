// Channels and tokens: what is refused before anything is sent. TLS itself is tested with a real
// server in tests/e2e/security_test.cc.

#include "tools/client/connection.h"  // tidy-allow arrow: the library's own tests

#include <fstream>

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
