// Cluster-role aggregation; see aggregation.hpp.

#include "plugins/controller_cluster_role_aggregation/aggregation.hpp"

#include <algorithm>

#include "core/object/selector.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_cluster_role_aggregation {
namespace {

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

sdk::Path roles_path(std::string_view name = "") {
  return {.group = "rbac.authorization.k8s.io",
          .version = "v1",
          .resource = "clusterroles",
          .name = std::string(name)};
}

TextPairs labels_of(const sdk::ObjectHandle& role) {
  TextPairs labels;
  for (const auto& [name, value] : role.at("metadata", "labels").members()) {
    labels.emplace_back(name, value.text());
  }
  std::ranges::sort(labels);
  return labels;
}

}  // namespace

Result<JsonArray> gathered_rules(const sdk::ObjectHandle& role,
                                 const std::vector<sdk::ObjectHandle>& all) {
  JsonArray rules;
  for (const auto selector_value : role.at("aggregationRule", "clusterRoleSelectors")) {
    PINTLE_TRY(const auto selector, label_selector_of(selector_value.to_json()));
    for (const auto& other : all) {
      if (other.name() == role.name() || !selector.matches(labels_of(other))) {
        continue;
      }
      for (const auto rule_value : other.at("rules")) {
        Json rule = rule_value.to_json();
        if (std::find(rules.begin(), rules.end(), rule) == rules.end()) {
          rules.push_back(std::move(rule));
        }
      }
    }
  }
  return rules;
}

Result<std::unique_ptr<Aggregation>> Aggregation::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Aggregation>(host, system_clock());
  made->start();
  return made;
}

Aggregation::Aggregation(sdk::Host& host, const Clock& clock)
    : client_(host),
      reconciler_(host, "clusterrole-aggregation", clock,
                  [this](const std::string& name, const std::stop_token& stop) {
                    // What the cache does not know yet would be taken out of the roles.
                    return wait_synced(stop) ? reconcile(name) : Result<void>();
                  }),
      roles_(host, roles_path(),
             {.added = [this](const auto&) { look_at_all(); },
              .modified = [this](const auto&, const auto&) { look_at_all(); },
              .deleted = [this](const auto&) { look_at_all(); }}) {}

Aggregation::~Aggregation() {
  reconciler_.stop();
  roles_.stop();
}

void Aggregation::start() {
  roles_.start();
  reconciler_.start();
}

/// Any role may be gathered by any other that gathers.
void Aggregation::look_at_all() {
  roles_.for_each([this](const sdk::ObjectHandle& role) {
    if (role.has("aggregationRule")) {
      reconciler_.add(std::string(role.name()));
    }
  });
}

Result<void> Aggregation::reconcile(const std::string& name) {
  const auto role = roles_.find("", name);
  if (!role || !role.has("aggregationRule")) {
    return {};
  }
  PINTLE_TRY(JsonArray rules, gathered_rules(role, roles_.list()));
  Json next = role.to_json();
  if (Json(rules) == Json(array_at(next, {"rules"}))) {
    return {};
  }
  next.as_object()["rules"] = std::move(rules);
  const auto written = client_.update(roles_path(name), next);
  if (!written.ok() && written.error().code != Code::kNotFound) {
    return written.error();
  }
  return {};
}

}  // namespace pintle::controller_cluster_role_aggregation

PINTLE_PLUGIN("controller_cluster_role_aggregation", "0.1.0",
              pintle::controller_cluster_role_aggregation::Aggregation)
