// Manifests: what a static pod's file becomes, and what is refused.

#include "plugins/kubelet/manifest.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "plugins/kubelet/pod_source_file.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::kubelet {
namespace {

constexpr const char* kNginx =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: nginx}\n"
    "spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}]}]}\n";

BOOST_AUTO_TEST_SUITE(a_manifest)

// K2, K4
BOOST_AUTO_TEST_CASE(becomes_a_pod_named_after_its_node) {
  const auto pod = parse_manifest(kNginx, "/m/nginx.yml", "n1");

  BOOST_REQUIRE(pod.ok());
  BOOST_TEST(pod.value()->name == "nginx-n1");
  BOOST_TEST(pod.value()->ns == "default");
  BOOST_TEST(pod.value()->is_static);
  BOOST_TEST(annotation_of(pod.value()->json(), kConfigSource) == "file");
  BOOST_TEST(annotation_of(pod.value()->json(), kConfigHash) == pod.value()->uid);
}

BOOST_AUTO_TEST_CASE(gets_the_defaults_a_server_would_set) {
  const auto pod = parse_manifest(kNginx, "/m/nginx.yml", "n1");

  BOOST_REQUIRE(pod.ok());
  const auto& container = containers_of(pod.value()->json())[0];
  BOOST_TEST(text_at(pod.value()->json(), {"spec", "restartPolicy"}) == "Always");
  BOOST_TEST(text_at(container, {"imagePullPolicy"}) == "Always");
  BOOST_TEST(text_at(array_at(container, {"ports"})[0], {"protocol"}) == "TCP");
}

BOOST_AUTO_TEST_CASE(has_another_uid_once_it_changes) {
  const auto before = parse_manifest(kNginx, "/m/nginx.yml", "n1");
  const auto after = parse_manifest(std::string(kNginx) + "# changed\n", "/m/nginx.yml", "n1");
  const auto elsewhere = parse_manifest(kNginx, "/m/nginx.yml", "n2");

  BOOST_TEST(before.value()->uid != after.value()->uid);
  BOOST_TEST(before.value()->uid != elsewhere.value()->uid);
}

BOOST_AUTO_TEST_CASE(may_be_json) {
  const auto pod = parse_manifest(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},)"
                                  R"("spec":{"containers":[{"name":"a","image":"busybox:1"}]}})",
                                  "/m/a.json", "n1");

  BOOST_REQUIRE(pod.ok());
  BOOST_TEST(text_at(containers_of(pod.value()->json())[0], {"imagePullPolicy"}) == "IfNotPresent");
}

BOOST_AUTO_TEST_CASE(names_the_field_that_is_wrong) {
  const auto pod = parse_manifest(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {containers: [{name: main}]}\n",
      "/m", "n1");

  BOOST_REQUIRE(!pod.ok());
  BOOST_TEST(pod.error().message ==
             "Pod \"nginx\" is invalid: spec.containers[0].image: Required value");
}

// T-M08
BOOST_AUTO_TEST_CASE(may_not_refer_to_objects_of_the_api) {
  for (const auto* part :
       {"volumes: [{name: v, secret: {secretName: s}}]",
        "volumes: [{name: v, configMap: {name: c}}]", "serviceAccountName: sa"}) {
    const auto pod =
        parse_manifest(std::string("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  ") +
                           part + "\n  containers: [{name: a, image: a}]\n",
                       "/m", "n1");
    BOOST_TEST(!pod.ok(), part);
  }
}

// T-N01
BOOST_AUTO_TEST_CASE(may_not_carry_a_path_in_a_name) {
  for (const auto* name : {"..", "a/b", "A", "%2e"}) {
    const auto pod = parse_manifest(std::string("apiVersion: v1\nkind: Pod\nmetadata: {name: '") +
                                        name + "'}\nspec: {containers: [{name: a, image: a}]}\n",
                                    "/m", "n1");
    BOOST_TEST(!pod.ok(), name);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_no_pod) {
  BOOST_TEST(!parse_manifest("", "/m", "n1").ok());
  BOOST_TEST(!parse_manifest("kind: Pod\n", "/m", "n1").ok());
  BOOST_TEST(
      !parse_manifest("apiVersion: v1\nkind: Service\nmetadata: {}\nspec: {}\n", "/m", "n1").ok());
  BOOST_TEST(!parse_manifest("{\"a\": [", "/m", "n1").ok());
}

BOOST_AUTO_TEST_SUITE_END()

struct Folder {
  pintle::test::TempDirectory directory;
  pintle::test::FakeHost host{false};
  ManifestFolder folder{directory.path(), "n1", host.host().log()};

  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory.path() / name) << text;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_manifest_folder, Folder)

BOOST_AUTO_TEST_CASE(gives_a_pod_for_each_good_file) {
  write("nginx.yml", kNginx);
  write(".hidden.yml", kNginx);

  BOOST_TEST(folder.read().size() == 1U);
}

BOOST_AUTO_TEST_CASE(complains_once_of_a_bad_file_and_runs_the_others) {
  write("bad.yml", "kind: [\n");
  write("nginx.yml", kNginx);

  folder.read();
  const auto pods = folder.read();

  BOOST_TEST(pods.size() == 1U);
  BOOST_TEST(host.log_lines().size() == 1U);
}

BOOST_AUTO_TEST_CASE(keeps_a_pod_whose_file_went_bad) {
  write("nginx.yml", kNginx);
  folder.read();
  write("nginx.yml", "kind: [\n");

  BOOST_TEST(folder.read().size() == 1U);
}

BOOST_AUTO_TEST_CASE(forgets_a_file_that_is_gone) {
  write("nginx.yml", kNginx);
  folder.read();
  std::filesystem::remove(directory.path() / "nginx.yml");

  BOOST_TEST(folder.read().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::kubelet
