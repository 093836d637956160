#include "ocs/rpc/credentials.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/rpc/internal/token_hash.h"

namespace ocs::rpc {
namespace {

constexpr std::string_view kSubject = "subject=";
constexpr size_t kSubjectLengthMax = 512;

// Reads one line from its front. Each part answers what is wrong, or "".
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  std::string ReadKey(CredentialLine* out) {
    if (rest_.substr(0, kSubject.size()) == kSubject) return ReadSubject(out);
    out->key = absl::AsciiStrToLower(ToAbsl(Word()));
    const bool good =
        out->key.size() == 64 && out->key.find_first_not_of("0123456789abcdef") == out->key.npos;
    return good ? "" : "the key is neither 64 hexadecimal digits nor subject=\"...\"";
  }

  std::string ReadRoles(CredentialLine* out) {
    for (const absl::string_view name : absl::StrSplit(ToAbsl(Word()), ',')) {
      const auto role = ParseRole(FromAbsl(name));
      if (!role) {
        return Cat("'", name,
                   "' is no role; expected charging, care, catalogue, finance, operations or "
                   "read_only");
      }
      out->roles.Add(*role);
    }
    return "";
  }

  std::string ReadName(std::string_view what, std::string* out) {
    *out = std::string(Word());
    const bool good = std::all_of(out->begin(), out->end(), [](unsigned char c) {
      return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
    });
    if (good && !out->empty() && out->size() <= kCredentialNameLengthMax) return "";
    return Cat("the ", what, " is not 1 to ", kCredentialNameLengthMax,
               " of letters, digits, '-', '_', '.'");
  }

  std::string ReadOptions(CredentialLine* out) {
    for (std::string_view word = Word(); !word.empty(); word = Word()) {
      const size_t equals = word.find('=');
      const std::string_view name = word.substr(0, equals);
      const std::string_view value = equals == word.npos ? "" : word.substr(equals + 1);
      if (name == "until") {
        const auto until = ParseInstant(value);
        if (!until.ok()) return "until= is not a time as 2027-01-01T00:00:00Z";
        out->until = *until;
      } else if (name == "rate" || name == "burst") {
        int64_t& target = name == "rate" ? out->rate_per_second : out->burst;
        if (!absl::SimpleAtoi(ToAbsl(value), &target) || target < 1 || target > kRateMax) {
          return Cat(name, "= is not a whole number from 1 to ", kRateMax);
        }
      } else {
        return "behind the name stand until=, rate= or burst= only";
      }
    }
    return "";
  }

 private:
  std::string ReadSubject(CredentialLine* out) {
    const size_t open = kSubject.size();
    const size_t close = rest_.find('"', open + 1);
    if (rest_.size() <= open || rest_[open] != '"' || close == rest_.npos) {
      return "the subject does not stand in double quotes";
    }
    const std::string_view subject = rest_.substr(open + 1, close - open - 1);
    if (subject.empty() || subject.size() > kSubjectLengthMax) {
      return Cat("the subject is not 1 to ", kSubjectLengthMax, " bytes");
    }
    out->key = Cat(kSubject, subject);
    rest_.remove_prefix(close + 1);
    return "";
  }

  // The next word, "" at the end.
  std::string_view Word() {
    const size_t begin = std::min(rest_.find_first_not_of(" \t"), rest_.size());
    rest_.remove_prefix(begin);
    const size_t end = std::min(rest_.find_first_of(" \t"), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

  std::string_view rest_;
};

std::string ReadLine(std::string_view line, CredentialLine* out) {
  LineReader reader(line);
  std::string fault = reader.ReadKey(out);
  if (fault.empty()) fault = reader.ReadRoles(out);
  if (fault.empty()) fault = reader.ReadName("tenant", &out->tenant);
  if (fault.empty()) fault = reader.ReadName("name", &out->name);
  if (fault.empty()) fault = reader.ReadOptions(out);
  return fault;
}

}  // namespace

absl::StatusOr<std::vector<CredentialLine>> ParseCredentials(std::string_view place,
                                                             std::string_view text) {
  std::vector<CredentialLine> lines;
  std::set<std::string> keys;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line[0] == '#') continue;
    CredentialLine& added = lines.emplace_back();
    std::string fault = ReadLine(FromAbsl(line), &added);
    if (fault.empty() && !keys.insert(added.key).second) fault = "the key is there twice";
    if (fault.empty() && lines.size() > kCredentialsMax) {
      fault = Cat("more than ", kCredentialsMax, " credentials");
    }
    if (!fault.empty()) return absl::InvalidArgumentError(Cat(place, ":", number, ": ", fault));
  }
  return lines;
}

std::string TokenKey(std::string_view token) {
  const internal::TokenHash hash = internal::HashToken(token);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace ocs::rpc
