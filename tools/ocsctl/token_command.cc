// ocsctl token new: a bearer token and its line for the server's credentials file. Talks to nobody.

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "ocs/base/json.h"
#include "ocs/base/text.h"
#include "tools/ocsctl/ctl.h"

namespace ocs::tools {
namespace {

struct TokenOptions {
  std::string roles;
  std::string tenant;
  std::string name;
  std::string until;
};

std::string HexOf(const std::array<uint8_t, 32>& bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

int NewToken(const Ctl& ctl, const TokenOptions& options) {
  std::array<uint8_t, 32> secret{};
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    return Complain(absl::UnavailableError("the system gives no random bytes"));
  }
  // The prefix lets scanners of source code and logs find a token that got lost.
  const std::string token = Cat("ocs_", HexOf(secret));
  std::array<uint8_t, 32> hash{};
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(), hash.data());
  const std::string line = Cat(HexOf(hash), " ", options.roles, " ", options.tenant, " ",
                               options.name, options.until.empty() ? "" : " until=", options.until);
  if (ctl.json) {
    JsonWriter json;
    json.BeginObject();
    json.Field("token", token);
    json.Field("line", line);
    json.EndObject();
    ctl.Print(Cat(json.text(), "\n"));
    return kDone;
  }
  ctl.Print(Cat("token, for the caller; it is shown only now:\n", token,
                "\n\nline, for the server's credentials_file:\n", line, "\n"));
  return kDone;
}

}  // namespace

void AddTokenCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "token", "Bearer tokens of the server's callers");
  CLI::App* command =
      AddCommand(family, "new", "Makes a token and the line for the server's credentials file",
                 "ocsctl token new --roles charging --tenant acme --name gateway-1");
  const auto options = std::make_shared<TokenOptions>();
  const CLI::Validator word(
      [](std::string& text) -> std::string {
        const bool good = !text.empty() && text.size() <= 48 &&
                          text.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                              "XYZ0123456789-_.") == text.npos;
        return good ? "" : "expected 1 to 48 of letters, digits, '-', '_', '.'";
      },
      "NAME");
  const CLI::Validator roles(
      [](std::string& text) -> std::string {
        for (const std::string& role : CLI::detail::split(text, ',')) {
          if (role != "charging" && role != "care" && role != "catalogue" && role != "finance" &&
              role != "operations" && role != "read_only") {
            return Cat("'", role, "' is no role");
          }
        }
        return "";
      },
      "ROLE,...");
  command
      ->add_option("--roles", options->roles,
                   "Of charging, care, catalogue, finance, operations, read_only; with commas")
      ->required()
      ->check(roles);
  command->add_option("--tenant", options->tenant, "Whose caller it is")->required()->check(word);
  command->add_option("--name", options->name, "Which caller; recorded as the actor of changes")
      ->required()
      ->check(word);
  command->add_option("--until", options->until, "When it ends, RFC 3339: 2027-01-01T00:00:00Z");
  command->callback([=] { ctl->chosen = [=] { return NewToken(*ctl, *options); }; });
}

}  // namespace ocs::tools
