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
  for (const JsonValue& provider : root.items) {
    const std::string id(provider.TextOf("id"));
    Provider& into = result.providers_[id];
    if (const JsonValue* fallbacks = provider.Find("fallback_model_providers")) {
      for (const JsonValue& fallback : fallbacks->items) into.fallbacks.push_back(fallback.text);
    }
    const JsonValue* models = provider.Find("models");
    if (models == nullptr) continue;
    for (const JsonValue& model : models->items) {
      const JsonValue* match = model.Find("match");
      if (match == nullptr) continue;
      const std::string model_id = GenaiModelId(id, model.TextOf("id"));
      result.Collect(model_id, *match);
      into.models.push_back({.id = model_id, .match = *match});
    }
  }
  return result;
}

void GenaiModels::Collect(const std::string& model, const JsonValue& clause) {
  if (clause.members.size() != 1) return;
  const auto& [kind, value] = clause.members.front();
  if (kind == "equals") {
    std::vector<std::string>& owners = owners_[value.text];
    if (owners.empty() || owners.back() != model) owners.push_back(model);
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
