// TokenRequest: a short-lived token for a service account, bound to an object where asked.
//
// Source: kube-apiserver registry/core/serviceaccount/storage/token.go.

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/body.hpp"
#include "core/registry/represent.hpp"
#include "core/registry/shared.hpp"

namespace pintle::registry {
namespace {

constexpr std::int64_t kMinSeconds = 600;
constexpr std::int64_t kMaxSeconds = std::int64_t{1} << 32;
constexpr std::int64_t kDefaultSeconds = 3600;

Error invalid_request(std::vector<Cause> causes) {
  return invalid("authentication.k8s.io", "TokenRequest", "", std::move(causes));
}

Result<std::int64_t> parse_seconds(const Json& request) {
  const auto seconds = integer_at(request, {"spec", "expirationSeconds"});
  if (!seconds) {
    return kDefaultSeconds;
  }
  const auto shown = std::to_string(*seconds);
  if (*seconds < kMinSeconds) {
    return invalid_request({invalid_value("spec.expirationSeconds", shown,
                                          "may not specify a duration less than 10 minutes")});
  }
  if (*seconds > kMaxSeconds) {
    return invalid_request({invalid_value("spec.expirationSeconds", shown,
                                          "may not specify a duration larger than 2^32 seconds")});
  }
  return *seconds;
}

Result<ObjectPtr> find_bound(const Shared& shared, std::string_view resource, std::string_view ns,
                             const Json& reference) {
  const Key key{.resource = std::string(resource),
                .ns = std::string(ns),
                .name = std::string(text_at(reference, {"name"}))};
  auto object = shared.parts.store.get(key);
  if (object == nullptr) {
    return not_found(resource, key.name);
  }
  const auto uid = text_at(reference, {"uid"});
  if (!uid.empty() && uid != object->uid()) {
    return conflict(resource, key.name,
                    concat({"the UID in the bound object reference (", uid,
                            ") does not match the UID in record. The object might have been "
                            "deleted and then recreated"}));
  }
  return object;
}

Result<void> bind_to_pod(const Shared& shared, const Json& reference, auth::TokenClaims& claims) {
  PINTLE_TRY(const ObjectPtr pod, find_bound(shared, "pods", claims.ns, reference));
  if (text_at(pod->tree(), {"spec", "serviceAccountName"}) != claims.service_account) {
    return Error(
        Code::kBadRequest,
        concat({"cannot bind token for serviceaccount ", pintle::quoted(claims.service_account),
                " to pod running with different serviceaccount name."}));
  }
  claims.pod_name = pod->name();
  claims.pod_uid = pod->uid();
  claims.node_name = text_at(pod->tree(), {"spec", "nodeName"});
  const auto node =
      shared.parts.store.get({.resource = "nodes", .ns = "", .name = claims.node_name});
  claims.node_uid = node == nullptr ? "" : node->uid();
  return {};
}

Result<void> bind_to(const Shared& shared, const Json& reference, auth::TokenClaims& claims) {
  const auto kind = text_at(reference, {"kind"});
  const auto version = text_at(reference, {"apiVersion"});
  if (version == "v1" && kind == "Pod") {
    return bind_to_pod(shared, reference, claims);
  }
  if (version == "v1" && kind == "Node") {
    PINTLE_TRY(const ObjectPtr node, find_bound(shared, "nodes", "", reference));
    claims.node_name = node->name();
    claims.node_uid = node->uid();
    return {};
  }
  if (version == "v1" && kind == "Secret") {
    PINTLE_TRY(const ObjectPtr secret, find_bound(shared, "secrets", claims.ns, reference));
    claims.secret_name = secret->name();
    claims.secret_uid = secret->uid();
    return {};
  }
  return Error(Code::kBadRequest,
               concat({"cannot bind token to object of type ", version, ", Kind=", kind}));
}

std::vector<std::string> audiences_of(const Shared& shared, const Json& request) {
  std::vector<std::string> audiences;
  for (const auto& audience : array_at(request, {"spec", "audiences"})) {
    if (audience.is_string()) {
      audiences.emplace_back(std::string_view(audience.as_string()));
    }
  }
  if (!audiences.empty()) {
    return audiences;
  }
  return shared.parts.api_audiences.empty()
             ? std::vector<std::string>{shared.parts.signer->issuer()}
             : shared.parts.api_audiences;
}

Result<Answer> issue(const Shared& shared, const Operation& operation) {
  const Query query(operation.query);
  PINTLE_TRY(const Representation as, negotiate(operation.accept, query, /*watch=*/false));
  PINTLE_TRY(ParsedJson body, parse_body(operation, {}, "TokenRequest"));
  auto& request = body.value;
  PINTLE_TRY(const std::int64_t seconds, parse_seconds(request));
  const auto account = shared.parts.store.get(key_of(operation));
  if (account == nullptr) {
    return not_found("serviceaccounts", operation.name);
  }
  auth::TokenClaims claims;
  claims.ns = operation.ns;
  claims.service_account = operation.name;
  claims.service_account_uid = account->uid();
  claims.audiences = audiences_of(shared, request);
  claims.issued = shared.parts.clock.now();
  claims.expires = claims.issued + std::chrono::seconds(seconds);
  if (const auto* reference = find_path(request, {"spec", "boundObjectRef"});
      reference != nullptr && reference->is_object()) {
    PINTLE_TRY_STATUS(bind_to(shared, *reference, claims));
  }
  auto& object = request.as_object();
  object["kind"] = "TokenRequest";
  object["apiVersion"] = "authentication.k8s.io/v1";
  auto& metadata = ensure_object(object, "metadata");
  metadata["name"] = operation.name;
  metadata["namespace"] = operation.ns;
  metadata["creationTimestamp"] = to_rfc3339(claims.issued);
  auto& spec = ensure_object(object, "spec");
  spec["expirationSeconds"] = seconds;
  spec["audiences"] = JsonArray(claims.audiences.begin(), claims.audiences.end());
  object["status"] = {{"token", shared.parts.signer->sign(claims)},
                      {"expirationTimestamp", to_rfc3339(claims.expires)}};
  return answer_json(as, to_json(request), 201);
}

}  // namespace

void request_token(Shared& shared, const Operation& operation, const Reply& reply) {
  if (shared.parts.signer == nullptr) {
    reply(Error(Code::kNotFound, "the server could not find the requested resource"));
    return;
  }
  reply(issue(shared, operation));
}

}  // namespace pintle::registry
