// The EndpointSlice controller; see endpoint_slices.hpp.

#include "plugins/controller_endpoint_slice/endpoint_slices.hpp"

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/owners.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/pods.hpp"
#include "core/sdk/services.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_endpoint_slice {
namespace {

using sdk::ObjectHandle;

constexpr int kWorkers = 2;
constexpr std::string_view kComponent = "endpoint-slice-controller";
constexpr std::string_view kZone = "topology.kubernetes.io/zone";
// The indexes of pods_.
constexpr std::size_t kByLabel = 0;
constexpr std::size_t kByNode = 1;

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string service_key_of(const ObjectHandle& slice) {
  return sdk::key_of(slice.ns(), slice.text("metadata", "labels", kServiceName));
}

std::vector<std::string> node_of(const ObjectHandle& pod) {
  const auto node = pod.text("spec", "nodeName");
  return node.empty() ? std::vector<std::string>() : std::vector{std::string(node)};
}

sdk::Path our_slices() {
  return {.group = "discovery.k8s.io",
          .resource = "endpointslices",
          .query = "labelSelector=" + sdk::query_escaped(concat({kManagedBy, "=", kManager}))};
}

std::string path_of(std::string_view ns, std::string_view name) {
  return sdk::to_text({.group = "discovery.k8s.io",
                       .resource = "endpointslices",
                       .ns = std::string(ns),
                       .name = std::string(name)});
}

}  // namespace

Result<std::unique_ptr<EndpointSlices>> EndpointSlices::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<EndpointSlices>(host, system_clock());
  made->start();
  return made;
}

EndpointSlices::EndpointSlices(sdk::Host& host, const Clock& clock)
    : client_(host),
      events_(host, {.component = std::string(kComponent), .host = ""}, clock),
      pending_(clock),
      reconciler_(host, std::string(kComponent), clock,
                  [this](const std::string& key, const std::stop_token& stop) {
                    return wait_synced(stop) ? reconcile(key) : Result<void>();
                  }),
      nodes_(
          host, {.resource = "nodes"},
          {.added = [this](const auto& now) { node_changed({}, now); },
           .modified = [this](const auto& before, const auto& now) { node_changed(before, now); }}),
      pods_(host, {.resource = "pods"},
            {.added = [this](const auto& now) { pod_changed({}, now); },
             .modified = [this](const auto& before, const auto& now) { pod_changed(before, now); },
             .deleted = [this](const auto& before) { pod_changed(before, {}); }},
            {.indexes = {sdk::label_keys_of, node_of}}),
      services_(
          host, {.resource = "services"},
          {.added = [this](const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .modified = [this](const auto&, const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .deleted = [this](const auto& gone) { reconciler_.add(sdk::key_of(gone)); }},
          {.indexes = {sdk::selector_keys_of}}),
      slices_(host, our_slices(),
              {.added = [this](const auto& now) { slice_changed(now); },
               .modified =
                   [this](const auto& before, const auto& now) {
                     slice_changed(before);
                     slice_changed(now);
                   },
               .deleted = [this](const auto& gone) { slice_changed(gone); },
               .listed =
                   [this] {
                     for (const auto& service : pending_.owners()) {
                       reconciler_.add(service);
                     }
                   }},
              {.indexes = {[](const ObjectHandle& slice) {
                 return std::vector{service_key_of(slice)};
               }}}) {}

EndpointSlices::~EndpointSlices() {
  nodes_.stop();
  pods_.stop();
  services_.stop();
  slices_.stop();
  reconciler_.stop();
}

void EndpointSlices::start() {
  nodes_.start();
  pods_.start();
  services_.start();
  slices_.start();
  reconciler_.start(kWorkers);
}

bool EndpointSlices::wait_synced(const std::stop_token& stop) const {
  return nodes_.wait_synced(stop) && pods_.wait_synced(stop) && services_.wait_synced(stop) &&
         slices_.wait_synced(stop);
}

void EndpointSlices::pod_changed(const ObjectHandle& before, const ObjectHandle& now) {
  if (before && now && !sdk::differs_behind_services(before, now)) {
    return;
  }
  for (const auto* pod : {&before, &now}) {
    if (*pod) {
      for (const auto& service : sdk::services_of(services_, 0, *pod)) {
        reconciler_.add_after(sdk::key_of(service), sdk::gather_time(pods_, kByLabel, service));
      }
    }
  }
}

void EndpointSlices::node_changed(const ObjectHandle& before, const ObjectHandle& now) {
  if (before.text("metadata", "labels", kZone) == now.text("metadata", "labels", kZone)) {
    return;
  }
  for (const auto& pod : pods_.find_indexed(kByNode, now.name())) {
    pod_changed({}, pod);
  }
}

void EndpointSlices::slice_changed(const ObjectHandle& slice) {
  const std::string key = service_key_of(slice);
  reconciler_.add_after(key, sdk::gather_time(pods_, kByLabel, services_.find(key)));
}

std::string EndpointSlices::zone_of(std::string_view node) const {
  return std::string(nodes_.find("", node).text("metadata", "labels", kZone));
}

Result<void> EndpointSlices::reconcile(const std::string& key) {
  const auto service = services_.find(key);
  if (!service) {
    // Its slices name it as their owner: the garbage collector takes them.
    trigger_times_.forget(key);
    pending_.forget(key);
    return {};
  }
  if (!sdk::selects_pods(service.root())) {
    return {};
  }
  if (!pending_.shows_in(slices_, key)) {
    reconciler_.add_after(key, sdk::kPendingTimeout);
    return {};
  }
  auto slices = slices_.find_indexed(0, key);
  std::erase_if(slices, [](const auto& slice) { return sdk::is_terminating(slice.root()); });
  auto pods = sdk::pods_behind(pods_, kByLabel, service);
  const auto changed_at = trigger_times_.next(service, pods);
  auto plan = plan_of({.service = service,
                       .pods = std::move(pods),
                       .slices = std::move(slices),
                       .zone_of = [this](std::string_view node) { return zone_of(node); },
                       .changed_at = changed_at ? to_rfc3339(*changed_at) : ""});
  if (sdk::is_terminating(service.root())) {
    plan.made.clear();
  }
  return carry_out(key, service, plan);
}

/// All writes at once: the store commits them together.
Result<void> EndpointSlices::carry_out(const std::string& key, const ObjectHandle& service,
                                       const Plan& plan) {
  std::vector<sdk::Call> calls;
  for (const auto& slice : plan.made) {
    calls.push_back({.method = "POST", .path = path_of(service.ns(), ""), .body = to_json(slice)});
  }
  for (const auto& slice : plan.changed) {
    calls.push_back({.method = "PUT",
                     .path = path_of(service.ns(), text_at(slice, {"metadata", "name"})),
                     .body = to_json(slice)});
  }
  for (const auto& slice : plan.removed) {
    calls.push_back({.method = "DELETE", .path = path_of(slice.ns(), slice.name()), .body = ""});
  }
  Result<void> outcome;
  const auto answers = client_.request_all(calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& answer = answers[i];
    const bool removes = calls[i].method == "DELETE";
    if (answer.ok() && removes) {
      const auto& gone = plan.removed[i - plan.made.size() - plan.changed.size()];
      pending_.deleted(key, sdk::key_of(gone), std::string(gone.uid()));
    } else if (answer.ok()) {
      PINTLE_TRY(const sdk::Written written, sdk::read_written(answer.value()));
      pending_.written(key, sdk::key_of(service.ns(), written.name), written.revision);
    } else if (!(removes && answer.error().code == Code::kNotFound) &&
               !has_cause(answer.error(), "NamespaceTerminating")) {
      outcome = answer.error();
    }
  }
  if (!outcome.ok() && outcome.error().code != Code::kConflict) {
    events_.record(sdk::EventTarget::of(service.root()), sdk::EventType::kWarning,
                   "FailedToUpdateEndpointSlices",
                   concat({"Error updating Endpoint Slices for Service ", service.ns(), "/",
                           service.name(), ": ", outcome.error().message}));
  }
  return outcome;
}

}  // namespace pintle::controller_endpoint_slice

PINTLE_PLUGIN("controller_endpoint_slice", "0.1.0",
              pintle::controller_endpoint_slice::EndpointSlices)
