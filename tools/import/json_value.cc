#include "tools/import/json_value.h"

#include <nlohmann/json.hpp>

#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

constexpr size_t kDepthMax = 64;

// Builds the tree as the parser goes; keeps what a number looked like.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(JsonValue* root) : root_(root) {}

  const std::string& fault() const { return fault_; }

  bool null() override { return Put(JsonValue::Type::kNull, ""); }
  bool boolean(bool value) override {
    return Put(JsonValue::Type::kBoolean, value ? "true" : "false");
  }
  bool number_integer(number_integer_t value) override {
    return Put(JsonValue::Type::kNumber, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Put(JsonValue::Type::kNumber, std::to_string(value));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Put(JsonValue::Type::kNumber, text);
  }
  bool string(string_t& value) override { return Put(JsonValue::Type::kText, value); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool key(string_t& value) override {
    key_ = value;
    return true;
  }
  bool start_object(std::size_t /*count*/) override { return Open(JsonValue::Type::kObject); }
  bool start_array(std::size_t /*count*/) override { return Open(JsonValue::Type::kArray); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t place, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    fault_ = Cat("is not JSON: at byte ", place);
    return false;
  }

 private:
  JsonValue* Place() {
    if (open_.empty()) return root_;
    JsonValue* parent = open_.back();
    if (parent->type == JsonValue::Type::kArray) return &parent->items.emplace_back();
    return &parent->members.emplace_back(std::move(key_), JsonValue{}).second;
  }
  bool Put(JsonValue::Type type, std::string text) {
    JsonValue* value = Place();
    value->type = type;
    value->text = std::move(text);
    return true;
  }
  bool Open(JsonValue::Type type) {
    if (open_.size() >= kDepthMax) {
      fault_ = Cat("is nested deeper than ", kDepthMax);
      return false;
    }
    JsonValue* value = Place();
    value->type = type;
    open_.push_back(value);
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  JsonValue* root_;
  std::vector<JsonValue*> open_;
  std::string key_;
  std::string fault_;
};

}  // namespace

const JsonValue* JsonValue::Find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string_view JsonValue::TextOf(std::string_view key) const {
  const JsonValue* value = Find(key);
  return value != nullptr && value->is(Type::kText) ? std::string_view(value->text)
                                                    : std::string_view();
}

absl::StatusOr<JsonValue> ParseJson(std::string_view text) {
  JsonValue root;
  Builder builder(&root);
  if (nlohmann::json::sax_parse(text, &builder)) return root;
  return absl::InvalidArgumentError(builder.fault().empty() ? "is not JSON" : builder.fault());
}

}  // namespace ocs::tools
