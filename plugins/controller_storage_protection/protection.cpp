// Storage protection: see protection.hpp.

#include "plugins/controller_storage_protection/protection.hpp"

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_storage_protection {
namespace {

constexpr std::string_view kOfClaims = "kubernetes.io/pvc-protection";
constexpr std::string_view kOfVolumes = "kubernetes.io/pv-protection";

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

/// The claim a volume of `pod` stands for, or "". An ephemeral volume has one of its own.
std::string claim_of(const sdk::ObjectHandle& pod, const sdk::Value& volume) {
  if (volume.has("ephemeral")) {
    return concat({pod.name(), "-", volume.text("name")});
  }
  return std::string(volume.text("persistentVolumeClaim", "claimName"));
}

bool has_finalizer(const sdk::ObjectHandle& object, std::string_view finalizer) {
  for (const auto held : object.at("metadata", "finalizers")) {
    if (held.text() == finalizer) {
      return true;
    }
  }
  return false;
}

bool is_going(const sdk::ObjectHandle& object) {
  return object.has("metadata", "deletionTimestamp");
}

}  // namespace

Result<std::unique_ptr<Protection>> Protection::make(sdk::Host& host, const Json& config) {
  std::int64_t workers = 2;
  sdk::Settings settings(config);
  PINTLE_TRY_STATUS(settings.integer("workers", workers, {1, 64}).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Protection>(host, system_clock());
  made->start(static_cast<int>(workers));
  return made;
}

Protection::Protection(sdk::Host& host, const Clock& clock)
    : client_(host),
      reconciler_(host, "storage-protection", clock,
                  [this](const std::string& key, const std::stop_token& stop) {
                    // A pod that the cache does not know yet looks as if it used nothing.
                    return wait_synced(stop) ? reconcile(key) : Result<void>();
                  }),
      claims_(host, {.resource = "persistentvolumeclaims"},
              {.added = [this](const auto& claim) { reconciler_.add(sdk::key_of(claim)); },
               .modified = [this](const auto&,
                                  const auto& claim) { reconciler_.add(sdk::key_of(claim)); }}),
      volumes_(host, {.resource = "persistentvolumes"},
               {.added = [this](const auto& volume) { reconciler_.add(sdk::key_of(volume)); },
                .modified = [this](const auto&,
                                   const auto& volume) { reconciler_.add(sdk::key_of(volume)); }}),
      pods_(host, {.resource = "pods"},
            {.deleted = [this](const auto& pod) { look_at_claims_of(pod); }}) {}

Protection::~Protection() {
  reconciler_.stop();
  pods_.stop();
  volumes_.stop();
  claims_.stop();
}

void Protection::start(int workers) {
  pods_.start();
  volumes_.start();
  claims_.start();
  reconciler_.start(workers);
}

bool Protection::wait_synced(const std::stop_token& stop) const {
  return pods_.wait_synced(stop) && volumes_.wait_synced(stop) && claims_.wait_synced(stop);
}

void Protection::look_at_claims_of(const sdk::ObjectHandle& pod) {
  for (const auto volume : pod.at("spec", "volumes")) {
    if (const auto claim = claim_of(pod, volume); !claim.empty()) {
      reconciler_.add(sdk::key_of(pod.ns(), claim));
    }
  }
}

/// Any pod that a kubelet may know of, finished ones too: their volumes may still be mounted.
bool Protection::is_used(const sdk::ObjectHandle& claim) const {
  bool is_used = false;
  pods_.for_each_in(claim.ns(), [&](const sdk::ObjectHandle& pod) {
    if (is_used || pod.text("spec", "nodeName").empty()) {
      return;
    }
    for (const auto volume : pod.at("spec", "volumes")) {
      is_used = is_used || claim_of(pod, volume) == claim.name();
    }
  });
  return is_used;
}

Result<void> Protection::reconcile(std::string_view key) {
  const auto [ns, name] = sdk::split_key(key);
  // The server's word, not the cache's: what goes is decided by what is true now.
  if (ns.empty()) {
    const sdk::Path path{.resource = "persistentvolumes", .name = std::string(name)};
    const auto volume = client_.find(path);
    const bool holds = !is_going(volume) || volume.text("status", "phase") == "Bound";
    return set_finalizer(volume, path, kOfVolumes, holds);
  }
  const sdk::Path path{
      .resource = "persistentvolumeclaims", .ns = std::string(ns), .name = std::string(name)};
  const auto claim = client_.find(path);
  return set_finalizer(claim, path, kOfClaims, !is_going(claim) || is_used(claim));
}

Result<void> Protection::set_finalizer(const sdk::ObjectHandle& object, const sdk::Path& path,
                                       std::string_view finalizer, bool wanted) {
  // What is going gets no new finalizer: the server would refuse it.
  const bool changes = has_finalizer(object, finalizer) ? !wanted : wanted && !is_going(object);
  if (!object || !changes) {
    return {};
  }
  Json next = object.to_json();
  auto& metadata = next.as_object()["metadata"].as_object();
  JsonArray finalizers;
  for (const auto held : object.at("metadata", "finalizers")) {
    if (held.text() != finalizer) {
      finalizers.push_back(JsonString(held.text()));
    }
  }
  if (wanted) {
    finalizers.push_back(JsonString(finalizer));
  }
  metadata["finalizers"] = std::move(finalizers);
  const auto written = client_.update(path, next);
  if (written.ok() || written.error().code == Code::kNotFound) {
    return {};
  }
  return written.error();
}

}  // namespace pintle::controller_storage_protection

PINTLE_PLUGIN("controller_storage_protection", "0.1.0",
              pintle::controller_storage_protection::Protection)
