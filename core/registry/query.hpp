// Query: a URL's query, decoded once: `limit=500&labelSelector=a%3Db`.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"

namespace pintle::registry {

class Query {
 public:
  Query() = default;

  /// As HTML forms are decoded: `+` is a space; a pair with a bad escape is left out, as Go does.
  explicit Query(std::string_view raw);

  /// The first value of `name`; null where there is none.
  const std::string* find(std::string_view name) const;

  /// The first value of `name`, or "".
  std::string_view text(std::string_view name) const;

  std::vector<std::string> all(std::string_view name) const;

  /// As Kubernetes reads booleans in queries: "false" and "0" are false, every other value, the
  /// empty one too, is true. Nothing where `name` is missing.
  std::optional<bool> boolean(std::string_view name) const;

  /// Errors: kBadRequest where the value is there and no integer.
  Result<std::optional<std::int64_t>> integer(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;  // In the order they came.
};

/// Decodes %XX; nothing where an escape is cut short or no hexadecimal. `plus_is_space` for
/// queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace pintle::registry
