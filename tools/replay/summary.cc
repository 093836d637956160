#include "tools/replay/summary.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "ocs/base/hash.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::replay {
namespace {

constexpr std::array<std::string_view, Timing::kTypeCount> kTypeNames = {"INITIAL", "UPDATE",
                                                                         "TERMINATION"};
struct Percent {
  std::string_view name;
  int64_t permille;
};
constexpr std::array<Percent, 4> kPercents = {
    {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}}};

// The fields of totals, without braces.
std::string Fields(const Totals& totals) {
  return absl::StrFormat(
      "\"calls\": %d, \"completed\": %d, \"cut\": %d, \"blocked\": %d, \"overage\": %d, "
      "\"requests\": %d, \"input_tokens\": %d, \"cache_read_tokens\": %d, \"output_tokens\": %d, "
      "\"charged_micros\": %d, \"drawn_tokens\": %d",
      totals.calls, totals.completed, totals.cut, totals.blocked, totals.overage, totals.requests,
      totals.input_tokens, totals.cached_tokens, totals.output_tokens, totals.charged_micros,
      totals.drawn_tokens);
}

std::string AccountLine(const AccountSummary& account) {
  return absl::StrFormat(
      "{\"customer\": \"%s\", \"account_id\": %d, \"product\": \"%s\", \"fee_micros\": %d, "
      "\"earlier_tokens\": %d, %s}",
      CustomerNumber(account.planned->rank), account.account_id,
      std::string(account.planned->product->key), account.fee_micros,
      account.planned->earlier_tokens, Fields(account.totals));
}

std::string Yuan(int64_t micros) { return FormatMicros(micros); }

std::string Row(std::string_view name, const Totals& totals) {
  return absl::StrFormat("%-13s %6s %9s %5s %7s %8s %12s %12s %10s %13s\n", std::string(name),
                         FormatGrouped(totals.calls), FormatGrouped(totals.completed),
                         FormatGrouped(totals.cut), FormatGrouped(totals.blocked),
                         FormatGrouped(totals.overage), FormatGrouped(totals.input_tokens),
                         FormatGrouped(totals.cached_tokens), FormatGrouped(totals.output_tokens),
                         Yuan(totals.charged_micros));
}

// "1.234" of thousandths.
std::string Thousandths(int64_t value) {
  return absl::StrFormat("%d.%03d", value / 1000, value % 1000);
}

}  // namespace

void Totals::Add(const CallResult& result, const Product& product) {
  ++calls;
  completed += result.end == CallEnd::kCompleted ? 1 : 0;
  cut += result.end == CallEnd::kCut ? 1 : 0;
  blocked += result.end == CallEnd::kBlocked ? 1 : 0;
  overage += product.package_tokens > 0 && result.charged_micros > 0 ? 1 : 0;
  requests += result.requests;
  input_tokens += result.input_tokens;
  cached_tokens += result.cached_tokens;
  output_tokens += result.output_tokens;
  charged_micros += result.charged_micros;
  drawn_tokens += result.drawn_tokens;
}

void Totals::Add(const Totals& other) {
  calls += other.calls;
  completed += other.completed;
  cut += other.cut;
  blocked += other.blocked;
  overage += other.overage;
  requests += other.requests;
  input_tokens += other.input_tokens;
  cached_tokens += other.cached_tokens;
  output_tokens += other.output_tokens;
  charged_micros += other.charged_micros;
  drawn_tokens += other.drawn_tokens;
}

Totals Summary::Sum() const {
  Totals sum;
  for (const AccountSummary& account : accounts) sum.Add(account.totals);
  return sum;
}

int64_t Summary::FeeMicros() const {
  int64_t sum = 0;
  for (const AccountSummary& account : accounts) sum += account.fee_micros;
  return sum;
}

std::string SummaryJson(const Summary& summary) {
  std::string lines;
  for (const AccountSummary& account : summary.accounts) {
    lines += Cat(lines.empty() ? "" : ",\n", "    ", AccountLine(account));
  }
  int64_t earlier = 0;
  for (const AccountSummary& account : summary.accounts) earlier += account.planned->earlier_tokens;
  return absl::StrFormat(
      "{\n  \"seed\": %d,\n  \"currency\": \"%s\",\n  \"fee_micros\": %d,\n"
      "  \"earlier_tokens\": %d,\n  \"totals\": {%s},\n  \"accounts_hash\": \"%016x\",\n"
      "  \"accounts\": [\n%s\n  ]\n}\n",
      summary.seed, std::string(kCurrency), summary.FeeMicros(), earlier, Fields(summary.Sum()),
      StableHash64(lines), lines);
}

std::string DescribeSummary(const Summary& summary) {
  std::string text = absl::StrFormat("%-13s %6s %9s %5s %7s %8s %12s %12s %10s %13s\n", "customers",
                                     "calls", "completed", "cut", "blocked", "overage", "input",
                                     "cache_read", "output", "for calls CNY");
  for (const Product& product : Products()) {
    Totals totals;
    for (const AccountSummary& account : summary.accounts) {
      if (account.planned->product == &product) totals.Add(account.totals);
    }
    text += Row(product.key, totals);
  }
  const Totals sum = summary.Sum();
  text += Row("all", sum);
  return text + Cat("and ", Yuan(summary.FeeMicros()), " CNY of fees; ",
                    FormatGrouped(sum.drawn_tokens), " tokens came out of packages\n");
}

void Timing::Sort() {
  for (std::vector<int64_t>& of_type : latency_us) std::sort(of_type.begin(), of_type.end());
}

int64_t Timing::Percentile(int type, int64_t permille) const {
  const std::vector<int64_t>& sorted = latency_us[static_cast<size_t>(type)];
  if (sorted.empty()) return 0;
  const size_t at = (sorted.size() * static_cast<size_t>(permille) + 999) / 1000;
  return sorted[std::min(sorted.size(), std::max<size_t>(at, 1)) - 1];
}

std::string TimingJson(const Timing& timing) {
  const int64_t micros = std::max<int64_t>(timing.micros, 1);
  std::string text = absl::StrFormat(
      "{\n  \"seconds\": %s,\n  \"calls_per_second\": %d,\n  \"requests_per_second\": %d,\n"
      "  \"repeats\": %d,\n  \"in_flight_max\": %d,\n  \"latency_us\": {",
      Thousandths(timing.micros / 1000), timing.calls * 1'000'000 / micros,
      timing.requests * 1'000'000 / micros, timing.repeats, timing.in_flight_max);
  for (int type = 0; type < Timing::kTypeCount; ++type) {
    absl::StrAppendFormat(&text, "%s\n    \"%s\": {\"count\": %d", type == 0 ? "" : ",",
                          std::string(kTypeNames[static_cast<size_t>(type)]),
                          timing.latency_us[static_cast<size_t>(type)].size());
    for (const Percent& percent : kPercents) {
      absl::StrAppendFormat(&text, ", \"%s\": %d", std::string(percent.name),
                            timing.Percentile(type, percent.permille));
    }
    text += "}";
  }
  return text + "\n  }\n}\n";
}

std::string DescribeTiming(const Timing& timing) {
  const int64_t micros = std::max<int64_t>(timing.micros, 1);
  std::string text = absl::StrFormat(
      "%s model calls in %s s: %s calls/s, %s requests/s, %d calls in flight, each answer "
      "durable\n",
      FormatGrouped(timing.calls), Thousandths(timing.micros / 1000),
      FormatGrouped(timing.calls * 1'000'000 / micros),
      FormatGrouped(timing.requests * 1'000'000 / micros), timing.in_flight_max);
  if (timing.repeats > 0) {
    absl::StrAppendFormat(&text, "%s requests were sent again because no answer had come\n",
                          FormatGrouped(timing.repeats));
  }
  absl::StrAppendFormat(&text, "%-12s %10s %9s %9s %9s %9s\n", "latency, ms", "requests", "p50",
                        "p90", "p99", "p99.9");
  for (int type = 0; type < Timing::kTypeCount; ++type) {
    const size_t at = static_cast<size_t>(type);
    absl::StrAppendFormat(&text, "%-12s %10s", std::string(kTypeNames[at]),
                          FormatGrouped(static_cast<int64_t>(timing.latency_us[at].size())));
    for (const Percent& percent : kPercents) {
      absl::StrAppendFormat(&text, " %9s", Thousandths(timing.Percentile(type, percent.permille)));
    }
    text += "\n";
  }
  return text;
}

}  // namespace ocs::replay
