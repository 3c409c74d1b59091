// Which account a pod runs as, and how it comes by its token.

#include "plugins/admission_service_account/service_account.hpp"

#include <boost/test/unit_test.hpp>

#include "core/object/patch.hpp"
#include "core/sdk/object_table.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::admission_service_account {
namespace {

constexpr const char* kAccounts = "/api/v1/namespaces/default/serviceaccounts/";

struct Cluster {
  test::FakeHost host;
  std::unique_ptr<ServiceAccount> plugin;
  Json pod =
      parse_json(R"({"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}})").value().value;

  Cluster() : plugin(ServiceAccount::make(host.host(), JsonObject()).value()) {
    host.put(std::string(kAccounts) + "default", JsonObject());
  }

  Result<void> create() {
    sdk::JsonPatch patch;
    auto said = plugin->mutate({.operation = "CREATE",
                                .resource = "pods",
                                .ns = "default",
                                .object = sdk::Value(&sdk::object_table(), sdk::to_value(&pod))},
                               patch);
    BOOST_TEST(apply_json_patch(pod, patch.operations()).ok());
    return said;
  }
  std::string refusal() {
    const auto said = create();
    return said.ok() ? "" : said.error().message;
  }
  JsonObject& spec() { return pod.as_object()["spec"].as_object(); }
  const Json& container() { return array_at(pod, {"spec", "containers"}).at(0); }
  const JsonArray& volumes() { return array_at(pod, {"spec", "volumes"}); }
};

BOOST_FIXTURE_TEST_SUITE(a_pod, Cluster)

BOOST_AUTO_TEST_CASE(that_names_no_account_runs_as_default) {
  BOOST_TEST(create().ok());

  BOOST_TEST(text_at(pod, {"spec", "serviceAccountName"}) == "default");
  BOOST_TEST(text_at(pod, {"spec", "serviceAccount"}) == "default");
}

BOOST_AUTO_TEST_CASE(of_an_unknown_account_is_refused) {
  spec()["serviceAccountName"] = "robot";

  const auto refused = create();

  BOOST_REQUIRE(!refused.ok());
  BOOST_CHECK(refused.error().code == Code::kForbidden);
  BOOST_TEST(refused.error().message ==
             "error looking up service account default/robot: serviceaccount \"robot\" not found");
}

BOOST_AUTO_TEST_CASE(finds_token_ca_and_namespace_where_programs_look) {
  BOOST_TEST(create().ok());

  BOOST_REQUIRE(volumes().size() == 1U);
  const auto volume = text_at(volumes()[0], {"name"});
  BOOST_TEST(volume.starts_with("kube-api-access-"));
  BOOST_TEST(volume.size() == sizeof("kube-api-access-") - 1 + 5);
  const auto& mount = array_at(container(), {"volumeMounts"}).at(0);
  BOOST_TEST(text_at(mount, {"name"}) == volume);
  BOOST_TEST(text_at(mount, {"mountPath"}) == "/var/run/secrets/kubernetes.io/serviceaccount");
  const auto& sources = array_at(volumes()[0], {"projected", "sources"});
  BOOST_REQUIRE(sources.size() == 3U);
  BOOST_TEST(integer_at(sources[0], {"serviceAccountToken", "expirationSeconds"}).value() == 3607);
  BOOST_TEST(text_at(sources[1], {"configMap", "name"}) == "kube-root-ca.crt");
  BOOST_TEST(sources[2].as_object().contains("downwardAPI"));
}

BOOST_AUTO_TEST_CASE(may_refuse_the_token) {
  spec()["automountServiceAccountToken"] = false;

  BOOST_TEST(create().ok());

  BOOST_TEST(volumes().empty());
}

BOOST_AUTO_TEST_CASE(whose_account_refuses_the_token_may_still_ask_for_it) {
  host.put(std::string(kAccounts) + "default", JsonObject{{"automountServiceAccountToken", false}});
  spec()["automountServiceAccountToken"] = true;

  BOOST_TEST(create().ok());

  BOOST_TEST(volumes().size() == 1U);
}

BOOST_AUTO_TEST_CASE(that_mounts_something_there_itself_keeps_it) {
  pod = parse_json(R"({"spec":{"volumes":[{"name":"v"}],"containers":[{"name":"c","volumeMounts":[
      {"name":"v","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]}})")
            .value()
            .value;

  BOOST_TEST(create().ok());

  BOOST_TEST(volumes().size() == 1U);
  BOOST_TEST(array_at(container(), {"volumeMounts"}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(pulls_images_with_the_secrets_of_its_account) {
  host.put(std::string(kAccounts) + "default",
           JsonObject{{"imagePullSecrets", JsonArray{JsonObject{{"name", "registry"}}}}});

  BOOST_TEST(create().ok());

  BOOST_TEST(to_json(pod.at("spec").at("imagePullSecrets")) == R"([{"name":"registry"}])");
}

BOOST_AUTO_TEST_CASE(reads_only_listed_secrets_where_the_account_enforces_it) {
  host.put(std::string(kAccounts) + "default", parse_json(R"({"metadata":{"annotations":{
      "kubernetes.io/enforce-mountable-secrets":"true"}},"secrets":[{"name":"mine"}]})")
                                                   .value()
                                                   .value);
  spec()["volumes"] = JsonArray{JsonObject{{"name", "v"}, {"secret", {{"secretName", "other"}}}}};

  BOOST_TEST(refusal().find("does not reference that secret") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(reads_only_listed_secrets_in_containers_added_to_it_later) {  // T-M01
  host.put(std::string(kAccounts) + "default", parse_json(R"({"metadata":{"annotations":{
      "kubernetes.io/enforce-mountable-secrets":"true"}}})")
                                                   .value()
                                                   .value);
  spec()["serviceAccountName"] = "default";
  const auto adding = [this](const std::string& source) {
    Json added = pod;
    added.as_object()["spec"].as_object()["ephemeralContainers"] =
        parse_json(R"([{"name":"e",)" + source + "}]").value().value;
    sdk::JsonPatch patch;
    const auto said =
        plugin->mutate({.operation = "UPDATE",
                        .resource = "pods",
                        .subresource = "ephemeralcontainers",
                        .ns = "default",
                        .object = sdk::Value(&sdk::object_table(), sdk::to_value(&added))},
                       patch);
    BOOST_TEST(patch.empty());
    return said.ok() ? "" : said.error().message;
  };

  BOOST_TEST(adding(R"("image":"i")") == "");
  BOOST_TEST(adding(R"("envFrom":[{"secretRef":{"name":"other"}}])") ==
             "container e with envFrom is not allowed because service account default does not "
             "reference that secret");
  BOOST_TEST(adding(R"("env":[{"name":"X","valueFrom":{"secretKeyRef":{"name":"other"}}}])") ==
             "container e with envVar X is not allowed because service account default does not "
             "reference that secret");
}

BOOST_AUTO_TEST_CASE(reads_only_listed_secrets_by_every_way) {  // T-M01
  host.put(std::string(kAccounts) + "default", parse_json(R"({"metadata":{"annotations":{
      "kubernetes.io/enforce-mountable-secrets":"true"}}})")
                                                   .value()
                                                   .value);
  const std::string ways[] = {
      R"({"containers":[{"name":"c","envFrom":[{"secretRef":{"name":"s"}}]}]})",
      R"({"containers":[{"name":"c","env":[{"valueFrom":{"secretKeyRef":{"name":"s"}}}]}]})",
      R"({"initContainers":[{"name":"c","envFrom":[{"secretRef":{"name":"s"}}]}]})",
      R"({"initContainers":[{"name":"c","env":[{"valueFrom":{"secretKeyRef":{"name":"s"}}}]}]})",
      R"({"volumes":[{"name":"v","secret":{"secretName":"s"}}]})",
      R"({"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"s"}}]}}]})",
      R"({"imagePullSecrets":[{"name":"s"}]})"};
  for (const auto& way : ways) {
    pod.as_object()["spec"] = parse_json(way).value().value;

    BOOST_TEST(
        refusal().find("is not allowed because service account default") != std::string::npos, way);
  }
}

BOOST_AUTO_TEST_CASE(that_mirrors_a_static_one_is_left_alone) {
  pod.as_object()["metadata"].as_object()["annotations"] =
      JsonObject{{"kubernetes.io/config.mirror", "x"}};

  BOOST_TEST(create().ok());

  BOOST_TEST(!spec().contains("serviceAccountName"));
  spec()["serviceAccountName"] = "default";
  BOOST_TEST(refusal() == "a mirror pod may not reference service accounts");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_service_account
