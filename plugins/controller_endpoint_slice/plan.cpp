// Plan: which slices of a Service are to be made, changed and deleted; see plan.hpp.

#include "plugins/controller_endpoint_slice/plan.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/base/concat.hpp"
#include "core/sdk/owners.hpp"
#include "core/sdk/services.hpp"
#include "core/sdk/trigger_times.hpp"
#include "plugins/controller_endpoint_slice/endpoint.hpp"
#include "plugins/controller_endpoint_slice/packing.hpp"

namespace pintle::controller_endpoint_slice {
namespace {

using sdk::ObjectHandle;
using sdk::Value;

constexpr std::string_view kHeadless = "service.kubernetes.io/headless";
constexpr std::size_t kNameBytesMax = 253;

/// All endpoints with one list of ports, and the slices that are there for it.
struct Group {
  JsonArray ports;
  Wanted wanted;
  std::vector<ObjectHandle> slices;
};

/// What one family of addresses comes to.
struct Family {
  std::string_view name;
  std::vector<Json> made;
  std::vector<ObjectHandle> removed;
  std::size_t kept = 0;
};

std::vector<std::string> families_of(const ObjectHandle& service) {
  std::vector<std::string> families;
  for (const Value family : service.at("spec", "ipFamilies")) {
    families.emplace_back(family.text());
  }
  if (families.empty()) {
    const bool six = service.text("spec", "clusterIP").find(':') != std::string_view::npos;
    families.emplace_back(six ? "IPv6" : "IPv4");
  }
  return families;
}

JsonObject labels_for(const ObjectHandle& service) {
  JsonObject labels;
  for (const auto& [name, value] : service.at("metadata", "labels").members()) {
    labels.emplace(name, value.text());
  }
  labels.erase(kHeadless);
  if (sdk::is_headless(service.root())) {
    labels[kHeadless] = "";
  }
  labels[kServiceName] = service.name();
  labels[kManagedBy] = kManager;
  return labels;
}

class Planner {
 public:
  explicit Planner(const PlanInput& input) : input_(input), labels_(labels_for(input.service)) {}

  Plan plan() {
    const auto families = families_of(input_.service);
    for (const auto& slice : input_.slices) {
      if (std::ranges::find(families, slice.text("addressType")) == families.end()) {
        plan_.removed.push_back(slice);
      }
    }
    for (const auto& family : families) {
      plan_family(family);
    }
    return std::move(plan_);
  }

 private:
  void plan_family(std::string_view name) {
    Family family{.name = name, .made = {}, .removed = {}, .kept = 0};
    auto groups = groups_of(family);
    for (auto& [key, group] : groups) {
      fit(group, family);
    }
    if (family.kept == 0 && family.made.empty()) {
      keep_a_placeholder(family);
    }
    // What would be deleted is written anew instead, as long as something is to be made.
    while (!family.made.empty() && !family.removed.empty() && is_ours(family.removed.back())) {
      plan_.changed.push_back(rewritten(family.removed.back(), family.made.back()));
      family.removed.pop_back();
      family.made.pop_back();
    }
    std::ranges::move(family.made, std::back_inserter(plan_.made));
    std::ranges::move(family.removed, std::back_inserter(plan_.removed));
  }

  std::map<std::string, Group> groups_of(Family& family) const {
    std::map<std::string, Group> groups;
    for (const auto& pod : input_.pods) {
      if (!sdk::is_endpoint(pod.root(), true)) {
        continue;
      }
      const std::string zone = input_.zone_of(pod.text("spec", "nodeName"));
      Json endpoint =
          endpoint_of({.service = input_.service, .pod = pod, .family = family.name, .zone = zone});
      if (endpoint.is_null()) {
        continue;
      }
      JsonArray ports = ports_of(input_.service, pod);
      Group& group = groups[key_of_ports(ports)];
      group.ports = std::move(ports);
      std::string identity = identity_of(endpoint);
      group.wanted.insert_or_assign(std::move(identity), std::move(endpoint));
    }
    for (const auto& slice : input_.slices) {
      if (slice.text("addressType") != family.name) {
        continue;
      }
      if (!is_ours(slice)) {
        family.removed.push_back(slice);
        continue;
      }
      const Json ports = slice.at("ports").to_json();
      static const JsonArray kNone;
      const JsonArray& list = ports.is_array() ? ports.get_array() : kNone;
      groups[key_of_ports(list)].slices.push_back(slice);
    }
    return groups;
  }

  /// Fits one group's endpoints into its slices.
  void fit(Group& group, Family& family) {
    if (group.wanted.empty()) {
      std::ranges::move(group.slices, std::back_inserter(family.removed));
      return;
    }
    std::vector<Packed> packed;
    for (const auto& slice : group.slices) {
      const Json endpoints = slice.at("endpoints").to_json();
      packed.push_back({.endpoints = endpoints.is_array() ? endpoints.get_array() : JsonArray(),
                        .must_change = slice.at("metadata", "labels").to_json() != labels_});
    }
    auto rest = pack(packed, std::move(group.wanted), kEndpointsMax);
    for (std::size_t i = 0; i < packed.size(); ++i) {
      if (packed[i].emptied) {
        family.removed.push_back(group.slices[i]);
        continue;
      }
      ++family.kept;
      if (packed[i].changed) {
        Json next = group.slices[i].to_json();
        next.as_object()["endpoints"] = std::move(packed[i].endpoints);
        dress(next);
        plan_.changed.push_back(std::move(next));
      }
    }
    for (auto& endpoints : rest) {
      family.made.push_back(slice_of(family.name, group.ports, std::move(endpoints)));
    }
  }

  /// A Service without endpoints has one slice that is empty: so it shows that somebody has looked.
  void keep_a_placeholder(Family& family) {
    const auto is_one = [this](const ObjectHandle& slice) {
      return is_ours(slice) && slice.at("endpoints").empty() && slice.at("ports").empty() &&
             slice.at("metadata", "labels").to_json() == labels_;
    };
    const auto held = std::ranges::find_if(family.removed, is_one);
    if (held != family.removed.end()) {
      family.removed.erase(held);
      return;
    }
    family.made.push_back(slice_of(family.name, {}, {}));
  }

  bool is_ours(const ObjectHandle& slice) const {
    return sdk::controller_of(slice).text("uid") == input_.service.uid();
  }

  Json slice_of(std::string_view family, const JsonArray& ports, JsonArray endpoints) const {
    const std::string name(input_.service.name());
    Json slice =
        JsonObject{{"apiVersion", "discovery.k8s.io/v1"},
                   {"kind", "EndpointSlice"},
                   {"metadata",
                    {{"generateName", name.size() < kNameBytesMax ? name + "-" : name},
                     {"namespace", input_.service.ns()},
                     {"ownerReferences",
                      JsonArray{sdk::controller_reference(input_.service, "v1", "Service")}}}},
                   {"addressType", family},
                   {"endpoints", std::move(endpoints)},
                   {"ports", ports}};
    dress(slice);
    return slice;
  }

  /// The slice `held`, with another's content.
  Json rewritten(const ObjectHandle& held, const Json& content) const {
    Json next = held.to_json();
    for (const std::string_view part : {"endpoints", "ports"}) {
      next.as_object()[part] = content.at(part);
    }
    dress(next);
    return next;
  }

  /// Labels and the annotation that say what it is, and what it is written for.
  void dress(Json& slice) const {
    JsonObject& metadata = slice.at("metadata").as_object();
    metadata["labels"] = labels_;
    JsonObject& annotations = ensure_object(metadata, "annotations");
    if (input_.changed_at.empty()) {
      annotations.erase(sdk::kTriggerTime);
    } else {
      annotations[sdk::kTriggerTime] = input_.changed_at;
    }
    if (annotations.empty()) {
      metadata.erase("annotations");
    }
  }

  const PlanInput& input_;
  const JsonObject labels_;
  Plan plan_;
};

}  // namespace

Plan plan_of(const PlanInput& input) {
  return Planner(input).plan();
}

}  // namespace pintle::controller_endpoint_slice
