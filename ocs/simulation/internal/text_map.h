// Reads maps of a YAML text by their known keys and gathers every fault with file, line and field.

#ifndef OCS_SIMULATION_INTERNAL_TEXT_MAP_H_
#define OCS_SIMULATION_INTERNAL_TEXT_MAP_H_

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocs::simulation::internal {

/// Faults of one text. Thread-compatible.
class Faults final {
 public:
  explicit Faults(std::string_view file) : file_(file) {}
  void Add(int line, std::string_view field, std::string_view what);
  bool empty() const { return faults_.empty(); }
  std::vector<std::string> Take();  ///< In order of line.

 private:
  std::string file_;
  std::vector<std::pair<int, std::string>> faults_;
};

/// The root of the text, or nothing and a fault: not YAML, or no map.
std::optional<YAML::Node> ReadTextMap(std::string_view text, Faults* faults);

/// A range of numbers, both ends included.
struct Range {
  int64_t low = 0;
  int64_t high = 0;
};

/// One map. What is missing or wrong is a fault, and the value is then what was given as default.
/// Thread-compatible.
class TextMap final {
 public:
  /// Reports keys that are not known, and a node that is no map.
  TextMap(YAML::Node node, std::string path, const std::vector<std::string>& known, Faults* faults);

  bool has(const std::string& key) const;
  int LineOf(const std::string& key) const;  ///< Of the map where the key is not there.
  std::string PathOf(const std::string& key) const;
  void Fault(const std::string& key, std::string_view what) const;

  std::string Text(const std::string& key, std::string_view by_default) const;
  std::string NeedText(const std::string& key) const;
  int64_t Whole(const std::string& key, int64_t by_default, Range range) const;
  int64_t NeedWhole(const std::string& key, Range range) const;
  /// A decimal number with up to three decimals, in thousandths.
  int64_t Permille(const std::string& key, int64_t by_default, Range range) const;
  /// A decimal amount of money, in micros.
  int64_t Micros(const std::string& key, int64_t by_default, Range range) const;
  /// The items of a sequence; none where the key is absent.
  std::vector<YAML::Node> Items(const std::string& key) const;
  YAML::Node Child(const std::string& key) const { return node_[key]; }

 private:
  std::optional<std::string> Scalar(const std::string& key, bool needed) const;
  int64_t Scaled(const std::string& key, int64_t by_default, Range range, int64_t scale) const;
  YAML::Node node_;
  std::string path_;
  Faults* faults_;
  int line_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_TEXT_MAP_H_
