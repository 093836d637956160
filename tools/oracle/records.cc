#include "tools/oracle/records.h"

#include <zlib.h>

#include <memory>
#include <optional>
#include <utility>

#include "ocs/base/text.h"
#include "tools/oracle/slices.h"

namespace ocs::tools {
namespace {

struct Closer {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

absl::StatusOr<Record> ParseRecord(std::string_view line) {
  const std::optional<std::vector<Member>> members = ObjectMembers(line);
  if (!members.has_value()) return absl::InvalidArgumentError("no JSON object");
  Record record{.provider = StringOf(ValueOf(*members, "provider")),
                .api = StringOf(ValueOf(*members, "api")),
                .request_model = StringOf(ValueOf(*members, "request_model")),
                .source = StringOf(ValueOf(*members, "source")),
                .bodies = {}};
  const std::string_view response = ValueOf(*members, "response");
  const std::string_view events = ValueOf(*members, "events");
  if (!response.empty()) {
    record.bodies.emplace_back(response);
    return record;
  }
  const std::optional<std::vector<std::string_view>> list = ListElements(events);
  if (!list.has_value()) {
    return absl::InvalidArgumentError("neither a member 'response' nor a list 'events'");
  }
  record.stream = true;
  for (const std::string_view event : *list) record.bodies.emplace_back(event);
  return record;
}

}  // namespace

absl::StatusOr<std::string> ReadMaybeGzip(const std::string& path) {
  // zlib passes a file through that is not packed.
  std::unique_ptr<gzFile_s, Closer> file(gzopen(path.c_str(), "rb"));
  if (file == nullptr) return absl::NotFoundError(Cat("cannot open ", path));
  std::string text;
  std::vector<char> buffer(size_t{1} << 18);
  while (true) {
    const int count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (count < 0) return absl::DataLossError(Cat(path, ": damaged, or not readable"));
    if (count == 0) break;
    text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > kRecordFileBytesMax) {
      return absl::ResourceExhaustedError(Cat(path, ": more than ", kRecordFileBytesMax, " bytes"));
    }
  }
  // That a packed file was cut is said when it is closed.
  if (gzclose(file.release()) != Z_OK) return absl::DataLossError(Cat(path, ": cut off"));
  return text;
}

absl::StatusOr<std::vector<Record>> ParseRecords(std::string_view text) {
  std::vector<Record> records;
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    absl::StatusOr<Record> record = ParseRecord(line);
    if (!record.ok()) {
      return absl::InvalidArgumentError(
          Cat("line ", number, ": ", FromAbsl(record.status().message())));
    }
    record->line = number;
    records.push_back(*std::move(record));
  }
  return records;
}

usage::UsageAnswer ReadRecord(const Record& record) {
  if (!record.stream) return usage::ReadProviderUsage(record.origin(), record.bodies.front());
  const std::vector<std::string_view> events(record.bodies.begin(), record.bodies.end());
  return usage::ReadProviderUsageStream(record.origin(), events);
}

}  // namespace ocs::tools
