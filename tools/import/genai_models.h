// Which model of genai-prices a provider's name for a model means: its match rules, in the order of
// the list, the first that holds.

#ifndef TOOLS_IMPORT_GENAI_MODELS_H_
#define TOOLS_IMPORT_GENAI_MODELS_H_

#include <map>
#include <optional>
#include <set>
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

  /// Beginnings of names, each with a star behind, that mean this model and no other: aliases that
  /// by "whole names first, then the longest beginning" give what the match rules give. Not among
  /// them is one that
  ///   - names another model for any provider, as it stands;
  ///   - begins a name or beginning of another model which is itself no alias;
  ///   - stands behind a rule of the same provider that looks into or at the end of names.
  /// Rules of that sort of other providers are asked about the beginning only.
  std::vector<std::string> PrefixesOnlyOf(const std::string& model_id) const;

  /// A rule that a catalogue cannot say.
  struct Pattern {
    std::string model;
    std::string clause;  ///< "starts_with", "contains", ...
    std::string text;
  };
  const std::vector<Pattern>& patterns() const { return patterns_; }

  /// The beginnings that are of no PrefixesOnlyOf.
  std::vector<Pattern> OtherPrefixes() const;

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
  void ChoosePrefixes(const std::set<std::string>& shadowed);
  bool NamesOnly(const std::string& prefix, const std::string& model) const;

  std::map<std::string, Provider, std::less<>> providers_;
  std::map<std::string, std::vector<std::string>> owners_;  ///< Model ids by name.
  std::vector<Pattern> patterns_;
  std::map<std::string, std::vector<std::string>> beginners_;  ///< Model ids by beginning.
  std::map<std::string, std::string> prefixes_;                ///< Those that are aliases.
};

}  // namespace ocs::tools

#endif  // TOOLS_IMPORT_GENAI_MODELS_H_
