// Rollout: brings one Deployment a step nearer to where it should be; see rollout.hpp.

#include "plugins/controller_deployment/rollout.hpp"

#include <algorithm>

#include "core/base/assert.hpp"
#include "core/base/concat.hpp"
#include "plugins/controller_deployment/conditions.hpp"
#include "plugins/controller_deployment/rolling.hpp"
#include "plugins/controller_deployment/status.hpp"

namespace pintle::controller_deployment {
namespace {

using sdk::EventTarget;
using sdk::EventType;

bool is_older(const ReplicaSet& one, const ReplicaSet& other) {
  return std::pair(one.created, one.name) < std::pair(other.created, other.name);
}

}  // namespace

Rollout::Rollout(const Parts& parts, const sdk::ObjectHandle& deployment, ReplicaSets all)
    : parts_(parts),
      deployment_(deployment),
      stored_(deployment.to_json()),
      wish_(Wish::of(stored_)),
      all_(std::move(all)) {}

ReplicaSets Rollout::old() const {
  ReplicaSets others;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (i != current_) {
      others.push_back(all_[i]);
    }
  }
  return others;
}

std::size_t Rollout::place_of(const std::string& name) const {
  const auto found = std::ranges::find(all_, name, &ReplicaSet::name);
  PINTLE_ASSERT(found != all_.end());
  return static_cast<std::size_t>(found - all_.begin());
}

sdk::Path Rollout::path_of(std::string_view replica_set) const {
  return {
      .group = "apps", .resource = "replicasets", .ns = wish_.ns, .name = std::string(replica_set)};
}

Result<void> Rollout::sync() {
  if (!text_at(wish_.object, {"metadata", "deletionTimestamp"}).empty()) {
    PINTLE_TRY_STATUS(take_current());
    return write_plain_status();
  }
  PINTLE_TRY_STATUS(tell_pause());
  PINTLE_TRY_STATUS(take_current());
  if (wish_.paused || was_scaled()) {
    // A Deployment that is paused, or of a new size, is only scaled; a rollout goes on after that.
    PINTLE_TRY_STATUS(scale());
    if (wish_.paused) {
      PINTLE_TRY_STATUS(clean_up());
    }
    return write_plain_status();
  }
  return wish_.rolls ? roll() : recreate();
}

/// A pause stops the deadline's clock: Progressing says so, and says when it goes on.
Result<void> Rollout::tell_pause() {
  JsonArray conditions = conditions_of(wish_.object);
  const Json* progress = find_condition(conditions, kProgressing);
  const auto reason = progress == nullptr ? "" : text_at(*progress, {"reason"});
  const bool is_told = reason == "DeploymentPaused";
  if (!wish_.deadline_seconds || reason == kTimedOut || is_told == wish_.paused) {
    return {};
  }
  const std::string time = to_rfc3339(parts_.clock.now());
  set_condition(conditions,
                {.type = kProgressing,
                 .state = "Unknown",
                 .reason = wish_.paused ? "DeploymentPaused" : "DeploymentResumed",
                 .message = wish_.paused ? "Deployment is paused" : "Deployment is resumed",
                 .updated = time,
                 .transitioned = time});
  JsonObject status = object_at(wish_.object, {"status"});
  status["conditions"] = std::move(conditions);
  return write_status(std::move(status));
}

/// Whether spec.replicas was changed since the active ReplicaSets were last scaled.
bool Rollout::was_scaled() const {
  return std::ranges::any_of(all_, [this](const ReplicaSet& set) {
    const auto desired = set.annotated(kDesiredReplicas);
    return set.replicas > 0 && desired && *desired != wish_.replicas;
  });
}

Result<bool> Rollout::set_replicas(std::size_t place, std::int64_t replicas) {
  const ReplicaSet& set = all_[place];
  const std::int64_t most = wish_.replicas + wish_.max_surge;
  if (set.replicas == replicas && set.annotated(kDesiredReplicas) == wish_.replicas &&
      set.annotated(kMaxReplicas) == most) {
    return false;
  }
  Json next = set.object;
  ensure_object(next.as_object(), "spec")["replicas"] = replicas;
  JsonObject& annotations =
      ensure_object(ensure_object(next.as_object(), "metadata"), "annotations");
  annotations[kDesiredReplicas] = std::to_string(wish_.replicas);
  annotations[kMaxReplicas] = std::to_string(most);
  const std::int64_t before = set.replicas;
  PINTLE_TRY(Json written, parts_.client.update(path_of(set.name), next));
  all_[place] = ReplicaSet::of(std::move(written));
  if (before == replicas) {
    return false;
  }
  parts_.events.record(
      EventTarget::of(deployment_.root()), EventType::kNormal, "ScalingReplicaSet",
      concat({"Scaled ", before < replicas ? "up" : "down", " replica set ", all_[place].name,
              " from ", std::to_string(before), " to ", std::to_string(replicas)}));
  return true;
}

Result<void> Rollout::scale() {
  ReplicaSets active;
  for (const auto& set : all_) {
    if (set.replicas > 0) {
      active.push_back(set);
    }
  }
  // The one that takes it all: the only active one, or the latest where none is.
  const ReplicaSet* only = active.size() == 1 ? &active.front() : nullptr;
  if (active.empty() && !all_.empty()) {
    only = current_ ? &all_[*current_] : &*std::ranges::max_element(all_, is_older);
  }
  if (only != nullptr) {
    if (only->replicas != wish_.replicas) {
      PINTLE_TRY_STATUS(set_replicas(place_of(only->name), wish_.replicas));
    }
    return {};
  }
  const ReplicaSet* now = current();
  if (now != nullptr && now->replicas == wish_.replicas &&
      now->annotated(kDesiredReplicas) == wish_.replicas && now->available == wish_.replicas) {
    for (const auto& set : old()) {
      if (set.replicas > 0) {
        PINTLE_TRY_STATUS(set_replicas(place_of(set.name), 0));
      }
    }
    return {};
  }
  if (wish_.rolls) {
    for (const auto& step : scale_in_proportion(wish_, active)) {
      PINTLE_TRY_STATUS(set_replicas(place_of(active[step.index].name), step.replicas));
    }
  }
  return {};
}

Result<void> Rollout::roll() {
  if (current() == nullptr) {
    PINTLE_TRY_STATUS(make_current());
  }
  const auto others = old();
  const std::int64_t asked = current()->replicas;
  const std::int64_t wanted = current_replicas(wish_, count_asked(others), asked);
  if (wanted != asked) {
    PINTLE_TRY(const bool scaled, set_replicas(*current_, wanted));
    if (scaled) {
      return write_rollout_status();
    }
  }
  bool scaled_down = false;
  for (const auto& step : scale_down_old(wish_, others, *current())) {
    PINTLE_TRY(const bool scaled, set_replicas(place_of(others[step.index].name), step.replicas));
    scaled_down = scaled_down || scaled;
  }
  if (!scaled_down && is_complete(wish_, object_at(wish_.object, {"status"}))) {
    PINTLE_TRY_STATUS(clean_up());
  }
  return write_rollout_status();
}

Result<void> Rollout::recreate() {
  bool scaled_down = false;
  for (const auto& set : old()) {
    if (set.replicas > 0) {
      PINTLE_TRY(const bool scaled, set_replicas(place_of(set.name), 0));
      scaled_down = scaled_down || scaled;
    }
  }
  if (scaled_down || old_pods_run()) {
    return write_rollout_status();
  }
  if (current() == nullptr) {
    PINTLE_TRY_STATUS(make_current());
  }
  if (current()->replicas != wish_.replicas) {
    PINTLE_TRY_STATUS(set_replicas(*current_, wish_.replicas));
  }
  if (is_complete(wish_, object_at(wish_.object, {"status"}))) {
    PINTLE_TRY_STATUS(clean_up());
  }
  return write_rollout_status();
}

bool Rollout::old_pods_run() const {
  const auto others = old();
  return count_actual(others) > 0 || std::ranges::any_of(others, [this](const ReplicaSet& set) {
           return parts_.has_pods(set.uid);
         });
}

Result<void> Rollout::clean_up() {
  const auto others = old();
  for (const auto place : beyond_history(wish_, others)) {
    const auto gone = parts_.client.remove(path_of(others[place].name),
                                           {{"preconditions", {{"uid", others[place].uid}}}});
    if (!gone.ok() && gone.error().code != Code::kNotFound) {
      return gone;
    }
  }
  return {};
}

Result<void> Rollout::write_status(JsonObject status) {
  // Annotations may have changed as well: the whole object says whether there is news.
  wish_.object.as_object()["status"] = std::move(status);
  if (wish_.object == stored_) {
    return {};
  }
  const sdk::Path path{.group = "apps",
                       .resource = "deployments",
                       .ns = wish_.ns,
                       .name = wish_.name,
                       .subresource = "status"};
  PINTLE_TRY(stored_, parts_.client.update(path, wish_.object));
  wish_.object = stored_;
  return {};
}

Result<void> Rollout::write_plain_status() {
  return write_status(status_of(wish_, all_, current(), parts_.clock.now()));
}

Result<void> Rollout::write_rollout_status() {
  const auto now = parts_.clock.now();
  JsonObject status = rollout_status_of(wish_, all_, current(), now);
  PINTLE_TRY_STATUS(write_status(status));
  next_look_ = pintle::controller_deployment::next_look(wish_, status, now);
  return {};
}

}  // namespace pintle::controller_deployment
