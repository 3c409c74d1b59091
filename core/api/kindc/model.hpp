// What kindc reads from *.kinds files: the same as core/api/catalog.hpp, by name instead of
// pointer.

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pintle::kindc {

struct Field {
  std::string name;
  std::string shape;      // "string", ..., "any", or "object" with `type`.
  std::string type;       // "core/v1.PodSpec" for objects.
  std::string container;  // "kNone", "kList", "kMap".
  std::string list_type = "kUnset";
  int proto = 0;
  int via = 0;  // As api::Field::via.
  bool required = false;
  bool expected = false;
  bool enforced_enum = false;
  bool merges = false;
  bool retains_keys = false;
  bool immutable = false;
  bool shown = false;
  bool unique = false;
  bool drops_zero = false;
  bool map_atomic = false;
  std::string default_json;
  std::string merge_key;
  std::vector<std::string> list_map_keys;
  std::vector<std::string> known;
  std::string description;
  std::string inlined;  // Not a field: the fields of this type stand here.
  std::string place;    // "core.kinds:12", for messages.
};

struct Type {
  std::string name;  // "core/v1.PodSpec".
  std::string openapi_name;
  bool atomic = false;
  std::string description;
  std::vector<Field> fields;
};

struct Column {
  std::string name;
  std::string type;
  std::string format;
  int priority = 0;
  std::string cell;
};

struct Subresource {
  std::string name;
  std::string kind;
  std::string group;
  std::string version;
  std::string verbs;
};

struct Kind {
  std::string group;
  std::string version;
  std::string kind;
  std::string plural;
  std::string singular;
  std::string short_names;
  std::string categories;
  std::string verbs = "create delete deletecollection get list patch update watch";
  std::string storage;
  std::string stored;  // The group and version of the kind that keeps its objects, or "".
  bool namespaced = true;
  int priority = 0;
  std::string type;
  std::vector<Column> columns;
  std::vector<Subresource> subresources;
  std::vector<std::string> selectable;
};

struct Model {
  std::vector<Kind> kinds;
  std::map<std::string, Type> types;  // By name.
};

/// Adds one file's kinds and types. Ends the program with "file:line: why" where it is wrong.
void read_kinds(const std::filesystem::path& file, Model& model);

/// Spreads inlined types in place and checks that every type named is there.
void resolve(Model& model);

/// The C++ source of the tables.
std::string to_source(const Model& model);

/// Prints "place: why" and ends the program: a description is wrong, the build stops.
[[noreturn]] void refuse(const std::string& place, const std::string& why);

}  // namespace pintle::kindc
