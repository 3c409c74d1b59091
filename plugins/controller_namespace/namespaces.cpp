// The namespace controller; see namespaces.hpp.

#include "plugins/controller_namespace/namespaces.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/controller_namespace/conditions.hpp"
#include "plugins/controller_namespace/contents.hpp"

namespace pintle::controller_namespace {
namespace {

constexpr std::string_view kCaConfig = "kube-root-ca.crt";
constexpr std::string_view kCaDescription =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";
constexpr int kWorkers = 4;

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

sdk::Path only(std::string_view resource, std::string_view name) {
  return {.resource = std::string(resource),
          .query = "fieldSelector=" + sdk::query_escaped(concat({"metadata.name=", name}))};
}

/// How soon a namespace that is not yet empty is looked at again: the longer it takes, the later.
std::chrono::seconds look_again_after(std::chrono::seconds going_for) {
  return std::clamp(going_for / 8, std::chrono::seconds(1), std::chrono::seconds(15));
}

bool is_going(const sdk::ObjectHandle& ns) {
  return ns.has("metadata", "deletionTimestamp");
}

/// The namespace went, or is going, while we wrote into it; or somebody else was there first.
bool is_settled(const Result<void>& written) {
  if (written.ok()) {
    return true;
  }
  const Code code = written.error().code;
  if (code == Code::kNotFound || code == Code::kAlreadyExists) {
    return true;
  }
  return code == Code::kForbidden &&
         written.error().message.find("being terminated") != std::string::npos;
}

Result<std::string> read_ca(const sdk::Host& host) {
  if (auto text = host.setting("cluster-ca"); !text.empty()) {
    return text;
  }
  const auto file = host.setting("cluster-ca-file");
  if (file.empty()) {
    return std::string();
  }
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || text.str().empty()) {
    return Error(Code::kInvalid, concat({"the cluster's CA ", file, " can't be read"}));
  }
  return text.str();
}

}  // namespace

Result<std::unique_ptr<Namespaces>> Namespaces::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  PINTLE_TRY(std::string ca, read_ca(host));
  if (ca.empty()) {
    host.log().warning("The host names no cluster CA: kube-root-ca.crt is not published.");
  }
  auto made = std::make_unique<Namespaces>(host, std::move(ca), system_clock());
  made->start();
  return made;
}

Namespaces::Namespaces(sdk::Host& host, std::string ca, const Clock& clock)
    : ca_(std::move(ca)),
      clock_(clock),
      client_(host),
      reconciler_(host, "namespace", clock,
                  [this](const std::string& ns, const std::stop_token& stop) {
                    // What a cache does not know yet looks as if it were missing.
                    return wait_synced(stop) ? reconcile(ns) : Result<void>();
                  }),
      namespaces_(
          host, {.resource = "namespaces"},
          {.added = [this](const auto& ns) { reconciler_.add(std::string(ns.name())); },
           .modified = [this](const auto&,
                              const auto& ns) { reconciler_.add(std::string(ns.name())); }}),
      accounts_(host, only("serviceaccounts", "default"),
                {.deleted = [this](const auto& gone) { reconciler_.add(std::string(gone.ns())); }}),
      ca_configs_(
          host, only("configmaps", kCaConfig),
          {.modified = [this](const auto&,
                              const auto& now) { reconciler_.add(std::string(now.ns())); },
           .deleted = [this](const auto& gone) { reconciler_.add(std::string(gone.ns())); }}) {}

Namespaces::~Namespaces() {
  reconciler_.stop();
  namespaces_.stop();
  accounts_.stop();
  ca_configs_.stop();
}

void Namespaces::start() {
  accounts_.start();
  ca_configs_.start();
  namespaces_.start();
  reconciler_.start(kWorkers);
}

bool Namespaces::wait_synced(const std::stop_token& stop) const {
  return namespaces_.wait_synced(stop) && accounts_.wait_synced(stop) &&
         ca_configs_.wait_synced(stop);
}

Result<void> Namespaces::reconcile(const std::string& name) {
  // The server's word, not the cache's: a namespace is taken down by what is true now.
  const auto ns = client_.find({.resource = "namespaces", .name = name});
  if (!ns) {
    return {};
  }
  return is_going(ns) ? take_down(ns) : furnish(name);
}

Result<void> Namespaces::furnish(const std::string& ns) {
  if (!accounts_.find(ns, "default")) {
    const Json account = {{"apiVersion", "v1"},
                          {"kind", "ServiceAccount"},
                          {"metadata", {{"name", "default"}, {"namespace", ns}}}};
    const auto made = client_.create({.resource = "serviceaccounts", .ns = ns}, account);
    const Result<void> written = made.ok() ? Result<void>() : Result<void>(made.error());
    if (!is_settled(written)) {
      return written;
    }
  }
  const auto published = publish_ca(ns);
  return is_settled(published) ? Result<void>() : published;
}

Result<void> Namespaces::publish_ca(const std::string& ns) {
  if (ca_.empty()) {
    return {};
  }
  const auto held = ca_configs_.find(ns, kCaConfig);
  if (!held) {
    const Json config = {{"apiVersion", "v1"},
                         {"kind", "ConfigMap"},
                         {"metadata",
                          {{"name", kCaConfig},
                           {"namespace", ns},
                           {"annotations", {{"kubernetes.io/description", kCaDescription}}}}},
                         {"data", {{"ca.crt", ca_}}}};
    PINTLE_TRY_STATUS(client_.create({.resource = "configmaps", .ns = ns}, config));
    return {};
  }
  if (held.at("data").size() == 1 && held.text("data", "ca.crt") == ca_) {
    return {};
  }
  Json config = held.to_json();
  config.as_object()["data"] = JsonObject{{"ca.crt", ca_}};
  PINTLE_TRY_STATUS(
      client_.update({.resource = "configmaps", .ns = ns, .name = std::string(kCaConfig)}, config));
  return {};
}

Result<void> Namespaces::take_down(const sdk::ObjectHandle& ns) {
  if (ns.at("spec", "finalizers").empty()) {
    return {};
  }
  const std::string name(ns.name());
  const auto now = clock_.now();
  const auto deleted = parse_rfc3339(ns.text("metadata", "deletionTimestamp")).value_or(now);
  const auto going_for = std::chrono::duration_cast<std::chrono::seconds>(now - deleted);
  const Remaining remaining = empty_namespace(client_, name, going_for);
  Json current = ns.to_json();
  if (set_conditions(current, remaining, to_rfc3339(now))) {
    auto told =
        client_.update({.resource = "namespaces", .name = name, .subresource = "status"}, current);
    if (!told.ok()) {
      return told.error().code == Code::kNotFound ? Result<void>() : told.error();
    }
    current = std::move(told).value();
  }
  if (remaining.nothing()) {
    return finalize(std::move(current));
  }
  reconciler_.add_after(name, look_again_after(going_for));
  return {};
}

Result<void> Namespaces::finalize(Json ns) {
  JsonArray kept;
  for (const auto& finalizer : array_at(ns, {"spec", "finalizers"})) {
    if (finalizer != "kubernetes") {
      kept.push_back(finalizer);
    }
  }
  ensure_object(ns.as_object(), "spec")["finalizers"] = std::move(kept);
  const std::string name(text_at(ns, {"metadata", "name"}));
  const auto done =
      client_.update({.resource = "namespaces", .name = name, .subresource = "finalize"}, ns);
  if (!done.ok() && done.error().code != Code::kNotFound) {
    return done.error();
  }
  return {};
}

}  // namespace pintle::controller_namespace

PINTLE_PLUGIN("controller_namespace", "0.1.0", pintle::controller_namespace::Namespaces)
