// Service-account tokens, signed: the claims of Kubernetes 1.33.

#include "core/auth/tokens.hpp"

#include "core/auth/files.hpp"
#include "core/auth/jwt.hpp"
#include "core/base/concat.hpp"
#include "core/base/ids.hpp"
#include "core/object/json.hpp"

namespace pintle::auth {
namespace {

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

void add_reference(JsonObject& into, std::string_view key, const std::string& name,
                   const std::string& uid) {
  if (!name.empty()) {
    into[key] = {{"name", name}, {"uid", uid}};
  }
}

class JwtSigner final : public TokenSigner {
 public:
  JwtSigner(JwtKey key, std::string issuer) : key_(std::move(key)), issuer_(std::move(issuer)) {}

  std::string sign(const TokenClaims& claims) const override {
    JsonObject cluster;
    cluster["namespace"] = claims.ns;
    add_reference(cluster, "node", claims.node_name, claims.node_uid);
    add_reference(cluster, "pod", claims.pod_name, claims.pod_uid);
    add_reference(cluster, "secret", claims.secret_name, claims.secret_uid);
    add_reference(cluster, "serviceaccount", claims.service_account, claims.service_account_uid);
    JsonArray audiences(claims.audiences.begin(), claims.audiences.end());
    JsonObject payload;
    payload["aud"] = std::move(audiences);
    payload["exp"] = unix_seconds(claims.expires);
    payload["iat"] = unix_seconds(claims.issued);
    payload["iss"] = issuer_;
    payload["jti"] = make_uuid();
    payload["kubernetes.io"] = std::move(cluster);
    payload["nbf"] = unix_seconds(claims.issued);
    payload["sub"] = concat({"system:serviceaccount:", claims.ns, ":", claims.service_account});
    return sign_jwt(key_, payload);
  }

  const std::string& issuer() const override { return issuer_; }

 private:
  JwtKey key_;
  std::string issuer_;
};

}  // namespace

Result<std::unique_ptr<TokenSigner>> TokenSigner::make(
    const std::filesystem::path& private_key_file, std::string issuer) {
  PINTLE_TRY(const std::string pem, read_private_file(private_key_file));
  KeyPtr key = private_key_of_pem(pem);
  if (!key) {
    return Error(Code::kInvalid,
                 concat({private_key_file.string(),
                         " holds no private key in PEM form without a pass phrase"}));
  }
  auto jwt_key = make_jwt_key(std::move(key));
  if (!jwt_key.ok()) {
    return Error(Code::kInvalid,
                 concat({private_key_file.string(), ": ", jwt_key.error().message}));
  }
  return std::unique_ptr<TokenSigner>(
      std::make_unique<JwtSigner>(std::move(jwt_key).value(), std::move(issuer)));
}

}  // namespace pintle::auth
