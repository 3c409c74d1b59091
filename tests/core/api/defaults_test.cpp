// Defaults: what a pod, a service and others get that their authors left open (walkthrough P5).

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

struct Defaulting : WithCatalog {
  Json defaulted(std::string_view type_name, std::string_view text) const {
    Json object = json(text);
    apply_defaults(type(type_name), object);
    return object;
  }
};

BOOST_FIXTURE_TEST_SUITE(defaulting, Defaulting)

BOOST_AUTO_TEST_CASE(fills_what_a_pod_leaves_open) {
  const Json pod = defaulted(
      "core/v1.Pod", R"({"spec":{"containers":[{"name":"nginx","ports":[{"containerPort":80}],
                                               "livenessProbe":{"httpGet":{"port":80}}}]}})");

  BOOST_TEST(text_at(pod, {"spec", "restartPolicy"}) == "Always");
  BOOST_TEST(text_at(pod, {"spec", "dnsPolicy"}) == "ClusterFirst");
  BOOST_TEST(text_at(pod, {"spec", "schedulerName"}) == "default-scheduler");
  BOOST_TEST(*integer_at(pod, {"spec", "terminationGracePeriodSeconds"}) == 30);
  BOOST_TEST(find_path(pod, {"spec", "securityContext"})->is_object());
  const Json& container = array_at(pod, {"spec", "containers"})[0];
  BOOST_TEST(text_at(container, {"terminationMessagePath"}) == "/dev/termination-log");
  BOOST_TEST(text_at(container, {"terminationMessagePolicy"}) == "File");
  BOOST_TEST(text_at(array_at(container, {"ports"})[0], {"protocol"}) == "TCP");
  BOOST_TEST(*integer_at(container, {"livenessProbe", "periodSeconds"}) == 10);
  BOOST_TEST(text_at(container, {"livenessProbe", "httpGet", "scheme"}) == "HTTP");
}

BOOST_AUTO_TEST_CASE(leaves_what_is_there) {
  const Json pod = defaulted("core/v1.Pod",
                             R"({"spec":{"restartPolicy":"Never",
                                         "terminationGracePeriodSeconds":0,"containers":[]}})");

  BOOST_TEST(text_at(pod, {"spec", "restartPolicy"}) == "Never");
  BOOST_TEST(*integer_at(pod, {"spec", "terminationGracePeriodSeconds"}) == 0);
}

BOOST_AUTO_TEST_CASE(reaches_into_volumes_and_templates) {
  const Json deployment = defaulted("apps/v1.Deployment", R"({"spec":{"template":{"spec":{
      "volumes":[{"name":"v","configMap":{"name":"c"}}],"containers":[{"name":"a"}]}}}})");

  BOOST_TEST(*integer_at(deployment, {"spec", "replicas"}) == 1);
  const Json* spec = find_path(deployment, {"spec", "template", "spec"});
  BOOST_TEST(*integer_at(array_at(*spec, {"volumes"})[0], {"configMap", "defaultMode"}) == 420);
  BOOST_TEST(text_at(*spec, {"restartPolicy"}) == "Always");
  BOOST_TEST(text_at(deployment, {"spec", "strategy", "type"}) == "RollingUpdate");
}

BOOST_AUTO_TEST_CASE(gives_every_default_its_field_s_shape) {
  for (const Type* one : catalog.types()) {
    Json object = json("{}");
    apply_defaults(*one, object);
    const std::string before = to_json(object);
    BOOST_TEST(decode(*one, object).ok(), one->name);
    BOOST_TEST(to_json(object).size() == before.size(), one->name << " " << before);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
