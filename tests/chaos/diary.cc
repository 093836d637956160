#include "tests/chaos/diary.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::chaos {
namespace {

std::string ToHexText(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = ".";  // So that no bytes are a word, too.
  for (const char byte : bytes) {
    text += kDigits[static_cast<uint8_t>(byte) >> 4];
    text += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

std::optional<std::string> FromHexText(const std::string& text) {
  if (text.empty() || text.size() % 2 != 1) return std::nullopt;
  std::string bytes;
  for (size_t i = 1; i < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string KeyText(const Key& key) { return Cat(key.first, " ", key.second); }

}  // namespace

Diary::Diary(const std::string& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  OCS_CHECK(file_ >= 0);
}

Diary::~Diary() { ::close(file_); }

void Diary::Write(std::string line) {
  line += '\n';
  const std::lock_guard lock(mutex_);
  OCS_CHECK(::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
}

void Diary::Intend(const wire::CreditControlRequest& request) {
  Write(Cat("intend ", KeyText(KeyOf(request)), " ", ToHexText(request.SerializeAsString())));
}

void Diary::Answered(const Key& key, const wire::CreditControlAnswer& answer) {
  Write(Cat("answered ", KeyText(key), " ", ToHexText(answer.SerializeAsString())));
}

void Diary::Refused(const Key& key, int status_code) {
  Write(Cat("refused ", KeyText(key), " ", status_code));
}

void Diary::Fault(const std::string& what) { Write(Cat("fault ", what)); }

void Diary::Tally(const std::string& what) { Write(Cat("tally ", what)); }

void ReadDiary(const std::string& path, Notes* notes) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  while (std::getline(file, line)) {
    if (file.eof()) return;  // Torn: it has no end.
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "fault") {
      notes->faults.push_back(line);
      continue;
    }
    if (verb == "tally") {
      ++notes->tallies[line.substr(verb.size() + 1)];
      continue;
    }
    Key key;
    std::string rest;
    words >> key.first >> key.second >> rest;
    if (verb == "intend") {
      const auto bytes = FromHexText(rest);
      OCS_CHECK(bytes.has_value());
      OCS_CHECK(notes->requests[key].request.ParseFromString(*bytes));
      continue;
    }
    const auto found = notes->requests.find(key);
    if (found == notes->requests.end()) {
      notes->faults.push_back(Cat(KeyText(key), ": an answer without its request"));
    } else if (verb == "refused") {
      found->second.refused = std::stoi(rest);
    } else {
      const auto bytes = FromHexText(rest);
      OCS_CHECK(bytes.has_value());
      if (found->second.answered && found->second.answer != *bytes) {
        notes->faults.push_back(Cat(KeyText(key), ": answered twice, not the same"));
      }
      found->second.answered = true;
      found->second.answer = *bytes;
    }
  }
}

}  // namespace ocs::chaos
