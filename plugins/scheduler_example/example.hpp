// The example policy: the node with the fewest pods. Copy this folder; README.md has the five
// steps.

#pragma once

#include <memory>
#include <string>

#include "core/object/json.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/scheduling_policy.hpp"

namespace pintle::scheduler_example {

class Example final : public sdk::SchedulingPolicy {
 public:
  /// Errors: kInvalid for a setting that is wrong or not known.
  static Result<std::unique_ptr<Example>> make(sdk::Host& host, const Json& config);

  explicit Example(std::string scheduler_name);

  std::string scheduler_name() const override { return scheduler_name_; }
  std::int64_t score(const sdk::PodInfo& pod, const sdk::NodeInfo& node) const override;

 private:
  const std::string scheduler_name_;
  sdk::SchedulingPolicyOffer offer_;
};

}  // namespace pintle::scheduler_example
