// Writes the tables as one C++ source: plain arrays, quick to compile, read-only in the program.

#include <algorithm>

#include "core/api/kindc/model.hpp"

namespace pintle::kindc {
namespace {

std::string literal(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + "\"";
}

/// A string_view's initialiser: with the length, so that the compiler need not count.
std::string view(const std::string& text) {
  return text.empty() ? "{}" : "{" + literal(text) + "," + std::to_string(text.size()) + "}";
}

const char* truth(bool value) {
  return value ? "1" : "0";
}

/// One flat array of `Item` from which tables take spans.
class Pool {
 public:
  Pool(std::string item, std::string name) : item_(std::move(item)), name_(std::move(name)) {}

  /// Adds `items`, already written as C++, and gives a span over them.
  std::string add(const std::vector<std::string>& items) {
    if (items.empty()) {
      return "{}";
    }
    const std::string span =
        "{" + name_ + "+" + std::to_string(size_) + "," + std::to_string(items.size()) + "}";
    for (const auto& item : items) {
      text_ += item + ",\n";
    }
    size_ += items.size();
    return span;
  }

  std::string definition() const {
    return "const " + item_ + " " + name_ + "[] = {\n" + (size_ == 0 ? "{}" : text_) + "};\n\n";
  }

 private:
  std::string item_;
  std::string name_;
  std::string text_;
  std::size_t size_ = 0;
};

class Writer {
 public:
  explicit Writer(const Model& model) : model_(model) {
    for (const auto& [name, type] : model.types) {
      const auto index = type_index_.size();
      type_index_[name] = index;
    }
  }

  std::string write() {
    std::string types;
    for (const auto& [name, type] : model_.types) {
      types += type_row(type) + ",\n";
    }
    std::string resources;
    for (const Kind& kind : model_.kinds) {
      resources += resource_row(kind) + ",\n";
    }
    return "// Made by kindc from core/api/kinds/*.kinds; not to be edited.\n\n"
           "#include \"core/api/catalog_data.hpp\"\n\n"
           "namespace pintle::api {\nnamespace {\n\nextern const Type kTypes[" +
           std::to_string(model_.types.size()) + "];\n\n" + words_.definition() +
           indexes_.definition() + fields_.definition() + columns_.definition() +
           subresources_.definition() + "const Type kTypes[" + std::to_string(model_.types.size()) +
           "] = {\n" + types + "};\n\n" + "const Resource kResources[] = {\n" + resources +
           "};\n\n}  // namespace\n\n" +
           "std::span<const Type> builtin_types() { return kTypes; }\n"
           "std::span<const Resource> builtin_resources() { return kResources; }\n\n"
           "}  // namespace pintle::api\n";
  }

 private:
  std::string words(const std::vector<std::string>& texts) {
    std::vector<std::string> rows;
    rows.reserve(texts.size());
    for (const auto& text : texts) {
      rows.push_back("std::string_view" + view(text));
    }
    return words_.add(rows);
  }

  std::string type_pointer(const std::string& name) const {
    return name.empty() ? "nullptr" : "kTypes+" + std::to_string(type_index_.at(name));
  }

  std::string field_row(const Field& f) {
    return "{" + view(f.name) + ",Shape::" + f.shape + ",Container::" + f.container + "," +
           type_pointer(f.type) + "," + std::to_string(f.proto) + "," + std::to_string(f.via) +
           "," + truth(f.required) + "," + truth(f.expected) + "," + truth(f.enforced_enum) + "," +
           truth(f.merges) + "," + truth(f.retains_keys) + "," + truth(f.immutable) + "," +
           truth(f.shown) + "," + truth(f.unique) + "," + truth(f.drops_zero) +
           ",ListType::" + f.list_type + "," + truth(f.map_atomic) + "," + view(f.default_json) +
           "," + view(f.merge_key) + "," + words(f.list_map_keys) + "," + words(f.known) + "," +
           view(f.description) + "}";
  }

  std::string type_row(const Type& type) {
    std::vector<std::string> rows;
    std::vector<std::size_t> order;
    std::vector<std::string> shown;
    std::vector<std::string> defaulted;
    for (const Field& field : type.fields) {
      const auto index = order.size();
      if (field.shown) {
        shown.push_back(std::to_string(index));
      }
      if (!field.default_json.empty()) {
        defaulted.push_back(std::to_string(index));
      }
      order.push_back(index);
      rows.push_back(field_row(field));
    }
    std::sort(order.begin(), order.end(), [&type](std::size_t a, std::size_t b) {
      const auto& x = type.fields[a].name;
      const auto& y = type.fields[b].name;
      return x.size() != y.size() ? x.size() < y.size() : x < y;
    });
    std::vector<std::string> by_name;
    by_name.reserve(order.size());
    for (const auto index : order) {
      by_name.push_back(std::to_string(index));
    }
    return "{" + view(type.name) + "," + view(type.openapi_name) + "," + fields_.add(rows) + "," +
           indexes_.add(by_name) + "," + indexes_.add(shown) + "," + indexes_.add(defaulted) + "," +
           truth(type.atomic) + "," + view(type.description) + "}";
  }

  std::string resource_row(const Kind& kind) {
    std::vector<std::string> columns;
    for (const Column& c : kind.columns) {
      columns.push_back("{" + view(c.name) + "," + view(c.type) + "," + view(c.format) + "," +
                        std::to_string(c.priority) + ",{}," + view(c.cell) + "}");
    }
    std::vector<std::string> subresources;
    for (const Subresource& s : kind.subresources) {
      subresources.push_back("{" + view(s.name) + "," + view(s.kind) + "," + view(s.group) + "," +
                             view(s.version) + "," + view(s.verbs) + "}");
    }
    return "{" + view(kind.group) + "," + view(kind.version) + "," + view(kind.kind) + "," +
           view(kind.plural) + "," + view(kind.singular) + "," + view(kind.short_names) + "," +
           view(kind.categories) + "," + view(kind.verbs) + "," + view(kind.storage) + "," +
           truth(kind.namespaced) + "," + truth(kind.stored.empty()) + "," +
           std::to_string(kind.priority) + "," + type_pointer(kind.type) + "," +
           columns_.add(columns) + "," + subresources_.add(subresources) + "," +
           words(kind.selectable) + "}";
  }

  const Model& model_;
  std::map<std::string, std::size_t> type_index_;
  Pool words_{"std::string_view", "kWords"};
  Pool indexes_{"std::uint16_t", "kIndexes"};
  Pool fields_{"Field", "kFields"};
  Pool columns_{"Column", "kColumns"};
  Pool subresources_{"Subresource", "kSubresources"};
};

}  // namespace

std::string to_source(const Model& model) {
  return Writer(model).write();
}

}  // namespace pintle::kindc
