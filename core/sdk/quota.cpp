// Quotas: scopes, and the rules that every quota follows; see quota.hpp.

#include "core/sdk/quota.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "core/base/concat.hpp"

namespace pintle::sdk {
namespace {

/// Kinds that may be counted without "count/", as from before it was there.
constexpr std::array<std::string_view, 4> kNamedAlone = {"configmaps", "replicationcontrollers",
                                                         "resourcequotas", "secrets"};

/// What a container must say where the quota limits it. Source: podevaluator validationSet.
constexpr std::array<std::string_view, 6> kMustBeSaid = {
    "cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"};

bool says(const Value& container, std::string_view name) {
  const auto resources = container.at("resources");
  if (name.starts_with("limits.")) {
    return resources.has("limits", name.substr(7));
  }
  return resources.has("requests", name.starts_with("requests.") ? name.substr(9) : name);
}

std::string joined(const std::set<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) {
    all += (all.empty() ? "" : ",") + text;
  }
  return all;
}

bool is_in(const std::vector<std::string>& values, const std::string& text) {
  return std::ranges::find(values, text) != values.end();
}

bool has_priority(const Quota::Scope& scope, const std::string& priority_class) {
  if (scope.op == "In") {
    return !priority_class.empty() && is_in(scope.values, priority_class);
  }
  if (scope.op == "NotIn") {
    return priority_class.empty() || !is_in(scope.values, priority_class);
  }
  return priority_class.empty() == (scope.op == "DoesNotExist");
}

bool holds(const Quota::Scope& scope, const QuotaUse& use) {
  if (use.resource != "pods") {
    return false;  // Only pods have scopes; all else is in none.
  }
  if (scope.name == "Terminating") {
    return use.is_terminating;
  }
  if (scope.name == "NotTerminating") {
    return !use.is_terminating;
  }
  if (scope.name == "BestEffort") {
    return use.is_best_effort;
  }
  if (scope.name == "NotBestEffort") {
    return !use.is_best_effort;
  }
  if (scope.name == "CrossNamespacePodAffinity") {
    return use.crosses_namespaces;
  }
  return scope.name == "PriorityClass" && has_priority(scope, use.priority_class);
}

}  // namespace

std::string to_text(const Amounts& amounts) {
  std::string text;
  for (const auto& [name, amount] : amounts) {
    text += concat({text.empty() ? "" : ",", name, "=", amount.to_text()});
  }
  return text;
}

void add_amounts(Amounts& total, const Amounts& more) {
  for (const auto& [name, amount] : more) {
    total[name] += amount;
  }
}

Amounts restrict_amounts(const Amounts& amounts, const Amounts& names) {
  Amounts kept;
  for (const auto& [name, amount] : amounts) {
    if (names.contains(name)) {
      kept.emplace_hint(kept.end(), name, amount);
    }
  }
  return kept;
}

Amounts read_amounts(const Value& list) {
  Amounts amounts;
  for (const auto& [name, value] : list.members()) {
    if (value.is_integer()) {
      amounts.emplace(name, Quantity::of_units(value.integer()));
    } else if (const auto parsed = parse_quantity(value.text()); parsed.ok()) {
      amounts.emplace(name, parsed.value());
    }
  }
  return amounts;
}

std::string counted_resource(std::string_view name) {
  if (name.starts_with("count/")) {
    return std::string(name.substr(6));
  }
  if (name == "services" || name.starts_with("services.")) {
    return "services";
  }
  if (name == "persistentvolumeclaims" || name == "requests.storage" ||
      name.find(".storageclass.storage.k8s.io/") != std::string_view::npos) {
    return "persistentvolumeclaims";
  }
  if (std::ranges::find(kNamedAlone, name) != kNamedAlone.end()) {
    return std::string(name);
  }
  const bool is_of_pods = name == "pods" || name == "cpu" || name == "memory" ||
                          name == "ephemeral-storage" || name.starts_with("requests.") ||
                          name.starts_with("limits.") || name.starts_with("hugepages-");
  return is_of_pods ? "pods" : "";
}

Quota Quota::of(const Value& quota) {
  Quota read;
  read.name = quota.text("metadata", "name");
  const auto spec = quota.at("spec");
  read.hard = read_amounts(spec.at("hard"));
  for (const auto scope : spec.at("scopes")) {
    read.scopes.push_back({.name = std::string(scope.text()), .op = "Exists", .values = {}});
  }
  for (const auto expression : spec.at("scopeSelector", "matchExpressions")) {
    Scope scope{.name = std::string(expression.text("scopeName")),
                .op = std::string(expression.text("operator")),
                .values = {}};
    for (const auto value : expression.at("values")) {
      scope.values.emplace_back(value.text());
    }
    read.scopes.push_back(std::move(scope));
  }
  std::set<std::string> resources;
  for (const auto& [name, limit] : read.hard) {
    resources.insert(counted_resource(name));
  }
  resources.erase("");
  read.resources.assign(resources.begin(), resources.end());
  return read;
}

bool Quota::is_same_as(const Quota& other) const {
  return hard == other.hard && scopes == other.scopes;
}

bool Quota::counts(const QuotaUse& use) const {
  return std::ranges::binary_search(resources, use.resource) &&
         std::ranges::all_of(scopes, [&](const Scope& scope) { return holds(scope, use); });
}

std::optional<std::string> Quota::missing_in(const Value& pod) const {
  std::string missing;
  for (const auto amount : kMustBeSaid) {
    if (!hard.contains(amount)) {
      continue;
    }
    std::set<std::string> silent;
    for (const char* list : {"containers", "initContainers"}) {
      for (const auto container : pod.at("spec", list)) {
        if (!says(container, amount)) {
          silent.emplace(container.text("name"));
        }
      }
    }
    if (!silent.empty()) {
      missing +=
          concat({missing.empty() ? "must specify " : "; ", amount, " for: ", joined(silent)});
    }
  }
  return missing.empty() ? std::nullopt : std::optional(missing);
}

}  // namespace pintle::sdk
