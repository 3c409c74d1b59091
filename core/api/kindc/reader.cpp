// Reads *.kinds: one line one fact. The language is described in core/api/kinds/README.md.

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include "core/api/kindc/model.hpp"

namespace pintle::kindc {
namespace {

const std::map<std::string, std::string>& shapes() {
  static const std::map<std::string, std::string> names = {
      {"string", "kString"},     {"bool", "kBool"},
      {"int32", "kInt32"},       {"int64", "kInt64"},
      {"double", "kDouble"},     {"bytes", "kBytes"},
      {"time", "kTime"},         {"microtime", "kMicroTime"},
      {"quantity", "kQuantity"}, {"int-or-string", "kIntOrString"},
      {"duration", "kDuration"}, {"any", "kAny"},
      {"strings", "kStrings"}};
  return names;
}

/// Words of a line: blanks divide, except within quotes and brackets.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  int depth = 0;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    }
    if (!quoted) {
      depth += c == '(' || c == '[' || c == '{' ? 1 : 0;
      depth -= c == ')' || c == ']' || c == '}' ? 1 : 0;
    }
    if (c == ' ' && !quoted && depth == 0) {
      if (!word.empty()) {
        words.push_back(std::move(word));
        word.clear();
      }
    } else {
      word += c;
    }
  }
  if (!word.empty()) {
    words.push_back(word);
  }
  return words;
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

std::string joined(const std::vector<std::string>& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) {
    text += (text.empty() ? "" : " ") + words[i];
  }
  return text;
}

/// The items of "name(a,b)"; nothing for "name".
std::vector<std::string> items_of(const std::string& word) {
  std::vector<std::string> items;
  const auto open = word.find('(');
  if (open == std::string::npos) {
    return items;
  }
  std::string item;
  bool quoted = false;
  for (const char c : word.substr(open + 1, word.size() - open - 2)) {
    quoted = c == '"' ? !quoted : quoted;
    if (c == ',' && !quoted) {
      items.push_back(unquoted(item));
      item.clear();
    } else {
      item += c;
    }
  }
  items.push_back(unquoted(item));
  return items;
}

class Reader {
 public:
  Reader(const std::filesystem::path& file, Model& model)
      : name_(file.filename().string()), in_(file), model_(model) {
    if (!in_) {
      refuse(file.string(), "could not be read");
    }
  }

  void read() {
    for (std::string line; std::getline(in_, line);) {
      ++line_;
      if (line.empty() || line[0] == '#') {
        continue;
      }
      take(line);
    }
  }

 private:
  std::string place() const { return name_ + ":" + std::to_string(line_); }

  void take(std::string line) {
    std::string description;
    if (const auto at = line.find(" -- "); at != std::string::npos) {
      description = line.substr(at + 4);
      line.resize(at);
    }
    const auto words = words_of(line);
    if (words.empty()) {
      return;
    }
    if (line[0] != ' ') {
      begin(words, description);
    } else if (type_ != nullptr) {
      type_->fields.push_back(field_of(words, description));
    } else if (in_kind_) {
      take_of_kind(words);
    } else {
      refuse(place(), "stands under no kind and no type");
    }
  }

  void begin(const std::vector<std::string>& words, const std::string& description) {
    type_ = nullptr;
    in_kind_ = false;
    if (words[0] == "group" && words.size() == 6 && words[4] == "priority") {
      gv_ = words[1];
      version_ = gv_.substr(gv_.find('/') + 1);
      group_ = unquoted(words[2]);
      package_ = words[3];
      priority_ = std::stoi(words[5]);
    } else if (words[0] == "kind" && words.size() == 5) {
      begin_kind(words);
    } else if (words[0] == "type" && words.size() >= 2) {
      Type type;
      type.name = gv_ + "." + words[1];
      type.openapi_name = package_ + "." + words[1];
      type.atomic = words.size() > 2 && words[2] == "atomic";
      type.description = description;
      const auto [entry, fresh] = model_.types.emplace(type.name, type);
      if (!fresh) {
        refuse(place(), "type " + type.name + " is there twice");
      }
      type_ = &entry->second;
    } else {
      refuse(place(), "expected `group`, `kind` or `type`, found `" + joined(words, 0) + "`");
    }
  }

  void begin_kind(const std::vector<std::string>& words) {
    Kind kind;
    kind.group = group_;
    kind.version = version_;
    kind.kind = words[1];
    kind.plural = words[2];
    kind.singular = words[3];
    if (words[4] != "namespaced" && words[4] != "cluster") {
      refuse(place(), "a kind is `namespaced` or `cluster`, not `" + words[4] + "`");
    }
    kind.namespaced = words[4] == "namespaced";
    kind.storage = kind.plural + (group_.empty() ? "" : "." + group_);
    kind.type = gv_ + "." + kind.kind;
    kind.priority = priority_;
    model_.kinds.push_back(std::move(kind));
    in_kind_ = true;
  }

  void take_of_kind(const std::vector<std::string>& words) {
    Kind& kind = model_.kinds.back();
    if (words[0] == "short") {
      kind.short_names = joined(words, 1);
    } else if (words[0] == "categories") {
      kind.categories = joined(words, 1);
    } else if (words[0] == "verbs") {
      kind.verbs = joined(words, 1);
    } else if (words[0] == "stored" && words.size() == 2) {
      kind.stored = words[1];
    } else if (words[0] == "selectable") {
      kind.selectable.assign(words.begin() + 1, words.end());
    } else if (words[0] == "sub" && words.size() >= 4) {
      kind.subresources.push_back(subresource_of(words));
    } else if ((words[0] == "column" || words[0] == "wide") && words.size() >= 4) {
      kind.columns.push_back(column_of(words));
    } else {
      refuse(place(), "not a line of a kind: `" + joined(words, 0) + "`");
    }
  }

  static Subresource subresource_of(const std::vector<std::string>& words) {
    Subresource sub;
    sub.name = words[1];
    sub.kind = words[2];
    if (const auto at = sub.kind.find('@'); at != std::string::npos) {
      const std::string gv = sub.kind.substr(at + 1);
      sub.kind.resize(at);
      sub.group = gv.substr(0, gv.find('/'));
      sub.version = gv.substr(gv.find('/') + 1);
    }
    sub.verbs = joined(words, 3);
    return sub;
  }

  static Column column_of(const std::vector<std::string>& words) {
    Column column;
    column.name = unquoted(words[1]);
    column.type = words[2].substr(0, words[2].find('('));
    if (const auto items = items_of(words[2]); !items.empty()) {
      column.format = items[0];
    }
    column.priority = words[0] == "wide" ? 1 : 0;
    column.cell = joined(words, 3);
    return column;
  }

  Field field_of(const std::vector<std::string>& words, const std::string& description) {
    Field field;
    field.place = place();
    if (words[0] == "inline" && (words.size() == 2 || words.size() == 3)) {
      field.inlined = full_name(words[1]);
      field.proto = words.size() == 3 ? std::stoi(words[2].substr(1)) : 1;
      return field;
    }
    if (words.size() < 2) {
      refuse(place(), "a field has a name and a type");
    }
    field.name = words[0];
    field.description = description;
    take_type(field, words[1]);
    for (std::size_t i = 2; i < words.size(); ++i) {
      take_attribute(field, words[i]);
    }
    return field;
  }

  std::string full_name(const std::string& name) const {
    return name.find('/') == std::string::npos ? gv_ + "." + name : name;
  }

  void take_type(Field& field, std::string text) {
    field.container = "kNone";
    if (text.starts_with("[]")) {
      field.container = "kList";
      text = text.substr(2);
    } else if (text.starts_with("map<") && text.ends_with(">")) {
      field.container = "kMap";
      text = text.substr(4, text.size() - 5);
    }
    if (text == "[]string") {
      field.shape = "kStrings";
      return;
    }
    if (const auto shape = shapes().find(text); shape != shapes().end()) {
      field.shape = shape->second;
      return;
    }
    const bool is_free = text.starts_with("any<") && text.ends_with(">");
    field.shape = is_free ? "kAny" : "kObject";
    field.type = full_name(is_free ? text.substr(4, text.size() - 5) : text);
  }

  void take_attribute(Field& field, const std::string& word) {
    const std::string name = word.substr(0, word.find('('));
    if (word[0] == '@') {
      field.proto = std::stoi(word.substr(1));
    } else if (word[0] == '=') {
      field.default_json = word.substr(1);
    } else if (name == "one-of" || name == "known") {
      field.known = items_of(word);
      std::sort(field.known.begin(), field.known.end());
      field.enforced_enum = name == "one-of";
    } else if (name == "map") {
      field.list_type = "kMap";
      field.list_map_keys = items_of(word);
    } else if (name == "merge") {
      field.merges = true;
      field.merge_key = items_of(word).empty() ? "" : items_of(word)[0];
    } else if (word == "set") {
      field.list_type = "kSet";
    } else if (word == "atomic") {
      field.list_type = field.container == "kList" ? "kAtomic" : "kUnset";
      field.map_atomic = field.container != "kList";
    } else if (!take_flag(field, word)) {
      refuse(place(), "no attribute of a field: `" + word + "`");
    }
  }

  static bool take_flag(Field& field, const std::string& word) {
    const std::array<std::pair<const char*, bool*>, 7> flags = {
        std::pair{"required", &field.required},       std::pair{"unique", &field.unique},
        std::pair{"expected", &field.expected},       std::pair{"shown", &field.shown},
        std::pair{"drops-zero", &field.drops_zero},   std::pair{"immutable", &field.immutable},
        std::pair{"retain-keys", &field.retains_keys}};
    for (const auto& [name, flag] : flags) {
      if (word == name) {
        *flag = true;
        return true;
      }
    }
    return false;
  }

  std::string name_;
  std::ifstream in_;
  Model& model_;
  int line_ = 0;
  std::string gv_;  // "core/v1": the prefix of type names.
  std::string group_;
  std::string version_;
  std::string package_;
  int priority_ = 0;
  Type* type_ = nullptr;
  bool in_kind_ = false;
};

const Type& type_named(const Model& model, const std::string& name, const std::string& place) {
  const auto type = model.types.find(name);
  if (type == model.types.end()) {
    refuse(place, "there is no type " + name);
  }
  return type->second;
}

const Kind& kind_named(const Model& model, const std::string& type) {
  const auto kind = std::find_if(model.kinds.begin(), model.kinds.end(),
                                 [&](const Kind& one) { return one.type == type; });
  if (kind == model.kinds.end()) {
    refuse(type, "is to keep another version's objects, and is no kind");
  }
  return *kind;
}

/// The fields of `type`, inlined ones in place.
std::vector<Field> spread(const Model& model, const Type& type) {
  std::vector<Field> fields;
  for (const Field& field : type.fields) {
    if (field.inlined.empty()) {
      fields.push_back(field);
      continue;
    }
    auto inner = spread(model, type_named(model, field.inlined, field.place));
    for (Field& one : inner) {
      one.via = one.via * 256 + field.proto;
    }
    fields.insert(fields.end(), inner.begin(), inner.end());
  }
  return fields;
}

}  // namespace

void read_kinds(const std::filesystem::path& file, Model& model) {
  Reader(file, model).read();
}

void resolve(Model& model) {
  std::map<std::string, std::vector<Field>> spreads;
  for (const auto& [name, type] : model.types) {
    spreads[name] = spread(model, type);
  }
  for (auto& [name, type] : model.types) {
    type.fields = std::move(spreads[name]);
    std::set<std::string> names;
    for (const Field& field : type.fields) {
      if (!names.insert(field.name).second) {
        refuse(field.place, "field " + field.name + " is there twice in " + name);
      }
      if (!field.type.empty()) {
        type_named(model, field.type, field.place);
      }
    }
  }
  for (Kind& kind : model.kinds) {
    type_named(model, kind.type, kind.kind);
    if (!kind.stored.empty()) {
      kind.storage = kind_named(model, kind.stored + "." + kind.kind).storage;
    }
  }
}

}  // namespace pintle::kindc
