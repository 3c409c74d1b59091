// Runtime class: see runtime_class.hpp.

#include "plugins/admission_runtime_class/runtime_class.hpp"

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/object/status.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/admission_runtime_class/tolerations.hpp"

namespace pintle::admission_runtime_class {
namespace {

/// "0.5" and "500m" are one amount.
bool is_same_amount(std::string_view one, std::string_view other) {
  const auto a = parse_quantity(one);
  const auto b = parse_quantity(other);
  return a.ok() && b.ok() ? a.value() == b.value() : one == other;
}

bool is_same_overhead(const sdk::Value& one, const sdk::Value& other) {
  if (one.size() != other.size()) {
    return false;
  }
  for (const auto [resource, amount] : one.members()) {
    if (!other.has(resource) || !is_same_amount(amount.text(), other.text(resource))) {
      return false;
    }
  }
  return true;
}

Error mismatch() {
  return {Code::kForbidden,
          "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"};
}

Result<void> add_selector(const sdk::Value& pod, const sdk::ObjectHandle& runtime_class,
                          sdk::JsonPatch& patch) {
  const auto wanted = runtime_class.at("scheduling", "nodeSelector");
  if (wanted.empty()) {
    return {};
  }
  const auto own = pod.at("spec", "nodeSelector");
  Json merged = own.is_object() ? own.to_json() : Json(JsonObject());
  for (const auto [key, value] : wanted.members()) {
    if (own.has(key) && own.text(key) != value.text()) {
      return Error(Code::kForbidden, concat({"conflict: runtimeClass.scheduling.nodeSelector[", key,
                                             "] = ", value.text(), "; pod.spec.nodeSelector[", key,
                                             "] = ", own.text(key)}));
    }
    merged.as_object()[key] = value.text();
  }
  patch.add("/spec/nodeSelector", std::move(merged));
  return {};
}

}  // namespace

Result<std::unique_ptr<RuntimeClass>> RuntimeClass::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<RuntimeClass>(host);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

RuntimeClass::RuntimeClass(sdk::Host& host)
    : client_(host), offer_(*this, {.mutates = true, .validates = true}) {}

Result<sdk::ObjectHandle> RuntimeClass::find_class(const sdk::Value& pod) {
  if (!pod.has("spec", "runtimeClassName")) {
    return sdk::ObjectHandle();
  }
  const auto name = pod.text("spec", "runtimeClassName");
  auto found = client_.find(
      {.group = "node.k8s.io", .resource = "runtimeclasses", .name = std::string(name)});
  if (!found) {
    return Error(Code::kForbidden,
                 concat({"pod rejected: RuntimeClass ", quoted(name), " not found"}));
  }
  return found;
}

Result<void> RuntimeClass::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) {
  const sdk::Value pod = request.object;
  PINTLE_TRY(const auto runtime_class, find_class(pod));
  if (runtime_class.has("overhead")) {
    const auto overhead = runtime_class.at("overhead", "podFixed");
    const auto own = pod.at("spec", "overhead");
    if (own && !is_same_overhead(overhead, own)) {
      return mismatch();
    }
    if (overhead && !own) {
      patch.add("/spec/overhead", overhead.to_json());
    }
  }
  if (!runtime_class.has("scheduling")) {
    return {};
  }
  PINTLE_TRY_STATUS(add_selector(pod, runtime_class, patch));
  auto tolerations = merge_tolerations(pod.at("spec", "tolerations"),
                                       runtime_class.at("scheduling", "tolerations"));
  if (!tolerations.empty()) {
    patch.add("/spec/tolerations", std::move(tolerations));
  }
  return {};
}

Result<void> RuntimeClass::validate(const sdk::AdmissionRequest& request) {
  PINTLE_TRY(const auto runtime_class, find_class(request.object));
  const auto own = request.object.at("spec", "overhead");
  if (runtime_class.has("overhead")) {
    if (!is_same_overhead(runtime_class.at("overhead", "podFixed"), own)) {
      return mismatch();
    }
  } else if (own) {
    return Error(Code::kForbidden,
                 "pod rejected: Pod Overhead set without corresponding RuntimeClass defined "
                 "Overhead");
  }
  return {};
}

}  // namespace pintle::admission_runtime_class

PINTLE_PLUGIN("admission_runtime_class", "0.1.0", pintle::admission_runtime_class::RuntimeClass)
