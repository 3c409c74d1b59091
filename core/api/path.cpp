// The three ways to spell a path.

#include "core/api/path.hpp"

#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

enum class Style { kFieldError, kStrict, kGo };

void append(std::string& out, const Path& path, Style style) {
  if (path.up != nullptr) {
    append(out, *path.up, style);
  }
  if (path.index != Path::kNoIndex) {
    if (style != Style::kGo) {
      out += '[' + std::to_string(path.index) + ']';
    }
  } else if (path.is_entry) {
    if (style == Style::kFieldError) {
      out += concat({"[", path.key, "]"});
    } else if (style == Style::kStrict) {
      out += concat({".", path.key});
    }
  } else if (!path.field.empty()) {
    out += out.empty() ? "" : ".";
    out += path.field;
  }
}

}  // namespace

std::string to_text(const Path& path) {
  return to_text(path, "");
}

std::string to_text(const Path& path, std::string_view root) {
  std::string out(root);
  append(out, path, Style::kFieldError);
  return out;
}

std::string to_strict_text(const Path& path) {
  std::string out;
  append(out, path, Style::kStrict);
  return out;
}

std::string to_go_text(const Path& path) {
  const Path* last = &path;
  while (last != nullptr && last->field.empty()) {
    last = last->up;
  }
  if (last == nullptr) {
    return "";
  }
  const auto dot = last->struct_name.rfind('.');
  std::string out(dot == std::string_view::npos ? last->struct_name
                                                : last->struct_name.substr(dot + 1));
  append(out, *last, Style::kGo);
  return out;
}

}  // namespace pintle::api
