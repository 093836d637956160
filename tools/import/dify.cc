// Dify's table of Chinese models: one row per model, a price times a unit is the price of a token.

#include <map>
#include <utility>

#include "ocs/base/text.h"
#include "tools/import/price_list.h"

namespace ocs::tools {
namespace {

// The rows of a CSV text (RFC 4180): quoted fields may hold commas, quotes and line ends.
std::vector<std::vector<std::string>> ReadCsv(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row = {""};
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        row.back().push_back(c);
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        row.back().push_back('"');
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      rows.push_back(std::exchange(row, {""}));
    } else if (c != '\r') {
      row.back().push_back(c);
    }
  }
  if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
  return rows;
}

constexpr std::string_view kColumns[] = {"provider", "model",    "input_price", "output_price",
                                         "unit",     "currency", "comment"};

// The price of a million tokens: price x unit x 10^6. Units are powers of ten.
std::optional<std::string> PerMillion(const std::string& price, const std::string& unit) {
  const auto plain = ShiftDecimal(unit, 0);
  if (!plain) return std::nullopt;
  int places = 0;
  std::string digits = *plain;
  if (digits == "1") {
    places = 0;
  } else if (digits.compare(0, 2, "0.") == 0 && digits.back() == '1' &&
             digits.find_first_not_of('0', 2) == digits.size() - 1) {
    places = 2 - static_cast<int>(digits.size());
  } else {
    return std::nullopt;
  }
  return ShiftDecimal(price, places + 6);
}

}  // namespace

absl::StatusOr<PriceList> ReadDify(std::string_view text, std::string_view currency) {
  const auto rows = ReadCsv(text);
  if (rows.empty()) return absl::InvalidArgumentError("is empty");
  std::map<std::string_view, size_t> at;
  for (size_t i = 0; i < rows[0].size(); ++i) at[rows[0][i]] = i;
  for (const std::string_view column : kColumns) {
    if (at.count(column) == 0)
      return absl::InvalidArgumentError(Cat("line 1: expected a column '", column, "'"));
  }
  PriceList list{.name = Cat("dify-", currency == "CNY" ? "cny" : "usd"),
                 .source = "langgenius/dify-official-plugins (Apache-2.0), models/*/models/llm",
                 .currency = std::string(currency),
                 .models = {},
                 .not_carried = {}};
  for (size_t r = 1; r < rows.size(); ++r) {
    const auto& row = rows[r];
    if (row.size() != rows[0].size()) {
      return absl::InvalidArgumentError(
          Cat("row ", r + 1, ": expected ", rows[0].size(), " fields, found ", row.size()));
    }
    const auto cell = [&](std::string_view column) { return row[at[column]]; };
    const std::string in = cell("currency") == "RMB" ? "CNY" : cell("currency");
    ListedModel model{.id = Cat(cell("provider"), "/", cell("model")),
                      .provider = cell("provider")};
    if (in != currency) {
      list.not_carried.push_back({.model = model.id,
                                  .field = "currency",
                                  .value = in,
                                  .reason = Cat("this catalogue is in ", currency)});
      continue;
    }
    ListedRule rule;
    for (const auto& [column, kind] : {std::pair{"input_price", TokenKind::kInput},
                                       std::pair{"output_price", TokenKind::kOutput}}) {
      if (cell(column).empty()) continue;
      const auto price = PerMillion(cell(column), cell("unit"));
      if (price) {
        rule.prices[static_cast<size_t>(kind)] = *price;
      } else {
        list.not_carried.push_back(
            {.model = model.id,
             .field = column,
             .value = Cat(cell(column), " x ", cell("unit")),
             .reason = "is not a decimal number of 0 or more, times a power of ten"});
      }
    }
    if (!cell("comment").empty()) {
      list.not_carried.push_back({.model = model.id,
                                  .field = "comment",
                                  .value = cell("comment"),
                                  .reason = "a text: bands and thinking prices stand in it only"});
    }
    if (rule.prices != ListedPrices{}) model.rules.push_back(std::move(rule));
    list.models.push_back(std::move(model));
  }
  return list;
}

}  // namespace ocs::tools
