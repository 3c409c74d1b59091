// The gate: authenticate → parse → authorize → admit → perform; one audit line a request.
//
// Every request passes here, a plugin's too. Requests run to completion on the caller's thread up
// to store.commit; what must wait (a slow password hash) goes to the workers the daemon gives.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/auth/authenticator.hpp"
#include "core/auth/authorizer.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/gate/audit.hpp"
#include "core/gate/exchange.hpp"
#include "core/registry/registry.hpp"

namespace pintle::gate {

/// What a request asks for, read from its method and target.
/// Source: apiserver endpoints/request RequestInfoFactory.
struct RequestInfo {
  auth::Attributes attributes;
  std::string path;               // Decoded, without the query.
  std::string query;              // As received.
  bool name_of_selector = false;  // attributes.name came from ?fieldSelector=metadata.name=.
  bool goes_deeper = false;       // The path has segments after the subresource.
};

/// Errors: kBadRequest for paths with empty, "." or ".." segments after decoding, bad escapes, NUL.
Result<RequestInfo> parse_request_info(std::string_view method, std::string_view target);

/// A slow route's permission: the identity and what it asked, once authenticated and authorised.
struct Admitted {
  auth::Identity who;
  RequestInfo info;
};

/// Routes that the gate lets through but does not answer itself (exec, logs, plugins, metrics).
/// True if the path is such a route; the engine then hands the connection to a worker.
using IsMounted = std::function<bool(const RequestInfo&)>;

struct GateParts {
  auth::Authenticator& authenticator;
  const auth::Authorizer& authorizer;
  registry::Registry& registry;
  Audit& audit;
  const Clock& clock;
  Log& log;
  /// Runs a job on a bounded worker pool; false when that is full (the request then gets 429).
  std::function<bool(std::function<void()>)> run_on_worker;
  /// Named checks of /readyz: each gives "" or why not.
  std::vector<std::pair<std::string, std::function<std::string()>>> ready_checks;
  std::function<std::string()> metrics;  // The text of GET /metrics.
  std::string version_json;              // The body of GET /version.
  /// Called with every finished request's record, for counting; may be empty.
  std::function<void(const AuditRecord&)> observe;
};

class Gate {
 public:
  explicit Gate(GateParts parts);
  ~Gate();

  /// A request from the network. Bad ones get a Status; `respond` is called exactly once.
  void handle(Request request, Respond respond);

  /// A request from inside the process, as `who`: no credential, the same road otherwise.
  void call(auth::Identity who, Request request, Respond respond);

  /// For slow routes: authenticates and authorises, then calls `go`; or `respond` with the refusal.
  /// May call either on another thread, exactly one of them, once. Writes the audit line.
  void admit(const Request& request, std::function<void(Admitted)> go, Respond respond);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pintle::gate
