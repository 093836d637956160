#include "ocs/workload/internal/rates.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/text.h"
#include "ocs/workload/workload.h"

namespace ocs::workload::internal {
namespace {

constexpr std::string_view kHeader =
    "client,window_start_s,rate_rps,cv,arrival_dist,dist_param1,dist_param2";
constexpr size_t kColumns = 7;
constexpr int64_t kWindowSeconds = kWindowMillis / 1000;
constexpr int64_t kWindowIndexMax = 1'000'000;  // 19 years.
constexpr double kRateMax = static_cast<double>(kCallsPerWindowMax) / kWindowSeconds;

absl::Status RatesFault(int64_t line, std::string_view what) {
  return absl::InvalidArgumentError(Cat("rates:", line, ": ", what));
}

struct Row {
  int64_t client = 0;
  int64_t window = 0;
  double rate = 0;
  GapForm form = GapForm::kExponential;
  double shape = 1;
};

absl::StatusOr<Row> ReadRow(absl::string_view line, int64_t number) {
  const std::vector<absl::string_view> cells = absl::StrSplit(line, ',');
  if (cells.size() != kColumns) {
    return RatesFault(number, Cat(cells.size(), " cells where ", kColumns, " are expected"));
  }
  Row row;
  if (!absl::SimpleAtoi(cells[0], &row.client) || row.client < 0) {
    return RatesFault(number, "client: expected a number from 0");
  }
  int64_t start_s = 0;
  if (!absl::SimpleAtoi(cells[1], &start_s) || start_s < 0 || start_s % kWindowSeconds != 0 ||
      start_s / kWindowSeconds > kWindowIndexMax) {
    return RatesFault(number, "window_start_s: expected seconds, a multiple of 600");
  }
  row.window = start_s / kWindowSeconds;
  if (!absl::SimpleAtod(cells[2], &row.rate) || !(row.rate >= 0) || row.rate > kRateMax) {
    return RatesFault(number, Cat("rate_rps: expected calls a second, 0 to ",
                                  kCallsPerWindowMax / kWindowSeconds));
  }
  if (cells[4].empty()) return row;
  if (cells[4] != "Gamma" && cells[4] != "Weibull") {
    return RatesFault(number, "arrival_dist: expected Gamma, Weibull or nothing");
  }
  row.form = cells[4] == "Gamma" ? GapForm::kGamma : GapForm::kWeibull;
  if (!absl::SimpleAtod(cells[5], &row.shape) || !(row.shape > 0)) {
    return RatesFault(number, "dist_param1: expected the law's shape, above 0");
  }
  return row;
}

absl::Status AddRow(const Row& row, int64_t line, std::map<int64_t, ClientRates>* clients,
                    Rates* rates) {
  ClientRates& client = (*clients)[row.client];
  if (clients->size() > static_cast<size_t>(kClientsMax)) {
    return RatesFault(line, Cat("more than ", kClientsMax, " clients"));
  }
  rates->span_windows = std::max(rates->span_windows, row.window + 1);
  if (row.rate <= 0) return absl::OkStatus();
  if (!client.windows.empty() && client.windows.back().window >= row.window) {
    return RatesFault(line, "window_start_s: a client's windows must come in order, each once");
  }
  client.windows.push_back({.window = static_cast<uint32_t>(row.window),
                            .law = rates->laws.Add(row.form, row.shape),
                            .calls = row.rate * kWindowSeconds});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Rates> ReadRates(std::string_view text) {
  Rates rates;
  std::map<int64_t, ClientRates> clients;
  int64_t number = 0;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (number == 1) {
      if (FromAbsl(line) != kHeader) return RatesFault(1, Cat("expected the header ", kHeader));
      continue;
    }
    if (line.empty()) continue;
    if (number > kRateRowsMax) return RatesFault(number, Cat("more than ", kRateRowsMax, " rows"));
    const absl::StatusOr<Row> row = ReadRow(line, number);
    if (!row.ok()) return row.status();
    const absl::Status added = AddRow(*row, number, &clients, &rates);
    if (!added.ok()) return added;
  }
  if (clients.empty()) return RatesFault(number, "no client");
  for (auto& [client_number, client] : clients) {
    client.number = client_number;
    rates.clients.push_back(std::move(client));
  }
  return rates;
}

}  // namespace ocs::workload::internal
