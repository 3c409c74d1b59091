// What of a running pod its subresources change: ephemeral containers, and how much it may use.
//
// Source: pkg/registry/core/pod/strategy.go, pkg/apis/core/validation
// ValidatePodEphemeralContainersUpdate and ValidatePodResize, v1.33.

#include <array>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/registry/strategies/pod_spec.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

/// How Kubernetes shows the path of the object as a whole.
constexpr std::string_view kWhole = "[]";

bool is_static(const Json& pod) {
  return !text_at(pod, {"metadata", "annotations", "kubernetes.io/config.mirror"}).empty();
}

const Json& spec_of(const Json& pod) {
  static const Json kNone = JsonObject();
  const Json* spec = find_member(pod, "spec");
  return spec == nullptr ? kNone : *spec;
}

const Json* find_named(const JsonArray& containers, std::string_view name) {
  for (const Json& container : containers) {
    if (text_at(container, {"name"}) == name) {
      return &container;
    }
  }
  return nullptr;
}

class EphemeralContainersPart final : public Part {
 public:
  Result<Json> take(const StrategyContext& /*context*/, const Json& next,
                    const Json& current) const override {
    Json taken(current, next.storage());
    carry(ensure_object(taken.get_object(), "spec"), spec_of(next), "ephemeralContainers");
    return taken;
  }

  void validate(const StrategyContext& /*context*/, const Json& next, const Json& current,
                Causes& causes) const override {
    validate_pod_spec(spec_of(next), "spec", causes);
    if (is_static(current)) {
      causes = {
          forbidden_value(std::string(kWhole), "static pods do not support ephemeral containers")};
      return;
    }
    const JsonArray& now = array_at(next, {"spec", "ephemeralContainers"});
    for (const Json& old : array_at(current, {"spec", "ephemeralContainers"})) {
      const auto name = text_at(old, {"name"});
      const Json* kept = find_named(now, name);
      if (kept != nullptr && same_but_for_empties(kept, &old)) {
        continue;
      }
      causes.push_back(
          forbidden_value("spec.ephemeralContainers",
                          concat({"existing ephemeral containers ", quoted(name), " may not be ",
                                  kept == nullptr ? "removed\n" : "changed\n"})));
    }
  }
};

constexpr std::array<std::string_view, 2> kLists = {"containers", "initContainers"};

bool is_sidecar(const Json& container) {
  return text_at(container, {"restartPolicy"}) == "Always";
}

/// Containers keep their places and names in a resize.
bool keep_places(const Json& next, const Json& current) {
  for (const auto list : kLists) {
    const JsonArray& now = array_at(next, {"spec", list});
    const JsonArray& before = array_at(current, {"spec", list});
    if (now.size() != before.size()) {
      return false;
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (text_at(now[i], {"name"}) != text_at(before[i], {"name"})) {
        return false;
      }
    }
  }
  return true;
}

void validate_places(const Json& next, const Json& current, Causes& causes) {
  for (const auto list : kLists) {
    const JsonArray& now = array_at(next, {"spec", list});
    const JsonArray& before = array_at(current, {"spec", list});
    const std::string path = sub_path("spec", list);
    if (now.size() != before.size()) {
      causes.push_back(
          forbidden_value(path, concat({list, " may not be added or removed on resize"})));
      continue;
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (text_at(now[i], {"name"}) != text_at(before[i], {"name"})) {
        causes.push_back(
            forbidden_value(sub_path(item_path(path, i), "name"),
                            concat({list, " may not be renamed or reordered on resize"})));
      }
    }
  }
}

void validate_nothing_removed(const Json& next, const Json& current, const std::string& path,
                              Causes& causes) {
  for (const std::string_view list : {"requests", "limits"}) {
    for (const auto& old : object_at(current, {"resources", list})) {
      if (find_path(next, {"resources", list, old.key()}) == nullptr) {
        causes.push_back(forbidden_value(concat({path, ".resources.", list}),
                                         concat({"resource ", list, " cannot be removed"})));
        break;
      }
    }
  }
}

/// A container that stays up keeps the memory it was promised.
void validate_memory_limit(const Json& next, const Json& current, const std::string& path,
                           Causes& causes) {
  for (const Json& policy : array_at(current, {"resizePolicy"})) {
    if (text_at(policy, {"resourceName"}) == "memory" &&
        text_at(policy, {"restartPolicy"}) == "RestartContainer") {
      return;
    }
  }
  const auto now = parse_quantity(text_at(next, {"resources", "limits", "memory"}));
  const auto before = parse_quantity(text_at(current, {"resources", "limits", "memory"}));
  if (now.ok() && before.ok() && now.value() < before.value()) {
    causes.push_back(forbidden_value(
        concat({path, ".resources.limits[memory]"}),
        "memory limits cannot be decreased unless resizePolicy is RestartContainer"));
  }
}

/// `container` with the cpu and memory of `current`.
Json without_resize(Json container, const Json& current) {
  if (find_member(container, "resources") == nullptr) {
    return container;
  }
  JsonObject& resources = ensure_object(container.get_object(), "resources");
  for (const std::string_view list : {"requests", "limits"}) {
    JsonObject& amounts = ensure_object(resources, list);
    for (const std::string_view resource : {"cpu", "memory"}) {
      const Json* old = find_path(current, {"resources", list, resource});
      if (old == nullptr) {
        amounts.erase(resource);
      } else {
        amounts[resource] = *old;
      }
    }
  }
  return container;
}

void validate_containers(const Json& next, const Json& current, Causes& causes) {
  for (const auto list : kLists) {
    const JsonArray& now = array_at(next, {"spec", list});
    const JsonArray& before = array_at(current, {"spec", list});
    const bool is_init = list == "initContainers";
    for (std::size_t i = 0; i < now.size(); ++i) {
      const std::string path = item_path(sub_path("spec", list), i);
      const bool resizable = !is_init || is_sidecar(before[i]);
      if (resizable) {
        validate_nothing_removed(now[i], before[i], path, causes);
        validate_memory_limit(now[i], before[i], path, causes);
      }
      const Json undone = resizable ? without_resize(now[i], before[i]) : now[i];
      const Json old = without_resize(before[i], before[i]);
      if (!same_but_for_empties(&undone, resizable ? &old : &before[i])) {
        causes.push_back(forbidden_value(
            "spec", is_init ? "only cpu and memory resources for sidecar containers are mutable"
                            : "only cpu and memory resources are mutable"));
      }
    }
  }
}

/// A node that shows no resources of what runs there can't resize it.
bool runs_on_able_node(const Json& pod) {
  for (const Json& status : array_at(pod, {"status", "containerStatuses"})) {
    if (find_path(status, {"state", "running"}) != nullptr) {
      return find_member(status, "resources") != nullptr;
    }
  }
  return true;
}

bool has_resources(const Json& pod) {
  return !object_at(pod, {"spec", "resources", "requests"}).empty() ||
         !object_at(pod, {"spec", "resources", "limits"}).empty();
}

/// Why the pod can't be resized at all; "" where it can.
std::string_view why_fixed(const Json& next, const Json& current) {
  if (has_resources(next) || has_resources(current)) {
    return "pods with pod-level resources cannot be resized";
  }
  if (is_static(current)) {
    return "static pods cannot be resized";
  }
  if (text_at(current, {"spec", "os", "name"}) == "windows") {
    return "windows pods cannot be resized";
  }
  return {};
}

class ResizePart final : public Part {
 public:
  Result<Json> take(const StrategyContext& /*context*/, const Json& next,
                    const Json& current) const override {
    if (!keep_places(next, current)) {
      return Json(next, next.storage());  // For the validation to refuse.
    }
    Json taken(current, next.storage());
    JsonObject& spec = ensure_object(taken.get_object(), "spec");
    for (const auto list : kLists) {
      const JsonArray& now = array_at(next, {"spec", list});
      for (std::size_t i = 0; i < now.size(); ++i) {
        JsonObject& container = spec[list].get_array()[i].get_object();
        carry(container, now[i], "resources");
        carry(container, now[i], "resizePolicy");
      }
    }
    return taken;
  }

  void validate(const StrategyContext& /*context*/, const Json& next, const Json& current,
                Causes& causes) const override {
    validate_pod_spec(spec_of(next), "spec", causes);
    if (const auto why = why_fixed(next, current); !why.empty()) {
      causes = {forbidden_value(std::string(kWhole), why)};
      return;
    }
    const auto qos = text_at(current, {"status", "qosClass"});
    if (const auto next_qos = qos_class_of(spec_of(next)); !qos.empty() && qos != next_qos) {
      causes.push_back(invalid_value("spec", quoted(qos),
                                     "Pod QOS Class may not change as a result of resizing"));
    }
    if (!runs_on_able_node(current)) {
      causes.push_back(forbidden_value("spec", "Pod running on node without support for resize"));
    }
    if (!keep_places(next, current)) {
      validate_places(next, current, causes);
      return;
    }
    validate_containers(next, current, causes);
  }
};

}  // namespace

const Part& pod_ephemeral_containers_part() {
  static const EphemeralContainersPart part;
  return part;
}

const Part& pod_resize_part() {
  static const ResizePart part;
  return part;
}

}  // namespace pintle::registry
