// YAML in: yaml-cpp's events, made into JSON under guard.
//
// yaml-cpp's own loaders are not used: on malformed text LoadAll never ends, Load stops half-way
// without a word, duplicate keys pass and aliases multiply. We split the documents, count what is
// built, and see to it that a document was read to its end.

#include "core/object/yaml.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/base/concat.hpp"
#include "core/object/utf8.hpp"
#include "core/object/yaml_scalar.hpp"

namespace pintle {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
constexpr std::size_t kMaxDuplicatesTold = 100;

/// Thrown out of the event handler, through yaml-cpp, and caught in parse_one.
struct Refusal {
  Error error;
};

std::string place(const YAML::Mark& mark, std::size_t first_line) {
  return concat({"line ", std::to_string(static_cast<std::size_t>(mark.line + 1) + first_line),
                 " column ", std::to_string(mark.column + 1)});
}

/// Builds one document's JSON. No recursion: what is open stands in `frames_`.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const YamlLimits& limits, std::size_t first_line)
      : limits_(limits), first_line_(first_line) {}

  ParsedJson take() { return {std::move(root_), std::move(duplicates_), std::move(places_)}; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count(mark, 1, 0);
    complete(mark, Json(nullptr), anchor, {1, 0});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) {
      refuse(mark, "an anchor's value contains itself");
    }
    // Copied only after it was paid for: this is where an alias bomb stops.
    count(mark, found->second.cost.nodes, found->second.cost.bytes);
    complete(mark, found->second.value, 0, found->second.cost);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    count(mark, 1, 0);
    if (!is_utf8(text)) {
      refuse(mark, "invalid UTF-8");
    }
    if (wants_key()) {
      frames_.back().merging = tag == "?" && text == "<<";
    }
    complete(mark, scalar(mark, tag, text), anchor, {1, text.size()});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_collection_tag(mark, tag, "seq");
    open(mark, Json(JsonArray()), anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_collection_tag(mark, tag, "map");
    open(mark, Json(JsonObject()), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Cost {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
  };
  struct Anchored {
    Json value;
    Cost cost;
  };
  struct Frame {
    Json value;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    Cost cost;
    bool has_key = false;
    bool merging = false;  // The key is `<<`.
    std::string key;
    std::size_t key_line = 0;  // In the whole text, from 1.
    std::vector<Json> merges;  // Put in at the end: the map's own keys win.
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view why) const {
    throw Refusal{
        {Code::kBadRequest, concat({"invalid YAML at ", place(mark, first_line_), ": ", why})}};
  }

  void count(const YAML::Mark& mark, std::size_t nodes, std::size_t copied_bytes) {
    nodes_ += nodes;
    copied_bytes_ += copied_bytes;
    if (nodes_ > limits_.max_nodes || copied_bytes_ > limits_.max_bytes) {
      refuse(mark, "the document is excessively large once its aliases are expanded");
    }
  }

  void check_collection_tag(const YAML::Mark& mark, const std::string& tag,
                            std::string_view core) const {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != concat({kTagPrefix, core})) {
      refuse(mark, concat({"the tag ", tag, " is not supported here"}));
    }
  }

  Json scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) const {
    if (tag == "?" || tag.empty()) {
      return checked(mark, resolve_yaml_scalar(text));
    }
    if (tag == "!" || tag == concat({kTagPrefix, "str"})) {
      return Json(text);
    }
    const auto kind = std::string_view(tag).starts_with(kTagPrefix)
                          ? std::string_view(tag).substr(kTagPrefix.size())
                          : std::string_view();
    const Json value = checked(mark, resolve_yaml_scalar(text));
    const bool fits = (kind == "int" && (value.is_int64() || value.is_uint64())) ||
                      (kind == "float" && value.is_number()) ||
                      (kind == "bool" && value.is_bool()) || (kind == "null" && value.is_null());
    if (!fits) {
      refuse(mark, concat({"the tag ", tag, " is not supported here"}));
    }
    return value;
  }

  Json checked(const YAML::Mark& mark, std::optional<Json> value) const {
    if (!value) {
      refuse(mark, "JSON has no such number");
    }
    return std::move(*value);
  }

  bool wants_key() const {
    return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().has_key;
  }

  void open(const YAML::Mark& mark, Json empty, YAML::anchor_t anchor) {
    count(mark, 1, 0);
    if (wants_key()) {
      refuse(mark, "a map or list can't be a key");
    }
    if (frames_.size() >= limits_.max_depth) {
      refuse(mark, "nested too deeply");
    }
    auto& frame = frames_.emplace_back();
    frame.value = std::move(empty);
    frame.anchor = anchor;
    frame.mark = mark;
    frame.cost.nodes = 1;
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    for (const auto& merged : frame.merges) {
      merge(frame, merged);
    }
    complete(frame.mark, std::move(frame.value), frame.anchor, frame.cost);
  }

  /// A value is whole: it becomes a key, a member, an element or the document.
  void complete(const YAML::Mark& mark, Json value, YAML::anchor_t anchor, const Cost& cost) {
    if (anchor != 0) {
      remember(mark, anchor, value, cost);
    }
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    auto& frame = frames_.back();
    frame.cost.nodes += cost.nodes;
    frame.cost.bytes += cost.bytes;
    if (auto* array = frame.value.if_array()) {
      array->push_back(std::move(value));
      return;
    }
    if (!frame.has_key) {
      frame.key = key_text(mark, value);
      frame.key_line = static_cast<std::size_t>(mark.line + 1) + first_line_;
      frame.has_key = true;
      return;
    }
    frame.has_key = false;
    if (std::exchange(frame.merging, false)) {
      frame.merges.push_back(std::move(value));
      return;
    }
    auto& object = frame.value.get_object();
    if (object.contains(frame.key)) {
      note_duplicate();
    }
    object.insert_or_assign(frame.key, std::move(value));
  }

  /// A copy is kept, so anchors inside anchors are paid for like aliases.
  void remember(const YAML::Mark& mark, YAML::anchor_t anchor, const Json& value,
                const Cost& cost) {
    count(mark, cost.nodes, cost.bytes);
    anchored_.insert_or_assign(anchor, Anchored{value, cost});
  }

  std::string key_text(const YAML::Mark& mark, const Json& value) const {
    if (const auto* text = value.if_string()) {
      return std::string(*text);
    }
    if (value.is_null() || value.is_structured()) {
      refuse(mark, "a key must be a text, a number or a boolean");
    }
    return to_json(value);
  }

  void merge(Frame& into, const Json& merged) {
    if (const auto* list = merged.if_array()) {
      for (const auto& element : *list) {
        merge_map(into, element);
      }
      return;
    }
    merge_map(into, merged);
  }

  void merge_map(Frame& into, const Json& merged) const {
    const auto* map = merged.if_object();
    if (!map) {
      refuse(into.mark, "map merge requires map or sequence of maps as the value");
    }
    for (const auto& member : *map) {
      into.value.get_object().emplace(member.key(), member.value());
    }
  }

  void note_duplicate() {
    if (duplicates_.size() >= kMaxDuplicatesTold) {
      return;
    }
    std::string path;
    for (const auto& frame : frames_) {
      if (const auto* array = frame.value.if_array()) {
        path += "[" + std::to_string(array->size()) + "]";
        continue;
      }
      path += path.empty() ? "" : ".";
      path += frame.key;
    }
    duplicates_.push_back(std::move(path));
    std::string place = concat({"line ", std::to_string(frames_.back().key_line), ": key "});
    append_json_string(place, frames_.back().key);
    places_.push_back(place + " already set in map");
  }

  const YamlLimits& limits_;
  const std::size_t first_line_;
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, Anchored> anchored_;
  std::size_t nodes_ = 0;
  std::size_t copied_bytes_ = 0;
  Json root_;
  std::vector<std::string> duplicates_;
  std::vector<std::string> places_;  // Of the duplicates, as go-yaml words them.
};

struct Document {
  std::string text;
  std::size_t first_line = 0;  // In the whole text, from 0.
  bool begun = false;          // By its own `---`.
  bool has_content = false;
  bool has_directive = false;  // %YAML or %TAG: they stand before the `---` they belong to.
};

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' ||
                                      line[marker.size()] == '\t' || line[marker.size()] == '\r');
}

bool holds_something(std::string_view line) {
  const auto at = line.find_first_not_of(" \t\r");
  return at != std::string_view::npos && line[at] != '\n' && line[at] != '#';
}

void add_line(Document& document, std::string_view line, std::size_t number) {
  if (document.text.empty()) {
    document.first_line = number;
  }
  document.text += line;
  const bool directive = line.starts_with('%') && !document.begun && !document.has_content;
  document.has_directive |= directive;
  document.has_content |= !directive && holds_something(line);
}

/// Splits where a line starts with `---` or `...`: these end a document wherever they stand.
std::vector<Document> split(std::string_view text) {
  std::vector<Document> documents(1);
  for (std::size_t number = 0; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    const auto with_feed = text.substr(0, std::min(line.size() + 1, text.size()));
    text.remove_prefix(with_feed.size());
    if (is_marker(line, "...")) {
      documents.emplace_back();
      continue;
    }
    if (!is_marker(line, "---")) {
      add_line(documents.back(), with_feed, number);
      continue;
    }
    if (documents.back().begun || documents.back().has_content) {
      documents.emplace_back();
    }
    documents.back().begun = true;
    add_line(documents.back(), with_feed, number);
    documents.back().has_content = holds_something(line.substr(3));
  }
  std::erase_if(documents, [](const Document& document) {
    return !document.has_content && (document.begun || !document.has_directive);
  });
  return documents;
}

Result<ParsedJson> parse_one(const Document& document, const YamlLimits& limits) {
  try {
    std::istringstream stream(document.text);
    YAML::Parser parser(stream);
    Builder builder(limits, document.first_line);
    parser.HandleNextDocument(builder);
    if (parser) {
      return Error{Code::kBadRequest, concat({"invalid YAML in the document at line ",
                                              std::to_string(document.first_line + 1),
                                              ": text is left over after the document's end"})};
    }
    return builder.take();
  } catch (const Refusal& refusal) {
    return refusal.error;
  } catch (const YAML::Exception& fault) {
    return Error{
        Code::kBadRequest,
        concat({"invalid YAML at ", place(fault.mark, document.first_line), ": ", fault.msg})};
  }
}

}  // namespace

Result<std::vector<ParsedJson>> parse_yaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{Code::kRequestEntityTooLarge,
                 concat({"YAML of ", std::to_string(text.size()), " bytes, at most ",
                         std::to_string(limits.max_bytes), " are taken"})};
  }
  if (!is_utf8(text)) {
    return Error{Code::kBadRequest, "invalid YAML: not UTF-8"};
  }
  std::vector<ParsedJson> parsed;
  for (const auto& document : split(text)) {
    PINTLE_TRY(auto one, parse_one(document, limits));
    parsed.push_back(std::move(one));
  }
  return parsed;
}

Result<ParsedJson> parse_yaml_document(std::string_view text, const YamlLimits& limits) {
  PINTLE_TRY(auto documents, parse_yaml(text, limits));
  if (documents.size() != 1) {
    return Error{Code::kBadRequest,
                 documents.empty() ? std::string("the YAML holds no document")
                                   : concat({"the YAML holds ", std::to_string(documents.size()),
                                             " documents, one is expected"})};
  }
  return std::move(documents.front());
}

Result<std::vector<ParsedJson>> parse_json_or_yaml(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) {
    return parse_yaml(text);
  }
  PINTLE_TRY(auto one, parse_json(text));
  std::vector<ParsedJson> documents;
  documents.push_back(std::move(one));
  return documents;
}

}  // namespace pintle
