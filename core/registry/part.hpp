// Part: what of an object a subresource may change, and what is checked then. One file with the
// kind's strategy; `status` needs none where it is the object's status and nothing more.

#pragma once

#include <string_view>
#include <vector>

#include "core/registry/strategy.hpp"

namespace pintle::registry {

/// Const and shared by all threads, as strategies are.
class Part {
 public:
  virtual ~Part() = default;

  /// What becomes of `current` by a write that wants `next`: nothing but the part changes.
  /// Errors: kForbidden where who asks may not change it so.
  virtual Result<Json> take(const StrategyContext& context, const Json& next,
                            const Json& current) const = 0;

  /// After admission. Appends a cause for each wrong field.
  virtual void validate(const StrategyContext& context, const Json& next, const Json& current,
                        std::vector<Cause>& causes) const = 0;
};

/// Null where the subresource has no rules of its own. Lives for ever.
const Part* find_part(std::string_view storage, std::string_view subresource);

}  // namespace pintle::registry
