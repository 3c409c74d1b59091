// The part of a rollout that finds or makes the ReplicaSet of the current template, and keeps the
// revision numbers.
//
// Source: pkg/controller/deployment/sync.go getNewReplicaSet, util SetNewReplicaSetAnnotations.

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/owners.hpp"
#include "plugins/controller_deployment/conditions.hpp"
#include "plugins/controller_deployment/rolling.hpp"
#include "plugins/controller_deployment/rollout.hpp"
#include "plugins/controller_deployment/status.hpp"

namespace pintle::controller_deployment {
namespace {

using sdk::EventTarget;
using sdk::EventType;

/// A Deployment's annotations that say nothing about its ReplicaSets.
constexpr std::array<std::string_view, 6> kNotCopied = {
    "kubectl.kubernetes.io/last-applied-configuration",
    kRevision,
    kRevisionHistory,
    kDesiredReplicas,
    kMaxReplicas,
    "deprecated.deployment.rollback.to"};
constexpr std::size_t kHistoryBytesMax = 2000;

std::string_view text_of(const JsonObject& members, std::string_view name) {
  const Json* value = members.if_contains(name);
  return value == nullptr ? std::string_view() : text_at(*value, {});
}

bool copy_annotations(const Json& deployment, JsonObject& annotations) {
  bool changed = false;
  for (const auto& annotation : object_at(deployment, {"metadata", "annotations"})) {
    const std::string_view name = annotation.key();
    if (std::ranges::find(kNotCopied, name) != kNotCopied.end() ||
        (annotations.contains(name) && annotations.at(name) == annotation.value())) {
      continue;
    }
    annotations[name] = annotation.value();
    changed = true;
  }
  return changed;
}

/// The revisions that a ReplicaSet has had before, the oldest dropped where they grow too long.
std::string longer_history(std::string_view history, std::string_view revision) {
  if (history.empty()) {
    return std::string(revision);
  }
  while (!history.empty() && history.size() + 1 + revision.size() > kHistoryBytesMax) {
    const auto comma = history.find(',');
    history = comma == std::string_view::npos ? "" : history.substr(comma + 1);
  }
  return history.empty() ? std::string(revision) : concat({history, ",", revision});
}

/// Gives a ReplicaSet's annotations the Deployment's, and this revision if it is a higher one.
bool annotate(const Json& deployment, JsonObject& annotations, std::int64_t held,
              std::int64_t number) {
  bool changed = copy_annotations(deployment, annotations);
  if (held >= number) {
    return changed;
  }
  const std::string before(text_of(annotations, kRevision));
  annotations[kRevision] = std::to_string(number);
  if (!before.empty()) {
    annotations[kRevisionHistory] = longer_history(text_of(annotations, kRevisionHistory), before);
  }
  return true;
}

std::int64_t next_number(const ReplicaSets& old) {
  std::int64_t highest = 0;
  for (const auto& set : old) {
    highest = std::max(highest, set.number);
  }
  return highest + 1;
}

/// The ReplicaSet of a Deployment's template, as it is sent.
Json replica_set_of(const Wish& wish, const sdk::ObjectHandle& deployment,
                    const std::string& hash) {
  Json pod_template = *find_path(wish.object, {"spec", "template"});
  JsonObject& labels = ensure_object(ensure_object(pod_template.as_object(), "metadata"), "labels");
  labels[kHashLabel] = hash;
  Json selector = *find_path(wish.object, {"spec", "selector"});
  ensure_object(selector.as_object(), "matchLabels")[kHashLabel] = hash;
  JsonObject metadata{{"name", concat({wish.name, "-", hash})},
                      {"namespace", wish.ns},
                      {"labels", labels},
                      {"ownerReferences",
                       JsonArray{sdk::controller_reference(deployment, "apps/v1", "Deployment")}}};
  JsonObject spec{{"replicas", 0}, {"selector", std::move(selector)}};
  if (wish.min_ready_seconds != 0) {
    spec.emplace("minReadySeconds", wish.min_ready_seconds);
  }
  spec.emplace("template", std::move(pod_template));
  return JsonObject{{"apiVersion", "apps/v1"},
                    {"kind", "ReplicaSet"},
                    {"metadata", std::move(metadata)},
                    {"spec", std::move(spec)}};
}

}  // namespace

/// Finds the ReplicaSet of the current template among those that are there.
Result<void> Rollout::take_current() {
  current_ = find_current(wish_, all_);
  if (!current_) {
    return {};
  }
  ReplicaSet& set = *current();
  Json next = set.object;
  JsonObject& spec = ensure_object(next.as_object(), "spec");
  JsonObject& annotations =
      ensure_object(ensure_object(next.as_object(), "metadata"), "annotations");
  bool changed = annotate(wish_.object, annotations, set.number, next_number(old()));
  if (integer_at(next, {"spec", "minReadySeconds"}).value_or(0) != wish_.min_ready_seconds) {
    spec["minReadySeconds"] = wish_.min_ready_seconds;
    changed = true;
  }
  if (changed) {
    PINTLE_TRY(Json written, parts_.client.update(path_of(set.name), next));
    all_[*current_] = ReplicaSet::of(std::move(written));
  }
  const bool is_told =
      find_condition(array_at(wish_.object, {"status", "conditions"}), kProgressing) != nullptr;
  return tell_new(std::string(text_at(current()->object, {"metadata", "annotations", kRevision})),
                  is_told ? "" : "FoundNewReplicaSet", "Found");
}

/// Shows the revision on the Deployment and, with a `reason`, that it gets on.
Result<void> Rollout::tell_new(std::string number, std::string_view reason, std::string_view verb) {
  JsonObject& annotations =
      ensure_object(ensure_object(wish_.object.as_object(), "metadata"), "annotations");
  JsonObject status = object_at(wish_.object, {"status"});
  bool changed = text_of(annotations, kRevision) != number;
  if (changed) {
    annotations[kRevision] = std::move(number);
  } else if (annotations.empty()) {
    wish_.object.at("metadata").as_object().erase("annotations");
  }
  if (wish_.deadline_seconds && !reason.empty()) {
    const std::string time = to_rfc3339(parts_.clock.now());
    JsonArray conditions = conditions_of(wish_.object);
    set_condition(conditions,
                  {.type = kProgressing,
                   .state = "True",
                   .reason = std::string(reason),
                   .message = concat({verb, " new replica set ", quoted(current()->name)}),
                   .updated = time,
                   .transitioned = time});
    status["conditions"] = std::move(conditions);
    changed = true;
  }
  return changed ? write_status(std::move(status)) : Result<void>();
}

Result<void> Rollout::make_current() {
  const auto others = old();
  const auto collisions = integer_at(wish_.object, {"status", "collisionCount"});
  const std::string hash = hash_of(*find_path(wish_.object, {"spec", "template"}), collisions);
  Json made = replica_set_of(wish_, deployment_, hash);
  const std::int64_t replicas = current_replicas(wish_, count_asked(others), 0);
  const std::int64_t number = next_number(others);
  JsonObject annotations;
  annotate(wish_.object, annotations, 0, number);
  annotations[kDesiredReplicas] = std::to_string(wish_.replicas);
  annotations[kMaxReplicas] = std::to_string(wish_.replicas + wish_.max_surge);
  made.at("metadata").as_object()["annotations"] = std::move(annotations);
  made.at("spec").as_object()["replicas"] = replicas;
  const std::string name(text_at(made, {"metadata", "name"}));

  auto created = parts_.client.create(path_of(""), made);
  if (!created.ok() && created.error().code == Code::kAlreadyExists) {
    PINTLE_TRY_STATUS(settle_collision(name));
    return tell_new(std::to_string(number), "", "");
  }
  if (!created.ok()) {
    return has_cause(created.error(), "NamespaceTerminating")
               ? Result<void>(created.error())
               : tell_failed_create(name, created.error());
  }
  all_.push_back(ReplicaSet::of(std::move(created).value()));
  current_ = all_.size() - 1;
  if (replicas > 0) {
    parts_.events.record(
        EventTarget::of(deployment_.root()), EventType::kNormal, "ScalingReplicaSet",
        concat({"Scaled up replica set ", name, " from 0 to ", std::to_string(replicas)}));
  }
  return tell_new(std::to_string(number), "NewReplicaSetCreated", "Created");
}

/// The name is taken: by ours, which the cache doesn't show yet, or by one of another template with
/// the same hash; then the next try takes another hash.
Result<void> Rollout::settle_collision(const std::string& name) {
  const auto held = parts_.client.find(path_of(name));
  Json object = held.to_json();
  if (sdk::controller_of(held).text("uid") == deployment_.uid() &&
      same_template(find_path(object, {"spec", "template"}),
                    find_path(wish_.object, {"spec", "template"}))) {
    all_.push_back(ReplicaSet::of(std::move(object)));
    current_ = all_.size() - 1;
    return {};
  }
  const Error taken(Code::kConflict,
                    concat({"replicasets.apps ", quoted(name), " already exists"}));
  if (!held) {
    return taken;  // It has gone meanwhile.
  }
  JsonObject status = object_at(wish_.object, {"status"});
  status["collisionCount"] = integer_at(wish_.object, {"status", "collisionCount"}).value_or(0) + 1;
  PINTLE_TRY_STATUS(write_status(std::move(status)));
  return taken;
}

Result<void> Rollout::tell_failed_create(const std::string& name, const Error& why) {
  const std::string message =
      concat({"Failed to create new replica set ", quoted(name), ": ", why.message});
  parts_.events.record(EventTarget::of(deployment_.root()), EventType::kWarning,
                       "ReplicaSetCreateError", message);
  if (wish_.deadline_seconds) {
    const std::string time = to_rfc3339(parts_.clock.now());
    JsonArray conditions = conditions_of(wish_.object);
    set_condition(conditions, {.type = kProgressing,
                               .state = "False",
                               .reason = "ReplicaSetCreateError",
                               .message = message,
                               .updated = time,
                               .transitioned = time});
    JsonObject status = object_at(wish_.object, {"status"});
    status["conditions"] = std::move(conditions);
    PINTLE_TRY_STATUS(write_status(std::move(status)));
  }
  return why;
}

}  // namespace pintle::controller_deployment
