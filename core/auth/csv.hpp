// CSV as Go's encoding/csv reads it: quotes, doubled quotes, fields over several lines.

#pragma once

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace pintle::auth {

struct CsvRecord {
  std::size_t line = 0;  // Where it begins, from 1.
  std::vector<std::string> fields;
};

/// The records of `text`, without empty lines. Spaces count, and no line is a note, as with
/// Kubernetes' readers.
/// Errors: kInvalid naming `file` and line.
Result<std::vector<CsvRecord>> parse_csv(std::string_view text, const std::filesystem::path& file);

/// One record, quoted where it must be, and a line feed.
void append_csv(std::string& out, std::initializer_list<std::string_view> fields);

/// "a, b,c" as three names; empty ones are left out.
std::vector<std::string> split_groups(std::string_view text);

}  // namespace pintle::auth
