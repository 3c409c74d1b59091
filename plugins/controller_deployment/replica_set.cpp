// ReplicaSet: one as a Deployment sees it; see replica_set.hpp.
//
// Source: pkg/controller/deployment/util/deployment_util.go, apimachinery util/intstr.

#include "plugins/controller_deployment/replica_set.hpp"

#include <algorithm>
#include <charconv>

namespace pintle::controller_deployment {
namespace {

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && !text.empty() ? std::optional(number) : std::nullopt;
}

/// What "no limit" is written as in fields that have a default. Source: math.MaxInt32.
constexpr std::int64_t kNoLimit = INT32_MAX;

std::optional<std::int64_t> limit_at(const Json& object, std::string_view field) {
  const auto value = integer_at(object, {"spec", field});
  return value && *value != kNoLimit ? value : std::nullopt;
}

/// Appends `value` with its members sorted by name, so that their order does not count. What is
/// null or empty within metadata is as good as not there.
void append_canonical(std::string& out, const Json& value) {
  if (const auto* object = value.if_object()) {
    std::vector<const JsonObject::value_type*> members;
    for (const auto& member : *object) {
      if (!member.value().is_null()) {
        members.push_back(&member);
      }
    }
    std::ranges::sort(members, {}, [](const auto* member) {
      return std::string_view(member->key().data(), member->key().size());
    });
    out += '{';
    for (const auto* member : members) {
      append_json_string(out, member->key());
      out += ':';
      append_canonical(out, member->value());
      out += ',';
    }
    out += '}';
    return;
  }
  if (const auto* array = value.if_array()) {
    out += '[';
    for (const auto& element : *array) {
      append_canonical(out, element);
      out += ',';
    }
    out += ']';
    return;
  }
  append_json(out, value);
}

/// A template's text, the hash's label and empty metadata left out.
std::string canonical(const Json& pod_template) {
  Json copy(pod_template, JsonStorage());
  if (Json* metadata = find_path(copy, {"metadata"}); metadata && metadata->is_object()) {
    auto& members = metadata->get_object();
    if (Json* labels = find_path(*metadata, {"labels"}); labels && labels->is_object()) {
      labels->get_object().erase(kHashLabel);
    }
    for (const std::string_view part : {"labels", "annotations", "finalizers"}) {
      const auto* value = members.if_contains(part);
      const bool empty = value && ((value->is_object() && value->get_object().empty()) ||
                                   (value->is_array() && value->get_array().empty()));
      if (empty) {
        members.erase(part);
      }
    }
    members.erase("creationTimestamp");
    if (members.empty()) {
      copy.as_object().erase("metadata");
    }
  }
  std::string text;
  append_canonical(text, copy);
  return text;
}

std::uint32_t fnv1a(std::string_view text, std::uint32_t hash = 2166136261U) {
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return hash;
}

std::int64_t sum(const ReplicaSets& revisions, std::int64_t ReplicaSet::*count) {
  std::int64_t total = 0;
  for (const auto& revision : revisions) {
    total += revision.*count;
  }
  return total;
}

}  // namespace

ReplicaSet ReplicaSet::of(Json object) {
  ReplicaSet made;
  made.object = std::move(object);
  const Json& from = made.object;
  made.name = text_at(from, {"metadata", "name"});
  made.uid = text_at(from, {"metadata", "uid"});
  made.created = text_at(from, {"metadata", "creationTimestamp"});
  made.number = made.annotated(kRevision).value_or(0);
  made.replicas = integer_at(from, {"spec", "replicas"}).value_or(1);
  made.actual = integer_at(from, {"status", "replicas"}).value_or(0);
  made.ready = integer_at(from, {"status", "readyReplicas"}).value_or(0);
  made.available = integer_at(from, {"status", "availableReplicas"}).value_or(0);
  return made;
}

std::optional<std::int64_t> ReplicaSet::annotated(std::string_view annotation) const {
  return to_number(text_at(object, {"metadata", "annotations", annotation}));
}

Wish Wish::of(Json deployment) {
  Wish made;
  made.object = std::move(deployment);
  const Json& from = made.object;
  made.ns = text_at(from, {"metadata", "namespace"});
  made.name = text_at(from, {"metadata", "name"});
  made.replicas = integer_at(from, {"spec", "replicas"}).value_or(1);
  made.rolls = text_at(from, {"spec", "strategy", "type"}) != "Recreate";
  const Json* paused = find_path(from, {"spec", "paused"});
  made.paused = paused != nullptr && paused->is_bool() && paused->get_bool();
  if (made.rolls) {
    const auto part = [&](std::string_view name, bool up) {
      return scaled_value(find_path(from, {"spec", "strategy", "rollingUpdate", name}),
                          made.replicas, up);
    };
    made.max_surge = part("maxSurge", true);
    made.max_unavailable = part("maxUnavailable", false);
    // Both may come to 0 by rounding: then nothing would ever move.
    if (made.max_surge == 0 && made.max_unavailable == 0) {
      made.max_unavailable = 1;
    }
    made.max_unavailable = std::min(made.max_unavailable, made.replicas);
  }
  made.min_ready_seconds = integer_at(from, {"spec", "minReadySeconds"}).value_or(0);
  made.deadline_seconds = limit_at(from, "progressDeadlineSeconds");
  made.history_limit = limit_at(from, "revisionHistoryLimit");
  made.actual = integer_at(from, {"status", "replicas"}).value_or(0);
  return made;
}

std::int64_t count_asked(const ReplicaSets& revisions) {
  return sum(revisions, &ReplicaSet::replicas);
}

std::int64_t count_actual(const ReplicaSets& revisions) {
  return sum(revisions, &ReplicaSet::actual);
}

std::int64_t count_available(const ReplicaSets& revisions) {
  return sum(revisions, &ReplicaSet::available);
}

std::int64_t scaled_value(const Json* value, std::int64_t whole, bool rounds_up) {
  if (value == nullptr) {
    return 0;
  }
  if (value->is_int64()) {
    return value->get_int64();
  }
  std::string_view text = text_at(*value, {});
  if (!text.ends_with('%')) {
    return 0;
  }
  text.remove_suffix(1);
  const std::int64_t hundredfold = to_number(text).value_or(0) * whole;
  return rounds_up ? (hundredfold + 99) / 100 : hundredfold / 100;
}

std::string hash_of(const Json& pod_template, std::optional<std::int64_t> collisions) {
  std::uint32_t hash = fnv1a(canonical(pod_template));
  if (collisions) {
    hash = fnv1a(std::to_string(*collisions), hash);
  }
  // Letters and digits that make no words. Source: apimachinery util/rand SafeEncodeString.
  constexpr std::string_view kSafe = "bcdfghjklmnpqrstvwxz2456789";
  std::string text = std::to_string(hash);
  for (char& c : text) {
    c = kSafe[static_cast<unsigned char>(c) % kSafe.size()];
  }
  return text;
}

bool same_template(const Json* one, const Json* other) {
  return one != nullptr && other != nullptr && canonical(*one) == canonical(*other);
}

std::optional<std::size_t> find_current(const Wish& wish, const ReplicaSets& revisions) {
  const Json* wanted = find_path(wish.object, {"spec", "template"});
  if (wanted == nullptr) {
    return std::nullopt;
  }
  const std::string text = canonical(*wanted);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    const Json* held = find_path(revisions[i].object, {"spec", "template"});
    const auto older = [](const ReplicaSet& one, const ReplicaSet& other) {
      return std::pair(one.created, one.name) < std::pair(other.created, other.name);
    };
    if (held != nullptr && canonical(*held) == text &&
        (!found || older(revisions[i], revisions[*found]))) {
      found = i;
    }
  }
  return found;
}

}  // namespace pintle::controller_deployment
