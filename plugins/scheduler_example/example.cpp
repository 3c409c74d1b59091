// The whole policy: who it places, and which node it likes.

#include "plugins/scheduler_example/example.hpp"

#include <algorithm>
#include <utility>

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::scheduler_example {

Result<std::unique_ptr<Example>> Example::make(sdk::Host& host, const Json& config) {
  std::string scheduler_name = "example";
  sdk::Settings settings(config);
  settings.text("scheduler_name", scheduler_name);
  PINTLE_TRY_STATUS(settings.finish());

  auto example = std::make_unique<Example>(std::move(scheduler_name));
  PINTLE_TRY_STATUS(example->offer_.provide(host));
  return example;
}

Example::Example(std::string scheduler_name)
    : scheduler_name_(std::move(scheduler_name)), offer_(*this) {}

std::int64_t Example::score(const sdk::PodInfo&, const sdk::NodeInfo& node) const {
  // One point lost per pod; from a hundred pods on all nodes look equally full, which is fair.
  return std::max<std::int64_t>(0, 100 - node.pod_count);
}

}  // namespace pintle::scheduler_example

PINTLE_PLUGIN("scheduler_example", "1.0.0", pintle::scheduler_example::Example)
