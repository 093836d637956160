// Which model of genai-prices a provider's name for a model means: its match rules, in the order of
// the list, the first that holds.

#ifndef TOOLS_IMPORT_GENAI_MODELS_H_
#define TOOLS_IMPORT_GENAI_MODELS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/import/json_value.h"

namespace ocs::tools {

/// "provider/model": the id in the catalogue.
std::string GenaiModelId(std::string_view provider, std::string_view model);

class GenaiModels final {
 public:
  /// REQUIRES: the root of the list, as ReadGenaiPrices accepts it.
  static GenaiModels Read(const JsonValue& root);

  /// The catalogue's id of the model that this provider calls so, its fallback providers included;
  /// nothing when no rule holds. Letter case does not count.
  std::optional<std::string> Find(std::string_view provider, std::string_view name) const;

  /// The names that are equal to a rule of this model and of no other.
  std::vector<std::string> NamesOnlyOf(const std::string& model_id) const;

  /// A rule that a catalogue cannot say.
  struct Pattern {
    std::string model;
    std::string clause;  ///< "starts_with", "contains", ...
    std::string text;
  };
  const std::vector<Pattern>& patterns() const { return patterns_; }

 private:
  struct Model {
    std::string id;
    JsonValue match;
  };
  struct Provider {
    std::vector<Model> models;
    std::vector<std::string> fallbacks;
  };
  std::optional<std::string> FindIn(const Provider& provider, const std::string& name) const;
  void Collect(const std::string& model, const JsonValue& clause);

  std::map<std::string, Provider, std::less<>> providers_;
  std::map<std::string, std::vector<std::string>> owners_;  ///< Model ids by name.
  std::vector<Pattern> patterns_;
};

}  // namespace ocs::tools

#endif  // TOOLS_IMPORT_GENAI_MODELS_H_
