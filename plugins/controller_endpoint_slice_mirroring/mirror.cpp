// Mirror: the slices that say what a hand-made Endpoints object says; see mirror.hpp.

#include "plugins/controller_endpoint_slice_mirroring/mirror.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "core/base/concat.hpp"
#include "core/sdk/owners.hpp"
#include "core/sdk/trigger_times.hpp"

namespace pintle::controller_endpoint_slice_mirroring {
namespace {

using sdk::ObjectHandle;
using sdk::Value;

constexpr std::string_view kSkip = "endpointslice.kubernetes.io/skip-mirror";
constexpr std::string_view kLeader = "control-plane.alpha.kubernetes.io/leader";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

struct Group {
  std::string family;
  JsonArray ports;
  JsonArray endpoints;
};

JsonArray ports_of(const Value& subset) {
  std::vector<JsonObject> ports;
  for (const Value port : subset.at("ports")) {
    const auto protocol = port.text("protocol");
    JsonObject made{{"name", port.text("name")},
                    {"protocol", protocol.empty() ? "TCP" : protocol},
                    {"port", port.integer("port")}};
    if (const auto app = port.text("appProtocol"); !app.empty()) {
      made.emplace("appProtocol", app);
    }
    ports.push_back(std::move(made));
  }
  std::ranges::sort(ports, {}, [](const auto& port) { return to_json(port); });
  return JsonArray(ports.begin(), ports.end());
}

Json endpoint_of(const Value& address, bool ready) {
  JsonObject endpoint{{"addresses", JsonArray{Json(address.text("ip"))}},
                      {"conditions", {{"ready", ready}}}};
  for (const std::string_view part : {"hostname", "nodeName"}) {
    if (const auto text = address.text(part); !text.empty()) {
      endpoint.emplace(part, text);
    }
  }
  if (address.has("targetRef")) {
    endpoint.emplace("targetRef", address.at("targetRef").to_json());
  }
  return endpoint;
}

/// A copy of metadata.`part`'s texts without `but`.
JsonObject copy_but(const ObjectHandle& object, std::string_view part,
                    std::initializer_list<std::string_view> but) {
  JsonObject copy;
  for (const auto& [name, value] : object.at("metadata", part).members()) {
    if (std::ranges::find(but, name) == but.end()) {
      copy.emplace(name, value.text());
    }
  }
  return copy;
}

/// What tells slices of one Endpoints object apart.
std::string key_of(const Json& slice) {
  return concat({text_at(slice, {"addressType"}), " ", to_json(array_at(slice, {"ports"}))});
}

/// Whether `held` says all that `wanted` says, in what we write of a slice.
bool says(const ObjectHandle& held, const Json& wanted) {
  for (const std::string_view part : {"endpoints", "ports"}) {
    if (held.at(part).to_json() != wanted.at(part)) {
      return false;
    }
  }
  return held.at("metadata", "labels").to_json() == *find_path(wanted, {"metadata", "labels"}) &&
         copy_but(held, "annotations", {}) == object_at(wanted, {"metadata", "annotations"});
}

/// The slice `held` with the content of `wanted`.
Json rewritten(const ObjectHandle& held, const Json& wanted) {
  Json next = held.to_json();
  for (const std::string_view part : {"endpoints", "ports"}) {
    next.as_object()[part] = wanted.at(part);
  }
  JsonObject& metadata = next.at("metadata").as_object();
  metadata["labels"] = *find_path(wanted, {"metadata", "labels"});
  metadata["annotations"] = object_at(wanted, {"metadata", "annotations"});
  return next;
}

}  // namespace

bool wants_mirror(const ObjectHandle& endpoints) {
  return endpoints.text("metadata", "labels", kSkip) != "true" &&
         !endpoints.has("metadata", "annotations", kLeader);
}

std::vector<Json> mirror_of(const ObjectHandle& endpoints) {
  std::map<std::string, Group> groups;
  for (const Value subset : endpoints.at("subsets")) {
    const JsonArray ports = ports_of(subset);
    std::size_t room = kAddressesMax;
    for (const std::string_view list : {"addresses", "notReadyAddresses"}) {
      for (const Value address : subset.at(list)) {
        if (room == 0) {
          break;
        }
        --room;
        const bool six = address.text("ip").find(':') != std::string_view::npos;
        const std::string family = six ? "IPv6" : "IPv4";
        Group& group = groups[concat({family, " ", to_json(ports)})];
        group.family = family;
        group.ports = ports;
        group.endpoints.push_back(endpoint_of(address, list == "addresses"));
      }
    }
  }
  JsonObject labels = copy_but(endpoints, "labels", {});
  labels[kServiceName] = endpoints.name();
  labels[kManagedBy] = kManager;
  const JsonObject annotations =
      copy_but(endpoints, "annotations", {kLastApplied, sdk::kTriggerTime});
  std::vector<Json> slices;
  for (auto& [key, group] : groups) {
    slices.push_back(JsonObject{
        {"apiVersion", "discovery.k8s.io/v1"},
        {"kind", "EndpointSlice"},
        {"metadata",
         {{"generateName", concat({endpoints.name(), "-"})},
          {"namespace", endpoints.ns()},
          {"labels", labels},
          {"annotations", annotations},
          {"ownerReferences", JsonArray{sdk::controller_reference(endpoints, "v1", "Endpoints")}}}},
        {"addressType", group.family},
        {"endpoints", std::move(group.endpoints)},
        {"ports", std::move(group.ports)}});
  }
  return slices;
}

Changes changes_of(std::vector<Json> wanted, const std::vector<ObjectHandle>& held) {
  Changes changes;
  std::map<std::string, Json> missing;
  for (auto& slice : wanted) {
    std::string key = key_of(slice);
    missing.emplace(std::move(key), std::move(slice));
  }
  for (const auto& slice : held) {
    const auto found = missing.find(key_of(slice.to_json()));
    if (found == missing.end()) {
      changes.removed.push_back(slice);
      continue;
    }
    if (!says(slice, found->second)) {
      changes.changed.push_back(rewritten(slice, found->second));
    }
    missing.erase(found);
  }
  for (auto& [key, slice] : missing) {
    // One that would be deleted is written anew instead; its family can't change.
    const auto spare = std::ranges::find_if(changes.removed, [&](const auto& removed) {
      return removed.text("addressType") == text_at(slice, {"addressType"});
    });
    if (spare == changes.removed.end()) {
      changes.made.push_back(std::move(slice));
      continue;
    }
    changes.changed.push_back(rewritten(*spare, slice));
    changes.removed.erase(spare);
  }
  return changes;
}

}  // namespace pintle::controller_endpoint_slice_mirroring
