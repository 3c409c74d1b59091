// Pods as controllers see them; see pods.hpp.

#include "core/sdk/pods.hpp"

namespace pintle::sdk {

Value find_condition(const Value& object, std::string_view type) {
  for (const Value condition : object.at("status", "conditions")) {
    if (condition.text("type") == type) {
      return condition;
    }
  }
  return {};
}

bool is_pod_finished(const Value& pod) {
  const auto phase = pod.text("status", "phase");
  return phase == "Succeeded" || phase == "Failed";
}

bool is_terminating(const Value& object) {
  return !object.text("metadata", "deletionTimestamp").empty();
}

bool is_pod_active(const Value& pod) {
  return !is_pod_finished(pod) && !is_terminating(pod);
}

bool is_pod_ready(const Value& pod) {
  return find_condition(pod, "Ready").text("status") == "True";
}

std::optional<WallTime> pod_ready_since(const Value& pod) {
  const Value ready = find_condition(pod, "Ready");
  if (ready.text("status") != "True") {
    return std::nullopt;
  }
  return parse_rfc3339(ready.text("lastTransitionTime"));
}

bool is_pod_available(const Value& pod, std::chrono::seconds least, WallTime now) {
  if (!is_pod_ready(pod)) {
    return false;
  }
  if (least <= std::chrono::seconds::zero()) {
    return true;
  }
  const auto since = pod_ready_since(pod);
  return since && *since + least <= now;
}

}  // namespace pintle::sdk
