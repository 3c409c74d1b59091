// What kubectl get pods shows. Source: printers/internalversion printPod, v1.33.

#include <algorithm>

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

bool is_true(const Json& object, std::string_view key) {
  const Json* value = find_member(object, key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const Json* find_named(const JsonArray& items, std::string_view name) {
  for (const Json& item : items) {
    if (text_at(item, {"name"}) == name) {
      return &item;
    }
  }
  return nullptr;
}

/// An init container that keeps running beside the others: a sidecar.
bool is_sidecar(const Json& pod, std::string_view name) {
  const Json* container = find_named(array_at(pod, {"spec", "initContainers"}), name);
  return container != nullptr && text_at(*container, {"restartPolicy"}) == "Always";
}

bool has_condition(const Json& pod, std::string_view type, std::string_view status) {
  for (const Json& condition : array_at(pod, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == type) {
      return text_at(condition, {"status"}) == status;
    }
  }
  return false;
}

bool has_reason(const Json& pod, std::string_view type, std::string_view reason) {
  for (const Json& condition : array_at(pod, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == type && text_at(condition, {"reason"}) == reason) {
      return true;
    }
  }
  return false;
}

/// "ExitCode:1", "Signal:9", or the reason the runtime gave.
std::string termination_text(const Json& terminated) {
  const auto reason = text_at(terminated, {"reason"});
  if (!reason.empty()) {
    return std::string(reason);
  }
  const auto signal = integer_at(terminated, {"signal"}).value_or(0);
  return signal != 0
             ? "Signal:" + std::to_string(signal)
             : "ExitCode:" + std::to_string(integer_at(terminated, {"exitCode"}).value_or(0));
}

/// What one look over the container statuses yields.
struct Seen {
  std::string reason;
  std::int64_t restarts = 0;
  std::int64_t sidecar_restarts = 0;
  std::optional<WallTime> last_restart;
  std::optional<WallTime> last_sidecar_restart;
  std::size_t ready = 0;
  std::size_t total = 0;
  bool initializing = false;
};

void note_restart(const Json& status, std::optional<WallTime>& latest) {
  const auto finished = parse_rfc3339(text_at(status, {"lastState", "terminated", "finishedAt"}));
  if (finished && (!latest || *latest < *finished)) {
    latest = finished;
  }
}

/// Why `status` keeps the pod initializing; "" if it does not.
std::string init_reason(const Json& pod, const Json& status, std::size_t index) {
  const Json* terminated = find_path(status, {"state", "terminated"});
  if (terminated != nullptr) {
    return integer_at(*terminated, {"exitCode"}).value_or(0) == 0
               ? ""
               : "Init:" + termination_text(*terminated);
  }
  if (is_sidecar(pod, text_at(status, {"name"})) && is_true(status, "started")) {
    return "";
  }
  const auto waiting = text_at(status, {"state", "waiting", "reason"});
  if (!waiting.empty() && waiting != "PodInitializing") {
    return concat({"Init:", waiting});
  }
  return concat({"Init:", std::to_string(index), "/",
                 std::to_string(array_at(pod, {"spec", "initContainers"}).size())});
}

void look_at_init(const Json& pod, Seen& seen) {
  std::size_t index = 0;
  for (const Json& status : array_at(pod, {"status", "initContainerStatuses"})) {
    seen.restarts += integer_at(status, {"restartCount"}).value_or(0);
    note_restart(status, seen.last_restart);
    if (is_sidecar(pod, text_at(status, {"name"}))) {
      seen.sidecar_restarts += integer_at(status, {"restartCount"}).value_or(0);
      note_restart(status, seen.last_sidecar_restart);
      seen.ready += is_true(status, "ready") && is_true(status, "started") ? 1 : 0;
    }
    const std::string reason = init_reason(pod, status, index++);
    if (!reason.empty()) {
      seen.reason = reason;
      seen.initializing = true;
      return;
    }
  }
}

void look_at_containers(const Json& pod, Seen& seen) {
  seen.restarts = seen.sidecar_restarts;
  seen.last_restart = seen.last_sidecar_restart;
  bool has_running = false;
  const JsonArray& statuses = array_at(pod, {"status", "containerStatuses"});
  for (auto at = statuses.end(); at != statuses.begin();) {
    const Json& status = *--at;
    seen.restarts += integer_at(status, {"restartCount"}).value_or(0);
    note_restart(status, seen.last_restart);
    const auto waiting = text_at(status, {"state", "waiting", "reason"});
    const Json* terminated = find_path(status, {"state", "terminated"});
    const bool running = find_path(status, {"state", "running"}) != nullptr;
    if (!waiting.empty()) {
      seen.reason = waiting;
    } else if (terminated != nullptr && !terminated->is_null()) {
      seen.reason = termination_text(*terminated);
    } else if (is_true(status, "ready") && running) {
      has_running = true;
      ++seen.ready;
    }
  }
  if (seen.reason == "Completed" && has_running) {
    seen.reason = has_condition(pod, "Ready", "True") ? "Running" : "NotReady";
  }
}

Seen look_at(const Json& pod) {
  Seen seen;
  seen.total = array_at(pod, {"spec", "containers"}).size();
  for (const Json& container : array_at(pod, {"spec", "initContainers"})) {
    seen.total += text_at(container, {"restartPolicy"}) == "Always" ? 1 : 0;
  }
  const auto reason = text_at(pod, {"status", "reason"});
  seen.reason = reason.empty() ? text_at(pod, {"status", "phase"}) : reason;
  if (has_reason(pod, "PodScheduled", "SchedulingGated")) {
    seen.reason = "SchedulingGated";
  }
  look_at_init(pod, seen);
  if (!seen.initializing || has_condition(pod, "Initialized", "True")) {
    look_at_containers(pod, seen);
  }
  if (!text_at(pod, {"metadata", "deletionTimestamp"}).empty()) {
    const auto phase = text_at(pod, {"status", "phase"});
    if (reason == "NodeLost") {
      seen.reason = "Unknown";
    } else if (phase != "Succeeded" && phase != "Failed") {
      seen.reason = "Terminating";
    }
  }
  return seen;
}

std::string pod_ready(const CellInput& in) {
  const Seen seen = look_at(in.object);
  return concat({std::to_string(seen.ready), "/", std::to_string(seen.total)});
}

std::string pod_status(const CellInput& in) {
  return look_at(in.object).reason;
}

std::string pod_restarts(const CellInput& in) {
  const Seen seen = look_at(in.object);
  std::string text = std::to_string(seen.restarts);
  if (seen.restarts != 0 && seen.last_restart) {
    const auto since = std::chrono::floor<std::chrono::seconds>(in.now - *seen.last_restart);
    text += concat({" (", to_human_duration(since), " ago)"});
  }
  return text;
}

std::string pod_gates(const CellInput& in) {
  const JsonArray& gates = array_at(in.object, {"spec", "readinessGates"});
  if (gates.empty()) {
    return "<none>";
  }
  const auto open = std::count_if(gates.begin(), gates.end(), [&in](const Json& gate) {
    return has_condition(in.object, text_at(gate, {"conditionType"}), "True");
  });
  return concat({std::to_string(open), "/", std::to_string(gates.size())});
}

}  // namespace

std::vector<NamedPrinter> pod_printers() {
  return {{"pod_ready", pod_ready},
          {"pod_status", pod_status},
          {"pod_restarts", pod_restarts},
          {"pod_gates", pod_gates}};
}

}  // namespace pintle::api
