// The Deployment controller; see deployments.hpp.

#include "plugins/controller_deployment/deployments.hpp"

#include "core/object/selector.hpp"
#include "core/sdk/owners.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/pods.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/controller_deployment/rollout.hpp"

namespace pintle::controller_deployment {
namespace {

using sdk::ObjectHandle;

constexpr int kWorkers = 4;
constexpr std::string_view kComponent = "deployment-controller";

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

sdk::Path path_of(std::string_view ns, std::string_view name) {
  return {
      .group = "apps", .resource = "deployments", .ns = std::string(ns), .name = std::string(name)};
}

std::vector<std::string> namespace_of(const ObjectHandle& object) {
  return {std::string(object.ns())};
}

}  // namespace

Result<std::unique_ptr<Deployments>> Deployments::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Deployments>(host, system_clock());
  made->start();
  return made;
}

Deployments::Deployments(sdk::Host& host, const Clock& clock)
    : clock_(clock),
      client_(host),
      events_(host, {.component = std::string(kComponent), .host = ""}, clock),
      reconciler_(host, std::string(kComponent), clock,
                  [this](const std::string& key, const std::stop_token& stop) {
                    return wait_synced(stop) ? reconcile(key) : Result<void>();
                  }),
      pods_(host, {.resource = "pods"}, {.deleted = [this](const auto& pod) { pod_gone(pod); }},
            {.indexes = {sdk::owner_keys_of}}),
      replica_sets_(host, {.group = "apps", .resource = "replicasets"},
                    {.added = [this](const auto& now) { replica_set_changed({}, now); },
                     .modified = [this](const auto& before,
                                        const auto& now) { replica_set_changed(before, now); },
                     .deleted = [this](const auto& before) { replica_set_changed(before, {}); }},
                    {.indexes = {sdk::owner_keys_of}}),
      deployments_(
          host, {.group = "apps", .resource = "deployments"},
          {.added = [this](const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .modified = [this](const auto&, const auto& now) { reconciler_.add(sdk::key_of(now)); }},
          {.indexes = {namespace_of}}) {}

Deployments::~Deployments() {
  deployments_.stop();
  replica_sets_.stop();
  pods_.stop();
  reconciler_.stop();
}

void Deployments::start() {
  pods_.start();
  replica_sets_.start();
  deployments_.start();
  reconciler_.start(kWorkers);
}

bool Deployments::wait_synced(const std::stop_token& stop) const {
  return pods_.wait_synced(stop) && replica_sets_.wait_synced(stop) &&
         deployments_.wait_synced(stop);
}

void Deployments::enqueue_controller(const ObjectHandle& replica_set) {
  const sdk::Value controller = sdk::controller_of(replica_set);
  if (controller.text("kind") == "Deployment") {
    reconciler_.add(sdk::key_of(replica_set.ns(), controller.text("name")));
  }
}

void Deployments::replica_set_changed(const ObjectHandle& before, const ObjectHandle& now) {
  if (before) {
    enqueue_controller(before);
  }
  if (!now) {
    return;
  }
  if (sdk::controller_of(now)) {
    enqueue_controller(now);
    return;
  }
  const TextPairs labels = sdk::labels_of(now.root());
  for (const auto& deployment : deployments_.find_indexed(0, now.ns())) {
    const auto selector = label_selector_of(deployment.at("spec", "selector").to_json());
    if (selector.ok() && !selector.value().empty() && selector.value().matches(labels)) {
      reconciler_.add(sdk::key_of(deployment));
    }
  }
}

/// The last old pod that goes is what a Deployment that recreates waits for.
void Deployments::pod_gone(const ObjectHandle& pod) {
  const sdk::Value controller = sdk::controller_of(pod);
  if (controller.text("kind") != "ReplicaSet") {
    return;
  }
  const auto set = replica_sets_.find(pod.ns(), controller.text("name"));
  const auto name = sdk::controller_of(set).text("name");
  const auto deployment = deployments_.find(pod.ns(), name);
  if (deployment.text("spec", "strategy", "type") == "Recreate") {
    reconciler_.add(sdk::key_of(deployment));
  }
}

Result<void> Deployments::reconcile(const std::string& key) {
  const auto [ns, name] = sdk::split_key(key);
  // The server's word: the cache may not show yet what the last step wrote.
  const auto deployment = client_.find(path_of(ns, name));
  if (!deployment) {
    return {};
  }
  PINTLE_TRY(auto selector, label_selector_of(deployment.at("spec", "selector").to_json()));
  if (selector.empty()) {
    return tell_selects_all(deployment);
  }
  auto candidates = replica_sets_.find_indexed(0, deployment.uid());
  const auto orphans = replica_sets_.find_indexed(0, sdk::orphans_key(ns));
  candidates.insert(candidates.end(), orphans.begin(), orphans.end());
  PINTLE_TRY(const auto claimed,
             sdk::claim(client_,
                        {.owner = deployment,
                         .path = path_of(ns, name),
                         .api_version = "apps/v1",
                         .kind = "Deployment",
                         .selector = std::move(selector)},
                        {.group = "apps", .resource = "replicasets"}, candidates));
  ReplicaSets sets;
  for (const auto& set : claimed) {
    // The server's word here, too: one ReplicaSet that the cache shows as it was would take back
    // what the last step told.
    const auto now = client_.find({.group = "apps",
                                   .resource = "replicasets",
                                   .ns = std::string(ns),
                                   .name = std::string(set.name())});
    if (now && now.uid() == set.uid()) {
      sets.push_back(ReplicaSet::of(now.to_json()));
    }
  }
  const auto has_pods = [this](std::string_view uid) {
    for (const auto& pod : pods_.find_indexed(0, uid)) {
      if (!sdk::is_pod_finished(pod.root())) {
        return true;
      }
    }
    return false;
  };
  Rollout rollout({.client = client_, .events = events_, .clock = clock_, .has_pods = has_pods},
                  deployment, std::move(sets));
  PINTLE_TRY_STATUS(rollout.sync());
  if (const auto wait = rollout.next_look()) {
    reconciler_.add_after(key, *wait);
  }
  return {};
}

/// A selector that is empty means all pods: such a Deployment is left alone.
Result<void> Deployments::tell_selects_all(const ObjectHandle& deployment) {
  events_.record(sdk::EventTarget::of(deployment.root()), sdk::EventType::kWarning, "SelectingAll",
                 "This deployment is selecting all pods. A non-empty selector is required.");
  const std::int64_t generation = deployment.integer("metadata", "generation");
  if (deployment.integer("status", "observedGeneration") >= generation) {
    return {};
  }
  Json next = deployment.to_json();
  ensure_object(next.as_object(), "status")["observedGeneration"] = generation;
  sdk::Path path = path_of(deployment.ns(), deployment.name());
  path.subresource = "status";
  PINTLE_TRY_STATUS(client_.update(path, next));
  return {};
}

}  // namespace pintle::controller_deployment

PINTLE_PLUGIN("controller_deployment", "0.1.0", pintle::controller_deployment::Deployments)
