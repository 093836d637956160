#include "ocs/whatif/requirement.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "ocs/base/text.h"
#include "ocs/whatif/internal/figures.h"

namespace ocs::whatif {
namespace {

using simulation::VariantResult;

enum class Kind : uint8_t { kShare, kAmount, kNumber };

struct Name {
  std::string_view text;
  Kind kind;
};
constexpr std::array<Name, kMeasureCount> kNames = {{{"margin", Kind::kShare},
                                                     {"margin-amount", Kind::kAmount},
                                                     {"margin-change", Kind::kShare},
                                                     {"revenue-change", Kind::kShare},
                                                     {"max-bill-increase", Kind::kShare},
                                                     {"better", Kind::kShare},
                                                     {"worse", Kind::kShare},
                                                     {"blocked", Kind::kShare},
                                                     {"bill-shocks", Kind::kNumber}}};

const Name& NameOf(Measure measure) { return kNames[static_cast<size_t>(measure)]; }

absl::Status Fault(std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(Cat("requirement '", text, "': ", what));
}

std::string NameList() {
  std::vector<std::string> names;
  for (const Name& name : kNames) names.emplace_back(name.text);
  return absl::StrJoin(names, ", ");
}

std::optional<int64_t> BoundOf(Kind kind, std::string_view text) {
  int64_t number = 0;
  if (kind == Kind::kNumber) {
    return absl::SimpleAtoi(ToAbsl(text), &number) ? std::optional(number) : std::nullopt;
  }
  if (kind == Kind::kShare) {
    if (!text.ends_with('%')) return std::nullopt;
    text.remove_suffix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
  }
  const auto micros = ParseMicros(text);
  if (!micros.ok()) return std::nullopt;
  if (kind == Kind::kAmount) return *micros;
  // A per cent is 10,000 parts per million.
  return *micros % 100 == 0 ? std::optional(*micros / 100) : std::nullopt;
}

int64_t MaxIncrease(const Comparison& comparison) {
  int64_t most = 0;
  for (const CustomerChange& customer : comparison.customers) {
    most = std::max(most, BillChangePpm(customer));
  }
  return most;
}

int64_t ShocksOf(const VariantResult& variant) {
  int64_t shocks = 0;
  for (const simulation::BillDistribution& bills : variant.bills) {
    if (bills.plan.empty()) shocks += bills.shocks;
  }
  return shocks;
}

int64_t LotsOf(const Comparison& comparison, std::initializer_list<Lot> lots) {
  int64_t count = 0;
  for (const Lot lot : lots) count += comparison.lots[static_cast<size_t>(lot)];
  return internal::ShareOf(count, static_cast<int64_t>(comparison.customers.size()));
}

// The change in parts of what it was; of a loss, in parts of its size.
int64_t ChangeOf(int64_t before, int64_t after) {
  return internal::ShareOf(after - before, before < 0 ? -before : before);
}

int64_t Found(Measure measure, const VariantResult& before, const VariantResult& after,
              const Comparison& comparison) {
  const simulation::Figures& old = before.total;
  const simulation::Figures& now = after.total;
  switch (measure) {
    case Measure::kMargin:
      return internal::ShareOf(now.margin_micros(), now.revenue_micros());
    case Measure::kMarginAmount:
      return now.margin_micros();
    case Measure::kMarginChange:
      return ChangeOf(old.margin_micros(), now.margin_micros());
    case Measure::kRevenueChange:
      return ChangeOf(old.revenue_micros(), now.revenue_micros());
    case Measure::kMaxBillIncrease:
      return MaxIncrease(comparison);
    case Measure::kBetter:
      return LotsOf(comparison, {Lot::kBetter});
    case Measure::kWorse:
      return LotsOf(comparison, {Lot::kWorse, Lot::kLessForLess});
    case Measure::kBlocked:
      return internal::ShareOf(now.blocked + now.not_sold, now.calls);
    case Measure::kBillShocks:
      return ShocksOf(after);
  }
  return 0;
}

std::string FoundText(Measure measure, int64_t found, const Unit& currency) {
  switch (NameOf(measure).kind) {
    case Kind::kAmount:
      return internal::Money(found, currency);
    case Kind::kNumber:
      return FormatGrouped(found);
    case Kind::kShare:
      break;
  }
  // All decimals that decide: 20.0001 % is more than 20 %.
  const std::string percent = FormatMicros(found * 100);
  return Cat(percent, " %");
}

}  // namespace

std::string_view MeasureName(Measure measure) { return NameOf(measure).text; }

absl::StatusOr<Required> ParseRequired(std::string_view text) {
  const size_t at = text.find_first_of("<>");
  if (at == std::string_view::npos || at + 1 >= text.size() || text[at + 1] != '=') {
    return Fault(text, "expected NAME>=NUMBER or NAME<=NUMBER");
  }
  const auto trimmed = [](std::string_view part) {
    return FromAbsl(absl::StripAsciiWhitespace(ToAbsl(part)));
  };
  const std::string_view name = trimmed(text.substr(0, at));
  const std::string_view number = trimmed(text.substr(at + 2));
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].text != name) continue;
    const std::optional<int64_t> bound = BoundOf(kNames[i].kind, number);
    if (!bound.has_value()) {
      switch (kNames[i].kind) {
        case Kind::kShare:
          return Fault(text, "expected per cent with at most 4 decimals, such as 12.5%");
        case Kind::kAmount:
          return Fault(text, "expected an amount with at most 6 decimals, such as 1000.50");
        case Kind::kNumber:
          return Fault(text, "expected a whole number");
      }
    }
    return Required{.measure = static_cast<Measure>(i),
                    .at_least = text[at] == '>',
                    .bound = *bound,
                    .text = std::string(text)};
  }
  return Fault(text, Cat("there is no '", name, "'; there is ", NameList()));
}

std::vector<Checked> CheckRequired(const std::vector<Required>& required,
                                   const VariantResult& before, const VariantResult& after,
                                   const Comparison& comparison) {
  std::vector<Checked> checked;
  for (const Required& one : required) {
    const int64_t found = Found(one.measure, before, after, comparison);
    checked.push_back({.required = one,
                       .found = found,
                       .found_text = FoundText(one.measure, found, after.currency),
                       .passed = one.at_least ? found >= one.bound : found <= one.bound});
  }
  return checked;
}

}  // namespace ocs::whatif
