// Service-account tokens: signed, judged at each use, forged in vain (T-A09).

#include "core/auth/tokens.hpp"

#include <boost/test/unit_test.hpp>

#include "core/auth/authenticator.hpp"
#include "core/auth/base64.hpp"
#include "core/auth/certificates.hpp"
#include "core/auth/crypto.hpp"
#include "core/auth/jwt.hpp"
#include "core/auth/pki.hpp"
#include "core/object/json.hpp"
#include "tests/core/auth/support.hpp"

namespace pintle::auth {
namespace {

using namespace std::chrono_literals;
constexpr const char* kIssuer = "https://kubernetes.default.svc.cluster.local";

struct Cluster {
  pintle::test::TempDirectory directory;
  test::ManualClock clock;
  test::KeptLog log;
  CertDir dir{directory.path() / "certs"};
  std::map<std::string, std::string> uids = {{"serviceaccounts/web/bot", "sa-1"},
                                             {"pods/web/p", "pod-1"},
                                             {"secrets/web/s", "secret-1"},
                                             {"nodes//n", "node-1"}};
  std::unique_ptr<TokenSigner> signer;
  std::unique_ptr<Authenticator> authenticator;

  Cluster() {
    BOOST_REQUIRE(fill_cert_dir(dir.directory, {}, "https://a", clock, log).ok());
    signer = TokenSigner::make(dir.service_account_key(), kIssuer).value();
    AuthenticatorOptions options;
    options.service_account_issuer = kIssuer;
    options.service_account_key_file = dir.service_account_public_key();
    authenticator = Authenticator::make(
                        options,
                        [this](std::string_view resource, std::string_view ns,
                               std::string_view name) -> std::optional<std::string> {
                          const auto found = uids.find(std::string(resource) + "/" +
                                                       std::string(ns) + "/" + std::string(name));
                          return found == uids.end() ? std::nullopt : std::optional(found->second);
                        },
                        clock, log)
                        .value();
  }

  TokenClaims claims() const {
    return {.ns = "web",
            .service_account = "bot",
            .service_account_uid = "sa-1",
            .audiences = {kIssuer},
            .issued = clock.now(),
            .expires = clock.now() + 600s};
  }
  Result<Identity> identify(const std::string& token) {
    auto who = authenticator->identify_now({.authorization = {"Bearer " + token}});
    BOOST_REQUIRE(who.has_value());
    return *who;
  }
  bool accepts(const std::string& token) { return identify(token).ok(); }
  JwtKey key() const {
    return make_jwt_key(private_key_of_pem(test::text_of(dir.service_account_key()))).value();
  }
  /// A good token's payload.
  JsonObject payload() const {
    const auto token = signer->sign(claims());
    const auto first = token.find('.') + 1;
    const auto text = parse_base64_url(token.substr(first, token.rfind('.') - first)).value();
    return parse_json(text).value().value.as_object();
  }
};

std::string join(std::string_view header, std::string_view payload, std::string_view signature) {
  return to_base64_url(header) + "." + to_base64_url(payload) + "." + to_base64_url(signature);
}

BOOST_FIXTURE_TEST_SUITE(a_service_account_token, Cluster)

BOOST_AUTO_TEST_CASE(names_its_account_and_its_groups) {
  const auto who = identify(signer->sign(claims()));

  BOOST_REQUIRE(who.ok());
  BOOST_TEST(who.value().user == "system:serviceaccount:web:bot");
  BOOST_TEST(who.value().uid == "sa-1");
  BOOST_TEST(who.value().authenticator == "service-account");
  const std::vector<std::string> groups = {"system:serviceaccounts", "system:serviceaccounts:web",
                                           "system:authenticated"};
  BOOST_TEST(who.value().groups == groups, boost::test_tools::per_element());
  BOOST_TEST(who.value()
                 .extra.at("authentication.kubernetes.io/credential-id")
                 .front()
                 .starts_with("JTI="));
}

BOOST_AUTO_TEST_CASE(carries_the_claims_of_kubernetes_1_33) {
  auto bound = claims();
  bound.pod_name = "p";
  bound.pod_uid = "pod-1";
  const auto token = signer->sign(bound);
  const auto header = parse_json(parse_base64_url(token.substr(0, token.find('.'))).value());

  BOOST_TEST(text_at(header.value().value, {"alg"}) == "ES256");
  BOOST_TEST(text_at(header.value().value, {"kid"}) == key().id);
  const Json json = payload();
  BOOST_TEST(text_at(json, {"iss"}) == kIssuer);
  BOOST_TEST(text_at(json, {"sub"}) == "system:serviceaccount:web:bot");
  BOOST_TEST(text_at(json, {"kubernetes.io", "serviceaccount", "uid"}) == "sa-1");
  BOOST_TEST(integer_at(json, {"exp"}).value() - integer_at(json, {"iat"}).value() == 600);
  BOOST_TEST(array_at(json, {"aud"}).size() == 1U);
  BOOST_TEST(text_at(json, {"jti"}).size() == 36U);
}

BOOST_AUTO_TEST_CASE(ends_when_it_expires_a_minute_of_leeway_later) {
  const auto token = signer->sign(claims());
  BOOST_TEST(accepts(token));
  clock.pass(660s);
  BOOST_TEST(accepts(token));
  clock.pass(1s);
  BOOST_TEST(!accepts(token));
}

BOOST_AUTO_TEST_CASE(from_the_future_is_refused) {
  auto early = claims();
  early.issued = clock.now() + 120s;
  BOOST_TEST(!accepts(signer->sign(early)));
}

BOOST_AUTO_TEST_CASE(ends_with_its_account_and_is_not_its_namesake_s) {
  const auto token = signer->sign(claims());
  BOOST_TEST(accepts(token));
  uids["serviceaccounts/web/bot"] = "sa-2";
  BOOST_TEST(!accepts(token));
  uids.erase("serviceaccounts/web/bot");
  BOOST_TEST(!accepts(token));
}

BOOST_AUTO_TEST_CASE(ends_with_the_pod_secret_or_node_it_is_bound_to) {
  const auto ends_with = [&](auto bind, const char* object) {
    auto bound = claims();
    bind(bound);
    const auto token = signer->sign(bound);
    BOOST_TEST(accepts(token), object);
    const auto uid = uids.at(object);
    uids.erase(object);
    BOOST_TEST(!accepts(token), object);
    uids[object] = uid;
  };
  ends_with([](auto& c) { c.pod_name = "p", c.pod_uid = "pod-1"; }, "pods/web/p");
  ends_with([](auto& c) { c.secret_name = "s", c.secret_uid = "secret-1"; }, "secrets/web/s");
  ends_with([](auto& c) { c.node_name = "n", c.node_uid = "node-1"; }, "nodes//n");
}

BOOST_AUTO_TEST_CASE(of_a_pod_tells_of_its_node_and_outlives_it) {
  auto bound = claims();
  bound.pod_name = "p";
  bound.pod_uid = "pod-1";
  bound.node_name = "n";
  bound.node_uid = "gone";

  const auto who = identify(signer->sign(bound));

  BOOST_REQUIRE(who.ok());
  const auto& extra = who.value().extra;
  BOOST_TEST(extra.at("authentication.kubernetes.io/pod-name").front() == "p");
  BOOST_TEST(extra.at("authentication.kubernetes.io/pod-uid").front() == "pod-1");
  BOOST_TEST(extra.at("authentication.kubernetes.io/node-name").front() == "n");
}

BOOST_AUTO_TEST_CASE(for_another_audience_or_of_another_issuer_is_refused) {
  auto other = claims();
  other.audiences = {"vault"};
  BOOST_TEST(!accepts(signer->sign(other)));
  const auto stranger = TokenSigner::make(dir.service_account_key(), "https://other").value();
  BOOST_TEST(!accepts(stranger->sign(claims())));
}

BOOST_AUTO_TEST_CASE(forged_is_refused) {
  const auto good = signer->sign(claims());
  const auto body = to_json(payload());
  const auto pem = test::text_of(dir.service_account_public_key());
  const std::string hs256 = R"({"alg":"HS256","kid":")" + key().id + "\"}";
  const auto hmac = hmac_sha256(pem, to_base64_url(hs256) + "." + to_base64_url(body));
  const auto stolen = good.substr(good.rfind('.') + 1);

  BOOST_TEST(!accepts(join(R"({"alg":"none"})", body, "")));
  BOOST_TEST(!accepts(join(R"({"alg":"ES256"})", body, "")));
  BOOST_TEST(!accepts(join(R"({"alg":"ES256"})", body, std::string(64, '\0'))));
  BOOST_TEST(!accepts(join(hs256, body, hmac)));
  auto payload_changed = payload();
  payload_changed["sub"] = "system:serviceaccount:web:root";
  BOOST_TEST(!accepts(good.substr(0, good.find('.')) + "." +
                      to_base64_url(to_json(payload_changed)) + "." + stolen));
  BOOST_TEST(!accepts(good + "A"));
  BOOST_TEST(!accepts(good + "="));
  BOOST_TEST(!accepts(good.substr(0, good.size() - 1)));
}

BOOST_AUTO_TEST_CASE(signed_by_a_stranger_is_refused_whatever_its_kid) {
  const auto stranger = make_jwt_key(make_key().value());
  BOOST_TEST(!accepts(sign_jwt(stranger.value(), payload())));
  JwtKey liar{make_key().value(), "ES256", key().id};
  BOOST_TEST(!accepts(sign_jwt(liar, payload())));
  JwtKey astray{private_key_of_pem(test::text_of(dir.service_account_key())), "ES256",
                "../../dev/null"};
  BOOST_TEST(!accepts(sign_jwt(astray, payload())));
}

BOOST_AUTO_TEST_CASE(with_odd_claims_is_refused) {
  const auto refused = [&](std::string_view name, const Json& value) {
    auto odd = payload();
    odd[name] = value;
    BOOST_TEST(!accepts(sign_jwt(key(), odd)), name);
  };
  BOOST_TEST(accepts(sign_jwt(key(), payload())));
  refused("exp", nullptr);
  refused("exp", "9999999999");
  refused("exp", -1);
  refused("exp", 1e300);
  refused("aud", JsonArray{});
  refused("sub", "system:serviceaccount:web:other");
  refused("kubernetes.io", nullptr);
  refused("iss", 7);
}

BOOST_AUTO_TEST_CASE(of_odd_form_is_refused) {
  const auto header = [&](std::string_view more) {
    const auto text = R"({"alg":"ES256")" + std::string(more) + "}";
    return text;
  };
  const auto body = to_json(payload());
  BOOST_TEST(!accepts(join(header(R"(,"crit":["x"])"), body, std::string(64, 'x'))));
  BOOST_TEST(!accepts(join(header(R"(,"alg":"none")"), body, "")));
  BOOST_TEST(!accepts(join("[]", body, "x")));
  BOOST_TEST(!accepts("a.b.c"));
  BOOST_TEST(!accepts(".."));
  BOOST_TEST(!accepts(std::string(30'000, '.')));
  BOOST_TEST(!accepts(std::string(1'000'000, 'a')));
  BOOST_TEST(!accepts(std::string(20'000, 'a') + ".b.c"));
}

BOOST_AUTO_TEST_CASE(refused_leaves_nothing_of_itself_in_the_log) {
  BOOST_TEST(!accepts("MARKER.MARKER.MARKER"));
  BOOST_TEST(log.holds("not authenticated"));
  BOOST_TEST(!log.holds("MARKER"));
}

BOOST_AUTO_TEST_CASE(may_be_signed_with_rsa) {
  const KeyPtr rsa(EVP_RSA_gen(2048));
  test::put(directory.path() / "rsa.key", pem_of_private_key(rsa.get()));
  const auto rsa_signer = TokenSigner::make(directory.path() / "rsa.key", kIssuer).value();
  BOOST_TEST(!accepts(rsa_signer->sign(claims())));
  AuthenticatorOptions options;
  options.service_account_issuer = kIssuer;
  // Several keys in one file: the old one's tokens still hold.
  options.service_account_key_file =
      test::put(directory.path() / "both.pem",
                test::text_of(dir.service_account_public_key()) + pem_of_public_key(rsa.get()));
  authenticator =
      Authenticator::make(
          options, [](auto...) { return std::optional<std::string>("sa-1"); }, clock, log)
          .value();

  BOOST_TEST(accepts(rsa_signer->sign(claims())));
  BOOST_TEST(accepts(signer->sign(claims())));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_signing_key, Cluster)

BOOST_AUTO_TEST_CASE(that_can_not_be_used_is_refused_by_name) {
  const auto fault_of = [&](std::string_view text, mode_t mode) {
    const auto made = TokenSigner::make(test::put(directory.path() / "k", text, mode), kIssuer);
    return made.ok() ? "none" : made.error().message;
  };
  BOOST_TEST(fault_of("junk", 0600).find("k holds no private key") != std::string::npos);
  BOOST_TEST(fault_of("junk", 0644).find("run `chmod 600 ") != std::string::npos);
  const KeyPtr weak(EVP_RSA_gen(1024));
  BOOST_TEST(fault_of(pem_of_private_key(weak.get()), 0600).find("2048 bits or more") !=
             std::string::npos);
  BOOST_TEST(!TokenSigner::make("/nowhere", kIssuer).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
