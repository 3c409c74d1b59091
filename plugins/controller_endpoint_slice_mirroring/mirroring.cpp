// The EndpointSlice mirroring controller; see mirroring.hpp.

#include "plugins/controller_endpoint_slice_mirroring/mirroring.hpp"

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/pods.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_endpoint_slice_mirroring {
namespace {

using sdk::ObjectHandle;

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string key_of_mirrored(const ObjectHandle& slice) {
  return sdk::key_of(slice.ns(), slice.text("metadata", "labels", kServiceName));
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

Result<std::unique_ptr<Mirroring>> Mirroring::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Mirroring>(host, system_clock());
  made->start();
  return made;
}

Mirroring::Mirroring(sdk::Host& host, const Clock& clock)
    : client_(host),
      pending_(clock),
      reconciler_(host, "endpoint-slice-mirroring-controller", clock,
                  [this](const std::string& key, const std::stop_token& stop) {
                    return wait_synced(stop) ? reconcile(key) : Result<void>();
                  }),
      // A Service decides whether the Endpoints of its name are hand-made.
      services_(
          host, {.resource = "services"},
          {.added = [this](const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .modified = [this](const auto&, const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .deleted = [this](const auto& gone) { reconciler_.add(sdk::key_of(gone)); }}),
      endpoints_(
          host, {.resource = "endpoints"},
          {.added = [this](const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .modified = [this](const auto&, const auto& now) { reconciler_.add(sdk::key_of(now)); },
           .deleted = [this](const auto& gone) { reconciler_.add(sdk::key_of(gone)); }}),
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
                     for (const auto& key : pending_.owners()) {
                       reconciler_.add(key);
                     }
                   }},
              {.indexes = {[](const ObjectHandle& slice) {
                 return std::vector{key_of_mirrored(slice)};
               }}}) {}

Mirroring::~Mirroring() {
  services_.stop();
  endpoints_.stop();
  slices_.stop();
  reconciler_.stop();
}

void Mirroring::start() {
  services_.start();
  endpoints_.start();
  slices_.start();
  reconciler_.start();
}

bool Mirroring::wait_synced(const std::stop_token& stop) const {
  return services_.wait_synced(stop) && endpoints_.wait_synced(stop) && slices_.wait_synced(stop);
}

void Mirroring::slice_changed(const ObjectHandle& slice) {
  reconciler_.add(key_of_mirrored(slice));
}

Result<void> Mirroring::reconcile(const std::string& key) {
  if (!pending_.shows_in(slices_, key)) {
    reconciler_.add_after(key, sdk::kPendingTimeout);
    return {};
  }
  const auto endpoints = endpoints_.find(key);
  const auto service = services_.find(key);
  const bool is_mirrored = endpoints && service && service.at("spec", "selector").empty() &&
                           !sdk::is_terminating(endpoints.root()) && wants_mirror(endpoints);
  auto held = slices_.find_indexed(0, key);
  std::erase_if(held, [](const auto& slice) { return sdk::is_terminating(slice.root()); });
  return carry_out(key, changes_of(is_mirrored ? mirror_of(endpoints) : std::vector<Json>(), held));
}

Result<void> Mirroring::carry_out(const std::string& key, const Changes& changes) {
  const std::string ns(sdk::split_key(key).first);
  std::vector<sdk::Call> calls;
  for (const auto& slice : changes.made) {
    calls.push_back({.method = "POST", .path = path_of(ns, ""), .body = to_json(slice)});
  }
  for (const auto& slice : changes.changed) {
    calls.push_back({.method = "PUT",
                     .path = path_of(ns, text_at(slice, {"metadata", "name"})),
                     .body = to_json(slice)});
  }
  for (const auto& slice : changes.removed) {
    calls.push_back({.method = "DELETE", .path = path_of(ns, slice.name()), .body = ""});
  }
  Result<void> outcome;
  const auto answers = client_.request_all(calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const bool removes = calls[i].method == "DELETE";
    if (answers[i].ok() && removes) {
      const auto& gone = changes.removed[i - changes.made.size() - changes.changed.size()];
      pending_.deleted(key, sdk::key_of(gone), std::string(gone.uid()));
    } else if (answers[i].ok()) {
      PINTLE_TRY(const sdk::Written written, sdk::read_written(answers[i].value()));
      pending_.written(key, sdk::key_of(ns, written.name), written.revision);
    } else if (!(removes && answers[i].error().code == Code::kNotFound) &&
               !has_cause(answers[i].error(), "NamespaceTerminating")) {
      outcome = answers[i].error();
    }
  }
  return outcome;
}

}  // namespace pintle::controller_endpoint_slice_mirroring

PINTLE_PLUGIN("controller_endpoint_slice_mirroring", "0.1.0",
              pintle::controller_endpoint_slice_mirroring::Mirroring)
