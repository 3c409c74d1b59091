// Status: what a ReplicaSet tells about its pods; see status.hpp.

#include "plugins/controller_replica_set/status.hpp"

#include <algorithm>

#include "core/sdk/pods.hpp"

namespace pintle::controller_replica_set {
namespace {

using sdk::ObjectHandle;
using sdk::Value;

constexpr std::string_view kFailure = "ReplicaFailure";

bool has_labels(const Value& pod, const Value& wanted) {
  const Value labels = pod.at("metadata", "labels");
  for (const auto& [name, value] : wanted.members()) {
    const Value label = labels.at(name);
    if (!label || label.text() != value.text()) {
      return false;
    }
  }
  return true;
}

JsonArray conditions_of(const StatusInput& input) {
  JsonArray conditions;
  bool told = false;
  for (const Value condition : input.owner.at("status", "conditions")) {
    const bool is_failure = condition.text("type") == kFailure;
    if (!is_failure || input.fault) {
      conditions.push_back(condition.to_json());
    }
    told = told || is_failure;
  }
  // A failure that is told already stays as it was told first.
  if (input.fault && !told) {
    conditions.push_back({{"type", kFailure},
                          {"status", "True"},
                          {"lastTransitionTime", to_rfc3339(input.now)},
                          {"reason", input.fault->missing > 0 ? "FailedCreate" : "FailedDelete"},
                          {"message", input.fault->message}});
  }
  return conditions;
}

}  // namespace

Json status_of(const StatusInput& input) {
  const Value owner = input.owner.root();
  const Value wanted_labels = owner.at("spec", "template", "metadata", "labels");
  const std::chrono::seconds least(owner.integer("spec", "minReadySeconds"));
  std::int64_t fully_labeled = 0;
  std::int64_t ready = 0;
  std::int64_t available = 0;
  for (const auto& pod : input.pods) {
    const Value root = pod.root();
    fully_labeled += has_labels(root, wanted_labels) ? 1 : 0;
    if (sdk::is_pod_ready(root)) {
      ++ready;
      available += sdk::is_pod_available(root, least, input.now) ? 1 : 0;
    }
  }
  JsonObject status{{"replicas", static_cast<std::int64_t>(input.pods.size())}};
  const auto put = [&status](std::string_view name, std::int64_t count) {
    if (count != 0) {
      status.emplace(name, count);
    }
  };
  put("fullyLabeledReplicas", fully_labeled);
  put("readyReplicas", ready);
  put("availableReplicas", available);
  put("observedGeneration", owner.integer("metadata", "generation"));
  if (auto conditions = conditions_of(input); !conditions.empty()) {
    status.emplace("conditions", std::move(conditions));
  }
  return status;
}

bool has_status(const ObjectHandle& owner, const Json& status) {
  return owner.at("status").to_json() == status;
}

std::optional<WallTime> next_available_at(const std::vector<ObjectHandle>& pods,
                                          std::chrono::seconds least, WallTime now) {
  std::optional<WallTime> next;
  for (const auto& pod : pods) {
    const auto since = least.count() > 0 ? sdk::pod_ready_since(pod.root()) : std::nullopt;
    if (since && *since + least > now) {
      next = next ? std::min(*next, *since + least) : *since + least;
    }
  }
  return next;
}

}  // namespace pintle::controller_replica_set
