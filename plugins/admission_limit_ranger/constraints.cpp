// Constraints: see constraints.hpp. Messages, double spaces included, are Kubernetes'.

#include "plugins/admission_limit_ranger/constraints.hpp"

#include <cstdint>
#include <cstdio>
#include <optional>

#include "core/base/concat.hpp"
#include "plugins/admission_limit_ranger/amounts.hpp"

namespace pintle::admission_limit_ranger {
namespace {

/// What a container, a pod or a claim asks for.
struct Use {
  std::string_view type;  // "Container", "Pod", "PersistentVolumeClaim".
  Amounts requests;
  Amounts limits;
};

/// One amount of a use, or none.
std::optional<Quantity> find_amount(const Amounts& amounts, std::string_view resource) {
  const auto at = amounts.find(resource);
  return at == amounts.end() ? std::nullopt : std::optional(at->second);
}

using Faults = std::vector<std::string>;

void check_min(const Use& use, const std::string& resource, const Quantity& least, Faults& faults) {
  const auto begin =
      concat({"minimum ", resource, " usage per ", use.type, " is ", least.to_text()});
  const auto request = find_amount(use.requests, resource);
  const auto limit = find_amount(use.limits, resource);
  if (!request) {
    faults.push_back(begin + ".  No request is specified");
  } else if (*request < least) {
    faults.push_back(begin + ", but request is " + request->to_text());
  } else if (limit && *limit < least) {
    faults.push_back(begin + ", but limit is " + limit->to_text());
  }
}

void check_max(const Use& use, const std::string& resource, const Quantity& most, Faults& faults) {
  const auto begin =
      concat({"maximum ", resource, " usage per ", use.type, " is ", most.to_text()});
  const auto request = find_amount(use.requests, resource);
  const auto limit = find_amount(use.limits, resource);
  if (!limit) {
    faults.push_back(begin + ".  No limit is specified");
  } else if (*limit > most) {
    faults.push_back(begin + ", but limit is " + limit->to_text());
  } else if (request && *request > most) {
    faults.push_back(begin + ", but request is " + request->to_text());
  }
}

/// For what has no limits: a claim.
void check_max_request(const Use& use, const std::string& resource, const Quantity& most,
                       Faults& faults) {
  const auto begin =
      concat({"maximum ", resource, " usage per ", use.type, " is ", most.to_text()});
  const auto request = find_amount(use.requests, resource);
  if (!request) {
    faults.push_back(begin + ".  No request is specified");
  } else if (*request > most) {
    faults.push_back(begin + ", but request is " + request->to_text());
  }
}

double as_number(const Quantity& amount) {
  // Thousandths where they fit, so that 500m is no whole unit; else whole units.
  constexpr std::int64_t kMostMillis = INT64_MAX / 1000;
  return amount.units() <= kMostMillis ? static_cast<double>(amount.millis())
                                       : static_cast<double>(amount.units()) * 1000;
}

void check_ratio(const Use& use, const std::string& resource, const Quantity& most,
                 Faults& faults) {
  const auto begin = concat(
      {resource, " max limit to request ratio per ", use.type, " is ", most.to_text(), ", but "});
  const auto request = find_amount(use.requests, resource);
  const auto limit = find_amount(use.limits, resource);
  if (!request || request->is_zero()) {
    faults.push_back(begin + "no request is specified or request is 0");
    return;
  }
  if (!limit || limit->is_zero()) {
    faults.push_back(begin + "no limit is specified or limit is 0");
    return;
  }
  const double ratio = as_number(*limit) / as_number(*request);
  if (ratio * 1000 > as_number(most)) {
    char shown[64];
    std::snprintf(shown, sizeof(shown), "%f", ratio);
    faults.push_back(concat({begin, "provided ratio is ", shown}));
  }
}

using Check = void (*)(const Use&, const std::string&, const Quantity&, Faults&);

void check_each(const sdk::Value& bounds, Check check, const Use& use, Faults& faults) {
  for (const auto& [resource, bound] : amounts_of(bounds)) {
    check(use, resource, bound, faults);
  }
}

void check_use(const sdk::Value& limit, const Use& use, Faults& faults) {
  check_each(limit.at("min"), check_min, use, faults);
  check_each(limit.at("max"), check_max, use, faults);
  check_each(limit.at("maxLimitRequestRatio"), check_ratio, use, faults);
}

}  // namespace

void check_pod(const sdk::Value& range, const sdk::Value& pod, Faults& faults) {
  for (const auto limit : range.at("spec", "limits")) {
    const auto type = limit.text("type");
    if (type == "Container") {
      for (const std::string_view list : {"containers", "initContainers"}) {
        for (const auto container : pod.at("spec", list)) {
          check_use(limit,
                    {.type = type,
                     .requests = amounts_of(container.at("resources", "requests")),
                     .limits = amounts_of(container.at("resources", "limits"))},
                    faults);
        }
      }
    } else if (type == "Pod") {
      check_use(
          limit,
          {.type = type, .requests = total_of(pod, "requests"), .limits = total_of(pod, "limits")},
          faults);
    }
  }
}

void check_claim(const sdk::Value& range, const sdk::Value& claim, Faults& faults) {
  for (const auto limit : range.at("spec", "limits")) {
    if (limit.text("type") == "PersistentVolumeClaim") {
      const Use use{.type = "PersistentVolumeClaim",
                    .requests = amounts_of(claim.at("spec", "resources", "requests")),
                    .limits = {}};
      check_each(limit.at("min"), check_min, use, faults);
      check_each(limit.at("max"), check_max_request, use, faults);
    }
  }
}

}  // namespace pintle::admission_limit_ranger
