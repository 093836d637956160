#include "rating/internal/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>

#include "ocs/base/text.h"

namespace ocs::rating::internal {
namespace {

// Builds the tree from yaml-cpp's events. After a fault that makes the rest meaningless it only
// listens.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlResult* result) : result_(result) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Leaf(mark, anchor, YamlNode::Kind::kNull, "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    Leaf(mark, anchor, YamlNode::Kind::kScalar, value);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Fault(mark, "found an alias (*name): anchors and aliases are not part of the language");
    Leaf(mark, 0, YamlNode::Kind::kNull, "");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A container that is being filled; a map first holds a key, then gets its value.
  struct Frame {
    YamlNode node;
    bool has_key = false;
    std::string key;
    int key_line = 0;
  };

  static int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

  void Fault(const YAML::Mark& mark, std::string message) {
    result_->faults.push_back({.line = LineOf(mark), .message = std::move(message)});
  }

  bool Admit(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) {
      Fault(mark, "found an anchor (&name): anchors and aliases are not part of the language");
    }
    if (stopped_) return false;
    if (++nodes_ > kYamlNodesMax) {
      stopped_ = true;
      Fault(mark, Cat("expected at most ", kYamlNodesMax, " values"));
      return false;
    }
    return true;
  }

  void Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
            const std::string& text) {
    if (!Admit(mark, anchor)) return;
    YamlNode node;
    node.kind = kind;
    node.line = LineOf(mark);
    node.offset = static_cast<size_t>(mark.pos);
    node.text = text;
    Put(std::move(node));
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (!Admit(mark, anchor)) return;
    if (frames_.size() >= kYamlDepthMax) {
      stopped_ = true;
      Fault(mark, Cat("expected at most ", kYamlDepthMax, " levels of nesting"));
      return;
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.line = LineOf(mark);
    frames_.push_back(std::move(frame));
  }

  void Close() {
    if (stopped_) return;
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    Put(std::move(node));
  }

  void Put(YamlNode node) {
    if (frames_.empty()) {
      result_->root = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlNode::Kind::kSequence) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.has_key) {
      frame.has_key = false;
      frame.node.members.push_back(
          {.key = std::move(frame.key), .key_line = frame.key_line, .value = std::move(node)});
    } else {
      if (node.kind != YamlNode::Kind::kScalar) {
        result_->faults.push_back({.line = node.line, .message = "expected a word as a key"});
      }
      frame.has_key = true;
      frame.key = std::move(node.text);
      frame.key_line = node.line;
    }
  }

  YamlResult* result_;
  std::vector<Frame> frames_;
  int nodes_ = 0;
  bool stopped_ = false;
};

}  // namespace

YamlResult ReadYaml(std::string_view text) {
  YamlResult result;
  TreeBuilder builder(&result);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    YamlResult rest;
    TreeBuilder ignored(&rest);
    if (result.faults.empty() && parser.HandleNextDocument(ignored)) {
      result.faults.push_back({.line = 0, .message = "expected one document, found a second one"});
    }
  } catch (const YAML::Exception& e) {
    const int line = e.mark.is_null() ? 0 : e.mark.line + 1;
    result.faults.push_back({.line = line, .message = Cat("not YAML: ", e.msg)});
  } catch (const std::exception& e) {
    result.faults.push_back({.line = 0, .message = Cat("not YAML: ", e.what())});
  }
  return result;
}

}  // namespace ocs::rating::internal
