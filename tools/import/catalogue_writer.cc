#include <algorithm>
#include <set>
#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "tools/import/price_list.h"

namespace ocs::tools {
namespace {

constexpr size_t kDecimalsMax = 12;  // Of a price in a catalogue.

// A price of a million with more decimals is written as that of so many times as much: the same
// number. Binary fractions that a list was computed with ("0.18000000000000002") are prices too.
constexpr size_t kMoreDecimals = 5;
constexpr std::string_view kMoreTokens = " per 100000M tokens";

size_t DecimalsOf(std::string_view price) {
  const size_t point = price.find('.');
  return point == std::string_view::npos ? 0 : price.size() - point - 1;
}

bool IsId(std::string_view text) {
  if (text.empty() || text.size() > static_cast<size_t>(kModelNameLengthMax)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-:/@+").find(c) != std::string_view::npos;
  });
}

// YAML reads some plain texts as other things; a quoted one is always a text.
std::string Quoted(std::string_view id) { return Cat("\"", id, "\""); }

std::string_view PieceOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kRequest:
      return "request";
    case TokenKind::kSearch:
      return "search";
    case TokenKind::kImage:
      return "image";
    case TokenKind::kSecond:
      return "second";
    default:
      return "";
  }
}

class Writer final {
 public:
  explicit Writer(PriceList* list) : list_(list) {}

  std::string Write() {
    SortOut();
    out_ = Cat("# Imported from ", list_->source, ".\n# ", list_->models.size(),
               " models. What could not be carried over is listed by the import.\ncatalogue: ",
               list_->name, "\ncurrency: ", list_->currency, "\ntime_zone: UTC\n\nmodels:\n");
    for (const ListedModel& model : list_->models) WriteModel(model);
    out_ += Cat("\nprice_books:\n  - id: ", list_->name, "\n    rules:\n");
    for (const ListedModel& model : list_->models) {
      for (const ListedRule& rule : model.rules) WriteRule(model.id, rule);
    }
    out_ += Cat("\noffers:\n  - {id: ", list_->name, "-pay-per-use, name: \"", list_->name,
                " at list price\", charge_code: ", list_->name,
                "-pay-per-use, fee: 0, prices: ", list_->name, "}\n");
    return std::move(out_);
  }

 private:
  void Leave(const std::string& model, std::string field, std::string value, std::string reason) {
    list_->not_carried.push_back({.model = model,
                                  .field = std::move(field),
                                  .value = std::move(value),
                                  .reason = std::move(reason)});
  }

  // Keeps what a catalogue can say.
  void SortOut() {
    std::vector<ListedModel> kept;
    std::vector<std::string> gone;  // Aliases of models that are not kept.
    const auto drop = [&](const ListedModel& model) {
      gone.insert(gone.end(), model.aliases.begin(), model.aliases.end());
    };
    std::set<std::string> names;
    for (ListedModel& model : list_->models) {
      if (!IsId(model.id) || !IsId(model.provider)) {
        Leave(model.id, "name", model.id, "has a character that a catalogue's ids do not have");
        drop(model);
      } else if (!names.insert(model.id).second) {
        Leave(model.id, "name", model.id, "is there twice: the first is kept");
      } else {
        CutPrices(&model);
        if (model.rules.empty()) {
          Leave(model.id, "prices", "", "the list has no price for it that a catalogue could say");
          names.erase(model.id);
          drop(model);
        } else {
          kept.push_back(std::move(model));
        }
      }
    }
    list_->models = std::move(kept);
    for (ListedModel& model : list_->models) KeepAliases(gone, &names, &model);
  }

  void KeepAliases(const std::vector<std::string>& gone, std::set<std::string>* names,
                   ListedModel* model) {
    std::vector<std::string> aliases;
    for (std::string& alias : model->aliases) {
      if (alias == model->id) continue;
      const bool star = alias.ends_with('*');
      const std::string_view text =
          std::string_view(alias).substr(0, alias.size() - (star ? 1 : 0));
      // Names of a model that is not kept would come to mean this one.
      const bool catches =
          star && std::any_of(gone.begin(), gone.end(),
                              [&](const std::string& name) { return name.starts_with(text); });
      if (!IsId(text)) {
        Leave(model->id, "alias", alias, "has a character that a catalogue's ids do not have");
      } else if (catches) {
        Leave(model->id, "alias", alias, "names that begin so may mean another model");
      } else if (!names->insert(alias).second) {
        Leave(model->id, "alias", alias, "is the name of another model");
      } else {
        aliases.push_back(std::move(alias));
      }
    }
    model->aliases = std::move(aliases);
  }

  // A rule with a price that cannot be said is left out whole: without it the kind would fall back
  // on another price.
  void CutPrices(ListedModel* model) {
    const auto unsayable = [&](const ListedRule& rule) {
      for (size_t kind = 0; kind < rule.prices.size(); ++kind) {
        const std::string& price = rule.prices[kind];
        const bool of_tokens = PieceOf(static_cast<TokenKind>(kind)).empty();
        const size_t most = of_tokens ? kDecimalsMax + kMoreDecimals : kDecimalsMax;
        if (DecimalsOf(price) <= most) continue;
        Leave(model->id, std::string(TokenKindName(static_cast<TokenKind>(kind))), price,
              Cat("has more than ", most, " decimals: the rule is left out"));
        return true;
      }
      return rule.prices == ListedPrices{};
    };
    model->rules.erase(std::remove_if(model->rules.begin(), model->rules.end(), unsayable),
                       model->rules.end());
  }

  void WriteModel(const ListedModel& model) {
    out_ += Cat("  - {id: ", Quoted(model.id), ", provider: ", Quoted(model.provider));
    if (!model.aliases.empty()) {
      out_ += ", alias: [";
      for (size_t i = 0; i < model.aliases.size(); ++i)
        out_ += Cat(i == 0 ? "" : ", ", Quoted(model.aliases[i]));
      out_ += "]";
    }
    out_ += "}\n";
  }

  void WriteRule(const std::string& model, const ListedRule& rule) {
    out_ += Cat("      - {model: ", Quoted(model));
    if (!rule.service_tier.empty()) out_ += Cat(", service_tier: ", rule.service_tier);
    if (rule.prompt_up_to > 0) {
      out_ += Cat(", prompt: ", rule.prompt_above, "-", rule.prompt_up_to);
    } else if (rule.prompt_above > 0) {
      out_ += Cat(", prompt: ", rule.prompt_above, "+");
    }
    if (!rule.from.empty()) out_ += Cat(", from: ", rule.from);
    if (!rule.until.empty()) out_ += Cat(", until: ", rule.until);
    if (!rule.hours.empty()) out_ += Cat(", hours: ", rule.hours, ", zone: UTC");
    out_ += ", per: 1M tokens";
    for (size_t k = 0; k < rule.prices.size(); ++k) {
      if (rule.prices[k].empty()) continue;
      const auto kind = static_cast<TokenKind>(k);
      out_ += Cat(", ", TokenKindName(kind), ": ");
      if (DecimalsOf(rule.prices[k]) > kDecimalsMax) {
        out_ += Cat(*ShiftDecimal(rule.prices[k], static_cast<int>(kMoreDecimals)), kMoreTokens);
        continue;
      }
      out_ += rule.prices[k];
      if (!PieceOf(kind).empty()) out_ += Cat(" per 1 ", PieceOf(kind));
    }
    out_ += "}\n";
  }

  PriceList* list_;
  std::string out_;
};

}  // namespace

std::string WriteCatalogue(PriceList* list) { return Writer(list).Write(); }

}  // namespace ocs::tools
