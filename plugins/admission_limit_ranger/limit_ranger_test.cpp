// What LimitRanges give, and what they refuse, in Kubernetes' words.

#include "plugins/admission_limit_ranger/limit_ranger.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_limit_ranger {
namespace {

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<LimitRanger> plugin;
  Json pod = test::json(R"({"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}})");

  void add_range(const std::string& name, const std::string& limits) {
    host.put("/api/v1/namespaces/default/limitranges/" + name,
             test::json(R"({"spec":{"limits":[)" + limits + "]}}"));
  }
  void start() {
    if (plugin) {
      return;
    }
    plugin = LimitRanger::make(host.host(), JsonObject()).value();
    plugin->wait_synced({});
  }
  Result<void> create() {
    start();
    return server.admit({}, pod);
  }
  std::string refusal(const test::AdmissionCall& call = {}, const Json* old_pod = nullptr) {
    start();
    return server.refusal(call, pod, old_pod);
  }
  std::string resources(const std::string& list = "containers", std::size_t index = 0) {
    return to_json(array_at(pod, {"spec", list}).at(index).at("resources"));
  }
  std::string annotation() {
    return std::string(text_at(pod, {"metadata", "annotations", "kubernetes.io/limit-ranger"}));
  }
  /// A pod of one container that asks for so much.
  static Json asking(const std::string& resources, const std::string& list = "containers") {
    return test::json(R"({"metadata":{"name":"a"},"spec":{")" + list +
                      R"(":[{"name":"c","resources":)" + resources + "}]}}");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_pod, Cluster)

BOOST_AUTO_TEST_CASE(gets_the_defaults_of_its_namespace) {
  add_range("r", R"({"type":"Container","default":{"cpu":"500m","memory":"1Gi"},
                     "defaultRequest":{"cpu":"100m"}})");

  BOOST_TEST(create().ok());

  BOOST_TEST(resources() == R"({"requests":{"cpu":"100m","memory":"1Gi"},)"
                            R"("limits":{"cpu":"500m","memory":"1Gi"}})");
  BOOST_TEST(annotation() ==
             "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for "
             "container c");
}

BOOST_AUTO_TEST_CASE(gets_defaults_for_init_containers_too) {  // T-M01
  add_range("r", R"({"type":"Container","default":{"cpu":"1"}})");
  pod = test::json(
      R"({"metadata":{},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1"},
      "limits":{"cpu":"1"}}}],"initContainers":[{"name":"i"}]}})");

  BOOST_TEST(create().ok());

  BOOST_TEST(resources("initContainers") == R"({"requests":{"cpu":"1"},"limits":{"cpu":"1"}})");
  BOOST_TEST(annotation() ==
             "LimitRanger plugin set: cpu request for init container i; cpu limit for init "
             "container i");
}

BOOST_AUTO_TEST_CASE(keeps_what_it_says_itself) {
  add_range("r", R"({"type":"Container","default":{"cpu":"1"},"defaultRequest":{"cpu":"1"}})");
  pod = asking(R"({"requests":{"cpu":"200m"},"limits":{"cpu":"300m"}})");

  BOOST_TEST(create().ok());

  BOOST_TEST(resources() == R"({"requests":{"cpu":"200m"},"limits":{"cpu":"300m"}})");
  BOOST_TEST(annotation() == "");
}

BOOST_AUTO_TEST_CASE(gets_the_maximum_where_there_is_no_default) {
  add_range("r", R"({"type":"Container","max":{"cpu":"2"},"min":{"memory":"1Mi"}})");

  BOOST_TEST(create().ok());

  BOOST_TEST(resources() == R"({"requests":{"cpu":"2","memory":"1Mi"},"limits":{"cpu":"2"}})");
}

BOOST_AUTO_TEST_CASE(keeps_its_other_annotations) {
  add_range("r", R"({"type":"Container","default":{"cpu":"1"}})");
  pod.as_object()["metadata"].as_object()["annotations"] = JsonObject{{"mine", "x"}};

  BOOST_TEST(create().ok());

  BOOST_TEST(text_at(pod, {"metadata", "annotations", "mine"}) == "x");
  BOOST_TEST(annotation() != "");
}

BOOST_AUTO_TEST_CASE(is_held_to_its_own_namespace_only) {
  host.put("/api/v1/namespaces/default2/limitranges/r",
           test::json(R"({"spec":{"limits":[{"type":"Container","default":{"cpu":"1"}}]}})"));

  BOOST_TEST(create().ok());

  BOOST_TEST(annotation() == "");
}

BOOST_AUTO_TEST_CASE(that_asks_for_too_little_is_refused) {
  add_range("r", R"({"type":"Container","min":{"cpu":"100m"},"defaultRequest":{"cpu":"100m"}})");
  pod = asking(R"({"requests":{"cpu":"50m"}})");
  BOOST_TEST(refusal() == "minimum cpu usage per Container is 100m, but request is 50m");

  pod = asking(R"({"requests":{"cpu":"100m"},"limits":{"cpu":"50m"}})");
  BOOST_TEST(refusal() == "minimum cpu usage per Container is 100m, but limit is 50m");
}

BOOST_AUTO_TEST_CASE(that_asks_for_too_much_is_refused) {
  add_range("r", R"({"type":"Container","max":{"cpu":"1"}})");
  pod = asking(R"({"requests":{"cpu":"1"},"limits":{"cpu":"2"}})");
  BOOST_TEST(refusal() == "maximum cpu usage per Container is 1, but limit is 2");

  pod = asking(R"({"requests":{"cpu":"3"},"limits":{"cpu":"1"}})");
  BOOST_TEST(refusal() == "maximum cpu usage per Container is 1, but request is 3");
}

BOOST_AUTO_TEST_CASE(is_refused_for_its_init_containers_too) {  // T-M01
  add_range("r", R"({"type":"Container","max":{"cpu":"1"}})");
  pod = asking(R"({"requests":{"cpu":"1"},"limits":{"cpu":"2"}})", "initContainers");

  BOOST_TEST(refusal() == "maximum cpu usage per Container is 1, but limit is 2");
}

BOOST_AUTO_TEST_CASE(is_refused_for_all_that_is_wrong) {
  add_range("r", R"({"type":"Container","max":{"cpu":"1","memory":"1Gi"}})");
  pod = asking(R"({"limits":{"cpu":"2","memory":"2Gi"}})");

  BOOST_TEST(refusal() ==
             "[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per "
             "Container is 1Gi, but limit is 2Gi]");
}

BOOST_AUTO_TEST_CASE(whose_containers_add_up_to_too_much_is_refused) {
  add_range("r", R"({"type":"Pod","max":{"cpu":"1"}})");
  pod = test::json(R"({"spec":{"containers":[
      {"name":"a","resources":{"limits":{"cpu":"600m"}}},
      {"name":"b","resources":{"limits":{"cpu":"600m"}}}]}})");

  BOOST_TEST(refusal() == "maximum cpu usage per Pod is 1, but limit is 1200m");
}

BOOST_AUTO_TEST_CASE(that_leaves_out_what_is_bounded_is_refused) {
  add_range("r", R"({"type":"Pod","max":{"cpu":"1"},"min":{"memory":"1Mi"}})");

  BOOST_TEST(refusal() ==
             "[minimum memory usage per Pod is 1Mi.  No request is specified, maximum cpu usage "
             "per Pod is 1.  No limit is specified]");
}

BOOST_AUTO_TEST_CASE(takes_the_most_of_init_and_main_containers) {
  add_range("r", R"({"type":"Pod","max":{"cpu":"1"}})");
  pod = test::json(R"({"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"900m"}}}],
      "initContainers":[{"name":"i","resources":{"limits":{"cpu":"1"}}}]}})");
  BOOST_TEST(refusal() == "");

  // A sidecar runs beside all that comes after it.
  pod = test::json(R"({"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"100m"}}}],
      "initContainers":[
        {"name":"s","restartPolicy":"Always","resources":{"limits":{"cpu":"100m"}}},
        {"name":"i","resources":{"limits":{"cpu":"1"}}}]}})");
  BOOST_TEST(refusal() == "maximum cpu usage per Pod is 1, but limit is 1100m");
}

BOOST_AUTO_TEST_CASE(whose_limit_is_too_far_above_its_request_is_refused) {
  add_range("r", R"({"type":"Container","maxLimitRequestRatio":{"cpu":"2"}})");
  pod = asking(R"({"requests":{"cpu":"100m"},"limits":{"cpu":"200m"}})");
  BOOST_TEST(refusal() == "");

  pod = asking(R"({"requests":{"cpu":"100m"},"limits":{"cpu":"250m"}})");
  BOOST_TEST(refusal() ==
             "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000");

  pod = asking(R"({"limits":{"cpu":"250m"}})");
  BOOST_TEST(refusal() ==
             "cpu max limit to request ratio per Container is 2, but no request is specified or "
             "request is 0");
}

BOOST_AUTO_TEST_CASE(is_judged_again_when_it_is_resized) {  // T-M01
  add_range("r", R"({"type":"Container","max":{"cpu":"1"}})");
  pod = asking(R"({"requests":{"cpu":"1"},"limits":{"cpu":"2"}})");
  const Json old_pod = asking("{}");

  BOOST_TEST(refusal({.operation = "UPDATE", .subresource = "resize"}, &old_pod) ==
             "maximum cpu usage per Container is 1, but limit is 2");
}

BOOST_AUTO_TEST_CASE(is_left_alone_by_other_updates) {
  add_range("r", R"({"type":"Container","max":{"cpu":"1"}})");
  pod = asking(R"({"limits":{"cpu":"2"}})");
  const Json old_pod = pod;

  BOOST_TEST(refusal({.operation = "UPDATE"}, &old_pod) == "");
}

BOOST_AUTO_TEST_CASE(that_is_going_is_left_alone) {
  add_range("r", R"({"type":"Container","max":{"cpu":"1"}})");
  pod = asking(R"({"limits":{"cpu":"2"}})");
  Json old_pod = pod;
  old_pod.as_object()["metadata"].as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";

  BOOST_TEST(refusal({.operation = "UPDATE", .subresource = "resize"}, &old_pod) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_claim, Cluster)

BOOST_AUTO_TEST_CASE(is_held_to_its_bounds) {
  add_range("r", R"({"type":"PersistentVolumeClaim","min":{"storage":"1Gi"},
                     "max":{"storage":"2Gi"}})");
  const test::AdmissionCall call{.resource = "persistentvolumeclaims"};
  const auto claim = [](const std::string& size) {
    return test::json(R"({"spec":{"resources":{"requests":{"storage":")" + size + R"("}}}})");
  };
  start();

  BOOST_TEST(server.refusal(call, claim("1Gi")) == "");
  BOOST_TEST(server.refusal(call, claim("512Mi")) ==
             "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi");
  BOOST_TEST(server.refusal(call, claim("3Gi")) ==
             "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_limit_ranger
