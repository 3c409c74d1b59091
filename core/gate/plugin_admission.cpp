// Who is asked about what, and the watchdog over those who promised to be quick.

#include "core/gate/plugin_admission.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace pintle::gate {

const PluginAdmission::Chain& PluginAdmission::Chains::find(std::string_view resource) const {
  const auto at = by_resource.find(resource);
  return at == by_resource.end() ? of_others : at->second;
}

PluginAdmission::PluginAdmission(Log& log, AdmissionWatch watch)
    : log_(log), watch_(std::move(watch)), chains_(std::make_shared<const Chains>()) {}

PluginAdmission::~PluginAdmission() = default;

void PluginAdmission::connect(loader::Loader& loader) {
  loader_ = &loader;
  loader.on_provided("pintle.admission/1",
                     [this](const std::string& plugin, const void* table, void* self, bool added) {
                       change(plugin, table, self, added);
                     });
}

std::shared_ptr<const PluginAdmission::Chains> PluginAdmission::chains() const {
  const std::shared_lock lock(mutex_);
  return chains_;
}

std::shared_ptr<const PluginAdmission::Chains> PluginAdmission::lay_out(
    std::vector<ProviderPtr> providers) {
  auto made = std::make_shared<Chains>();
  std::set<std::string> resources;
  for (const auto& provider : providers) {
    resources.insert(provider->resources().begin(), provider->resources().end());
  }
  const auto add = [](Chain& chain, const ProviderPtr& provider) {
    if (provider->has(AdmissionProvider::Phase::kMutate)) {
      chain.mutate.push_back(provider);
    }
    if (provider->has(AdmissionProvider::Phase::kValidate)) {
      chain.validate.push_back(provider);
    }
    chain.may_wait = chain.may_wait || !provider->is_quick();
  };
  for (const auto& provider : providers) {
    const auto& named = provider->resources();
    for (const auto& resource : resources) {
      if (named.empty() || std::ranges::find(named, resource) != named.end()) {
        add(made->by_resource[resource], provider);
      }
    }
    if (named.empty()) {
      add(made->of_others, provider);
    }
  }
  made->providers = std::move(providers);
  return made;
}

void PluginAdmission::change(const std::string& plugin, const void* table, void* self, bool added) {
  ProviderPtr changed;
  {
    const std::unique_lock lock(mutex_);
    auto providers = chains_->providers;
    if (added) {
      changed = std::make_shared<AdmissionProvider>(
          plugin, *static_cast<const pintle_admission_table*>(table), self,
          [this](const std::string& who, const std::string& why) { overran(who, why); });
      const auto at = std::upper_bound(
          providers.begin(), providers.end(), changed->order(),
          [](std::int32_t order, const ProviderPtr& other) { return order < other->order(); });
      providers.insert(at, changed);
    } else {
      const auto at = std::ranges::find_if(
          providers, [&](const ProviderPtr& provider) { return provider->is_table(table, self); });
      if (at == providers.end()) {
        return;
      }
      changed = *at;
      providers.erase(at);
    }
    chains_ = lay_out(std::move(providers));
    if (added && !watchdog_.joinable()) {
      watchdog_ = std::jthread([this](const std::stop_token& stop) { look_after(stop); });
    }
  }
  if (added) {
    log_.info("admission plugin connected", {{"plugin", plugin}});
    return;
  }
  // Whoever is suspended has had its time.
  const auto patience = changed->is_suspended() ? watch_.turn : watch_.patience;
  if (!changed->leave(patience) && loader_ != nullptr) {
    loader_->abandon(plugin);
  }
}

Result<void> PluginAdmission::mutate(registry::Review& review) {
  const auto now = chains();
  const auto operation = operation_bit(review.operation);
  for (const auto& provider : now->find(review.resource.storage).mutate) {
    if (provider->wants(review, operation)) {
      PINTLE_TRY_STATUS(provider->ask(AdmissionProvider::Phase::kMutate, review));
    }
  }
  return {};
}

Result<void> PluginAdmission::validate(const registry::Review& review) {
  const auto now = chains();
  const auto operation = operation_bit(review.operation);
  for (const auto& provider : now->find(review.resource.storage).validate) {
    if (provider->wants(review, operation)) {
      registry::Review asked = review;
      PINTLE_TRY_STATUS(provider->ask(AdmissionProvider::Phase::kValidate, asked));
    }
  }
  return {};
}

bool PluginAdmission::may_wait(const api::Resource& resource) const {
  return chains()->find(resource.storage).may_wait;
}

void PluginAdmission::overran(const std::string& plugin, const std::string& why) {
  log_.error(
      "admission plugin suspended: what it wants is refused until it is replaced or "
      "unloaded",
      {{"plugin", plugin}, {"why", why}});
  if (loader_ != nullptr) {
    loader_->suspend(plugin, why);
  }
}

void PluginAdmission::look_after(const std::stop_token& stop) {
  for (std::uint64_t turn = 2;; ++turn) {
    {
      std::unique_lock lock(turn_mutex_);
      turned_.wait_for(lock, stop, watch_.turn, [] { return false; });
    }
    if (stop.stop_requested()) {
      return;
    }
    for (const auto& provider : chains()->providers) {
      if (provider->tick(turn, watch_.turn)) {
        log_.error("a thread that all requests need is lost in an admission plugin",
                   {{"plugin", provider->plugin()}});
        watch_.give_up();
      }
    }
  }
}

}  // namespace pintle::gate
