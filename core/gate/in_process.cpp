// A subscription is a snapshot, then a cursor from its revision: nothing is missed or repeated.

#include "core/gate/in_process.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "core/object/selector.hpp"
#include "core/object/status.hpp"
#include "core/registry/query.hpp"

namespace pintle::gate {
namespace {

/// What a list path asks for.
struct Selection {
  std::string resource;  // Key::resource.
  std::string ns;        // Empty: all.
  LabelSelector labels;
  FieldSelector fields;

  bool matches(const Object& object) const {
    return (ns.empty() || object.ns() == ns) && labels.matches(object.labels()) &&
           fields.matches(object);
  }
};

class LocalSubscription final : public loader::Backend::Subscription {
 public:
  LocalSubscription(const store::Store& store, bus::Bus& bus, Selection selection)
      : store_(store), bus_(bus), selection_(std::move(selection)) {
    list();
  }

  int next(std::uint32_t timeout_ms, loader::Backend::Change& change) override {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
      if (take_woken()) {
        return -1;
      }
      if (take(change)) {
        return 1;
      }
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, deadline, [this] { return woken_ || events_came_; })) {
        return 0;
      }
      events_came_ = false;
    }
  }

  void wake() override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

  void on_ready(std::function<void()> ready) override {
    const std::lock_guard lock(mutex_);
    ready_ = std::move(ready);
  }

 private:
  bool take_woken() {
    const std::lock_guard lock(mutex_);
    return std::exchange(woken_, false);
  }

  /// Takes a snapshot and a cursor that goes on from it.
  void list() {
    const auto snapshot = store_.list(selection_.resource);
    const auto keep = [this](const ObjectPtr& object) {
      if (selection_.matches(*object)) {
        pending_.push_back({.type = PINTLE_ADDED, .object = object, .previous = nullptr});
      }
      return true;
    };
    if (selection_.ns.empty()) {
      snapshot.scan_after("", "", keep);
    } else {
      snapshot.scan_namespace(selection_.ns, "", keep);
    }
    pending_.push_back({.type = PINTLE_SYNCED, .object = nullptr, .previous = nullptr});
    cursor_ = std::make_unique<bus::Cursor>(
        bus_.subscribe(selection_.resource, snapshot.revision()).value());
    cursor_->set_waker([this] {
      {
        const std::lock_guard lock(mutex_);
        events_came_ = true;
        if (ready_) {
          ready_();
        }
      }
      changed_.notify_all();
    });
  }

  bool take(loader::Backend::Change& change) {
    while (pending_.empty()) {
      events_.clear();
      const auto count = cursor_->poll(events_, 256);
      if (!count.ok()) {
        pending_.push_back({.type = PINTLE_RELISTED, .object = nullptr, .previous = nullptr});
        list();
        break;
      }
      if (count.value() == 0) {
        return false;
      }
      for (const auto& event : events_) {
        add(event);
      }
    }
    change = std::move(pending_.front());
    pending_.pop_front();
    return true;
  }

  /// An event as the selection sees it: an object that comes to match is added, one that no longer
  /// does is deleted.
  void add(const Event& event) {
    const bool was = event.previous != nullptr && selection_.matches(*event.previous);
    const bool is = event.type != Event::Type::kDeleted && selection_.matches(*event.object);
    if (!was && !is) {
      return;
    }
    const std::uint32_t type = is ? (was ? PINTLE_MODIFIED : PINTLE_ADDED) : PINTLE_DELETED;
    pending_.push_back({.type = type, .object = event.object, .previous = event.previous});
  }

  const store::Store& store_;
  bus::Bus& bus_;
  const Selection selection_;
  std::deque<loader::Backend::Change> pending_;
  std::vector<Event> events_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;                   // Guarded by mutex_.
  bool events_came_ = false;             // Guarded by mutex_.
  std::function<void()> ready_;          // Guarded by mutex_.
  std::unique_ptr<bus::Cursor> cursor_;  // Last: its waker uses what stands above.
};

/// The whole body of a response, a list's stream included. A watch has none that ends.
std::string read_body(Response& response) {
  if (auto* text = std::get_if<std::string>(&response.body)) {
    return std::move(*text);
  }
  auto& stream = std::get<std::unique_ptr<Stream>>(response.body);
  stream->set_waker([] {});
  std::string body;
  Stream::State state = Stream::State::kMore;
  while (state == Stream::State::kMore) {
    state = stream->pull(body, 1024 * 1024);
  }
  return body;
}

class LocalBackend final : public loader::Backend {
 public:
  LocalBackend(const InProcessParts& parts, auth::Identity who, std::string name)
      : parts_(parts), who_(std::move(who)), name_(std::move(name)) {}

  void request(std::string_view method, std::string_view path, std::string_view content_type,
               std::string_view body, std::function<void(int, std::string_view)> reply) override {
    Request request{.method = std::string(method),
                    .target = std::string(path),
                    .headers = {{"Accept", "application/json"}, {"User-Agent", name_}},
                    .body = std::string(body),
                    .certificate = nullptr,
                    .remote_address = "in-process:0"};
    if (!body.empty()) {
      request.headers.emplace_back(
          "Content-Type", content_type.empty() ? "application/json" : std::string(content_type));
    }
    parts_.gate.call(who_, std::move(request), [reply = std::move(reply)](Response response) {
      reply(response.status, read_body(response));
    });
  }

  ObjectPtr get(std::string_view path) override {
    const auto info = parse_request_info("GET", path);
    if (!info.ok() || !info.value().attributes.is_resource) {
      return nullptr;
    }
    const auto& what = info.value().attributes;
    const auto* resource = parts_.catalog.find(what.group, what.version, what.resource);
    if (resource == nullptr || what.name.empty() || !what.subresource.empty() ||
        !parts_.authorizer.allow(who_, what).allowed) {
      return nullptr;
    }
    return parts_.store.get({.resource = std::string(resource->storage),
                             .ns = resource->namespaced ? what.ns : "",
                             .name = what.name});
  }

  Result<std::unique_ptr<Subscription>> subscribe(std::string_view path) override {
    PINTLE_TRY(const auto info, parse_request_info("GET", path));
    auto what = info.attributes;
    const auto* resource = parts_.catalog.find(what.group, what.version, what.resource);
    if (resource == nullptr || !what.subresource.empty()) {
      return Error{Code::kNotFound, "there is no list at " + std::string(path)};
    }
    for (const char* verb : {"list", "watch"}) {
      what.verb = verb;
      if (!parts_.authorizer.allow(who_, what).allowed) {
        return Error{Code::kForbidden, "User \"" + who_.user + "\" cannot " + verb + " " +
                                           resource->group_resource()};
      }
    }
    const registry::Query query(info.query);
    Selection selection{.resource = std::string(resource->storage),
                        .ns = resource->namespaced ? what.ns : ""};
    PINTLE_TRY(selection.labels, parse_label_selector(query.text("labelSelector")));
    PINTLE_TRY(selection.fields, parse_field_selector(query.text("fieldSelector")));
    return std::unique_ptr<Subscription>(
        std::make_unique<LocalSubscription>(parts_.store, parts_.bus, std::move(selection)));
  }

 private:
  const InProcessParts parts_;
  const auth::Identity who_;
  const std::string name_;
};

/// Plugins and the service accounts in kube-system that they act as, named as Kubernetes names
/// them: what its roles are bound to. Sorted by plugin.
constexpr std::pair<std::string_view, std::string_view> kControllerAccounts[] = {
    {"admission_resource_quota", "resourcequota-controller"},
    {"controller_cluster_role_aggregation", "clusterrole-aggregation-controller"},
    {"controller_deployment", "deployment-controller"},
    {"controller_endpoint_slice", "endpointslice-controller"},
    {"controller_endpoint_slice_mirroring", "endpointslicemirroring-controller"},
    {"controller_endpoints", "endpoint-controller"},
    {"controller_event_ttl", "event-ttl-controller"},
    {"controller_garbage_collector", "generic-garbage-collector"},
    {"controller_namespace", "namespace-controller"},
    {"controller_node_lifecycle", "node-controller"},
    {"controller_replica_set", "replicaset-controller"},
    {"controller_resource_quota", "resourcequota-controller"},
};

auth::Identity service_account(const std::string& name) {
  return {.user = "system:serviceaccount:kube-system:" + name,
          .uid = "",
          .groups = {"system:serviceaccounts", "system:serviceaccounts:kube-system",
                     "system:authenticated"},
          .extra = {},
          .authenticator = "in-process"};
}

}  // namespace

std::unique_ptr<loader::Backend> make_in_process_backend(const InProcessParts& parts,
                                                         auth::Identity who, std::string name) {
  return std::make_unique<LocalBackend>(parts, std::move(who), std::move(name));
}

auth::Identity identity_of_plugin(const std::string& plugin, const std::string& node_name) {
  if (plugin == "scheduler") {
    return {.user = "system:kube-scheduler",
            .uid = "",
            .groups = {"system:authenticated"},
            .extra = {},
            .authenticator = "in-process"};
  }
  if (plugin == "kubelet") {
    return {.user = "system:node:" + node_name,
            .uid = "",
            .groups = {"system:nodes", "system:authenticated"},
            .extra = {},
            .authenticator = "in-process"};
  }
  for (const auto& [of, account] : kControllerAccounts) {
    if (plugin == of) {
      return service_account(std::string(account));
    }
  }
  if (plugin == "controller_storage_protection") {
    return service_account("storage-protection-controller");
  }
  if (plugin.starts_with("admission_")) {
    return service_account("admission");
  }
  std::string name = "plugin-" + plugin;
  for (char& c : name) {
    c = c == '_' ? '-' : c;
  }
  return service_account(name);
}

}  // namespace pintle::gate
