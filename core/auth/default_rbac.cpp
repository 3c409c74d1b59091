// The roles and bindings that every cluster starts with, as rbacc left them in the binary.

#include "core/auth/authorizer.hpp"
#include "core/auth/rbac_objects.hpp"
#include "core/base/assert.hpp"

namespace pintle::auth {

std::vector<Json> default_rbac_objects() {
  std::vector<Json> objects;
  for (const auto text : rbac_object_texts()) {
    auto parsed = parse_json(text);
    PINTLE_ASSERT(parsed.ok());
    objects.push_back(std::move(parsed).value().value);
  }
  return objects;
}

}  // namespace pintle::auth
