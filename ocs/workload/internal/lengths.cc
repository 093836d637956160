#include "ocs/workload/internal/lengths.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/text.h"
#include "ocs/workload/workload.h"

namespace ocs::workload::internal {
namespace {

using Json = nlohmann::json;

constexpr int64_t kTokensMax = 100'000'000;  // Ten times the longest context known.

absl::Status LengthsFault(int64_t line, std::string_view what) {
  return absl::InvalidArgumentError(Cat("lengths:", line, ": ", what));
}

absl::StatusOr<int64_t> WholeMember(const Json& object, const char* name, int64_t line) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer() || found->get<int64_t>() < 0) {
    return LengthsFault(line, Cat(name, ": expected a whole number from 0"));
  }
  return found->get<int64_t>();
}

// {"value": probability, ...}; the values times `factor` are whole numbers up to `value_max`.
absl::StatusOr<Law> ReadLaw(const Json& object, const char* name, int64_t factor, int64_t value_max,
                            int64_t line) {
  Law law;
  const auto found = object.find(name);
  if (found == object.end()) return law;
  if (!found->is_object())
    return LengthsFault(line, Cat(name, ": expected {value: probability, ...}"));
  std::vector<std::pair<int32_t, double>> entries;
  double sum = 0;
  for (const auto& [key, probability] : found->items()) {
    double value = 0;
    if (!absl::SimpleAtod(key, &value) || !(value >= 0) ||
        value * static_cast<double>(factor) > static_cast<double>(value_max)) {
      return LengthsFault(line, Cat(name, ": '", key, "' is no value"));
    }
    if (!probability.is_number() || !(probability.get<double>() >= 0)) {
      return LengthsFault(line, Cat(name, ": the probability of ", key, " is no number from 0"));
    }
    if (probability.get<double>() <= 0) continue;
    entries.emplace_back(static_cast<int32_t>(std::lround(value * static_cast<double>(factor))),
                         probability.get<double>());
    sum += probability.get<double>();
  }
  if (!(sum > 0)) return law;
  std::vector<double> weights;
  for (const auto& [value, probability] : entries) {
    law.values.push_back(value);
    weights.push_back(probability);
  }
  law.table = AliasTable::Make(weights);
  return law;
}

absl::Status ReadLine(absl::string_view text, int64_t line,
                      std::map<int64_t, ClientLengths>* clients) {
  const Json object = Json::parse(text.begin(), text.end(), nullptr, false);
  if (object.is_discarded() || !object.is_object()) return LengthsFault(line, "is no JSON object");
  const auto client = WholeMember(object, "client", line);
  if (!client.ok()) return client.status();
  const auto start_s = WholeMember(object, "window_start_s", line);
  if (!start_s.ok()) return start_s.status();
  if (*start_s % kQuarterSeconds != 0) {
    return LengthsFault(line, "window_start_s: expected a multiple of 21600");
  }
  if (*start_s >= kQuarterSeconds * kQuartersPerDay) return absl::OkStatus();
  QuarterLengths& quarter = (*clients)[*client][static_cast<size_t>(*start_s / kQuarterSeconds)];
  auto input = ReadLaw(object, "input_tokens", 1, kTokensMax, line);
  if (!input.ok()) return input.status();
  auto output = ReadLaw(object, "output_tokens", 1, kTokensMax, line);
  if (!output.ok()) return output.status();
  auto ratio = ReadLaw(object, "reason_ratio", 1'000'000, 1'000'000, line);
  if (!ratio.ok()) return ratio.status();
  quarter = {*std::move(input), *std::move(output), *std::move(ratio)};
  return absl::OkStatus();
}

// False when no quarter is complete.
bool FillGaps(ClientLengths* lengths) {
  const ClientLengths published = *lengths;
  for (size_t i = 0; i < kQuartersPerDay; ++i) {
    size_t from = i;
    for (size_t step = 0; step < kQuartersPerDay && !published[from].complete(); ++step) {
      from = (from + 1) % kQuartersPerDay;
    }
    if (!published[from].complete()) return false;
    (*lengths)[i] = published[from];
  }
  return true;
}

}  // namespace

absl::StatusOr<std::map<int64_t, ClientLengths>> ReadLengths(std::string_view text) {
  std::map<int64_t, ClientLengths> clients;
  int64_t number = 0;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    if (line.empty()) continue;
    const absl::Status read = ReadLine(line, number, &clients);
    if (!read.ok()) return read;
    if (clients.size() > static_cast<size_t>(kClientsMax)) {
      return LengthsFault(number, Cat("more than ", kClientsMax, " clients"));
    }
  }
  for (auto client = clients.begin(); client != clients.end();) {
    client = FillGaps(&client->second) ? std::next(client) : clients.erase(client);
  }
  return clients;
}

}  // namespace ocs::workload::internal
