// Priority: see priority.hpp.

#include "plugins/admission_priority/priority.hpp"

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_priority {
namespace {

sdk::Path class_path(std::string_view name = "") {
  return {.group = "scheduling.k8s.io", .resource = "priorityclasses", .name = std::string(name)};
}

/// Source: PriorityClass defaults its preemptionPolicy so.
std::string_view policy_of(const sdk::ObjectHandle& priority_class) {
  const auto policy = priority_class.text("preemptionPolicy");
  return policy.empty() ? "PreemptLowerPriority" : policy;
}

/// An update that leaves out what admission once computed keeps it.
void keep(const sdk::Value& old_pod, const sdk::Value& pod, sdk::JsonPatch& patch) {
  for (const std::string_view field : {"priority", "preemptionPolicy"}) {
    const auto old_value = old_pod.at("spec", field);
    if (old_value && !pod.has("spec", field)) {
      patch.add(concat({"/spec/", field}), old_value.to_json());
    }
  }
}

}  // namespace

Result<std::unique_ptr<Priority>> Priority::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Priority>(host);
  made->classes_.start();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

Priority::Priority(sdk::Host& host)
    : client_(host),
      classes_(host, class_path()),
      offer_(*this, {.mutates = true, .validates = true}) {}

Result<void> Priority::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) {
  if (request.resource != "pods" || !request.subresource.empty()) {
    return {};
  }
  if (request.operation == "UPDATE") {
    keep(request.old_object, request.object, patch);
    return {};
  }
  return request.operation == "CREATE" ? resolve(request.object, patch) : Result<void>();
}

Result<void> Priority::resolve(const sdk::Value& pod, sdk::JsonPatch& patch) {
  const sdk::Value spec = pod.at("spec");
  const auto asked = spec.text("priorityClassName");
  const auto chosen = asked.empty() ? default_class() : client_.find(class_path(asked));
  if (!asked.empty() && !chosen) {
    return Error(Code::kForbidden, concat({"no PriorityClass with name ", asked, " was found"}));
  }

  // With no class at all a pod has priority 0 and may push out what has less.
  const std::int64_t priority = chosen.integer("value");
  const auto policy = policy_of(chosen);
  if (spec.has("priority") && spec.integer("priority") != priority) {
    return Error(
        Code::kForbidden,
        concat({"the integer value of priority (", std::to_string(spec.integer("priority")),
                ") must not be provided in pod spec; priority admission controller "
                "computed ",
                std::to_string(priority), " from the given PriorityClass name"}));
  }
  if (const auto own = spec.text("preemptionPolicy"); !own.empty() && own != policy) {
    return Error(Code::kForbidden,
                 concat({"the string value of PreemptionPolicy (", own,
                         ") must not be provided in pod spec; priority admission controller "
                         "computed ",
                         policy, " from the given PriorityClass name"}));
  }
  if (asked.empty() && chosen) {
    patch.add("/spec/priorityClassName", JsonString(chosen.name()));
  }
  patch.add("/spec/priority", priority);
  patch.add("/spec/preemptionPolicy", JsonString(policy));
  return {};
}

// Of several defaults, which only a race can make, the lowest counts.
sdk::ObjectHandle Priority::default_class() const {
  sdk::ObjectHandle found;
  classes_.for_each([&found](const sdk::ObjectHandle& candidate) {
    const bool lower = !found || candidate.integer("value") < found.integer("value");
    if (candidate.boolean("globalDefault") && lower) {
      found = candidate;
    }
  });
  return found;
}

Result<void> Priority::validate(const sdk::AdmissionRequest& request) {
  const bool writes = request.operation == "CREATE" || request.operation == "UPDATE";
  if (request.resource != "priorityclasses" || !writes ||
      !request.object.boolean("globalDefault")) {
    return {};
  }
  const auto known = default_class();
  if (!known || known.name() == request.object.text("metadata", "name")) {
    return {};
  }
  return Error(Code::kForbidden,
               concat({"PriorityClass ", known.name(),
                       " is already marked as default. Only one default can exist"}));
}

}  // namespace pintle::admission_priority

PINTLE_PLUGIN("admission_priority", "0.1.0", pintle::admission_priority::Priority)
