// The node lifecycle controller; see lifecycle.hpp.

#include "plugins/controller_node_lifecycle/lifecycle.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/controller_node_lifecycle/eviction.hpp"

namespace pintle::controller_node_lifecycle {
namespace {

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

sdk::Path node_path(const std::string& name, std::string_view subresource = "") {
  return {.resource = "nodes", .name = name, .subresource = std::string(subresource)};
}

sdk::Path pod_path(const sdk::ObjectHandle& pod, std::string_view subresource = "") {
  return {.resource = "pods",
          .ns = std::string(pod.ns()),
          .name = std::string(pod.name()),
          .subresource = std::string(subresource)};
}

sdk::Value find_condition(const sdk::Value& object, std::string_view type) {
  for (const auto condition : object.at("status", "conditions")) {
    if (condition.text("type") == type) {
      return condition;
    }
  }
  return {};
}

std::string zone_of(const sdk::Value& node) {
  const auto labels = node.at("metadata", "labels");
  return concat({labels.text("topology.kubernetes.io/region"), ":",
                 labels.text("topology.kubernetes.io/zone")});
}

std::string zone_of(const Json& node) {
  const auto& labels = object_at(node, {"metadata", "labels"});
  const auto label = [&labels](std::string_view key) {
    const Json* value = labels.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
  };
  return concat(
      {label("topology.kubernetes.io/region"), ":", label("topology.kubernetes.io/zone")});
}

/// True if the node bears one of our own taints that move pods.
bool is_being_emptied(const Json& node) {
  for (const auto& taint : array_at(node, {"spec", "taints"})) {
    const auto key = text_at(taint, {"key"});
    if (text_at(taint, {"effect"}) == "NoExecute" && (key == kNotReady || key == kUnreachable)) {
      return true;
    }
  }
  return false;
}

bool is_over(const sdk::ObjectHandle& pod) {
  const auto phase = pod.text("status", "phase");
  return phase == "Succeeded" || phase == "Failed";
}

/// A merge patch can't change one element of a list: it brings the whole list of conditions.
JsonArray with_condition(const sdk::ObjectHandle& pod, Json condition) {
  JsonArray conditions;
  for (const auto known : pod.at("status", "conditions")) {
    if (known.text("type") != text_at(condition, {"type"})) {
      conditions.push_back(known.to_json());
    }
  }
  conditions.push_back(std::move(condition));
  return conditions;
}

Result<void> status_only(Result<Json> result) {
  return result.ok() || result.error().code == Code::kNotFound ? Result<void>()
                                                               : Result<void>(result.error());
}

}  // namespace

Result<std::unique_ptr<NodeLifecycle>> NodeLifecycle::make(sdk::Host& host, const Json& config) {
  Periods periods;
  sdk::Settings settings(config);
  settings.seconds("monitor_seconds", periods.monitor, {1, 3600})
      .seconds("grace_seconds", periods.grace, {1, 86'400})
      .seconds("startup_grace_seconds", periods.startup_grace, {1, 86'400});
  PINTLE_TRY_STATUS(settings.finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<NodeLifecycle>(host, periods, system_clock());
  made->start();
  return made;
}

NodeLifecycle::NodeLifecycle(sdk::Host& host, Periods periods, const Clock& clock)
    : host_(host),
      periods_(periods),
      clock_(clock),
      client_(host),
      events_(host, {.component = "node-controller", .host = ""}, clock),
      reconciler_(
          host, "node_lifecycle", clock,
          [this](const std::string& node, const std::stop_token&) { return reconcile(node); }),
      leases_(host,
              {.group = "coordination.k8s.io", .resource = "leases", .ns = "kube-node-lease"}),
      pods_(host, {.resource = "pods"},
            {.added = [this](const auto& pod) { pod_changed(pod); },
             .modified = [this](const auto&, const auto& pod) { pod_changed(pod); }}),
      nodes_(host, {.resource = "nodes"},
             {.added = [this](const auto& node) { reconciler_.add(std::string(node.name())); },
              .modified = [this](const auto&,
                                 const auto& node) { reconciler_.add(std::string(node.name())); },
              .deleted = [this](const auto& node) { node_gone(std::string(node.name())); }}) {}

NodeLifecycle::~NodeLifecycle() {
  nodes_.stop();
  pods_.stop();
  leases_.stop();
  reconciler_.stop();
}

void NodeLifecycle::start() {
  leases_.start();
  pods_.start();
  nodes_.start();
  reconciler_.start();
}

bool NodeLifecycle::wait_synced(const std::stop_token& stop) const {
  return leases_.wait_synced(stop) && pods_.wait_synced(stop) && nodes_.wait_synced(stop);
}

void NodeLifecycle::pod_changed(const sdk::ObjectHandle& pod) {
  const std::string name(pod.text("spec", "nodeName"));
  if (name.empty()) {
    return;
  }
  const auto node = nodes_.find("", name);
  if (node && moves_pods(node.root())) {
    reconciler_.add(name);
  }
}

void NodeLifecycle::node_gone(const std::string& name) {
  const std::lock_guard lock(mutex_);
  heard_.erase(name);
  tainted_since_.erase(name);
}

Result<void> NodeLifecycle::reconcile(const std::string& name) {
  const auto node = nodes_.find("", name);
  if (!node || node.has("metadata", "deletionTimestamp")) {
    return {};
  }
  reconciler_.add_after(name, periods_.monitor);
  PINTLE_TRY(const Json judged, judge(node, is_silent(node)));

  PINTLE_TRY_STATUS(write_taints(judged));
  if (moves_pods(node.root())) {
    return look_after_pods(node);
  }
  const std::lock_guard lock(mutex_);
  tainted_since_.erase(name);
  return {};
}

bool NodeLifecycle::is_silent(const sdk::ObjectHandle& node) {
  const std::string name(node.name());
  const auto lease = leases_.find("kube-node-lease", name);
  const auto ready = find_condition(node.root(), "Ready");
  // What we wrote ourselves is no word of the node's.
  const bool posted = ready && ready.text("reason") != "NodeStatusNeverUpdated";
  const std::string words =
      concat({lease.text("spec", "renewTime"), " ", ready.text("lastHeartbeatTime")});
  const SteadyTime now = clock_.steady();

  const std::lock_guard lock(mutex_);
  auto [held, is_new] = heard_.try_emplace(name, Heard{words, now, posted});
  Heard& heard = held->second;
  if (heard.words != words) {
    heard.words = words;
    heard.at = now;
  }
  heard.ever = heard.ever || posted;
  return now - heard.at > (heard.ever ? periods_.grace : periods_.startup_grace);
}

/// The node as it should be shown; written where that is news.
Result<Json> NodeLifecycle::judge(const sdk::ObjectHandle& node, bool silent) {
  Json judged = node.to_json();
  if (!silent) {
    return judged;
  }
  const bool was_ready = condition_status(judged, "Ready") == "True";
  if (mark_unknown(judged, to_rfc3339(clock_.now()))) {
    const std::string name(node.name());
    PINTLE_TRY(judged, client_.update(node_path(name, "status"), judged));
    if (was_ready) {
      events_.record(sdk::EventTarget::of(node.root()), sdk::EventType::kNormal, "NodeNotReady",
                     concat({"Node ", name, " status is now: NodeNotReady"}));
      PINTLE_TRY_STATUS(mark_pods_not_ready(name));
    }
  }
  return judged;
}

Result<void> NodeLifecycle::write_taints(const Json& node) {
  const bool may_move = may_move_pods(node);
  Json tainted = node;
  if (!set_taints(tainted, wanted_taints(node, may_move), to_rfc3339(clock_.now()))) {
    return {};
  }
  const bool begins_to_move = may_move && !is_being_emptied(node);
  const auto written =
      client_.update(node_path(std::string(text_at(node, {"metadata", "name"}))), tainted);
  if (written.ok() && begins_to_move) {
    const std::lock_guard lock(mutex_);
    last_moved_[zone_of(node)] = clock_.steady();
  }
  return status_only(written);
}

/// Nodes lose their pods one after the other, at their zone's pace, and none does while every node
/// is down: then it is more likely that we are the ones cut off.
bool NodeLifecycle::may_move_pods(const Json& node) {
  if (condition_status(node, "Ready") == "True") {
    return false;
  }
  if (is_being_emptied(node)) {
    return true;
  }
  const auto all = zones();
  if (std::ranges::all_of(all, [](const auto& zone) { return zone.second.is_fully_down(); })) {
    return false;
  }
  const std::string zone = zone_of(node);
  const auto state = all.find(zone);
  const auto pace = state == all.end() ? Zone().pace() : state->second.pace();
  const std::lock_guard lock(mutex_);
  const auto last = last_moved_.find(zone);
  return pace && (last == last_moved_.end() || clock_.steady() - last->second >= *pace);
}

std::map<std::string, Zone> NodeLifecycle::zones() const {
  std::map<std::string, Zone> all;
  nodes_.for_each([&all](const sdk::ObjectHandle& node) {
    Zone& zone = all[zone_of(node.root())];
    const bool ready = find_condition(node.root(), "Ready").text("status") == "True";
    ++(ready ? zone.ready : zone.not_ready);
  });
  return all;
}

std::vector<sdk::ObjectHandle> NodeLifecycle::pods_on(const std::string& node) const {
  std::vector<sdk::ObjectHandle> pods;
  pods_.for_each([&](const sdk::ObjectHandle& pod) {
    if (pod.text("spec", "nodeName") == node) {
      pods.push_back(pod);
    }
  });
  return pods;
}

Result<void> NodeLifecycle::mark_pods_not_ready(const std::string& node) {
  for (const auto& pod : pods_on(node)) {
    const auto ready = find_condition(pod.root(), "Ready");
    if (ready.text("status") != "True") {
      continue;
    }
    Json condition = ready.to_json();
    condition.as_object()["status"] = "False";
    condition.as_object()["lastTransitionTime"] = to_rfc3339(clock_.now());
    const Json change = {{"metadata", {{"uid", pod.uid()}}},
                         {"status", {{"conditions", with_condition(pod, std::move(condition))}}}};
    PINTLE_TRY_STATUS(
        status_only(client_.patch(pod_path(pod, "status"), sdk::PatchKind::kMerge, change)));
    events_.record(sdk::EventTarget::of(pod.root()), sdk::EventType::kWarning, "NodeNotReady",
                   "Node is not ready");
  }
  return {};
}

std::map<std::string, WallTime> NodeLifecycle::note_tainted(
    const std::string& node, const std::vector<sdk::ObjectHandle>& pods) {
  const WallTime now = clock_.now();
  std::map<std::string, WallTime> since;
  const std::lock_guard lock(mutex_);
  auto& known = tainted_since_[node];
  for (const auto& pod : pods) {
    const std::string uid(pod.uid());
    const auto seen = known.find(uid);
    since.emplace(uid, seen == known.end() ? now : seen->second);
  }
  known = since;
  return since;
}

Result<void> NodeLifecycle::look_after_pods(const sdk::ObjectHandle& node) {
  const std::string name(node.name());
  const auto pods = pods_on(name);
  const auto since = note_tainted(name, pods);
  const WallTime now = clock_.now();
  for (const auto& pod : pods) {
    const auto end = must_go_at(pod.root(), node.root(), since.at(std::string(pod.uid())));
    if (!end || is_over(pod) || pod.has("metadata", "deletionTimestamp")) {
      continue;
    }
    if (*end <= now) {
      PINTLE_TRY_STATUS(evict(pod));
      continue;
    }
    reconciler_.add_after(name, std::chrono::ceil<std::chrono::milliseconds>(*end - now));
  }
  return {};
}

Result<void> NodeLifecycle::evict(const sdk::ObjectHandle& pod) {
  events_.record(sdk::EventTarget::of(pod.root()), sdk::EventType::kNormal, "TaintManagerEviction",
                 concat({"Marking for deletion Pod ", pod.ns(), "/", pod.name()}));
  Json condition = {{"type", "DisruptionTarget"},
                    {"status", "True"},
                    {"reason", "DeletionByTaintManager"},
                    {"message", "Taint manager: deleting due to NoExecute taint"},
                    {"lastTransitionTime", to_rfc3339(clock_.now())}};
  const Json change = {{"metadata", {{"uid", pod.uid()}}},
                       {"status", {{"conditions", with_condition(pod, std::move(condition))}}}};
  PINTLE_TRY_STATUS(
      status_only(client_.patch(pod_path(pod, "status"), sdk::PatchKind::kMerge, change)));
  const auto gone = client_.remove(pod_path(pod), {{"preconditions", {{"uid", pod.uid()}}}});
  return gone.ok() || gone.error().code == Code::kNotFound ? Result<void>() : gone;
}

}  // namespace pintle::controller_node_lifecycle

PINTLE_PLUGIN("controller_node_lifecycle", "0.1.0",
              pintle::controller_node_lifecycle::NodeLifecycle)
