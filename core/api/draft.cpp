// Serialising: an object in the tables' order, as Go would write it, with a hole for its revision.

#include <algorithm>
#include <array>

#include "core/api/schema.hpp"
#include "core/base/assert.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

/// Names of field selectors that are not the paths they read.
/// Source: kube-apiserver registry core/event, batch/job ToSelectableFields.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kAliases = {
    {{"source", "source.component"}, {"status.successful", "status.succeeded"}}};

class Writer {
 public:
  explicit Writer(Draft& draft) : draft_(draft) { out_.reserve(4096); }

  void whole(const Resource& resource, const JsonObject& object) {
    out_ += concat({"{\"kind\":\"", resource.kind, "\",\"apiVersion\":\""});
    if (!resource.group.empty()) {
      out_ += concat({resource.group, "/"});
    }
    out_ += concat({resource.version, "\","});
    draft_.type_size = static_cast<std::uint32_t>(out_.size() - 1);
    members(*resource.type, object, Level::kTop);
    PINTLE_ASSERT(split_);
    draft_.tail = std::move(out_);
  }

 private:
  enum class Level { kTop, kMetadata, kInner };

  struct Entry {
    std::uint16_t index;
    const Json* value;  // Null: shown though it is not there.
  };

  /// The members of `object` and the closing brace; the opening one is written.
  void members(const Type& type, const JsonObject& object, Level level) {
    const std::size_t base = entries_.size();
    collect(type, object, level, base);
    bool first = true;
    for (std::size_t i = base; i < entries_.size(); ++i) {
      const Entry entry = entries_[i];
      const Field& field = type.fields[entry.index];
      if (level == Level::kMetadata && !split_ && is_after_hole(type, entry.index)) {
        out_ += first ? "" : ",";
        draft_.head = std::move(out_);
        out_.clear();
        out_.reserve(draft_.head.size() + 4096);
        split_ = true;
        first = true;
      }
      out_ += first ? "\"" : ",\"";
      first = false;
      out_ += field.name;
      out_ += "\":";
      const bool metadata = level == Level::kTop && field.name == "metadata";
      const auto begins = out_.size();
      contained(field, entry.value, metadata ? Level::kMetadata : Level::kInner);
      if (level == Level::kMetadata && field.name == "managedFields") {
        draft_.owners_at = begins;
        draft_.owners_size = out_.size() - begins;
      }
    }
    entries_.resize(base);
    out_ += '}';
  }

  void collect(const Type& type, const JsonObject& object, Level level, std::size_t base) {
    for (const auto& member : object) {
      const Field* field = type.find(member.key());
      if (field == nullptr || member.value().is_null() || is_left_out(*field, level)) {
        continue;
      }
      insert({static_cast<std::uint16_t>(field - type.fields.data()), &member.value()}, base);
    }
    for (const auto index : type.shown) {
      const bool there =
          std::any_of(entries_.begin() + static_cast<std::ptrdiff_t>(base), entries_.end(),
                      [index](const Entry& entry) { return entry.index == index; });
      if (!there) {
        insert({index, nullptr}, base);
      }
    }
  }

  /// kind and apiVersion are the resource's; resourceVersion is the hole.
  static bool is_left_out(const Field& field, Level level) {
    if (level == Level::kTop) {
      return field.name == "kind" || field.name == "apiVersion";
    }
    return level == Level::kMetadata && field.name == "resourceVersion";
  }

  static bool is_after_hole(const Type& metadata, std::uint16_t index) {
    const Field* hole = metadata.find("resourceVersion");
    return hole != nullptr && index > hole - metadata.fields.data();
  }

  /// Keeps the entries from `base` sorted. They mostly come in order, so this mostly appends.
  void insert(Entry entry, std::size_t base) {
    std::size_t at = entries_.size();
    entries_.push_back(entry);
    while (at > base && entries_[at - 1].index > entry.index) {
      entries_[at] = entries_[at - 1];
      --at;
    }
    entries_[at] = entry;
  }

  void contained(const Field& field, const Json* value, Level level) {
    if (value == nullptr) {
      zero(field, level);
    } else if (field.container == Container::kList && value->is_array()) {
      list(field, value->get_array());
    } else if (field.container == Container::kMap && value->is_object()) {
      map(field, value->get_object());
    } else {
      item(field, *value, level);
    }
  }

  void item(const Field& field, const Json& value, Level level) {
    if (field.shape == Shape::kObject && value.is_object()) {
      out_ += '{';
      members(*field.type, value.get_object(), level);
    } else if (value.is_string()) {
      append_json_string(out_, value.get_string());
    } else {
      append_json(out_, value);
    }
  }

  void list(const Field& field, const JsonArray& items) {
    out_ += '[';
    for (const Json& value : items) {
      if (&value != items.data()) {
        out_ += ',';
      }
      item(field, value, Level::kInner);
    }
    out_ += ']';
  }

  /// Maps are written with their keys sorted, as Go does.
  void map(const Field& field, const JsonObject& entries) {
    std::vector<std::pair<std::string_view, const Json*>> sorted;
    sorted.reserve(entries.size());
    for (const auto& entry : entries) {
      sorted.emplace_back(entry.key(), &entry.value());
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out_ += '{';
    for (const auto& [key, value] : sorted) {
      out_ += out_.back() == '{' ? "" : ",";
      append_json_string(out_, key);
      out_ += ':';
      item(field, *value, Level::kInner);
    }
    out_ += '}';
  }

  void zero(const Field& field, Level level) {
    if (field.container != Container::kNone) {
      out_ += "null";
      return;
    }
    switch (field.shape) {
      case Shape::kObject:
        out_ += '{';
        members(*field.type, {}, level);
        break;
      case Shape::kBool:
        out_ += "false";
        break;
      case Shape::kInt32:
      case Shape::kInt64:
      case Shape::kDouble:
      case Shape::kIntOrString:
        out_ += '0';
        break;
      case Shape::kString:
        out_ += "\"\"";
        break;
      case Shape::kQuantity:
        out_ += "\"0\"";
        break;
      case Shape::kDuration:
        out_ += "\"0s\"";
        break;
      default:
        out_ += "null";
    }
  }

  Draft& draft_;
  std::string out_;
  std::vector<Entry> entries_;  // Those of the objects that are open, one after the other.
  bool split_ = false;
};

/// What a field selector on `path` compares with; a value that is not there counts as Go's zero.
std::string selectable_text(const Type& root, const Json& object, std::string_view path) {
  const Type* type = &root;
  const Json* value = &object;
  const Field* field = nullptr;
  for (std::size_t at = 0; at <= path.size() && type != nullptr;) {
    const auto end = std::min(path.find('.', at), path.size());
    const auto key = path.substr(at, end - at);
    field = type->find(key);
    if (field == nullptr) {
      return "";
    }
    value = value == nullptr ? nullptr : find_member(*value, key);
    type = field->type;
    at = end + 1;
  }
  if (value != nullptr && value->is_string()) {
    return std::string(value->get_string());
  }
  if (value != nullptr && !value->is_null() && !value->is_structured()) {
    return to_json(*value);
  }
  switch (field->shape) {
    case Shape::kBool:
      return "false";
    case Shape::kInt32:
    case Shape::kInt64:
      return "0";
    default:
      return "";
  }
}

TextPairs labels_of(const Json& object) {
  TextPairs labels;
  for (const auto& label : object_at(object, {"metadata", "labels"})) {
    if (label.value().is_string()) {
      labels.emplace_back(label.key(), label.value().get_string());
    }
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

TextPairs fields_of(const Resource& resource, const Json& object) {
  TextPairs fields;
  for (const auto name : resource.selectable) {
    std::string_view path = name;
    for (const auto& [alias, meant] : kAliases) {
      path = name == alias ? meant : path;
    }
    std::string text = selectable_text(*resource.type, object, path);
    if (text.empty() && name == "source") {  // Newer events name the reporter alone.
      text = selectable_text(*resource.type, object, "reportingComponent");
    }
    if (!text.empty()) {
      fields.emplace_back(name, std::move(text));
    }
  }
  std::sort(fields.begin(), fields.end());
  return fields;
}

}  // namespace

Draft to_draft(const Resource& resource, const Json& object) {
  Draft draft;
  Writer(draft).whole(resource, object.get_object());
  draft.uid = text_at(object, {"metadata", "uid"});
  draft.labels = labels_of(object);
  draft.fields = fields_of(resource, object);
  return draft;
}

Result<Draft> lift(const Resource& resource, std::string_view json) {
  JsonArena arena;
  PINTLE_TRY(const ParsedJson parsed, parse_json(json, &arena, {.max_bytes = json.size()}));
  if (text_at(parsed.value, {"metadata", "name"}).empty()) {
    return Error(Code::kInternalError, concat({resource.group_resource(), ": object has no name"}));
  }
  return to_draft(resource, parsed.value);
}

}  // namespace pintle::api
