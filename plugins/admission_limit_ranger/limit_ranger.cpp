// Limit ranger: see limit_ranger.hpp.

#include "plugins/admission_limit_ranger/limit_ranger.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/admission_limit_ranger/constraints.hpp"

namespace pintle::admission_limit_ranger {
namespace {

constexpr std::string_view kAnnotation = "kubernetes.io/limit-ranger";

/// What containers get that don't say it themselves: resource -> the amount, as it is written.
struct Defaults {
  std::map<std::string, std::string, std::less<>> requests;
  std::map<std::string, std::string, std::less<>> limits;
};

/// What the LimitRange would have said itself, had it been written out in full.
/// Source: SetDefaults_LimitRangeItem.
Defaults defaults_of(const sdk::Value& range) {
  Defaults defaults;
  for (const auto limit : range.at("spec", "limits")) {
    if (limit.text("type") != "Container") {
      continue;
    }
    for (const auto [resource, amount] : limit.at("default").members()) {
      defaults.limits[std::string(resource)] = amount.text();
    }
    for (const auto [resource, amount] : limit.at("max").members()) {
      defaults.limits.try_emplace(std::string(resource), amount.text());
    }
    for (const auto [resource, amount] : limit.at("defaultRequest").members()) {
      defaults.requests[std::string(resource)] = amount.text();
    }
    for (const auto& [resource, amount] : defaults.limits) {
      defaults.requests.try_emplace(resource, amount);
    }
    for (const auto [resource, amount] : limit.at("min").members()) {
      defaults.requests.try_emplace(std::string(resource), amount.text());
    }
  }
  return defaults;
}

/// A pod that is being filled in, one LimitRange after the other.
class Filling {
 public:
  explicit Filling(const sdk::Value& pod) : pod_(pod.to_json()) {}

  void add(const Defaults& defaults) {
    std::string before = std::move(set_);
    set_.clear();
    for (const auto& [list, name] : {std::pair<const char*, const char*>{"containers", "container"},
                                     {"initContainers", "init container"}}) {
      auto* containers = find_path(pod_, {"spec", list});
      if (containers == nullptr || !containers->is_array()) {
        continue;
      }
      for (auto& container : containers->as_array()) {
        fill(container, defaults, name);
      }
    }
    // Of several LimitRanges the annotation tells what the last one set, as with Kubernetes.
    if (set_.empty()) {
      set_ = std::move(before);
    }
  }

  /// The patch that makes `pod` the filled one, and tells in an annotation what was set.
  void tell(const sdk::Value& pod, sdk::JsonPatch& patch) const {
    if (set_.empty()) {
      return;
    }
    for (const std::string_view list : {"containers", "initContainers"}) {
      const auto& filled = array_at(pod_, {"spec", list});
      const auto containers = pod.at("spec", list);
      for (std::size_t i = 0; i < containers.size(); ++i) {
        const auto* resources = find_path(filled[i], {"resources"});
        if (resources != nullptr) {
          patch.add(concat({"/spec/", list, "/", std::to_string(i), "/resources"}), *resources);
        }
      }
    }
    const auto annotations = pod.at("metadata", "annotations");
    if (!annotations.is_object()) {
      patch.add("/metadata/annotations", JsonObject());
    }
    patch.add(concat({"/metadata/annotations/", sdk::pointer_escaped(kAnnotation)}),
              JsonString("LimitRanger plugin set: " + set_));
  }

 private:
  void fill(Json& container, const Defaults& defaults, std::string_view name) {
    const std::string of = concat({" for ", name, " ", text_at(container, {"name"})});
    // Kubernetes names requests first, though it fills limits first.
    fill_part(container, "requests", defaults.requests, " request" + of);
    fill_part(container, "limits", defaults.limits, " limit" + of);
  }

  void fill_part(Json& container, std::string_view part,
                 const std::map<std::string, std::string, std::less<>>& defaults,
                 const std::string& what) {
    std::string names;
    for (const auto& [resource, amount] : defaults) {
      if (find_path(container, {"resources", part, resource}) != nullptr) {
        continue;
      }
      auto& resources = ensure_object(container.as_object(), "resources");
      ensure_object(resources, part)[resource] = amount;
      names += (names.empty() ? "" : ", ") + resource;
    }
    if (!names.empty()) {
      set_ += (set_.empty() ? "" : "; ") + names + what;
    }
  }

  Json pod_;
  std::string set_;  // "cpu request for container a; cpu limit for container a".
};

/// Several in brackets, each once. Source: apimachinery util/errors NewAggregate.
std::string to_sentence(const std::vector<std::string>& faults) {
  std::vector<std::string> told;
  std::string all;
  for (const auto& fault : faults) {
    if (std::ranges::find(told, fault) == told.end()) {
      all += (told.empty() ? "" : ", ") + fault;
      told.push_back(fault);
    }
  }
  return told.size() == 1 ? all : "[" + all + "]";
}

/// A pod's resources change at its creation and in a resize only; what is going is left alone.
bool concerns_us(const sdk::AdmissionRequest& request) {
  if (request.old_object.has("metadata", "deletionTimestamp")) {
    return false;
  }
  return request.resource != "pods" || request.operation == "CREATE" ||
         request.subresource == "resize";
}

}  // namespace

Result<std::unique_ptr<LimitRanger>> LimitRanger::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<LimitRanger>(host);
  made->ranges_.start();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

LimitRanger::LimitRanger(sdk::Host& host)
    : ranges_(host, {.resource = "limitranges"}),
      offer_(*this, {.mutates = true, .validates = true}) {}

Result<std::vector<sdk::ObjectHandle>> LimitRanger::ranges_of(std::string_view ns) const {
  if (!ranges_.synced()) {
    return Error(Code::kForbidden, "not yet ready to handle request");
  }
  std::vector<sdk::ObjectHandle> found;
  ranges_.for_each_in(ns, [&found](const sdk::ObjectHandle& range) { found.push_back(range); });
  return found;
}

Result<void> LimitRanger::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) {
  if (request.resource != "pods" || !concerns_us(request)) {
    return {};
  }
  PINTLE_TRY(const auto ranges, ranges_of(request.ns));
  if (ranges.empty()) {
    return {};
  }
  Filling filling(request.object);
  for (const auto& range : ranges) {
    filling.add(defaults_of(range.root()));
  }
  filling.tell(request.object, patch);
  return {};
}

Result<void> LimitRanger::validate(const sdk::AdmissionRequest& request) {
  if (!concerns_us(request)) {
    return {};
  }
  PINTLE_TRY(const auto ranges, ranges_of(request.ns));
  for (const auto& range : ranges) {
    std::vector<std::string> faults;
    if (request.resource == "pods") {
      check_pod(range.root(), request.object, faults);
    } else {
      check_claim(range.root(), request.object, faults);
    }
    if (!faults.empty()) {
      return Error(Code::kForbidden, to_sentence(faults));
    }
  }
  return {};
}

}  // namespace pintle::admission_limit_ranger

PINTLE_PLUGIN("admission_limit_ranger", "0.1.0", pintle::admission_limit_ranger::LimitRanger)
