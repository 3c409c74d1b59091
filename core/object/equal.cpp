// Deep equality, member by member.

#include "core/object/equal.hpp"

#include <algorithm>

namespace pintle {

bool is_equal(const Json& a, const Json& b) {
  if (const auto* x = a.if_object()) {
    const auto* y = b.if_object();
    return y != nullptr && x->size() == y->size() &&
           std::ranges::all_of(*x, [y](const auto& member) {
             const Json* other = y->if_contains(member.key());
             return other != nullptr && is_equal(member.value(), *other);
           });
  }
  if (const auto* x = a.if_array()) {
    const auto* y = b.if_array();
    return y != nullptr && std::ranges::equal(*x, *y, is_equal);
  }
  return a == b;
}

}  // namespace pintle
