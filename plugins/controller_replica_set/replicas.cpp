// Replicas: keeps as many pods as are asked for; see replicas.hpp.

#include "plugins/controller_replica_set/replicas.hpp"

#include <algorithm>
#include <map>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/pods.hpp"
#include "plugins/controller_replica_set/ranking.hpp"
#include "plugins/controller_replica_set/status.hpp"

namespace pintle::controller_replica_set {
namespace {

using sdk::EventTarget;
using sdk::EventType;
using sdk::ObjectHandle;
using sdk::Value;

// Source: pkg/controller/replicaset BurstReplicas, pkg/controller SlowStartInitialBatchSize.
constexpr std::size_t kBurst = 500;
constexpr std::size_t kFirstBatch = 1;
constexpr std::size_t kNameBytesMax = 253;
// The indexes of owners_.
constexpr std::size_t kByNamespace = 0;
constexpr std::size_t kByController = 1;

/// What a pod has to do with its controller: nothing else of it is looked at until it is deleted.
bool matters(const ObjectHandle& before, const ObjectHandle& now) {
  const Value was = before.root();
  const Value is = now.root();
  return sdk::is_pod_active(was) != sdk::is_pod_active(is) ||
         sdk::is_pod_ready(was) != sdk::is_pod_ready(is) ||
         sdk::pod_ready_since(was) != sdk::pod_ready_since(is) ||
         sdk::controller_of(before).text("uid") != sdk::controller_of(now).text("uid") ||
         sdk::labels_of(was) != sdk::labels_of(is);
}

/// The pod that `owner` makes of its template.
/// Source: pkg/controller GetPodFromTemplate.
Json pod_of(const ObjectHandle& owner, const ReplicaKind& kind) {
  const Value pod_template = owner.at("spec", "template");
  const std::string name(owner.name());
  JsonObject metadata{{"generateName", name.size() < kNameBytesMax ? name + "-" : name},
                      {"namespace", owner.ns()}};
  for (const std::string_view part : {"labels", "annotations", "finalizers"}) {
    const Value value = pod_template.at("metadata", part);
    if (!value.empty()) {
      metadata.emplace(part, value.to_json());
    }
  }
  metadata.emplace("ownerReferences",
                   JsonArray{sdk::controller_reference(owner, kind.api_version, kind.kind)});
  return JsonObject{{"apiVersion", "v1"},
                    {"kind", "Pod"},
                    {"metadata", std::move(metadata)},
                    {"spec", pod_template.at("spec").to_json()}};
}

std::vector<std::string> namespace_of(const ObjectHandle& object) {
  return {std::string(object.ns())};
}

}  // namespace

Replicas::Replicas(sdk::Host& host, const ReplicaKind& kind, const sdk::Informer& pods,
                   const Clock& clock)
    : kind_(kind),
      pods_(pods),
      clock_(clock),
      client_(host),
      events_(host, {.component = std::string(kind.component), .host = ""}, clock),
      pending_(clock),
      reconciler_(host, std::string(kind.component), clock,
                  [this](const std::string& key, const std::stop_token& stop) {
                    // Before all pods are known, there would seem to be too few.
                    const bool ready = pods_.wait_synced(stop) && wait_synced(stop);
                    return ready ? reconcile(key) : Result<void>();
                  }),
      owners_(host, {.group = std::string(kind.group), .resource = std::string(kind.resource)},
              {.added = [this](const auto& owner) { reconciler_.add(sdk::key_of(owner)); },
               .modified = [this](const auto&,
                                  const auto& owner) { reconciler_.add(sdk::key_of(owner)); },
               .deleted = [this](const auto& owner) { reconciler_.add(sdk::key_of(owner)); }},
              {.indexes = {namespace_of, sdk::owner_keys_of}}) {}

Replicas::~Replicas() {
  stop();
}

void Replicas::start() {
  owners_.start();
  reconciler_.start(kind_.workers);
}

void Replicas::stop() {
  owners_.stop();
  reconciler_.stop();
}

bool Replicas::wait_synced(const std::stop_token& stop) const {
  return owners_.wait_synced(stop);
}

sdk::Path Replicas::path_of(std::string_view ns, std::string_view name) const {
  return {.group = std::string(kind_.group),
          .resource = std::string(kind_.resource),
          .ns = std::string(ns),
          .name = std::string(name)};
}

void Replicas::pod_changed(const ObjectHandle& before, const ObjectHandle& now) {
  if (before && now && !matters(before, now)) {
    return;
  }
  if (before) {
    enqueue_controller(before);
  }
  if (!now) {
    return;
  }
  if (sdk::controller_of(now)) {
    enqueue_controller(now);
  } else {
    enqueue_admirers(now);
  }
}

void Replicas::pods_listed() {
  for (const auto& owner : pending_.owners()) {
    reconciler_.add(owner);
  }
}

void Replicas::enqueue_controller(const ObjectHandle& pod) {
  const Value controller = sdk::controller_of(pod);
  if (controller.text("kind") == kind_.kind) {
    reconciler_.add(sdk::key_of(pod.ns(), controller.text("name")));
  }
}

/// Those whose selector matches a pod that nobody controls.
void Replicas::enqueue_admirers(const ObjectHandle& pod) {
  const TextPairs labels = sdk::labels_of(pod.root());
  if (labels.empty()) {
    return;
  }
  for (const auto& owner : owners_.find_indexed(kByNamespace, pod.ns())) {
    const auto selector = selector_of(owner);
    if (selector.ok() && !selector.value().empty() && selector.value().matches(labels)) {
      reconciler_.add(sdk::key_of(owner));
    }
  }
}

Result<LabelSelector> Replicas::selector_of(const ObjectHandle& owner) const {
  const Json selector = owner.at("spec", "selector").to_json();
  if (kind_.group.empty()) {
    return label_selector_of(JsonObject{{"matchLabels", selector}});
  }
  return label_selector_of(selector);
}

Result<void> Replicas::reconcile(const std::string& key) {
  const auto [ns, name] = sdk::split_key(key);
  // The server's word: a status that the cache shows may be one that we have changed since.
  const auto owner = client_.find(path_of(ns, name));
  if (!owner) {
    pending_.forget(key);
    return {};
  }
  PINTLE_TRY(auto selector, selector_of(owner));
  if (selector.empty()) {
    // It would select everything, and none of the pods it made would be told from another's.
    return {};
  }
  // Asked before the pods are read: what is read later is newer.
  const bool counts = pending_.shows_in(pods_, key);
  PINTLE_TRY(const auto pods, claim_pods(owner, std::move(selector)));
  Result<void> managed;
  if (!counts) {
    reconciler_.add_after(key, sdk::kPendingTimeout);
  } else if (!sdk::is_terminating(owner.root())) {
    managed = manage(key, owner, pods);
  }
  PINTLE_TRY_STATUS(write_status(key, owner, pods, managed));
  return managed;
}

Result<std::vector<ObjectHandle>> Replicas::claim_pods(const ObjectHandle& owner,
                                                       LabelSelector selector) {
  auto candidates = pods_.find_indexed(0, owner.uid());
  const auto orphans = pods_.find_indexed(0, sdk::orphans_key(owner.ns()));
  candidates.insert(candidates.end(), orphans.begin(), orphans.end());
  std::erase_if(candidates, [](const auto& pod) { return !sdk::is_pod_active(pod.root()); });
  return sdk::claim(client_,
                    {.owner = owner,
                     .path = path_of(owner.ns(), owner.name()),
                     .api_version = std::string(kind_.api_version),
                     .kind = std::string(kind_.kind),
                     .selector = std::move(selector)},
                    {.resource = "pods"}, candidates);
}

Result<void> Replicas::manage(const std::string& key, const ObjectHandle& owner,
                              const std::vector<ObjectHandle>& pods) {
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(
      owner.has("spec", "replicas") ? owner.integer("spec", "replicas") : 1, 0));
  if (pods.size() < wanted) {
    return make_pods(key, owner, std::min(wanted - pods.size(), kBurst));
  }
  if (pods.size() > wanted) {
    return delete_pods(key, owner, pods, std::min(pods.size() - wanted, kBurst));
  }
  return {};
}

/// One pod first, then twice as many each time: a template that is refused is refused once, not
/// five hundred times.
Result<void> Replicas::make_pods(const std::string& key, const ObjectHandle& owner,
                                 std::size_t count) {
  const sdk::Call call{.method = "POST",
                       .path = sdk::to_text({.resource = "pods", .ns = std::string(owner.ns())}),
                       .body = to_json(pod_of(owner, kind_))};
  const auto target = EventTarget::of(owner.root());
  std::size_t batch = kFirstBatch;
  while (count > 0) {
    batch = std::min(batch, count);
    std::optional<Error> fault;
    for (const auto& answer : client_.request_all(std::vector<sdk::Call>(batch, call))) {
      if (answer.ok()) {
        PINTLE_TRY(const sdk::Written made, sdk::read_written(answer.value()));
        events_.record(target, EventType::kNormal, "SuccessfulCreate", "Created pod: " + made.name);
        pending_.written(key, sdk::key_of(owner.ns(), made.name), made.revision);
        continue;
      }
      if (!has_cause(answer.error(), "NamespaceTerminating")) {
        events_.record(target, EventType::kWarning, "FailedCreate",
                       "Error creating: " + answer.error().message);
      }
      fault = answer.error();
    }
    if (fault) {
      // In a namespace that goes nothing can be made, and nothing is wrong.
      return has_cause(*fault, "NamespaceTerminating") ? Result<void>() : Result<void>(*fault);
    }
    count -= batch;
    batch *= 2;
  }
  return {};
}

Result<void> Replicas::delete_pods(const std::string& key, const ObjectHandle& owner,
                                   const std::vector<ObjectHandle>& pods, std::size_t count) {
  std::map<std::string, std::size_t, std::less<>> on_node;
  const auto neighbours = [&](std::string_view node) {
    const auto known = on_node.find(node);
    return known == on_node.end() ? 0 : known->second;
  };
  if (count < pods.size()) {
    on_node = count_by_node(owner);
  }
  const auto doomed = pods_to_delete(pods, count, neighbours, clock_.now());
  std::vector<sdk::Call> calls;
  for (const auto& pod : doomed) {
    calls.push_back(
        {.method = "DELETE",
         .path = sdk::to_text(
             {.resource = "pods", .ns = std::string(pod.ns()), .name = std::string(pod.name())}),
         .body = to_json(JsonObject{{"apiVersion", "v1"},
                                    {"kind", "DeleteOptions"},
                                    {"preconditions", {{"uid", pod.uid()}}}})});
  }
  const auto target = EventTarget::of(owner.root());
  const auto answers = client_.request_all(calls);
  Result<void> outcome;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string name(doomed[i].name());
    if (answers[i].ok()) {
      events_.record(target, EventType::kNormal, "SuccessfulDelete", "Deleted pod: " + name);
      pending_.deleted(key, sdk::key_of(doomed[i]), std::string(doomed[i].uid()));
      continue;
    }
    // Gone already, a namesake in its place perhaps: the cache is about to show it.
    const Code code = answers[i].error().code;
    if (code != Code::kNotFound && code != Code::kConflict) {
      events_.record(target, EventType::kWarning, "FailedDelete",
                     "Error deleting: " + answers[i].error().message);
      outcome = answers[i].error();
    }
  }
  return outcome;
}

/// Active pods of this owner and of its siblings, the other owners under one controller, by node:
/// of two that share a node, the one with more company goes first.
std::map<std::string, std::size_t, std::less<>> Replicas::count_by_node(const ObjectHandle& owner) {
  std::vector<ObjectHandle> siblings{owner};
  if (const Value controller = sdk::controller_of(owner)) {
    siblings = owners_.find_indexed(kByController, controller.text("uid"));
  }
  std::map<std::string, std::size_t, std::less<>> counts;
  for (const auto& sibling : siblings) {
    for (const auto& pod : pods_.find_indexed(0, sibling.uid())) {
      if (sdk::is_pod_active(pod.root())) {
        ++counts[std::string(pod.text("spec", "nodeName"))];
      }
    }
  }
  return counts;
}

Result<void> Replicas::write_status(const std::string& key, const ObjectHandle& owner,
                                    const std::vector<ObjectHandle>& pods,
                                    const Result<void>& managed) {
  StatusInput input{.owner = owner, .pods = pods, .fault = {}, .now = clock_.now()};
  if (!managed.ok()) {
    input.fault = ManageFault{
        .missing = owner.integer("spec", "replicas") - static_cast<std::int64_t>(pods.size()),
        .message = managed.error().message};
  }
  const std::chrono::seconds least(owner.integer("spec", "minReadySeconds"));
  if (const auto next = next_available_at(pods, least, input.now)) {
    reconciler_.add_after(key, std::chrono::ceil<std::chrono::milliseconds>(*next - input.now));
  }
  Json status = status_of(input);
  if (has_status(owner, status)) {
    return {};
  }
  Json next = owner.to_json();
  next.as_object()["status"] = std::move(status);
  sdk::Path path = path_of(owner.ns(), owner.name());
  path.subresource = "status";
  const auto written = client_.update(path, next);
  if (!written.ok() && written.error().code != Code::kNotFound) {
    return written.error();
  }
  return {};
}

}  // namespace pintle::controller_replica_set
