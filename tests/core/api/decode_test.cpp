// Decoding: shapes are checked, unknown fields named, zeros forgotten; T-P01 and P-24 rest on it.

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

struct Decoding : WithCatalog {
  std::string fault(std::string_view text) const {
    Json pod = json(text);
    const auto decoded = decode(type("core/v1.Pod"), pod);
    return decoded.ok() ? "" : decoded.error().message;
  }
  std::string kept(std::string_view type_name, std::string_view text) const {
    Json object = json(text);
    BOOST_REQUIRE(decode(type(type_name), object).ok());
    return to_json(object);
  }
};

BOOST_FIXTURE_TEST_SUITE(decoding, Decoding)

BOOST_AUTO_TEST_CASE(names_unknown_fields_by_their_paths_and_drops_them) {
  Json pod = json(R"({"metadata":{"name":"a","nmae":"b"},
                      "spec":{"containers":[{"name":"c","foo":{"bar":1}}],"x":1}})");

  const auto decoded = decode(type("core/v1.Pod"), pod);

  BOOST_REQUIRE(decoded.ok());
  const std::vector<std::string> expected = {"metadata.nmae", "spec.containers[0].foo", "spec.x"};
  auto found = decoded.value().unknown_fields;
  std::sort(found.begin(), found.end());
  BOOST_TEST(found == expected, boost::test_tools::per_element());
  BOOST_TEST(to_json(pod).find("foo") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(tells_of_a_wrong_shape_as_go_does) {
  BOOST_TEST(fault(R"({"spec":{"containers":[{"ports":"80"}]}})") ==
             "json: cannot unmarshal string into Go struct field Container.spec.containers.ports "
             "of type []v1.ContainerPort");
  BOOST_TEST(fault(R"({"spec":{"containers":[{"ports":[{"containerPort":"80"}]}]}})") ==
             "json: cannot unmarshal string into Go struct field "
             "ContainerPort.spec.containers.ports.containerPort of type int32");
  BOOST_TEST(fault(R"({"metadata":{"labels":{"a":1}}})") ==
             "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of "
             "type string");
  BOOST_TEST(fault("[]") == "json: cannot unmarshal array into Go value of type v1.Pod");
}

BOOST_AUTO_TEST_CASE(refuses_integers_that_do_not_fit) {
  BOOST_TEST(fault(R"({"spec":{"priority":4294967296}})") ==
             "json: cannot unmarshal number 4294967296 into Go struct field "
             "PodSpec.spec.priority of type int32");
  BOOST_TEST(fault(R"({"spec":{"priority":1.5}})") != "");
  BOOST_TEST(fault(R"({"spec":{"priority":18446744073709551615}})") != "");
  BOOST_TEST(fault(R"({"spec":{"priority":2147483647}})") == "");
}

BOOST_AUTO_TEST_CASE(refuses_bad_times_base64_and_quantities) {
  BOOST_TEST(fault(R"({"metadata":{"creationTimestamp":"yesterday"}})") != "");
  Json secret = json(R"({"data":{"a":"x*x="}})");
  const auto decoded = decode(type("core/v1.Secret"), secret);
  BOOST_REQUIRE(!decoded.ok());
  BOOST_TEST(decoded.error().message == "illegal base64 data at input byte 1");
  BOOST_TEST(fault(R"({"spec":{"containers":[{"resources":{"limits":{"cpu":"1.5.5Ki"}}}]}})") !=
             "");
}

BOOST_AUTO_TEST_CASE(takes_base64_with_and_without_padding_only_where_it_is_due) {
  BOOST_TEST(kept("core/v1.Secret", R"({"data":{"a":"YWI=","b":"YWJj\n"}})") ==
             R"({"data":{"a":"YWI=","b":"YWJj"}})");
  for (const auto text : {"YWI", "YWI==", "=", "Y=Jj", "YW=j"}) {
    Json secret = json(concat({R"({"data":{"a":")", text, R"("}})"}));
    BOOST_TEST(!decode(type("core/v1.Secret"), secret).ok(), text);
  }
}

BOOST_AUTO_TEST_CASE(makes_quantities_and_times_canonical) {
  BOOST_TEST(kept("core/v1.ResourceRequirements",
                  R"({"limits":{"cpu":0.5,"memory":"1024Mi","pods":3}})") ==
             R"({"limits":{"cpu":"500m","memory":"1Gi","pods":"3"}})");
  BOOST_TEST(kept("meta/v1.ObjectMeta", R"({"creationTimestamp":"2026-01-01T02:00:00+01:00"})") ==
             R"({"creationTimestamp":"2026-01-01T01:00:00Z"})");
}

BOOST_AUTO_TEST_CASE(forgets_what_a_go_round_trip_forgets) {
  BOOST_TEST(kept("core/v1.PodSpec", R"({"hostNetwork":false,"nodeName":"","volumes":[],
                                         "nodeSelector":{},"priority":null})") == "{}");
}

BOOST_AUTO_TEST_CASE(keeps_zeros_behind_pointers) {
  BOOST_TEST(kept("apps/v1.DeploymentSpec", R"({"replicas":0})") == R"({"replicas":0})");
  BOOST_TEST(kept("core/v1.SecurityContext", R"({"runAsUser":0,"privileged":false})") ==
             R"({"runAsUser":0,"privileged":false})");
  BOOST_TEST(kept("core/v1.PodSpec", R"({"automountServiceAccountToken":false})") ==
             R"({"automountServiceAccountToken":false})");
  BOOST_TEST(kept("core/v1.PersistentVolumeClaimSpec", R"({"storageClassName":""})") ==
             R"({"storageClassName":""})");
}

BOOST_AUTO_TEST_CASE(makes_nulls_within_lists_and_maps_zero_values) {
  BOOST_TEST(kept("meta/v1.ObjectMeta", R"({"labels":{"a":null}})") == R"({"labels":{"a":""}})");
  BOOST_TEST(kept("core/v1.Container", R"({"args":["x",null]})") == R"({"args":["x",""]})");
}

BOOST_AUTO_TEST_CASE(leaves_free_json_as_it_is) {
  constexpr std::string_view kText = R"({"revision":1,"data":{"any":[1,null,{"x":""}]}})";
  Json object = json(kText);
  BOOST_REQUIRE(decode(type("apps/v1.ControllerRevision"), object).ok());
  BOOST_TEST((object == json(kText)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
