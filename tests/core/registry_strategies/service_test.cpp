// Services: addresses are given, kept and given back.

#include <future>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Heard;

constexpr const char* kServices = "/api/v1/namespaces/default/services";

struct Services : test::Cluster {
  Heard make(std::string_view name, std::string_view spec) {
    return post(kServices, concat({R"({"metadata":{"name":")", name, R"("},"spec":)", spec, "}"}));
  }
};

constexpr std::string_view kPlain = R"({"ports":[{"port":80}],"selector":{"a":"b"}})";

BOOST_FIXTURE_TEST_SUITE(a_service, Services)

BOOST_AUTO_TEST_CASE(gets_an_address_of_its_own) {
  const auto one = make("one", kPlain);
  const auto two = make("two", kPlain);

  BOOST_TEST(one.status == 201, one.body);
  BOOST_TEST(one.text({"spec", "clusterIP"}).starts_with("10."));
  BOOST_TEST(one.text({"spec", "clusterIP"}) != two.text({"spec", "clusterIP"}));
  BOOST_TEST(one.text({"spec", "type"}) == "ClusterIP");
  BOOST_TEST(one.text({"spec", "ipFamilyPolicy"}) == "SingleStack");
  const Json tree = one.json();
  BOOST_TEST(*integer_at(array_at(tree, {"spec", "ports"})[0], {"targetPort"}) == 80);
}

BOOST_AUTO_TEST_CASE(can_have_the_address_it_asks_for_if_it_is_free) {
  const auto ip = make("one", kPlain).text({"spec", "clusterIP"});
  const auto spec = concat({R"({"ports":[{"port":80}],"clusterIP":")", ip, R"("})"});

  const auto taken = make("two", spec);
  BOOST_TEST(taken.status == 422);
  BOOST_TEST(taken.message().find("provided IP is already allocated") != std::string::npos);

  BOOST_TEST(erase(concat({kServices, "/one"})).status == 200);
  BOOST_TEST(make("two", spec).status == 201);
}

BOOST_AUTO_TEST_CASE(can_have_no_address_outside_the_range) {
  const auto heard = make("s", R"({"ports":[{"port":80}],"clusterIP":"192.168.7.1"})");
  BOOST_TEST(heard.status == 422);
  BOOST_TEST(heard.message().find("not in the valid range") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wins_its_address_alone_among_racing_creates) {
  constexpr int kRacers = 8;
  std::vector<std::future<int>> answers;
  for (int i = 0; i < kRacers; ++i) {
    answers.push_back(std::async(std::launch::async, [this, i] {
      return make(concat({"racer-", std::to_string(i)}),
                  R"({"ports":[{"port":80}],"clusterIP":"10.0.0.77"})")
          .status;
    }));
  }

  int won = 0;
  for (auto& answer : answers) {
    const int status = answer.get();
    BOOST_TEST((status == 201 || status == 422));
    won += status == 201 ? 1 : 0;
  }
  BOOST_TEST(won == 1);
}

BOOST_AUTO_TEST_CASE(that_keeps_to_local_endpoints_gets_a_port_for_health_checks) {
  const auto made = make("lb", R"({"type":"LoadBalancer","externalTrafficPolicy":"Local",
    "ports":[{"port":80}]})");
  const Json before = made.json();
  const auto port = integer_at(before, {"spec", "healthCheckNodePort"}).value_or(0);

  const auto labelled =
      patch(concat({kServices, "/lb"}), "merge", R"({"metadata":{"labels":{"a":"b"}}})").json();
  const auto moved =
      patch(concat({kServices, "/lb"}), "merge", R"({"spec":{"healthCheckNodePort":31999}})");
  const auto open =
      patch(concat({kServices, "/lb"}), "merge", R"({"spec":{"externalTrafficPolicy":"Cluster"}})")
          .json();

  BOOST_TEST(port >= 30000);
  BOOST_TEST(integer_at(labelled, {"spec", "healthCheckNodePort"}).value_or(0) == port);
  BOOST_TEST(moved.message().find("spec.healthCheckNodePort: Invalid value: 31999: field is "
                                  "immutable") != std::string::npos);
  BOOST_TEST(find_path(open, {"spec", "healthCheckNodePort"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(has_the_families_the_cluster_has) {
  BOOST_TEST(make("six", R"({"ports":[{"port":80}],"ipFamilies":["IPv6"]})").message() ==
             "Service \"six\" is invalid: spec.ipFamilies[0]: Invalid value: \"IPv6\": not "
             "configured on this cluster");
  BOOST_TEST(
      make("two", R"({"ports":[{"port":80}],"ipFamilyPolicy":"RequireDualStack"})").message() ==
      "Service \"two\" is invalid: spec.ipFamilyPolicy: Invalid value: "
      "\"RequireDualStack\": this cluster is not configured for dual-stack services");
}

BOOST_AUTO_TEST_CASE(may_be_headless_or_a_name_elsewhere) {
  BOOST_TEST(
      make("h", R"({"clusterIP":"None","selector":{"a":"b"}})").text({"spec", "clusterIP"}) ==
      "None");
  const auto external = make("e", R"({"type":"ExternalName","externalName":"example.com"})");
  BOOST_TEST(external.status == 201, external.body);
  BOOST_TEST(external.text({"spec", "clusterIP"}).empty());
}

BOOST_AUTO_TEST_CASE(gets_a_node_port_where_its_type_has_one) {
  const auto made = make("n", R"({"type":"NodePort","ports":[{"port":80}]})");
  const Json tree = made.json();
  const auto port = integer_at(array_at(tree, {"spec", "ports"})[0], {"nodePort"});
  BOOST_REQUIRE(port.has_value());
  BOOST_TEST(*port >= 30000);
  BOOST_TEST(*port <= 32767);

  const auto spec = concat(
      {R"({"type":"NodePort","ports":[{"port":80,"nodePort":)", std::to_string(*port), "}]}"});
  BOOST_TEST(make("m", spec).message().find("provided port is already allocated") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(keeps_its_address_when_an_update_leaves_it_open) {
  const auto ip = make("s", kPlain).text({"spec", "clusterIP"});
  const auto updated =
      put(concat({kServices, "/s"}), R"({"metadata":{"name":"s"},"spec":{"ports":[{"port":81}]}})");
  BOOST_TEST(updated.status == 200, updated.body);
  BOOST_TEST(updated.text({"spec", "clusterIP"}) == ip);
}

BOOST_AUTO_TEST_CASE(can_not_change_its_address) {
  make("s", kPlain);
  const auto changed =
      patch(concat({kServices, "/s"}), "merge", R"({"spec":{"clusterIP":"None"}})");
  BOOST_TEST(changed.status == 422);
  BOOST_TEST(changed.message().find("may not change once set") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_checked) {
  BOOST_TEST(make("s", "{}").message().find("spec.ports: Required value") != std::string::npos);
  BOOST_TEST(make("s", R"({"ports":[{"port":1},{"port":2}]})")
                 .message()
                 .find("spec.ports[0].name: Required value") != std::string::npos);
  BOOST_TEST(make("s", R"({"ports":[{"port":0}]})").message().find("must be between 1 and 65535") !=
             std::string::npos);
  BOOST_TEST(make("9s", kPlain).status == 422);
  BOOST_TEST(make("s", R"({"ports":[{"port":80,"nodePort":30001}]})")
                 .message()
                 .find("may not be used when `type` is 'ClusterIP'") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
