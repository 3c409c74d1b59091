// Status: what a Deployment tells about its ReplicaSets; see status.hpp.

#include "plugins/controller_deployment/status.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "plugins/controller_deployment/conditions.hpp"

namespace pintle::controller_deployment {
namespace {

std::int64_t count(const JsonObject& status, std::string_view name) {
  const Json* value = status.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::int64_t old_status(const Wish& wish, std::string_view name) {
  return integer_at(wish.object, {"status", name}).value_or(0);
}

bool gets_on(const Wish& wish, const JsonObject& status) {
  const std::int64_t updated = count(status, "updatedReplicas");
  const std::int64_t updated_before = old_status(wish, "updatedReplicas");
  return updated > updated_before ||
         count(status, "replicas") - updated < old_status(wish, "replicas") - updated_before ||
         count(status, "readyReplicas") > old_status(wish, "readyReplicas") ||
         count(status, "availableReplicas") > old_status(wish, "availableReplicas");
}

bool has_timed_out(const Wish& wish, const JsonArray& conditions, WallTime now) {
  const Json* progress = find_condition(conditions, kProgressing);
  if (progress == nullptr || text_at(*progress, {"reason"}) == kNewAvailable) {
    return false;
  }
  if (text_at(*progress, {"reason"}) == kTimedOut) {
    return true;
  }
  const auto since = parse_rfc3339(text_at(*progress, {"lastUpdateTime"}));
  return since && *since + std::chrono::seconds(*wish.deadline_seconds) < now;
}

void tell_progress(const Wish& wish, const ReplicaSet* current, JsonObject& status, WallTime now) {
  JsonArray& conditions = status["conditions"].get_array();
  const Json* held = find_condition(conditions, kProgressing);
  const bool is_done = count(status, "replicas") == count(status, "updatedReplicas") &&
                       held != nullptr && text_at(*held, {"reason"}) == kNewAvailable;
  if (is_done) {
    return;
  }
  const std::string subject = current != nullptr ? concat({"ReplicaSet ", quoted(current->name)})
                                                 : concat({"Deployment ", quoted(wish.name)});
  const std::string time = to_rfc3339(now);
  Condition told{.type = kProgressing, .state = "True", .updated = time, .transitioned = time};
  if (is_complete(wish, status)) {
    told.reason = kNewAvailable;
    told.message = subject + " has successfully progressed.";
    set_condition(conditions, told);
  } else if (gets_on(wish, status)) {
    told.reason = "ReplicaSetUpdated";
    told.message = subject + " is progressing.";
    // Removed first: lastUpdateTime must move on, though state and reason stay.
    if (held != nullptr && text_at(*held, {"status"}) == "True") {
      told.transitioned = text_at(*held, {"lastTransitionTime"});
    }
    remove_condition(conditions, kProgressing);
    set_condition(conditions, told);
  } else if (has_timed_out(wish, conditions, now)) {
    told.state = "False";
    told.reason = kTimedOut;
    told.message = subject + " has timed out progressing.";
    set_condition(conditions, told);
  }
}

const Json* failure_of(const ReplicaSet& set) {
  return find_condition(array_at(set.object, {"status", "conditions"}), kReplicaFailure);
}

void tell_failure(const ReplicaSets& all, const ReplicaSet* current, JsonArray& conditions) {
  const Json* failure = current != nullptr ? failure_of(*current) : nullptr;
  for (const auto& set : all) {
    failure = failure != nullptr ? failure : failure_of(set);
  }
  if (failure == nullptr) {
    remove_condition(conditions, kReplicaFailure);
    return;
  }
  const std::string time(text_at(*failure, {"lastTransitionTime"}));
  set_condition(conditions, {.type = kReplicaFailure,
                             .state = text_at(*failure, {"status"}),
                             .reason = std::string(text_at(*failure, {"reason"})),
                             .message = std::string(text_at(*failure, {"message"})),
                             .updated = time,
                             .transitioned = time});
}

}  // namespace

JsonArray conditions_of(const Json& deployment) {
  JsonArray copy;
  for (const auto& condition : array_at(deployment, {"status", "conditions"})) {
    copy.push_back(condition);
  }
  return copy;
}

JsonObject status_of(const Wish& wish, const ReplicaSets& all, const ReplicaSet* current,
                     WallTime now) {
  JsonObject status;
  const auto put = [&status](std::string_view name, std::int64_t number) {
    if (number != 0) {
      status.emplace(name, number);
    }
  };
  std::int64_t ready = 0;
  for (const auto& set : all) {
    ready += set.ready;
  }
  const std::int64_t available = count_available(all);
  put("observedGeneration", integer_at(wish.object, {"metadata", "generation"}).value_or(0));
  put("replicas", count_actual(all));
  put("updatedReplicas", current != nullptr ? current->actual : 0);
  put("readyReplicas", ready);
  put("availableReplicas", available);
  put("unavailableReplicas", std::max<std::int64_t>(count_asked(all) - available, 0));
  if (const auto collisions = integer_at(wish.object, {"status", "collisionCount"})) {
    status.emplace("collisionCount", *collisions);
  }
  JsonArray conditions = conditions_of(wish.object);
  const std::string time = to_rfc3339(now);
  Condition told{.type = kAvailable, .state = "False", .updated = time, .transitioned = time};
  if (available >= wish.replicas - wish.max_unavailable) {
    told.state = "True";
    told.reason = "MinimumReplicasAvailable";
    told.message = "Deployment has minimum availability.";
  } else {
    told.reason = "MinimumReplicasUnavailable";
    told.message = "Deployment does not have minimum availability.";
  }
  set_condition(conditions, told);
  status.emplace("conditions", std::move(conditions));
  return status;
}

JsonObject rollout_status_of(const Wish& wish, const ReplicaSets& all, const ReplicaSet* current,
                             WallTime now) {
  JsonObject status = status_of(wish, all, current, now);
  JsonArray& conditions = status["conditions"].get_array();
  if (wish.deadline_seconds) {
    tell_progress(wish, current, status, now);
  } else {
    remove_condition(conditions, kProgressing);
  }
  tell_failure(all, current, conditions);
  return status;
}

bool is_complete(const Wish& wish, const JsonObject& status) {
  return count(status, "updatedReplicas") == wish.replicas &&
         count(status, "replicas") == wish.replicas &&
         count(status, "availableReplicas") == wish.replicas &&
         count(status, "observedGeneration") >=
             integer_at(wish.object, {"metadata", "generation"}).value_or(0);
}

std::optional<std::chrono::milliseconds> next_look(const Wish& wish, const JsonObject& status,
                                                   WallTime now) {
  const auto conditions = conditions_of(wish.object);
  const Json* progress = find_condition(conditions, kProgressing);
  if (!wish.deadline_seconds || progress == nullptr || is_complete(wish, status) ||
      text_at(*progress, {"reason"}) == kTimedOut) {
    return std::nullopt;
  }
  const auto since = parse_rfc3339(text_at(*progress, {"lastUpdateTime"}));
  if (!since) {
    return std::nullopt;
  }
  // A second more: times are written in whole seconds.
  const auto due = *since + std::chrono::seconds(*wish.deadline_seconds + 1);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(due - now),
                  std::chrono::milliseconds(1000));
}

}  // namespace pintle::controller_deployment
