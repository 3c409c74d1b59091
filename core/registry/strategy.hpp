// Strategy: what a kind needs that the tables can't say. One file a kind, strategies/<kind>.cpp.
//
// Every step is given JSON trees that were decoded by the tables. The generic path already does:
// names and generateName, namespace, uid, creationTimestamp, generation, deletionTimestamp, label
// and annotation checks, table defaults, required/enum/immutable checks, the status subresource.
// Source: kube-apiserver's pkg/registry/*/strategy.go and pkg/apis/*/validation, behaviour of
// v1.33.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/authorizer.hpp"
#include "core/auth/identity.hpp"
#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/object/names.hpp"
#include "core/store/store.hpp"

namespace pintle::registry {

/// What a strategy may look at besides the object.
struct StrategyContext {
  const auth::Identity& who;
  const store::Store& store;
  const auth::Rbac* rbac;              // Null where RBAC is off.
  const auth::Authorizer* authorizer;  // Null where everything is allowed.
  const Clock& clock;
  std::string_view service_cidr = {};  // "10.0.0.0/16": where cluster IPs come from.
  bool dry_run = false;
  std::string api_version = {};  // The one asked for: some rules are a version's own.
};

/// Const and shared by all threads: a strategy keeps nothing of a request.
class Strategy {
 public:
  virtual ~Strategy() = default;

  /// The check of metadata.name. Most kinds are DNS subdomains.
  virtual NameFault check_name(std::string_view name) const { return check_dns_subdomain(name); }

  /// Defaults that depend on other fields; also run on objects read back for an update.
  virtual void apply_defaults(Json& /*object*/) const {}

  /// Before admission: server-set fields, what a create may not bring (a status).
  virtual Result<void> prepare_create(const StrategyContext&, Json& /*object*/) const { return {}; }
  virtual Result<void> prepare_update(const StrategyContext&, Json& /*next*/,
                                      const Json& /*current*/) const {
    return {};
  }

  /// After admission. Appends a cause for each wrong field.
  virtual void validate_create(const StrategyContext&, const Json& /*object*/,
                               std::vector<Cause>& /*causes*/) const {}
  virtual void validate_update(const StrategyContext&, const Json& /*next*/,
                               const Json& /*current*/, std::vector<Cause>& /*causes*/) const {}
  virtual void validate_status_update(const StrategyContext&, const Json& /*next*/,
                                      const Json& /*current*/,
                                      std::vector<Cause>& /*causes*/) const {}

  /// Refusals that are not about a field (RBAC escalation: 403).
  virtual Result<void> authorize_write(const StrategyContext&, const Json& /*object*/,
                                       const Json* /*current*/) const {
    return {};
  }

  /// Texts for Warning headers.
  virtual void warn(const Json& /*object*/, std::vector<std::string>& /*warnings*/) const {}

  /// Seconds a delete lets the object live on; nothing for kinds that go at once. `asked` is the
  /// request's gracePeriodSeconds.
  virtual std::optional<std::int64_t> grace_seconds(const Json& /*object*/,
                                                    std::optional<std::int64_t> /*asked*/) const {
    return std::nullopt;
  }

  /// True if a PUT or PATCH of an object that is not there makes it (Lease, Event, ...).
  virtual bool creates_on_update() const { return false; }
  /// True if a PUT without resourceVersion may overwrite.
  virtual bool updates_unconditionally() const { return true; }

  /// After a create is durable, or failed: to give back what prepare_create took.
  virtual void released(const Json& /*object*/) const {}
};

/// The strategy of the resource whose storage name is `storage` ("pods", "roles.rbac..."); the
/// plain one for kinds that need none. Lives for ever.
const Strategy& find_strategy(std::string_view storage);

}  // namespace pintle::registry
