// Computes container statuses, phase and conditions.

#include "plugins/kubelet/status.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::kubelet {
namespace {

JsonObject terminated_of(const ContainerStatus& run, const StatusInput& input) {
  JsonObject state{{"exitCode", run.exit_code}};
  constexpr int kSignalBase = 128;
  auto reason = run.reason;
  if (reason.empty()) {
    reason = run.exit_code == 0 ? "Completed" : "Error";
  }
  state["reason"] = reason;
  if (run.exit_code > kSignalBase && run.exit_code < kSignalBase + 65 && reason == "Signaled") {
    state["signal"] = run.exit_code - kSignalBase;
  }
  auto message = input.termination_message(run);
  if (message.empty()) {
    message = run.message;
  }
  if (!message.empty()) {
    state["message"] = message;
  }
  state["startedAt"] = run.started_at_ns > 0 ? Json(time_text(run.started_at_ns)) : Json(nullptr);
  state["finishedAt"] = time_text(run.finished_at_ns);
  state["containerID"] = "containerd://" + run.state.id;
  return state;
}

JsonObject waiting_of(const Waiting& waiting) {
  JsonObject state{{"reason", waiting.reason}};
  if (!waiting.message.empty()) {
    state["message"] = waiting.message;
  }
  return state;
}

Json last_status_of(const Json& previous, std::string_view list, std::string_view name) {
  for (const auto& status : array_at(previous, {list})) {
    if (name_of(status) == name) {
      return status;
    }
  }
  return nullptr;
}

/// state and lastState of a container that has run.
void add_states(JsonObject& status, const std::vector<ContainerStatus>& runs,
                const StatusInput& input, std::string_view name) {
  const auto& run = runs.front();
  const auto waiting = input.waiting.find(name);
  JsonObject state;
  JsonObject last;
  if (runs.size() > 1 && has_exited(&runs[1])) {
    last["terminated"] = terminated_of(runs[1], input);
  }
  switch (run.state.phase) {
    case ContainerPhase::kRunning:
      state["running"] = JsonObject{{"startedAt", time_text(run.started_at_ns)}};
      break;
    case ContainerPhase::kExited:
      if (waiting != input.waiting.end() && !input.is_terminating) {
        state["waiting"] = waiting_of(waiting->second);
        last["terminated"] = terminated_of(run, input);
      } else {
        state["terminated"] = terminated_of(run, input);
      }
      break;
    case ContainerPhase::kCreated:
    case ContainerPhase::kUnknown:
      state["waiting"] = waiting != input.waiting.end()
                             ? waiting_of(waiting->second)
                             : JsonObject{{"reason", "ContainerCreating"}};
      break;
  }
  status["state"] = std::move(state);
  status["lastState"] = std::move(last);
}

/// A container that has not run yet, or whose runs are gone from the runtime.
void add_first_states(JsonObject& status, const Json& before, const StatusInput& input,
                      std::string_view name, bool is_init) {
  const auto* ended = find_path(before, {"state", "terminated"});
  const auto* ran = find_path(before, {"state", "running"});
  if (ended != nullptr) {
    status["state"] = JsonObject{{"terminated", *ended}};
    status["lastState"] = *find_member(before, "lastState");
    return;
  }
  if (ran != nullptr && input.is_terminating) {
    // Source: kubelet's ContainerStatusUnknown for runs that vanished.
    status["state"] = JsonObject{
        {"terminated",
         JsonObject{{"exitCode", 137},
                    {"reason", "ContainerStatusUnknown"},
                    {"message", "The container could not be located when the pod was terminated"},
                    {"startedAt", nullptr},
                    {"finishedAt", nullptr}}}};
    status["lastState"] = JsonObject{};
    return;
  }
  const auto waiting = input.waiting.find(name);
  const bool waits_for_init = !is_init && !init_containers_of(input.pod.json()).empty();
  status["state"] = JsonObject{
      {"waiting",
       waiting != input.waiting.end()
           ? waiting_of(waiting->second)
           : JsonObject{{"reason", waits_for_init ? "PodInitializing" : "ContainerCreating"}}}};
  status["lastState"] = JsonObject{};
}

JsonObject container_status(const Json& container, std::string_view list,
                            const StatusInput& input) {
  const std::string name(name_of(container));
  const bool is_init = list == "initContainerStatuses";
  const auto before = last_status_of(input.previous, list, name);
  const auto found = input.view.runs.find(name);
  const bool has_run = found != input.view.runs.end() && !found->second.empty();
  const ContainerStatus* run = has_run ? &found->second.front() : nullptr;

  JsonObject status{{"name", name}};
  if (has_run) {
    add_states(status, found->second, input, name);
  } else {
    add_first_states(status, before, input, name, is_init);
  }
  const bool runs_on = is_running(run) && input.is_started(run->state.id);
  const bool is_done = is_init && !is_sidecar(container) &&
                       integer_at(Json(status), {"state", "terminated", "exitCode"}) == 0;
  const bool is_up = is_running(run) && (!is_init || is_sidecar(container));
  status["ready"] = is_done || (is_up && runs_on && input.is_ready(run->state.id));
  status["restartCount"] = run != nullptr ? static_cast<std::int64_t>(restarts_of(*run))
                                          : integer_at(before, {"restartCount"}).value_or(0);
  const bool has_name = run != nullptr && !run->image.empty() && !run->image.starts_with("sha256:");
  status["image"] = has_name ? run->image : std::string(text_at(container, {"image"}));
  status["imageID"] = run != nullptr ? run->image_ref : std::string(text_at(before, {"imageID"}));
  const auto id = run != nullptr ? "containerd://" + run->state.id
                                 : std::string(text_at(before, {"containerID"}));
  if (!id.empty()) {
    status["containerID"] = id;
  }
  status["started"] = is_up && runs_on;
  return status;
}

// ---- phase
// ------------------------------------------------------------------------------------------

struct Counts {
  int unfinished_init = 0;
  int failed_init = 0;
  int waiting = 0;
  int running = 0;
  int stopped = 0;
  int succeeded = 0;
};

Counts count(const Json& pod, const JsonArray& init, const JsonArray& mains) {
  Counts counts;
  for (std::size_t i = 0; i < init.size(); ++i) {
    const auto& container = init_containers_of(pod)[i];
    const auto exit_code = integer_at(init[i], {"state", "terminated", "exitCode"});
    const auto last_code = integer_at(init[i], {"lastState", "terminated", "exitCode"});
    if (is_sidecar(container)) {
      const auto* started = find_member(init[i], "started");
      const bool is_started = started != nullptr && started->as_bool();
      counts.unfinished_init += is_started || exit_code ? 0 : 1;
    } else if (exit_code) {
      counts.failed_init += *exit_code != 0 ? 1 : 0;
      counts.unfinished_init += *exit_code != 0 ? 1 : 0;
    } else {
      counts.failed_init += last_code && *last_code != 0 ? 1 : 0;
      counts.unfinished_init += 1;
    }
  }
  for (const auto& status : mains) {
    const auto exit_code = integer_at(status, {"state", "terminated", "exitCode"});
    if (find_path(status, {"state", "running"}) != nullptr) {
      counts.running += 1;
    } else if (exit_code) {
      counts.stopped += 1;
      counts.succeeded += *exit_code == 0 ? 1 : 0;
    } else if (find_path(status, {"lastState", "terminated"}) != nullptr) {
      counts.stopped += 1;
    } else {
      counts.waiting += 1;
    }
  }
  return counts;
}

std::string_view phase_of(const Json& pod, const Counts& counts, bool is_terminated) {
  const auto policy = restart_policy_of(pod);
  if (counts.failed_init > 0 && policy == "Never") {
    return "Failed";
  }
  if (is_terminated && counts.running == 0) {
    return counts.stopped > 0 && counts.waiting == 0 && counts.stopped == counts.succeeded
               ? "Succeeded"
               : "Failed";
  }
  // Mains that began prove that their forerunners were done once.
  if (counts.unfinished_init > 0 && counts.running + counts.stopped == 0) {
    return "Pending";
  }
  if (counts.waiting > 0) {
    return "Pending";
  }
  if (counts.running > 0) {
    return "Running";
  }
  if (counts.stopped == 0) {
    return "Pending";
  }
  if (policy == "Always") {
    return "Running";
  }
  if (counts.stopped == counts.succeeded) {
    return "Succeeded";
  }
  return policy == "Never" ? "Failed" : "Running";
}

// ---- conditions
// -------------------------------------------------------------------------------------

struct Condition {
  std::string_view type;
  bool is_true = false;
  std::string reason;
  std::string message;
};

Json to_json(const Condition& condition, const StatusInput& input) {
  const auto* status = condition.is_true ? "True" : "False";
  auto changed = to_rfc3339(input.now);
  for (const auto& before : array_at(input.previous, {"conditions"})) {
    if (text_at(before, {"type"}) == condition.type && text_at(before, {"status"}) == status &&
        !text_at(before, {"lastTransitionTime"}).empty()) {
      changed = text_at(before, {"lastTransitionTime"});
    }
  }
  JsonObject made{{"type", condition.type},
                  {"status", status},
                  {"lastProbeTime", nullptr},
                  {"lastTransitionTime", changed}};
  if (!condition.reason.empty()) {
    made["reason"] = condition.reason;
  }
  if (!condition.message.empty()) {
    made["message"] = condition.message;
  }
  return made;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const auto& name : names) {
    text += (text.size() > 1 ? " " : "") + name;
  }
  return text + "]";
}

std::vector<std::string> unready(const JsonArray& statuses) {
  std::vector<std::string> names;
  for (const auto& status : statuses) {
    if (!find_member(status, "ready")->as_bool()) {
      names.emplace_back(name_of(status));
    }
  }
  return names;
}

Condition ready_condition(std::string_view type, const Json& pod, const JsonArray& init,
                          const JsonArray& mains, std::string_view phase) {
  auto names = unready(mains);
  for (std::size_t i = 0; i < init.size(); ++i) {
    if (is_sidecar(init_containers_of(pod)[i]) && !find_member(init[i], "ready")->as_bool()) {
      names.emplace_back(name_of(init[i]));
    }
  }
  if (phase == "Succeeded") {
    return {type, false, "PodCompleted", ""};
  }
  if (phase == "Failed") {
    return {type, false, "PodFailed", ""};
  }
  if (names.empty()) {
    return {type, true, "", ""};
  }
  return {type, false, "ContainersNotReady", "containers with unready status: " + listed(names)};
}

Condition gate_condition(Condition ready, const Json& pod, const Json& previous) {
  if (!ready.is_true) {
    return ready;
  }
  for (const auto& gate : array_at(pod, {"spec", "readinessGates"})) {
    const auto type = text_at(gate, {"conditionType"});
    bool holds = false;
    for (const auto& condition : array_at(previous, {"conditions"})) {
      holds = holds ||
              (text_at(condition, {"type"}) == type && text_at(condition, {"status"}) == "True");
    }
    if (!holds) {
      return {ready.type, false, "ReadinessGatesNotReady",
              concat({"corresponding condition of pod readiness gate \"", type,
                      "\" does not exist or is not \"True\"."})};
    }
  }
  return ready;
}

Condition initialized_condition(const Json& pod, const JsonArray& init, const Counts& counts,
                                std::string_view phase) {
  if (phase == "Succeeded") {
    return {"Initialized", true, "PodCompleted", ""};
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < init.size(); ++i) {
    const auto* flag =
        find_member(init[i], is_sidecar(init_containers_of(pod)[i]) ? "started" : "ready");
    if (!flag->as_bool()) {
      names.emplace_back(name_of(init[i]));
    }
  }
  if (names.empty() || counts.running + counts.stopped > 0) {
    return {"Initialized", true, "", ""};
  }
  return {"Initialized", false, "ContainersNotInitialized",
          "containers with incomplete status: " + listed(names)};
}

JsonArray make_conditions(const StatusInput& input, const JsonArray& init, const JsonArray& mains,
                          const Counts& counts, std::string_view phase) {
  const auto& pod = input.pod.json();
  const bool has_sandbox = input.view.current && input.view.current->state.ready &&
                           (is_on_host_network(pod) || !input.view.current->ips.empty());
  const auto ready = ready_condition("Ready", pod, init, mains, phase);
  JsonArray conditions;
  conditions.push_back(to_json({"PodReadyToStartContainers", has_sandbox, "", ""}, input));
  conditions.push_back(to_json(initialized_condition(pod, init, counts, phase), input));
  conditions.push_back(to_json(gate_condition(ready, pod, input.previous), input));
  conditions.push_back(to_json(ready_condition("ContainersReady", pod, init, mains, phase), input));
  conditions.push_back(to_json({"PodScheduled", true, "", ""}, input));
  for (const auto& other : array_at(input.previous, {"conditions"})) {
    if (std::ranges::find(kOwnConditions, text_at(other, {"type"})) == std::end(kOwnConditions)) {
      conditions.push_back(other);
    }
  }
  return conditions;
}

void add_addresses(JsonObject& status, const StatusInput& input) {
  if (!input.node.ip.empty()) {
    status["hostIP"] = input.node.ip;
    status["hostIPs"] = JsonArray{JsonObject{{"ip", input.node.ip}}};
  }
  auto ips = input.view.ips();
  if (is_on_host_network(input.pod.json()) && input.view.current && !input.node.ip.empty()) {
    ips = {input.node.ip};
  }
  if (ips.empty()) {
    const std::string before(text_at(input.previous, {"podIP"}));
    if (before.empty() || !input.is_terminating) {
      return;
    }
    ips = {before};
  }
  status["podIP"] = ips.front();
  JsonArray all;
  for (const auto& ip : ips) {
    all.push_back(JsonObject{{"ip", ip}});
  }
  status["podIPs"] = std::move(all);
}

}  // namespace

Json make_status(const StatusInput& input) {
  const auto& pod = input.pod.json();
  JsonArray init;
  for (const auto& container : init_containers_of(pod)) {
    init.push_back(container_status(container, "initContainerStatuses", input));
  }
  JsonArray mains;
  for (const auto& container : containers_of(pod)) {
    mains.push_back(container_status(container, "containerStatuses", input));
  }
  const auto counts = count(pod, init, mains);
  const auto phase = input.failure ? "Failed" : phase_of(pod, counts, input.is_terminated);
  JsonObject status{{"phase", phase}};
  status["conditions"] = make_conditions(input, init, mains, counts, phase);
  add_addresses(status, input);
  status["startTime"] = input.start_time;
  status["qosClass"] = qos_class_of(pod);
  if (!init.empty()) {
    status["initContainerStatuses"] = std::move(init);
  }
  status["containerStatuses"] = std::move(mains);
  if (input.failure) {
    status["reason"] = input.failure->reason;
    status["message"] = input.failure->message;
  }
  return status;
}

}  // namespace pintle::kubelet
