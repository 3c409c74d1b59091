// The registry: the verbs over the kinds. What a request means, once it is known who may ask.
//
// One path serves every kind; what a table can't say is a Strategy, in strategies/<kind>.cpp.
// Source: apiserver registry/generic and kube-apiserver's strategies, behaviour of v1.33.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/auth/authenticator.hpp"
#include "core/auth/authorizer.hpp"
#include "core/auth/identity.hpp"
#include "core/auth/tokens.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/bus/bus.hpp"
#include "core/object/json.hpp"
#include "core/object/selector.hpp"
#include "core/store/store.hpp"

namespace pintle::registry {

/// What admission adds to a request's audit line: keys and values, in the order they came.
using AuditNotes = std::vector<std::pair<std::string, std::string>>;

/// What admission is asked about one write. `object` may be changed by mutating plugins; `old` is
/// null on create. For connect requests (exec, ...) `object` is the options object.
struct Review {
  const auth::Identity& who;
  std::string_view operation;  // "CREATE", "UPDATE", "DELETE", "CONNECT".
  const api::Resource& resource;
  std::string_view subresource;
  std::string_view ns;
  std::string_view name;
  bool dry_run = false;
  Json* object = nullptr;  // Null on DELETE.
  const Json* old_object = nullptr;
  std::vector<std::string>* warnings = nullptr;  // Where texts for the client go; may be null.
  AuditNotes* notes = nullptr;                   // Where texts for the audit line go; may be null.
};

/// The plugins' say, in their order: first all mutate, then all validate. Implemented by the gate
/// over the loader's `pintle.admission/1` tables.
class Admission {
 public:
  virtual ~Admission() = default;
  virtual Result<void> mutate(Review& review) = 0;
  virtual Result<void> validate(const Review& review) = 0;
  /// Whether a write of `resource` may be kept waiting: it is then asked about on a worker only.
  virtual bool may_wait(const api::Resource& /*resource*/) const { return false; }
};

enum class PatchType { kJson, kMerge, kStrategic, kApply };

/// One request over one resource, as the gate read it. Everything optional is empty.
struct Operation {
  auth::Identity who;
  std::string verb;  // "get", "list", "watch", "create", "update", "patch", "delete",
                     // "deletecollection".
  const api::Resource* resource = nullptr;
  const api::Resource* served = nullptr;  // The version asked for where another is stored, which
                                          // `resource` then is. See versions.hpp.
  std::string subresource;
  std::string ns;
  std::string name;
  std::string query;  // As received; the registry reads the options it knows.
  std::string body;
  std::string content_type;     // Of the body, lower case, without parameters.
  std::string accept;           // The Accept header.
  std::string user_agent;       // Who writes, where no ?fieldManager= says it.
  AuditNotes* notes = nullptr;  // Outlives the reply; may be null.
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::string> warnings;  // Texts for Warning headers.
  std::string body;                   // Or:
  /// Pulls the body's next part, as gate::Stream::pull; null where `body` is all.
  struct Source;
  std::shared_ptr<Source> source;
};

/// A body made while it is sent. The gate wraps it as its Stream; see gate/exchange.hpp.
struct Answer::Source {
  enum class State { kMore, kWait, kEnd };
  virtual ~Source() = default;
  virtual State pull(std::string& out, std::size_t budget) = 0;
  virtual void set_waker(std::function<void()> waker) = 0;
};

using Reply = std::function<void(Result<Answer>)>;

/// Calls back when a watch's deadline or bookmark is due. Given by the daemon (the HTTP loops).
class Timers {
 public:
  virtual ~Timers() = default;
  /// Runs `job` once at about `when`, on any thread. The returned function cancels it.
  virtual std::function<void()> at(SteadyTime when, std::function<void()> job) = 0;
};

struct RegistryParts {
  const api::Catalog& catalog;
  store::Store& store;
  bus::Bus& bus;
  Admission& admission;
  auth::Rbac* rbac = nullptr;                    // For the escalation check; null with AlwaysAllow.
  const auth::Authorizer* authorizer = nullptr;  // For access reviews.
  const auth::TokenSigner* signer = nullptr;     // For serviceaccounts/token.
  auth::Authenticator* authenticator = nullptr;  // For token reviews; null serves none.
  std::vector<std::string> api_audiences = {};   // Of tokens that name none; empty: the issuer.
  std::string service_cidr = {};                 // "10.0.0.0/16".
  std::uint16_t secure_port = 6443;              // Behind the kubernetes Service.
  Timers& timers;
  const Clock& clock;
  Log& log;
  /// Runs a job on a bounded worker pool; false when that is full. Null runs jobs where they arise.
  std::function<bool(std::function<void()>)> run_on_worker = nullptr;
};

class Registry {
 public:
  explicit Registry(RegistryParts parts);
  ~Registry();

  /// Performs one operation. `reply` is called exactly once: for reads before this returns, for
  /// writes when they are durable, on the committing thread.
  void perform(Operation operation, Reply reply);

  /// The namespaces, the kubernetes Service and everything else that must be there from the start:
  /// default, kube-system, kube-public, kube-node-lease, default RBAC, priority classes.
  /// Waits until it is durable. `defaults` are made where missing, roles reconciled.
  Result<void> bootstrap(const std::vector<Json>& defaults);

  const api::Catalog& catalog() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pintle::registry
