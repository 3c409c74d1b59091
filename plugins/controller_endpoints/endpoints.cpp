// The Endpoints controller; see endpoints.hpp.

#include "plugins/controller_endpoints/endpoints.hpp"

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/services.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/controller_endpoints/subsets.hpp"

namespace pintle::controller_endpoints {
namespace {

using sdk::ObjectHandle;

constexpr int kWorkers = 2;
constexpr std::string_view kComponent = "endpoint-controller";
constexpr std::string_view kHeadless = "service.kubernetes.io/headless";
constexpr std::string_view kManagedBy = "endpoints.kubernetes.io/managed-by";
constexpr std::string_view kOverCapacity = "endpoints.kubernetes.io/over-capacity";

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

sdk::Path path_of(std::string_view resource, std::string_view key) {
  const auto [ns, name] = sdk::split_key(key);
  return {.resource = std::string(resource), .ns = std::string(ns), .name = std::string(name)};
}

JsonObject labels_for(const ObjectHandle& service) {
  JsonObject labels;
  for (const auto& [name, value] : service.at("metadata", "labels").members()) {
    labels.emplace(name, value.text());
  }
  if (sdk::is_headless(service.root())) {
    labels[kHeadless] = "";
  } else {
    labels.erase(kHeadless);
  }
  labels[kManagedBy] = kComponent;
  return labels;
}

void set_or_erase(JsonObject& members, std::string_view name, const std::string& value) {
  if (value.empty()) {
    members.erase(name);
  } else {
    members[name] = value;
  }
}

}  // namespace

Result<std::unique_ptr<Endpoints>> Endpoints::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Endpoints>(host, system_clock());
  made->start();
  return made;
}

Endpoints::Endpoints(sdk::Host& host, const Clock& clock)
    : client_(host),
      events_(host, {.component = std::string(kComponent), .host = ""}, clock),
      reconciler_(host, std::string(kComponent), clock,
                  [this](const std::string& key, const std::stop_token& stop) {
                    return wait_synced(stop) ? reconcile(key) : Result<void>();
                  }),
      pods_(host, {.resource = "pods"},
            {.added = [this](const auto& now) { pod_changed({}, now); },
             .modified = [this](const auto& before, const auto& now) { pod_changed(before, now); },
             .deleted = [this](const auto& before) { pod_changed(before, {}); }},
            {.indexes = {sdk::label_keys_of}}),
      services_(
          host, {.resource = "services"},
          {.added = [this](const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .modified = [this](const auto&, const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .deleted = [this](const auto& gone) { reconciler_.add(sdk::key_of(gone)); }},
          {.indexes = {sdk::selector_keys_of}}),
      endpoints_(host, {.resource = "endpoints"},
                 {.added =
                      [this](const auto& now) {
                        // What is found at the start may have lost its Service meanwhile; what
                        // comes later may be written before its Service.
                        if (!endpoints_.synced()) {
                          reconciler_.add(sdk::key_of(now));
                        }
                      },
                  .modified =
                      [this](const auto&, const auto& now) {
                        if (const auto service = services_.find(sdk::key_of(now))) {
                          reconciler_.add_after(sdk::key_of(now),
                                                sdk::gather_time(pods_, 0, service));
                        }
                      },
                  .deleted = [this](const auto& gone) { reconciler_.add(sdk::key_of(gone)); }}) {}

Endpoints::~Endpoints() {
  pods_.stop();
  services_.stop();
  endpoints_.stop();
  reconciler_.stop();
}

void Endpoints::start() {
  pods_.start();
  services_.start();
  endpoints_.start();
  reconciler_.start(kWorkers);
}

bool Endpoints::wait_synced(const std::stop_token& stop) const {
  return pods_.wait_synced(stop) && services_.wait_synced(stop) && endpoints_.wait_synced(stop);
}

void Endpoints::pod_changed(const ObjectHandle& before, const ObjectHandle& now) {
  if (before && now && !sdk::differs_behind_services(before, now)) {
    return;
  }
  for (const auto* pod : {&before, &now}) {
    if (*pod) {
      for (const auto& service : sdk::services_of(services_, 0, *pod)) {
        reconciler_.add_after(sdk::key_of(service), sdk::gather_time(pods_, 0, service));
      }
    }
  }
}

Result<void> Endpoints::remove(const std::string& key) {
  trigger_times_.forget(key);
  const auto held = endpoints_.find(key);
  // A leader election's lock is no Service's business.
  if (!held || held.has("metadata", "annotations", "control-plane.alpha.kubernetes.io/leader")) {
    return {};
  }
  const auto gone = client_.remove(path_of("endpoints", key));
  return gone.ok() || gone.error().code == Code::kNotFound ? Result<void>() : gone;
}

Result<void> Endpoints::reconcile(const std::string& key) {
  const auto service = services_.find(key);
  if (!service) {
    return remove(key);
  }
  if (!sdk::selects_pods(service.root())) {
    return {};
  }
  const auto pods = sdk::pods_behind(pods_, 0, service);
  JsonArray subsets = subsets_of(service, pods);
  const bool truncated = truncate(subsets);
  const JsonObject labels = labels_for(service);
  const auto changed_at = trigger_times_.next(service, pods);
  // The server's word: the cache may not show yet what we wrote last.
  const auto held = client_.find(path_of("endpoints", key));
  const bool is_told = held.text("metadata", "annotations", kOverCapacity) == "truncated";
  const Json held_subsets = held.has("subsets") ? held.at("subsets").to_json() : Json(JsonArray());
  if (held && held_subsets == subsets && held.at("metadata", "labels").to_json() == labels &&
      is_told == truncated) {
    return {};
  }
  Json next = held ? held.to_json() : Json(JsonObject{{"apiVersion", "v1"}, {"kind", "Endpoints"}});
  JsonObject& metadata = ensure_object(next.as_object(), "metadata");
  metadata["name"] = service.name();
  metadata["namespace"] = service.ns();
  metadata["labels"] = labels;
  JsonObject& annotations = ensure_object(metadata, "annotations");
  set_or_erase(annotations, sdk::kTriggerTime, changed_at ? to_rfc3339(*changed_at) : "");
  set_or_erase(annotations, kOverCapacity, truncated ? "truncated" : "");
  if (annotations.empty()) {
    metadata.erase("annotations");
  }
  next.as_object()["subsets"] = std::move(subsets);
  return write(service, held, std::move(next));
}

Result<void> Endpoints::write(const ObjectHandle& service, const ObjectHandle& held, Json next) {
  sdk::Path path{.resource = "endpoints", .ns = std::string(service.ns())};
  if (held) {
    path.name = service.name();
  }
  const auto written = held ? client_.update(path, next) : client_.create(path, next);
  if (written.ok() || (!held && has_cause(written.error(), "NamespaceTerminating"))) {
    return {};
  }
  if (written.error().code != Code::kConflict && written.error().code != Code::kAlreadyExists) {
    const std::string name = concat({service.ns(), "/", service.name()});
    events_.record(sdk::EventTarget::of(held ? held.root() : service.root()),
                   sdk::EventType::kWarning,
                   held ? "FailedToUpdateEndpoint" : "FailedToCreateEndpoint",
                   concat({"Failed to ", held ? "update endpoint " : "create endpoint for service ",
                           name, ": ", written.error().message}));
  }
  return written.error();
}

}  // namespace pintle::controller_endpoints

PINTLE_PLUGIN("controller_endpoints", "0.1.0", pintle::controller_endpoints::Endpoints)
