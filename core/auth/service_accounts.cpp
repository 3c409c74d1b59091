// Service-account tokens: a signature is checked once, all else at every use.
//
// Source: kubernetes pkg/serviceaccount jwt.go and claims.go.

#include "core/auth/service_accounts.hpp"

#include <algorithm>
#include <limits>

#include "core/auth/crypto.hpp"
#include "core/auth/files.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

using std::chrono::seconds;

constexpr seconds kLeeway{60};  // Source: go-jose jwt.DefaultLeeway.
constexpr std::size_t kVerifiedMax = 8192;
constexpr std::int64_t kMaxUnixSeconds = 253'402'300'799;  // 9999-12-31T23:59:59Z.

Error refused(std::string_view why) {
  return {Code::kUnauthorized, concat({"service-account token refused: ", why})};
}

/// Every key of a PEM file, public or private.
Result<std::vector<JwtKey>> read_keys(const std::filesystem::path& file) {
  PINTLE_TRY(const FileText read, read_file(file));
  std::vector<JwtKey> keys;
  constexpr std::string_view kBegin = "-----BEGIN ";
  std::string_view rest = read.text;
  for (auto at = rest.find(kBegin); at != std::string_view::npos; at = rest.find(kBegin)) {
    rest.remove_prefix(at);
    const auto end = std::min(rest.find(kBegin, kBegin.size()), rest.size());
    const auto block = rest.substr(0, end);
    rest.remove_prefix(end);
    KeyPtr key = public_key_of_pem(block);
    if (!key) {
      continue;  // "EC PARAMETERS" stands before a key, and is none.
    }
    auto jwt_key = make_jwt_key(std::move(key));
    if (!jwt_key.ok()) {
      return Error(Code::kInvalid, concat({file.string(), ": ", jwt_key.error().message}));
    }
    keys.push_back(std::move(jwt_key).value());
  }
  if (keys.empty()) {
    return Error(Code::kInvalid, concat({file.string(), " holds no key in PEM form"}));
  }
  return keys;
}

std::optional<WallTime> time_claim(const Json& payload, std::string_view key) {
  const Json* value = find_member(payload, key);
  if (value == nullptr) {
    return std::nullopt;
  }
  std::int64_t number = -1;
  if (value->is_int64()) {
    number = value->get_int64();
  } else if (value->is_double() && value->get_double() >= 0 &&
             value->get_double() <= static_cast<double>(kMaxUnixSeconds)) {
    number = static_cast<std::int64_t>(value->get_double());
  }
  if (number < 0 || number > kMaxUnixSeconds) {
    return std::nullopt;
  }
  return WallTime(seconds(number));
}

std::vector<std::string> audience_claim(const Json& payload) {
  if (const auto one = text_at(payload, {"aud"}); !one.empty()) {
    return {std::string(one)};
  }
  std::vector<std::string> audiences;
  for (const auto& audience : array_at(payload, {"aud"})) {
    if (audience.is_string()) {
      audiences.emplace_back(audience.get_string());
    }
  }
  return audiences;
}

void add_extra(Identity& who, std::string_view key, const std::string& value) {
  if (!value.empty()) {
    who.extra[concat({"authentication.kubernetes.io/", key})] = {value};
  }
}

}  // namespace

ServiceAccountTokens::ServiceAccountTokens(std::vector<JwtKey> keys,
                                           const AuthenticatorOptions& options, UidOf uid_of,
                                           const Clock& clock)
    : keys_(std::move(keys)),
      issuer_(options.service_account_issuer),
      audiences_(options.api_audiences.empty()
                     ? std::vector<std::string>{options.service_account_issuer}
                     : options.api_audiences),
      uid_of_(std::move(uid_of)),
      clock_(clock),
      secret_(random_bytes(32)) {}

Result<std::unique_ptr<ServiceAccountTokens>> ServiceAccountTokens::make(
    const AuthenticatorOptions& options, UidOf uid_of, const Clock& clock) {
  PINTLE_TRY(auto keys, read_keys(options.service_account_key_file));
  return std::unique_ptr<ServiceAccountTokens>(
      new ServiceAccountTokens(std::move(keys), options, std::move(uid_of), clock));
}

Result<Identity> ServiceAccountTokens::identify(std::string_view token) {
  PINTLE_TRY(const ClaimsPtr claims, read(token));
  PINTLE_TRY_STATUS(check_now(*claims));
  Identity who;
  who.user = concat({"system:serviceaccount:", claims->ns, ":", claims->service_account});
  who.uid = claims->service_account_uid;
  who.groups = {"system:serviceaccounts", "system:serviceaccounts:" + claims->ns,
                "system:authenticated"};
  who.authenticator = "service-account";
  add_extra(who, "credential-id", claims->id.empty() ? "" : "JTI=" + claims->id);
  add_extra(who, "pod-name", claims->pod_name);
  add_extra(who, "pod-uid", claims->pod_uid);
  add_extra(who, "node-name", claims->node_name);
  add_extra(who, "node-uid", claims->node_uid);
  return who;
}

Result<ServiceAccountTokens::ClaimsPtr> ServiceAccountTokens::read(std::string_view token) {
  auto key = hmac_sha256(secret_, token);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = verified_.find(key); found != verified_.end()) {
      return found->second;
    }
  }
  PINTLE_TRY(const Json payload, verify_jwt(token, keys_));
  PINTLE_TRY(ClaimsPtr claims, read_claims(payload));
  const std::lock_guard lock(mutex_);
  if (verified_.size() >= kVerifiedMax) {
    verified_.clear();  // Rare, and cheap to work out again.
  }
  verified_.emplace(std::move(key), claims);
  return claims;
}

Result<ServiceAccountTokens::ClaimsPtr> ServiceAccountTokens::read_claims(
    const Json& payload) const {
  if (text_at(payload, {"iss"}) != issuer_) {
    return refused("another issuer made it");
  }
  const auto expires = time_claim(payload, "exp");
  const auto issued = time_claim(payload, "iat");
  const auto not_before = time_claim(payload, "nbf");
  if (!expires) {
    return refused("it never expires");
  }
  auto claims = std::make_shared<Claims>();
  claims->expires = *expires;
  claims->issued = issued.value_or(WallTime{});
  claims->not_before = std::max(not_before.value_or(WallTime{}), claims->issued);
  claims->audiences = audience_claim(payload);
  claims->id = text_at(payload, {"jti"});
  const Json* cluster = find_member(payload, "kubernetes.io");
  if (cluster == nullptr) {
    return refused("it names no service account");
  }
  const auto read = [&](std::string& into, std::string_view object, std::string_view key) {
    into = text_at(*cluster, {object, key});
  };
  claims->ns = text_at(*cluster, {"namespace"});
  read(claims->service_account, "serviceaccount", "name");
  read(claims->service_account_uid, "serviceaccount", "uid");
  read(claims->pod_name, "pod", "name");
  read(claims->pod_uid, "pod", "uid");
  read(claims->secret_name, "secret", "name");
  read(claims->secret_uid, "secret", "uid");
  read(claims->node_name, "node", "name");
  read(claims->node_uid, "node", "uid");
  if (claims->ns.empty() || claims->service_account.empty() ||
      text_at(payload, {"sub"}) !=
          concat({"system:serviceaccount:", claims->ns, ":", claims->service_account})) {
    return refused("its subject is not its service account");
  }
  return ClaimsPtr(std::move(claims));
}

Result<void> ServiceAccountTokens::check_now(const Claims& claims) const {
  const auto now = clock_.now();
  if (now > claims.expires + kLeeway) {
    return refused("it expired at " + to_rfc3339(claims.expires));
  }
  if (now + kLeeway < claims.not_before) {
    return refused("it is not valid before " + to_rfc3339(claims.not_before));
  }
  const bool is_for_us = std::ranges::any_of(claims.audiences, [&](const auto& audience) {
    return std::ranges::find(audiences_, audience) != audiences_.end();
  });
  if (!is_for_us) {
    return refused("it is for another audience");
  }
  const auto is_there = [&](std::string_view resource, std::string_view ns, const std::string& name,
                            const std::string& uid) {
    return name.empty() || (!uid.empty() && uid_of_(resource, ns, name) == uid);
  };
  if (!is_there("serviceaccounts", claims.ns, claims.service_account, claims.service_account_uid)) {
    return refused("its service account is gone");
  }
  if (!is_there("pods", claims.ns, claims.pod_name, claims.pod_uid)) {
    return refused("its pod is gone");
  }
  if (!is_there("secrets", claims.ns, claims.secret_name, claims.secret_uid)) {
    return refused("its secret is gone");
  }
  // A pod's token also tells of the pod's node, and ends with the pod, not with the node.
  if (claims.pod_name.empty() && !is_there("nodes", "", claims.node_name, claims.node_uid)) {
    return refused("its node is gone");
  }
  return {};
}

}  // namespace pintle::auth
