// Conditions: see conditions.hpp.

#include "plugins/controller_namespace/conditions.hpp"

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"

namespace pintle::controller_namespace {
namespace {

struct Condition {
  std::string_view type;
  bool is_true = false;
  std::string_view reason;
  std::string message;
};

std::string joined(std::vector<std::string> parts) {
  std::ranges::sort(parts);  // So that the same faults read the same.
  std::string text;
  for (const auto& part : parts) {
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

/// Source: client-go discovery.ErrGroupDiscoveryFailed.
std::string discovery_message(const Remaining& remaining) {
  if (!remaining.discovery_fault.empty()) {
    return remaining.discovery_fault;
  }
  return concat({"Discovery failed for some groups, ",
                 std::to_string(remaining.silent_groups.size()),
                 " failing: unable to retrieve the complete list of server APIs: ",
                 joined(remaining.silent_groups)});
}

std::string told(const std::map<std::string, std::int64_t>& counts, std::string_view verb) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) {
    parts.push_back(concat({name, " ", verb, " ", std::to_string(count), " resource instances"}));
  }
  return joined(parts);
}

std::array<Condition, 5> conditions_of(const Remaining& remaining) {
  std::array<Condition, 5> all = {
      Condition{"NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
                "All resources successfully discovered"},
      Condition{"NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
                "All legacy kube types successfully parsed"},
      Condition{"NamespaceDeletionContentFailure", false, "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization"},
      Condition{"NamespaceContentRemaining", false, "ContentRemoved",
                "All content successfully removed"},
      Condition{"NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers",
                "All content-preserving finalizers finished"}};
  if (!remaining.is_discovered()) {
    all[0] = {all[0].type, true, "DiscoveryFailed", discovery_message(remaining)};
  }
  if (!remaining.version_faults.empty()) {
    all[1] = {all[1].type, true, "GroupVersionParsingFailed", joined(remaining.version_faults)};
  }
  if (!remaining.content_faults.empty()) {
    all[2] = {all[2].type, true, "ContentDeletionFailed",
              concat({"Failed to delete all resource types, ",
                      std::to_string(remaining.content_faults.size()),
                      " remaining: ", joined(remaining.content_faults)})};
  }
  if (!remaining.instances.empty()) {
    all[3] = {all[3].type, true, "SomeResourcesRemain",
              "Some resources are remaining: " + told(remaining.instances, "has")};
  }
  if (!remaining.finalizers.empty()) {
    all[4] = {all[4].type, true, "SomeFinalizersRemain",
              "Some content in the namespace has finalizers remaining: " +
                  told(remaining.finalizers, "in")};
  }
  return all;
}

Json* find_condition(JsonArray& conditions, std::string_view type) {
  for (auto& condition : conditions) {
    if (text_at(condition, {"type"}) == type) {
      return &condition;
    }
  }
  return nullptr;
}

}  // namespace

bool set_conditions(Json& ns, const Remaining& remaining, const std::string& now) {
  JsonObject& status = ensure_object(ns.as_object(), "status");
  Json& held = status["conditions"];
  if (!held.is_array()) {
    held = JsonArray();
  }
  JsonArray& conditions = held.get_array();
  bool changed = false;
  for (const auto& wanted : conditions_of(remaining)) {
    const std::string_view state = wanted.is_true ? "True" : "False";
    Json* known = find_condition(conditions, wanted.type);
    if (known != nullptr && text_at(*known, {"status"}) == state &&
        text_at(*known, {"reason"}) == wanted.reason &&
        text_at(*known, {"message"}) == wanted.message) {
      continue;
    }
    changed = true;
    const std::string since = known != nullptr && text_at(*known, {"status"}) == state
                                  ? std::string(text_at(*known, {"lastTransitionTime"}))
                                  : now;
    Json made = {{"type", wanted.type},
                 {"status", state},
                 {"lastTransitionTime", since},
                 {"reason", wanted.reason},
                 {"message", wanted.message}};
    if (known != nullptr) {
      *known = std::move(made);
    } else {
      conditions.push_back(std::move(made));
    }
  }
  return changed;
}

}  // namespace pintle::controller_namespace
