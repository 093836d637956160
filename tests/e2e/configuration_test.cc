// What ocsd says to a configuration that it cannot run with, before it touches anything.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

using testing::TempDir;

struct Case {
  std::string text;
  std::string expected;  // In the message, behind "PATH".
};

// Runs ocsd with a file of that text.
Ended RunWith(const TempDir& folder, const std::string& text) {
  const std::string path = folder.Path("ocsd.yaml");
  std::ofstream(path) << "data_folder: " << folder.Path("data") << "\n" << text;
  return RunToEnd({"--config", path});
}

TEST_CASE("a bad configuration is refused with place, key and what was expected", "[ocsd][e2e]") {
  const auto bad = GENERATE(
      Case{"valdity_seconds: 600\n",
           ":2: valdity_seconds: unknown key; the nearest known one is validity_seconds"},
      Case{"shard_count: many\n",
           ":2: shard_count: found 'many', expected a whole number from 1 to 64"},
      Case{"shard_count: 65\n",
           ":2: shard_count: found '65', expected a whole number from 1 to 64"},
      Case{"log_level: loud\n",
           ":2: log_level: found 'loud', expected one of debug info warning error"},
      Case{"zone: Mars/Olympus\n",
           ":2: zone: found 'Mars/Olympus', expected a name of the IANA time zone database"},
      Case{"zone: UTC\nzone: UTC\n", ":3: zone: is there twice"},
      Case{"zone: [UTC]\n", ":2: zone: expected one value"},
      Case{"zone: a: b\n", ":2: not YAML: "});
  const TempDir folder;
  const Ended ended = RunWith(folder, bad.text);
  INFO(ended.output);
  CHECK(ended.exit_code == 2);
  CHECK(ended.output.find("ocsd.yaml" + bad.expected) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.Path("data")));
}

TEST_CASE("keys that must keep together are refused apart", "[ocsd][e2e]") {
  const auto bad = GENERATE(
      Case{"listen_address: 0.0.0.0:7070\n", "listen_address: '0.0.0.0:7070' can be reached from"},
      Case{"listen_address: nowhere\n", "listen_address: 'nowhere' is not host:port"},
      Case{"metrics_address: 0.0.0.0:7071\n", "metrics_address: can be reached from outside"},
      Case{"listen_address: 0.0.0.0:7070\nallow_plain_text: yes\n",
           "credentials_file: is missing and '0.0.0.0:7070' can be reached from"},
      Case{"listen_address: 0.0.0.0:7070\nallow_anonymous: yes\n",
           "listen_address: '0.0.0.0:7070' can be reached from"},
      Case{"publishing_second_approval: yes\n",
           "credentials_file: is missing; publishing_second_approval needs it"},
      Case{"tls_key_file: key.pem\n", "tls_certificate_file: is missing"},
      Case{"tls_certificate_file: a.pem\n", "tls_key_file: is missing"},
      Case{"tls_client_ca_file: ca.pem\n", "tls_client_ca_file: is of no use without TLS"});
  const TempDir folder;
  const Ended ended = RunWith(folder, bad.text);
  INFO(ended.output);
  CHECK(ended.exit_code == 2);
  CHECK(ended.output.find(bad.expected) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.Path("data")));
}

TEST_CASE("a misspelt flag is answered with the nearest key", "[ocsd][e2e]") {
  const Ended ended = RunToEnd({"--listen-adress=127.0.0.1:0"});
  INFO(ended.output);
  CHECK(ended.exit_code == 2);
  CHECK(ended.output.find("command line: listen_adress: unknown key; the nearest known one is "
                          "listen_address") != std::string::npos);
}

TEST_CASE("a file that is not there is named", "[ocsd][e2e]") {
  const TempDir folder;
  const Ended ended = RunToEnd({"--config", folder.Path("none.yaml")});
  CHECK(ended.exit_code == 2);
  CHECK(ended.output.find("none.yaml: cannot be read") != std::string::npos);
}

TEST_CASE("the example file is the defaults, and flags win over the file", "[ocsd][e2e]") {
  const Ended plain = RunToEnd({"--check-config"});
  CHECK(plain.exit_code == 0);
  CHECK(plain.output.find("validity_seconds: 600\n") != std::string::npos);
  const Ended example = RunToEnd({"--check-config", "--config", OCS_EXAMPLE_CONFIG});
  INFO(example.output);
  CHECK(example.exit_code == 0);
  CHECK(example.output == plain.output);
  const Ended flagged =
      RunToEnd({"--check-config", "--config", OCS_EXAMPLE_CONFIG, "--validity-seconds", "30"});
  CHECK(flagged.output.find("validity_seconds: 30\n") != std::string::npos);
}

TEST_CASE("every key is in the operating page", "[ocsd][e2e]") {
  std::ifstream file(OCS_OPERATING_PAGE);
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream keys(RunToEnd({"--check-config"}).output);
  std::string line;
  int count = 0;
  while (std::getline(keys, line)) {
    if (line.rfind('#', 0) == 0) continue;
    ++count;
    CAPTURE(line);
    CHECK(page.find("| `" + line.substr(0, line.find(':')) + "` |") != std::string::npos);
  }
  CHECK(count == 70);
}

TEST_CASE("a second server on the folder is refused and says why", "[ocsd][e2e]") {
  const TempDir folder;
  const ServerProcess first(folder.Path("data"));
  const Ended second = RunToEnd({"--listen-address", "127.0.0.1:0", "--metrics-address", "",
                                 "--data-folder", folder.Path("data")});
  INFO(second.output);
  CHECK(second.exit_code == 1);
  CHECK(second.output.find("is open in another process") != std::string::npos);
}

TEST_CASE("a second server on the address is refused and says why", "[ocsd][e2e]") {
  const TempDir folder;
  const ServerProcess first(folder.Path("data"));
  const Ended second = RunToEnd({"--listen-address", first.address(), "--metrics-address", "",
                                 "--data-folder", folder.Path("other")});
  INFO(second.output);
  CHECK(second.exit_code == 1);
  CHECK(second.output.find("cannot listen on " + first.address()) != std::string::npos);
}

}  // namespace
}  // namespace ocs::e2e
