// Path: where in an object one is, kept as a chain of stack frames and spelled only when asked.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pintle::api {

/// One step: a field, an item of a list, or an entry of a map. Frames live on the stack of the
/// walk.
struct Path {
  static constexpr std::ptrdiff_t kNoIndex = -1;

  const Path* up = nullptr;
  std::string_view field;           // Or "" for an item.
  std::ptrdiff_t index = kNoIndex;  // Of a list's item.
  std::string_view key;             // Of a map's entry; told from "" by is_entry.
  bool is_entry = false;
  std::string_view struct_name = {};  // The type that has `field`: "core/v1.PodSpec".

  static Path of_field(const Path* up, std::string_view field, std::string_view type = {}) {
    return {.up = up, .field = field, .index = kNoIndex, .key = {}, .struct_name = type};
  }
  static Path of_item(const Path* up, std::size_t index) {
    return {.up = up,
            .field = {},
            .index = static_cast<std::ptrdiff_t>(index),
            .key = {},
            .struct_name = {}};
  }
  static Path of_entry(const Path* up, std::string_view key) {
    return {.up = up, .field = {}, .index = kNoIndex, .key = key, .is_entry = true};
  }
};

/// "spec.containers[0].env", "spec.nodeSelector[disk]": as field errors have it.
std::string to_text(const Path& path);

/// `to_text(path)` with `root` before it.
std::string to_text(const Path& path, std::string_view root);

/// "spec.properties.color": as the strict decoder names unknown fields.
std::string to_strict_text(const Path& path);

/// "PodSpec.spec.containers": the struct that has the last field, then all fields on the way; as
/// Go's decoder names them. "" where no field is on the way.
std::string to_go_text(const Path& path);

}  // namespace pintle::api
