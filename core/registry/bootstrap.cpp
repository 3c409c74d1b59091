// How the first objects are made: all handed in at once, then waited for once.

#include "core/registry/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/registry/body.hpp"
#include "core/registry/metadata.hpp"

namespace pintle::registry {
namespace {

/// Counts writes under way; keeps the first error.
class Writes {
 public:
  void started() {
    const std::lock_guard lock(mutex_);
    ++waiting_;
  }

  void finished(const Result<ObjectPtr>& outcome) {
    const std::lock_guard lock(mutex_);
    if (!outcome.ok() && outcome.error().code != Code::kAlreadyExists && !error_) {
      error_ = outcome.error();
    }
    if (--waiting_ == 0) {
      all_done_.notify_all();
    }
  }

  Result<void> wait() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [this] { return waiting_ == 0; });
    return error_ ? Result<void>(*error_) : Result<void>();
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::size_t waiting_ = 0;     // Guarded by mutex_.
  std::optional<Error> error_;  // Guarded by mutex_.
};

Json namespace_object(std::string_view name) {
  return {{"apiVersion", "v1"},
          {"kind", "Namespace"},
          {"metadata", {{"name", name}, {"labels", {{"kubernetes.io/metadata.name", name}}}}},
          {"spec", {{"finalizers", JsonArray{"kubernetes"}}}},
          {"status", {{"phase", "Active"}}}};
}

Json priority_object(std::string_view name, std::int64_t value, std::string_view description) {
  return {{"apiVersion", "scheduling.k8s.io/v1"},
          {"kind", "PriorityClass"},
          {"metadata", {{"name", name}}},
          {"value", value},
          {"description", description}};
}

/// "10.0.0.0/16" -> "10.0.0.1". Errors: kInvalid if it is no IPv4 range.
Result<std::string> first_address(std::string_view cidr) {
  const auto fault = Error(Code::kInvalid, concat({"service-cluster-ip-range \"", cidr,
                                                   "\" is no IPv4 range such as 10.0.0.0/16"}));
  std::uint32_t address = 0;
  auto rest = cidr.substr(0, cidr.find('/'));
  for (int i = 0; i < 4; ++i) {
    unsigned part = 0;
    const auto [stopped, error] = std::from_chars(rest.data(), rest.data() + rest.size(), part);
    if (error != std::errc() || part > 255) {
      return fault;
    }
    rest.remove_prefix(static_cast<std::size_t>(stopped - rest.data()));
    if (i < 3 && (rest.empty() || rest.front() != '.')) {
      return fault;
    }
    rest.remove_prefix(i < 3 ? 1 : 0);
    address = (address << 8U) | part;
  }
  unsigned bits = 0;
  const auto slash = cidr.find('/');
  const auto width = slash == std::string_view::npos ? "" : cidr.substr(slash + 1);
  const auto parsed = std::from_chars(width.data(), width.data() + width.size(), bits);
  if (!rest.empty() || parsed.ec != std::errc() || bits < 1 || bits > 30) {
    return fault;
  }
  address = (address & ~((std::uint32_t{1} << (32 - bits)) - 1)) + 1;
  return concat({std::to_string(address >> 24U), ".", std::to_string((address >> 16U) & 255U), ".",
                 std::to_string((address >> 8U) & 255U), ".", std::to_string(address & 255U)});
}

Result<Json> kubernetes_service(const Shared& shared) {
  PINTLE_TRY(const std::string address, first_address(shared.parts.service_cidr));
  return Json{{"apiVersion", "v1"},
              {"kind", "Service"},
              {"metadata",
               {{"name", "kubernetes"},
                {"namespace", "default"},
                {"labels", {{"component", "apiserver"}, {"provider", "kubernetes"}}}}},
              {"spec",
               {{"clusterIP", address},
                {"clusterIPs", JsonArray{Json(address)}},
                {"ipFamilies", JsonArray{"IPv4"}},
                {"ipFamilyPolicy", "SingleStack"},
                {"type", "ClusterIP"},
                {"sessionAffinity", "None"},
                {"internalTrafficPolicy", "Cluster"},
                {"ports", JsonArray{{{"name", "https"},
                                     {"port", 443},
                                     {"protocol", "TCP"},
                                     {"targetPort", std::int64_t{shared.parts.secure_port}}}}}}}};
}

Result<std::vector<Json>> first_objects(const Shared& shared) {
  std::vector<Json> objects;
  for (const auto* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    objects.push_back(namespace_object(name));
  }
  objects.push_back(priority_object(
      "system-node-critical", 2'000'001'000,
      "Used for system critical pods that must not be moved from their current node."));
  objects.push_back(priority_object("system-cluster-critical", 2'000'000'000,
                                    "Used for system critical pods that must run in the cluster, "
                                    "but can be moved to another node if necessary."));
  if (!shared.parts.service_cidr.empty()) {
    PINTLE_TRY(Json service, kubernetes_service(shared));
    objects.push_back(std::move(service));
  }
  return objects;
}

const api::Resource* resource_of(const api::Catalog& catalog, const Json& object) {
  const auto version = text_at(object, {"apiVersion"});
  const auto slash = version.find('/');
  const auto group = slash == std::string_view::npos ? "" : version.substr(0, slash);
  return catalog.find_kind(group,
                           slash == std::string_view::npos ? version : version.substr(slash + 1),
                           text_at(object, {"kind"}));
}

class Bootstrap {
 public:
  explicit Bootstrap(Shared& shared) : shared_(shared) {
    who_.user = "system:apiserver";
    who_.groups = {"system:masters", "system:authenticated"};
    who_.authenticator = "in-process";
  }

  Result<void> ensure(const Json& wanted) {
    const auto* resource = resource_of(shared_.parts.catalog, wanted);
    if (resource == nullptr) {
      return Error(Code::kInternalError,
                   concat({"default object of an unknown kind ", text_at(wanted, {"kind"})}));
    }
    const Key key{.resource = std::string(resource->storage),
                  .ns = std::string(text_at(wanted, {"metadata", "namespace"})),
                  .name = std::string(text_at(wanted, {"metadata", "name"}))};
    const auto current = shared_.parts.store.latest(key);
    if (current == nullptr) {
      return make(*resource, key, wanted);
    }
    if (resource->group != "rbac.authorization.k8s.io") {
      return {};
    }
    JsonArena arena;
    Json next = parse_stored(*current, &arena);
    if (reconcile_rbac(next, wanted)) {
      write(store::Write::Type::kUpdate, key, current->revision(), api::to_draft(*resource, next),
            [] {});
    }
    return {};
  }

  Result<void> wait() { return writes_.wait(); }

 private:
  Result<void> make(const api::Resource& resource, const Key& key, const Json& wanted) {
    const auto made = std::make_shared<Json>(wanted);
    Json& object = *made;
    std::vector<std::string> warnings;
    const auto status = wanted.as_object().contains("status") ? wanted.at("status") : Json();
    PINTLE_TRY_STATUS(decode_tree(resource, FieldValidation::kIgnore, object, {}, warnings));
    const StrategyContext context{.who = who_,
                                  .store = shared_.parts.store,
                                  .rbac = nullptr,
                                  .clock = shared_.parts.clock,
                                  .service_cidr = shared_.parts.service_cidr,
                                  .dry_run = false};
    const auto& strategy = find_strategy(resource.storage);
    fill_metadata(resource, object, shared_.parts.clock.now());
    PINTLE_TRY_STATUS(strategy.prepare_create(context, object));
    if (!status.is_null()) {
      object.as_object()["status"] = status;
    }
    write(store::Write::Type::kCreate, key, 0, api::to_draft(resource, object),
          [made, &strategy] { strategy.released(*made); });
    return {};
  }

  void write(store::Write::Type type, const Key& key, Revision expected, Draft draft,
             std::function<void()> then) {
    writes_.started();
    shared_.parts.store.commit(
        {.type = type, .key = key, .expected = expected, .draft = std::move(draft)},
        [this, then = std::move(then)](const Result<ObjectPtr>& outcome) {
          then();
          writes_.finished(outcome);
        });
  }

  Shared& shared_;
  auth::Identity who_;
  Writes writes_;
};

}  // namespace

Result<void> bootstrap(Shared& shared, const std::vector<Json>& defaults) {
  PINTLE_TRY(const std::vector<Json> first, first_objects(shared));
  Bootstrap work(shared);
  Result<void> outcome;
  for (const auto* objects : {&first, &defaults}) {
    for (const auto& object : *objects) {
      if (outcome.ok()) {
        outcome = work.ensure(object);
      }
    }
  }
  const auto durable = work.wait();  // Always: what was handed in calls back into `work`.
  return outcome.ok() ? durable : outcome;
}

}  // namespace pintle::registry
