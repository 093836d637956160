// genai-prices: providers with models; a price may have bands by prompt length, and a model several
// sets of prices of which the last whose condition holds is the one.

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "ocs/base/text.h"
#include "tools/import/genai_models.h"
#include "tools/import/json_value.h"
#include "tools/import/price_list.h"

namespace ocs::tools {
namespace {

struct GenaiField {
  std::string_view name;
  TokenKind kind;
  int places;  // To the catalogue's unit of price.
};
constexpr GenaiField kGenaiFields[] = {
    {"input_mtok", TokenKind::kInput, 0},
    {"output_mtok", TokenKind::kOutput, 0},
    {"cache_read_mtok", TokenKind::kCacheRead, 0},
    {"cache_write_mtok", TokenKind::kCacheWrite5m, 0},
    {"cache_write_1h_mtok", TokenKind::kCacheWrite1h, 0},
    {"output_reasoning_mtok", TokenKind::kReasoning, 0},
    {"input_audio_mtok", TokenKind::kAudioInput, 0},
    {"output_audio_mtok", TokenKind::kAudioOutput, 0},
    {"input_image_mtok", TokenKind::kImageInput, 0},
    {"output_image_mtok", TokenKind::kImageOutput, 0},
    {"web_searches_kcount", TokenKind::kSearch, -3},
    {"requests_kcount", TokenKind::kRequest, -3},
};

// A kind without a price of its own has that of the wider kind: 1-hour writes that of writes, all
// else that of input or output.
constexpr std::pair<TokenKind, TokenKind> kWider[] = {
    {TokenKind::kCacheRead, TokenKind::kInput},
    {TokenKind::kCacheWrite5m, TokenKind::kInput},
    {TokenKind::kCacheWrite1h, TokenKind::kCacheWrite5m},
    {TokenKind::kAudioInput, TokenKind::kInput},
    {TokenKind::kImageInput, TokenKind::kInput},
    {TokenKind::kReasoning, TokenKind::kOutput},
    {TokenKind::kAudioOutput, TokenKind::kOutput},
    {TokenKind::kImageOutput, TokenKind::kOutput},
};

using Bands = std::map<int64_t, std::string>;  // Price by what the prompt is above.

class GenaiReader final {
 public:
  GenaiReader(std::string model, PriceList* list) : model_(std::move(model)), list_(list) {}

  // The rules of one set of prices, a rule for each band.
  std::vector<ListedRule> ReadSet(const JsonValue& prices, const ListedRule& conditions) {
    std::map<TokenKind, Bands> by_kind;
    for (const auto& [field, value] : prices.members) ReadPrice(field, value, &by_kind);
    std::vector<int64_t> begins = {0};
    for (const auto& [kind, bands] : by_kind) {
      for (const auto& [above, price] : bands) begins.push_back(above);
    }
    std::sort(begins.begin(), begins.end());
    begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
    std::vector<ListedRule> rules;
    if (by_kind.empty()) return rules;
    for (size_t b = 0; b < begins.size(); ++b) {
      ListedRule rule = conditions;
      rule.prompt_above = begins[b];
      rule.prompt_up_to = b + 1 < begins.size() ? begins[b + 1] : 0;
      for (const auto& [kind, bands] : by_kind) {
        rule.prices[static_cast<size_t>(kind)] = std::prev(bands.upper_bound(begins[b]))->second;
      }
      for (const auto& [kind, wider] : kWider) {
        std::string& price = rule.prices[static_cast<size_t>(kind)];
        if (price.empty()) price = rule.prices[static_cast<size_t>(wider)];
      }
      rules.push_back(std::move(rule));
    }
    return rules;
  }

  void Leave(const std::string& field, const std::string& value, std::string reason) {
    list_->not_carried.push_back(
        {.model = model_, .field = field, .value = value, .reason = std::move(reason)});
  }

 private:
  void ReadPrice(const std::string& field, const JsonValue& value,
                 std::map<TokenKind, Bands>* by_kind) {
    const GenaiField* known = nullptr;
    for (const GenaiField& each : kGenaiFields) {
      if (each.name == field) known = &each;
    }
    if (known == nullptr) {
      const bool plain = value.is(JsonValue::Type::kNumber);
      return Leave(field, plain ? value.text : "bands", "no kind of use has this price");
    }
    Bands bands;
    const JsonValue* base = value.is(JsonValue::Type::kObject) ? value.Find("base") : &value;
    if (base == nullptr || !AddBand(field, "0", *base, known->places, &bands)) return;
    if (const JsonValue* tiers = value.Find("tiers")) {
      for (const JsonValue& tier : tiers->items) {
        const JsonValue* start = tier.Find("start");
        const JsonValue* price = tier.Find("price");
        if (start == nullptr || price == nullptr ||
            !AddBand(field, start->text, *price, known->places, &bands))
          return;
      }
    }
    (*by_kind)[known->kind] = std::move(bands);
  }

  bool AddBand(const std::string& field, const std::string& above, const JsonValue& price,
               int places, Bands* bands) {
    const auto begin = ShiftDecimal(above, 0);
    const auto read =
        price.is(JsonValue::Type::kNumber) ? ShiftDecimal(price.text, places) : std::nullopt;
    int64_t tokens = 0;
    const bool whole =
        begin && std::from_chars(begin->data(), begin->data() + begin->size(), tokens).ptr ==
                     begin->data() + begin->size();
    if (!whole || !read) {
      Leave(field, price.text, "is not a decimal number of 0 or more");
      return false;
    }
    (*bands)[tokens] = *read;
    return true;
  }

  std::string model_;
  PriceList* list_;
};

// "00:30:00Z" is "00:30"; nothing for what is not a full minute by UTC.
std::string MinuteOf(std::string_view time) {
  if (time.size() != 9 || time.substr(5) != ":00Z") return "";
  return std::string(time.substr(0, 5));
}

// The conditions of a set; false where they cannot be said.
bool ReadConstraint(const JsonValue* constraint, ListedRule* rule) {
  if (constraint == nullptr || constraint->is(JsonValue::Type::kNull)) return true;
  if (const std::string_view date = constraint->TextOf("start_date"); !date.empty()) {
    rule->from = Cat(date, "T00:00:00Z");
    return true;
  }
  const std::string begin = MinuteOf(constraint->TextOf("start_time"));
  const std::string end = MinuteOf(constraint->TextOf("end_time"));
  if (begin.empty() || end.empty()) return false;
  rule->hours = Cat(begin, "-", end);
  return true;
}

// Of dated sets the later one holds from its date on; a set without a date holds before the first.
void BoundByNext(std::vector<ListedRule>* rules, const std::string& next) {
  for (ListedRule& rule : *rules) {
    if (rule.until.empty()) rule.until = next;
  }
}

void ReadModel(const std::string& provider, const JsonValue& value, PriceList* list) {
  ListedModel model{.id = GenaiModelId(provider, value.TextOf("id")), .provider = provider};
  GenaiReader reader(model.id, list);
  const JsonValue* prices = value.Find("prices");
  if (prices != nullptr && prices->is(JsonValue::Type::kObject)) {
    model.rules = reader.ReadSet(*prices, {});
  } else if (prices != nullptr) {
    for (const JsonValue& set : prices->items) {
      ListedRule conditions;
      if (!ReadConstraint(set.Find("constraint"), &conditions)) {
        reader.Leave("prices.constraint", "", "is neither a start date nor full minutes of a day");
        continue;
      }
      const JsonValue* inside = set.Find("prices");
      if (inside == nullptr) continue;
      if (model.rules.empty()) conditions.from.clear();  // The first holds where no other does.
      if (!conditions.from.empty()) BoundByNext(&model.rules, conditions.from);
      for (ListedRule& rule : reader.ReadSet(*inside, conditions))
        model.rules.push_back(std::move(rule));
    }
  }
  list->models.push_back(std::move(model));
}

}  // namespace

absl::StatusOr<PriceList> ReadGenaiPrices(std::string_view text) {
  auto root = ParseJson(text);
  if (!root.ok()) return root.status();
  if (!root->is(JsonValue::Type::kArray))
    return absl::InvalidArgumentError("expected a list of providers");
  PriceList list{.name = "genai-prices",
                 .source = "pydantic/genai-prices (MIT, Pydantic Services Inc.)",
                 .currency = "USD",
                 .models = {},
                 .not_carried = {}};
  for (const JsonValue& provider : root->items) {
    const std::string id(provider.TextOf("id"));
    const JsonValue* models = provider.Find("models");
    if (id.empty() || models == nullptr)
      return absl::InvalidArgumentError("expected each provider to have an id and models");
    for (const JsonValue& model : models->items) ReadModel(id, model, &list);
  }
  auto names = GenaiModels::Read(*root);
  for (ListedModel& model : list.models) {
    model.aliases = names.NamesOnlyOf(model.id);
    for (std::string& prefix : names.PrefixesOnlyOf(model.id))
      model.aliases.push_back(std::move(prefix));
  }
  for (const GenaiModels::Pattern& prefix : names.OtherPrefixes()) {
    list.not_carried.push_back({.model = prefix.model,
                                .field = "match.starts_with",
                                .value = prefix.text,
                                .reason = "names that begin so may mean another model"});
  }
  for (const GenaiModels::Pattern& pattern : names.patterns()) {
    list.not_carried.push_back(
        {.model = pattern.model,
         .field = "match." + pattern.clause,
         .value = pattern.text,
         .reason = "a catalogue knows models by whole names and beginnings"});
  }
  return list;
}

}  // namespace ocs::tools
