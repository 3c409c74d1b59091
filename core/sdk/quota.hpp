// Quotas: what an object uses of its namespace's ResourceQuotas, and which of them count it.
//
// Amounts go by the names a ResourceQuota uses: "pods", "requests.cpu", "count/jobs.batch".
// Source: kubernetes pkg/quota/v1/evaluator/core and apiserver's quota/v1/generic.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/quantity.hpp"
#include "core/sdk/object.hpp"

namespace pintle::sdk {

/// By name. What is not there is zero.
using Amounts = std::map<std::string, Quantity, std::less<>>;

/// "cpu=1,pods=3", by name, as Kubernetes' messages have it.
std::string to_text(const Amounts& amounts);
void add_amounts(Amounts& total, const Amounts& more);
/// Those of `amounts` that `names` has too.
Amounts restrict_amounts(const Amounts& amounts, const Amounts& names);
/// A resource list ("requests", "hard"); what is no quantity is left out.
Amounts read_amounts(const Value& list);

/// One object as quotas see it.
struct QuotaUse {
  std::string resource;  // "pods", "deployments.apps": with the group, but for the core one.
  Amounts amounts;
  // What scopes look at; of pods only.
  bool is_terminating = false;  // It has a deadline.
  bool is_best_effort = false;
  bool crosses_namespaces = false;  // Its pod affinity does.
  std::string priority_class;
  /// A pod that should be gone by then counts as an object only. Source: QuotaV1Pod.
  std::optional<WallTime> until;
};

/// What `object` uses at `now`.
QuotaUse quota_use_of(std::string_view group_resource, const Value& object, WallTime now);

/// What is left of a pod's use once it should be gone.
Amounts amounts_of_gone_pod();

/// The resource whose objects the limit called `name` counts: "pods" for "limits.cpu"; "" where
/// there is none such.
std::string counted_resource(std::string_view name);

/// What one ResourceQuota limits.
struct Quota {
  struct Scope {
    std::string name;
    std::string op;  // "In", "NotIn", "Exists", "DoesNotExist".
    std::vector<std::string> values;

    bool operator==(const Scope&) const = default;
  };

  std::string name;
  Amounts hard;
  std::vector<Scope> scopes;           // All must hold.
  std::vector<std::string> resources;  // Whose objects `hard` counts; sorted, each once.

  /// Of a ResourceQuota's spec.
  static Quota of(const Value& quota);

  /// True if both limit the same.
  bool is_same_as(const Quota& other) const;

  /// True if `use` is one of those this quota is about.
  bool counts(const QuotaUse& use) const;

  /// "must specify limits.cpu for: a,b", where a pod's containers leave out what the quota can then
  /// not count; nothing where all is said.
  std::optional<std::string> missing_in(const Value& pod) const;
};

}  // namespace pintle::sdk
