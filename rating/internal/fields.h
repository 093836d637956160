// Reads maps of a YAML tree by their known keys and gathers every fault with its line and path.

#ifndef RATING_INTERNAL_FIELDS_H_
#define RATING_INTERNAL_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/yaml.h"

namespace ocs::rating::internal {

/// Gathers diagnostics of one text. Thread-compatible.
class Reporter final {
 public:
  explicit Reporter(std::string_view file) : file_(file) {}

  void Add(int line, std::string field, std::string message);

  bool empty() const { return diagnostics_.empty(); }
  bool full() const { return diagnostics_.size() >= kDiagnosticsMax; }

  /// In order of line.
  std::vector<Diagnostic> Take();

 private:
  std::string file_;
  std::vector<Diagnostic> diagnostics_;
};

/// A value with the path that leads to it.
struct Field {
  const YamlNode* node = nullptr;
  std::string path;
  int line = 0;  ///< Of the key, or of the item.
};

inline bool IsMap(const Field& field) { return field.node->kind == YamlNode::Kind::kMap; }

/// One map with a fixed set of keys. The node and the reporter must outlive it. Thread-compatible.
class Fields final {
 public:
  /// Reports keys that are unknown (with the nearest known one) or written twice, and a node that
  /// is not a map.
  Fields(const Field& field, const std::vector<std::string>& known, Reporter* reporter);

  bool has(std::string_view key) const { return Find(key) != nullptr; }
  int line() const { return field_.line; }
  const std::string& path() const { return field_.path; }
  Reporter& reporter() const { return *reporter_; }

  /// The path of a key of this map, present or not.
  std::string PathOf(std::string_view key) const;
  /// The line of a key, or of the map when the key is not there.
  int LineOf(std::string_view key) const;

  /// The text of a scalar; nothing when the key is absent; absent also when it is no scalar, which
  /// is reported.
  std::optional<std::string> Text(std::string_view key, std::string_view expected) const;
  /// The same; absence is reported.
  std::optional<std::string> NeedText(std::string_view key, std::string_view expected) const;

  /// The map of a key, or nothing.
  std::optional<Field> Map(std::string_view key) const;
  /// The items of a sequence; empty when absent; anything else is reported.
  std::vector<Field> Items(std::string_view key) const;
  /// The texts of a scalar or of a sequence of scalars, each with its place.
  std::vector<std::pair<std::string, Field>> Texts(std::string_view key,
                                                   std::string_view expected) const;

  /// Reports a fault at a key.
  void Fault(std::string_view key, std::string message) const;

 private:
  const YamlNode::Member* Find(std::string_view key) const;

  Field field_;
  Reporter* reporter_;
};

/// "'found'" shortened for a message, "nothing" when empty.
std::string Quoted(std::string_view found);

/// "; did you mean 'x'?" or "".
std::string Suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_FIELDS_H_
