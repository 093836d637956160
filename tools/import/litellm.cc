// LiteLLM's map: one object per model, one member per price, conditions in the members' names.

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "ocs/base/text.h"
#include "tools/import/json_value.h"
#include "tools/import/price_list.h"

namespace ocs::tools {
namespace {

constexpr int kPerMillion = 6;  // The list's prices are per token.

struct LitellmField {
  std::string_view name;
  TokenKind kind;
  int places;
};
constexpr LitellmField kLitellmFields[] = {
    {"input_cost_per_token", TokenKind::kInput, kPerMillion},
    {"output_cost_per_token", TokenKind::kOutput, kPerMillion},
    {"cache_read_input_token_cost", TokenKind::kCacheRead, kPerMillion},
    {"cache_creation_input_token_cost", TokenKind::kCacheWrite5m, kPerMillion},
    {"cache_creation_input_token_cost_above_1hr", TokenKind::kCacheWrite1h, kPerMillion},
    {"output_cost_per_reasoning_token", TokenKind::kReasoning, kPerMillion},
    {"input_cost_per_audio_token", TokenKind::kAudioInput, kPerMillion},
    {"output_cost_per_audio_token", TokenKind::kAudioOutput, kPerMillion},
    {"input_cost_per_image_token", TokenKind::kImageInput, kPerMillion},
    {"output_cost_per_image_token", TokenKind::kImageOutput, kPerMillion},
    {"output_cost_per_image", TokenKind::kImage, 0},
    {"input_cost_per_request", TokenKind::kRequest, 0},
    {"output_cost_per_second", TokenKind::kSecond, 0},
};

// What a member's name says beside the kind.
struct Condition {
  std::string tier;
  int64_t above = 0;
  friend auto operator<=>(const Condition&, const Condition&) = default;
};

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// "x_above_200k_tokens_priority" is x, above 200,000, priority.
std::pair<std::string, Condition> Split(std::string_view field) {
  Condition condition;
  for (const auto& [suffix, tier] :
       {std::pair<std::string_view, std::string_view>{"_priority", "priority"},
        {"_flex", "flex"},
        {"_batches", "batch"}}) {
    if (!EndsWith(field, suffix)) continue;
    condition.tier = tier;
    field.remove_suffix(suffix.size());
    break;
  }
  constexpr std::string_view kAbove = "_above_";
  constexpr std::string_view kTokens = "k_tokens";
  const size_t at = field.rfind(kAbove);
  if (at != std::string_view::npos && EndsWith(field, kTokens)) {
    const std::string_view number =
        field.substr(at + kAbove.size(), field.size() - at - kAbove.size() - kTokens.size());
    int64_t thousands = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), thousands);
    if (parsed.ec == std::errc() && parsed.ptr == number.data() + number.size()) {
      condition.above = thousands * 1000;
      field = field.substr(0, at);
    }
  }
  return {std::string(field), condition};
}

bool IsPrice(std::string_view field) {
  return field.find("cost") != std::string_view::npos || field == "tiered_pricing";
}

const LitellmField* FindField(std::string_view name) {
  for (const LitellmField& field : kLitellmFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

using Table = std::map<Condition, ListedPrices>;

class LitellmReader final {
 public:
  explicit LitellmReader(PriceList* list) : list_(list) {}

  void Read(const std::string& name, const JsonValue& value) {
    ListedModel model{.id = name, .provider = std::string(value.TextOf("litellm_provider"))};
    if (model.provider.empty()) model.provider = "unknown";
    Table table;
    for (const auto& [field, price] : value.members) {
      if (IsPrice(field)) ReadField(name, field, price, value, &table);
    }
    MakeRules(table, &model);
    list_->models.push_back(std::move(model));
  }

 private:
  void Leave(const std::string& model, const std::string& field, const JsonValue& value,
             std::string reason) {
    list_->not_carried.push_back(
        {.model = model, .field = field, .value = value.text, .reason = std::move(reason)});
  }

  void ReadField(const std::string& model, const std::string& field, const JsonValue& value,
                 const JsonValue& all, Table* table) {
    if (field == "tiered_pricing") return ReadBands(model, value, table);
    if (field == "search_context_cost_per_query") return ReadSearch(model, value, table);
    const auto [name, condition] = Split(field);
    const LitellmField* known = FindField(name);
    TokenKind kind = known != nullptr ? known->kind : TokenKind::kInput;
    int places = known != nullptr ? known->places : 0;
    if (name == "input_cost_per_image" && all.TextOf("mode") == "image_generation" &&
        IsFree(all, "output_cost_per_image")) {
      kind = TokenKind::kImage;
    } else if (name == "input_cost_per_second" && IsFree(all, "output_cost_per_second")) {
      kind = TokenKind::kSecond;
    } else if (name == "output_cost_per_second" && IsZero(value) &&
               !IsFree(all, "input_cost_per_second")) {
      return;
    } else if (known == nullptr) {
      if (IsZero(value)) return;
      return Leave(model, field, value, "no kind of use has this price");
    }
    const auto price =
        value.is(JsonValue::Type::kNumber) ? ShiftDecimal(value.text, places) : std::nullopt;
    if (!price) return Leave(model, field, value, "is not a decimal number of 0 or more");
    (*table)[condition][static_cast<size_t>(kind)] = *price;
  }

  static bool IsZero(const JsonValue& value) {
    return value.is(JsonValue::Type::kNull) ||
           (value.is(JsonValue::Type::kNumber) && ShiftDecimal(value.text, 0) == "0");
  }

  static bool IsFree(const JsonValue& all, std::string_view field) {
    const JsonValue* value = all.Find(field);
    return value == nullptr || IsZero(*value);
  }

  // One price for every size of the search context is a price of a search; else the size, which no
  // usage tells, decides.
  void ReadSearch(const std::string& model, const JsonValue& value, Table* table) {
    std::string common;
    for (const auto& [size, price] : value.members) {
      const auto read = ShiftDecimal(price.text, 0);
      if (!read || (!common.empty() && *read != common)) {
        JsonValue shown;
        for (const auto& [name, each] : value.members) shown.text += Cat(name, "=", each.text, " ");
        return Leave(model, "search_context_cost_per_query", shown,
                     "the price depends on a size that usage does not report");
      }
      common = *read;
    }
    if (!common.empty()) (*table)[{}][static_cast<size_t>(TokenKind::kSearch)] = common;
  }

  void ReadBands(const std::string& model, const JsonValue& bands, Table* table) {
    for (const JsonValue& band : bands.items) {
      const JsonValue* range = band.Find("range");
      if (range == nullptr || range->items.size() != 2) {
        Leave(model, "tiered_pricing", band, "has no range of prompt tokens");
        continue;
      }
      const auto begin = ShiftDecimal(range->items[0].text, 0);
      int64_t above = 0;
      if (!begin || std::from_chars(begin->data(), begin->data() + begin->size(), above).ptr !=
                        begin->data() + begin->size()) {
        Leave(model, "tiered_pricing", *range, "does not begin at a whole number of tokens");
        continue;
      }
      for (const auto& [field, value] : band.members) {
        const LitellmField* known = FindField(field);
        if (known == nullptr) {
          if (field != "range" && !IsZero(value))
            Leave(model, "tiered_pricing." + field, value, "no kind of use has this price");
          continue;
        }
        const auto price = ShiftDecimal(value.text, known->places);
        if (!price) {
          Leave(model, "tiered_pricing." + field, value, "is not a decimal number of 0 or more");
          continue;
        }
        (*table)[{.tier = "", .above = above}][static_cast<size_t>(known->kind)] = *price;
      }
    }
  }

  // A price that a tier or a band does not state is the model's plain one.
  static void Fill(const ListedPrices& from, ListedPrices* into) {
    for (size_t kind = 0; kind < from.size(); ++kind) {
      if ((*into)[kind].empty()) (*into)[kind] = from[kind];
    }
  }

  void MakeRules(const Table& table, ListedModel* model) {
    std::vector<std::string> tiers;
    for (const auto& [condition, prices] : table) {
      if (std::find(tiers.begin(), tiers.end(), condition.tier) == tiers.end())
        tiers.push_back(condition.tier);
    }
    for (const std::string& tier : tiers) {
      std::vector<int64_t> begins = {0};
      for (const auto& [condition, prices] : table) {
        if ((condition.tier == tier || condition.tier.empty()) && condition.above > 0)
          begins.push_back(condition.above);
      }
      std::sort(begins.begin(), begins.end());
      begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
      for (size_t b = 0; b < begins.size(); ++b) {
        ListedRule rule{.service_tier = tier, .prompt_above = begins[b]};
        rule.prompt_up_to = b + 1 < begins.size() ? begins[b + 1] : 0;
        for (const auto& [own_tier, above] :
             {std::pair{tier, begins[b]}, std::pair{tier, int64_t{0}},
              std::pair{std::string(), begins[b]}, std::pair{std::string(), int64_t{0}}}) {
          const auto found = table.find({.tier = own_tier, .above = above});
          if (found != table.end()) Fill(found->second, &rule.prices);
        }
        model->rules.push_back(std::move(rule));
      }
    }
  }

  PriceList* list_;
};

}  // namespace

absl::StatusOr<PriceList> ReadLiteLlm(std::string_view text) {
  auto root = ParseJson(text);
  if (!root.ok()) return root.status();
  if (!root->is(JsonValue::Type::kObject))
    return absl::InvalidArgumentError("expected an object with one member for each model");
  PriceList list{.name = "litellm",
                 .source = "LiteLLM's model_prices_and_context_window.json (MIT, Berri AI)",
                 .currency = "USD",
                 .models = {},
                 .not_carried = {}};
  LitellmReader reader(&list);
  for (const auto& [name, value] : root->members) {
    if (name == "sample_spec") continue;  // It describes the members.
    if (!value.is(JsonValue::Type::kObject)) {
      return absl::InvalidArgumentError(Cat("model '", name, "': expected an object"));
    }
    reader.Read(name, value);
  }
  return list;
}

}  // namespace ocs::tools
