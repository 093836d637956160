#include "tools/import/genai_models.h"

#include <algorithm>
#include <regex>

#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The standard library's expressions throw for what they do not know; such a rule never holds.
bool RegexFinds(const std::string& pattern, const std::string& name) {
  try {
    return std::regex_search(name, std::regex(pattern));
  } catch (const std::regex_error&) {
    return false;
  }
}

bool Holds(const JsonValue& clause, const std::string& name) {
  if (clause.members.size() != 1) return false;
  const auto& [kind, value] = clause.members.front();
  const std::string text = Lower(value.text);
  if (kind == "equals") return name == text;
  if (kind == "starts_with") return name.compare(0, text.size(), text) == 0;
  if (kind == "ends_with") {
    return name.size() >= text.size() &&
           name.compare(name.size() - text.size(), text.size(), text) == 0;
  }
  if (kind == "contains") return name.find(text) != std::string::npos;
  if (kind == "regex") return RegexFinds(value.text, name);
  const auto holds = [&](const JsonValue& each) { return Holds(each, name); };
  if (kind == "or") return std::any_of(value.items.begin(), value.items.end(), holds);
  if (kind == "and") return std::all_of(value.items.begin(), value.items.end(), holds);
  return false;
}

}  // namespace

std::string GenaiModelId(std::string_view provider, std::string_view model) {
  return Cat(provider, "/", model);
}

GenaiModels GenaiModels::Read(const JsonValue& root) {
  GenaiModels result;
  std::set<std::string> shadowed;  // Models behind a rule that is no beginning of a name.
  for (const JsonValue& provider : root.items) {
    const std::string id(provider.TextOf("id"));
    Provider& into = result.providers_[id];
    if (const JsonValue* fallbacks = provider.Find("fallback_model_providers")) {
      for (const JsonValue& fallback : fallbacks->items) into.fallbacks.push_back(fallback.text);
    }
    const JsonValue* models = provider.Find("models");
    if (models == nullptr) continue;
    size_t free_rules = 0;
    for (const JsonValue& model : models->items) {
      const JsonValue* match = model.Find("match");
      if (match == nullptr) continue;
      const std::string model_id = GenaiModelId(id, model.TextOf("id"));
      if (free_rules > 0) shadowed.insert(model_id);
      const size_t before = result.patterns_.size();
      result.Collect(model_id, *match);
      free_rules += result.patterns_.size() - before;
      into.models.push_back({.id = model_id, .match = *match});
    }
  }
  result.ChoosePrefixes(shadowed);
  return result;
}

// True when no other model is meant by the prefix, and none by a longer text but by an alias.
bool GenaiModels::NamesOnly(const std::string& prefix, const std::string& model) const {
  for (const auto& [id, provider] : providers_) {
    if (FindIn(provider, Lower(prefix)).value_or(model) != model) return false;
  }
  for (auto name = owners_.lower_bound(prefix);
       name != owners_.end() && name->first.starts_with(prefix); ++name) {
    if (name->second.size() > 1) return false;
  }
  for (auto longer = beginners_.upper_bound(prefix);
       longer != beginners_.end() && longer->first.starts_with(prefix); ++longer) {
    const bool own = longer->second.size() == 1 && longer->second.front() == model;
    if (!own && prefixes_.count(longer->first) == 0) return false;
  }
  return true;
}

void GenaiModels::ChoosePrefixes(const std::set<std::string>& shadowed) {
  std::vector<std::string> longest_first;
  for (const auto& [prefix, models] : beginners_) longest_first.push_back(prefix);
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  for (const std::string& prefix : longest_first) {
    const std::vector<std::string>& models = beginners_[prefix];
    const std::string& model = models.front();
    if (models.size() > 1 || prefix.empty() || shadowed.count(model) != 0) continue;
    if (NamesOnly(prefix, model)) prefixes_[prefix] = model;
  }
}

std::vector<std::string> GenaiModels::PrefixesOnlyOf(const std::string& model_id) const {
  std::vector<std::string> prefixes;
  for (const auto& [prefix, model] : prefixes_) {
    if (model == model_id) prefixes.push_back(prefix + "*");
  }
  return prefixes;
}

std::vector<GenaiModels::Pattern> GenaiModels::OtherPrefixes() const {
  std::vector<Pattern> others;
  for (const auto& [prefix, models] : beginners_) {
    if (prefixes_.count(prefix) != 0) continue;
    for (const std::string& model : models)
      others.push_back({.model = model, .clause = "starts_with", .text = prefix});
  }
  return others;
}

void GenaiModels::Collect(const std::string& model, const JsonValue& clause) {
  if (clause.members.size() != 1) return;
  const auto& [kind, value] = clause.members.front();
  if (kind == "equals") {
    std::vector<std::string>& owners = owners_[value.text];
    if (owners.empty() || owners.back() != model) owners.push_back(model);
  } else if (kind == "starts_with") {
    std::vector<std::string>& beginners = beginners_[value.text];
    if (beginners.empty() || beginners.back() != model) beginners.push_back(model);
  } else if (kind == "or") {
    for (const JsonValue& each : value.items) Collect(model, each);
  } else if (kind == "and") {
    std::string all;
    for (const JsonValue& each : value.items) {
      for (const auto& [name, text] : each.members)
        all += Cat(all.empty() ? "" : " and ", name, " ", text.text);
    }
    patterns_.push_back({.model = model, .clause = kind, .text = all});
  } else {
    patterns_.push_back({.model = model, .clause = kind, .text = value.text});
  }
}

std::optional<std::string> GenaiModels::FindIn(const Provider& provider,
                                               const std::string& name) const {
  for (const Model& model : provider.models) {
    if (Holds(model.match, name)) return model.id;
  }
  return std::nullopt;
}

std::optional<std::string> GenaiModels::Find(std::string_view provider,
                                             std::string_view name) const {
  const auto found = providers_.find(provider);
  if (found == providers_.end()) return std::nullopt;
  const std::string lower = Lower(name);
  if (auto own = FindIn(found->second, lower)) return own;
  for (const std::string& fallback : found->second.fallbacks) {
    const auto other = providers_.find(fallback);
    if (other == providers_.end()) continue;
    if (auto theirs = FindIn(other->second, lower)) return theirs;
  }
  return std::nullopt;
}

std::vector<std::string> GenaiModels::NamesOnlyOf(const std::string& model_id) const {
  std::vector<std::string> names;
  for (const auto& [name, owners] : owners_) {
    if (owners.size() == 1 && owners.front() == model_id) names.push_back(name);
  }
  return names;
}

}  // namespace ocs::tools
