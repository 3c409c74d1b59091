// How rows are put together; what is in a cell is said by the kinds, and printed by cells_*.cpp.

#include "core/api/tables.hpp"

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

/// What a description's words stand for: its path's value as the column's type wants it.
void append_path_cell(std::string& out, const Column& column, const Json& object) {
  const Json* value = find_at(object, column.cell);
  if (column.type == "integer") {
    out += value != nullptr && value->is_int64() ? to_json(*value) : "0";
  } else if (column.type == "boolean") {
    out += value != nullptr && value->is_bool() && value->get_bool() ? "true" : "false";
  } else {
    append_json_string(out, value == nullptr ? "" : plain_text(*value));
  }
}

void append_printed_cell(std::string& out, const Column& column, const Json& object, WallTime now) {
  const auto blank = std::min(column.cell.find(' '), column.cell.size());
  const CellPrinter print = find_printer(column.cell.substr(1, blank - 1));
  PINTLE_ASSERT(print != nullptr);
  const auto argument =
      blank == column.cell.size() ? std::string_view() : column.cell.substr(blank + 1);
  const std::string text = print({object, argument, now});
  if (column.type == "integer") {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

/// The metadata object's bytes within the object's JSON.
std::string_view metadata_json(const Object& object) {
  constexpr std::string_view kKey = "\"metadata\":";
  const std::string_view json = object.json();
  // to_draft writes metadata right after kind and apiVersion, and only strings may hold braces.
  const auto begin = json.find(kKey) + kKey.size();
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = begin; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      i += c == '\\' ? 1 : 0;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return json.substr(begin, i + 1 - begin);
    }
  }
  return "{}";
}

}  // namespace

std::string column_definitions_json(const Resource& resource) {
  std::string out = "[";
  for (const Column& column : resource.columns) {
    out += out.size() == 1 ? "{\"name\":" : ",{\"name\":";
    append_json_string(out, column.name);
    out += concat(
        {",\"type\":\"", column.type, "\",\"format\":\"", column.format, "\",\"description\":"});
    append_json_string(out, column.description);
    out += concat({",\"priority\":", std::to_string(column.priority), "}"});
  }
  return out + "]";
}

void append_table_row(std::string& out, const Resource& resource, const Object& object,
                      IncludeObject include, WallTime now, std::string_view shown) {
  const Json& tree = object.tree();
  out += "{\"cells\":[";
  for (const Column& column : resource.columns) {
    out += out.back() == '[' ? "" : ",";
    if (column.cell.starts_with('@')) {
      append_printed_cell(out, column, tree, now);
    } else {
      append_path_cell(out, column, tree);
    }
  }
  out += "]";
  if (include == IncludeObject::kMetadata) {
    out += ",\"object\":";
    append_partial_metadata(out, object);
  } else if (include == IncludeObject::kObject) {
    out += concat({",\"object\":", shown.empty() ? object.json() : shown});
  }
  out += "}";
}

void append_partial_metadata(std::string& out, const Object& object) {
  out += concat({R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":)",
                 metadata_json(object), "}"});
}

}  // namespace pintle::api
