// Strategic merge: the directives, and what kubectl apply and edit send (T-P04).

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

struct Merging : WithCatalog {
  std::string merged(std::string_view type_name, std::string_view target,
                     std::string_view patch) const {
    Json object = json(target);
    const auto done = apply_strategic_merge(type(type_name), object, json(patch));
    return done.ok() ? to_json(object) : "error: " + done.error().message;
  }
  Code refused(std::string_view type_name, std::string_view target, std::string_view patch) const {
    Json object = json(target);
    const auto done = apply_strategic_merge(type(type_name), object, json(patch));
    BOOST_REQUIRE(!done.ok());
    return done.error().code;
  }
};

constexpr std::string_view kSpec = "core/v1.PodSpec";

BOOST_FIXTURE_TEST_SUITE(a_strategic_merge, Merging)

BOOST_AUTO_TEST_CASE(merges_maps_and_deletes_with_null) {
  BOOST_TEST(merged("meta/v1.ObjectMeta", R"({"labels":{"a":"1","b":"2"}})",
                    R"({"labels":{"a":null,"c":"3"}})") == R"({"labels":{"b":"2","c":"3"}})");
}

BOOST_AUTO_TEST_CASE(merges_lists_by_key) {
  BOOST_TEST(merged(kSpec, R"({"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]})",
                    R"({"containers":[{"name":"b","image":"3"}]})") ==
             R"({"containers":[{"name":"a","image":"1"},{"name":"b","image":"3"}]})");
}

BOOST_AUTO_TEST_CASE(replaces_lists_that_are_atomic) {
  BOOST_TEST(merged("core/v1.Container", R"({"args":["a","b"]})", R"({"args":["c"]})") ==
             R"({"args":["c"]})");
}

BOOST_AUTO_TEST_CASE(adds_to_sets_of_scalars_and_deletes_from_them) {
  BOOST_TEST(merged("meta/v1.ObjectMeta", R"({"finalizers":["a","b"]})",
                    R"({"finalizers":["c","a"]})") == R"({"finalizers":["c","a","b"]})");
  BOOST_TEST(merged("meta/v1.ObjectMeta", R"({"finalizers":["a","b"]})",
                    R"({"$deleteFromPrimitiveList/finalizers":["a"]})") ==
             R"({"finalizers":["b"]})");
}

BOOST_AUTO_TEST_CASE(obeys_patch_delete_and_replace_of_items) {
  BOOST_TEST(merged(kSpec, R"({"containers":[{"name":"a"},{"name":"b"}]})",
                    R"({"containers":[{"name":"a","$patch":"delete"}]})") ==
             R"({"containers":[{"name":"b"}]})");
  BOOST_TEST(merged(kSpec, R"({"containers":[{"name":"a"},{"name":"b"}]})",
                    R"({"containers":[{"name":"c"},{"$patch":"replace"}]})") ==
             R"({"containers":[{"name":"c"}]})");
}

BOOST_AUTO_TEST_CASE(obeys_patch_replace_and_delete_of_maps) {
  BOOST_TEST(merged(kSpec, R"({"securityContext":{"runAsUser":1,"fsGroup":2}})",
                    R"({"securityContext":{"fsGroup":3,"$patch":"replace"}})") ==
             R"({"securityContext":{"fsGroup":3}})");
  BOOST_TEST(merged(kSpec, R"({"securityContext":{"runAsUser":1}})",
                    R"({"securityContext":{"$patch":"delete"}})") == R"({"securityContext":{}})");
}

BOOST_AUTO_TEST_CASE(brings_lists_into_the_order_asked_for) {
  BOOST_TEST(merged(kSpec, R"({"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]})",
                    R"({"$setElementOrder/containers":[{"name":"c"},{"name":"a"}],
                        "containers":[{"name":"a","image":"x"}]})") ==
             R"({"containers":[{"name":"b"},{"name":"c"},{"name":"a","image":"x"}]})");
}

BOOST_AUTO_TEST_CASE(does_what_kubectl_apply_sends_for_a_changed_image) {
  BOOST_TEST(
      merged(
          "core/v1.Pod",
          R"({"metadata":{"name":"n"},"spec":{"containers":[{"name":"nginx","image":"nginx:1"}]}})",
          R"({"metadata":{"annotations":{"k":"v"}},"spec":{
                 "$setElementOrder/containers":[{"name":"nginx"}],
                 "containers":[{"image":"nginx:2","name":"nginx"}]}})") ==
      R"({"metadata":{"name":"n","annotations":{"k":"v"}},)"
      R"("spec":{"containers":[{"name":"nginx","image":"nginx:2"}]}})");
}

BOOST_AUTO_TEST_CASE(retains_only_the_keys_named) {
  BOOST_TEST(merged(kSpec, R"({"volumes":[{"name":"v","emptyDir":{}}]})",
                    R"({"volumes":[{"name":"v","$retainKeys":["name","hostPath"],
                        "hostPath":{"path":"/x"}}]})") ==
             R"({"volumes":[{"name":"v","hostPath":{"path":"/x"}}]})");
  BOOST_TEST((refused(kSpec, R"({"volumes":[{"name":"v"}]})",
                      R"({"volumes":[{"name":"v","$retainKeys":["name"],"emptyDir":{}}]})") ==
              Code::kBadRequest));
}

BOOST_AUTO_TEST_CASE(leaves_no_directive_in_what_it_adds) {
  BOOST_TEST(merged(kSpec, "{}",
                    R"({"containers":[{"name":"a","x":null,"$setElementOrder/env":[]}],
                        "affinity":{"$patch":"merge","nodeAffinity":{}}})") ==
             R"({"containers":[{"name":"a"}],"affinity":{"nodeAffinity":{}}})");
}

BOOST_AUTO_TEST_CASE(refuses_malformed_directives) {
  BOOST_TEST((refused(kSpec, R"({"securityContext":{}})",
                      R"({"securityContext":{"$patch":"bogus"}})") == Code::kInvalid));
  BOOST_TEST((refused(kSpec, "{}", R"({"$setElementOrder/containers":{}})") == Code::kBadRequest));
  BOOST_TEST((refused(kSpec, "{}", R"({"$deleteFromPrimitiveList/x":"y"})") == Code::kBadRequest));
  BOOST_TEST((refused(kSpec, "{}", "[]") == Code::kBadRequest));
  BOOST_TEST((refused(kSpec, R"({"containers":[{"name":"a"}]})",
                      R"({"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],
                          "containers":[{"name":"a"},{"name":"b"}]})") == Code::kBadRequest));
}

BOOST_AUTO_TEST_CASE(deletes_before_it_merges_whatever_the_order) {
  BOOST_TEST(merged(kSpec, R"({"containers":[{"name":"a","image":"1"},{"name":"b"},{"name":"a"}]})",
                    R"({"containers":[{"name":"a"},{"$patch":"delete","name":"a"},
                        {"$patch":"delete","name":"c"}]})") ==
             R"({"containers":[{"name":"a"},{"name":"b"}]})");
}

BOOST_AUTO_TEST_CASE(orders_scalars_too_and_deletes_from_them_afterwards) {
  BOOST_TEST(merged("meta/v1.ObjectMeta", R"({"finalizers":["a","b","c"]})",
                    R"({"$setElementOrder/finalizers":["d","c"],"finalizers":["d"],
                        "$deleteFromPrimitiveList/finalizers":["a"]})") ==
             R"({"finalizers":["d","b","c"]})");
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_a_directive_as_Kubernetes_does) {
  BOOST_TEST(merged(kSpec, R"({"securityContext":{}})",
                    R"({"securityContext":{"$patch":"bogus","fsGroup":1}})") ==
             "error: unknown patch type: bogus in map: map[$patch:bogus fsGroup:1]");
  BOOST_TEST(merged(kSpec, "{}", R"({"containers":[{"$patch":"merge","name":"a"}]})") ==
             "error: merging lists cannot yet be specified in the patch");
  BOOST_TEST(merged(kSpec, R"({"volumes":[{"name":"v"}]})",
                    R"({"volumes":[{"name":"v","$retainKeys":"name"}]})") ==
             "error: invalid patch format of retainKeys");
}

BOOST_AUTO_TEST_CASE(refuses_an_item_without_its_merge_key) {
  BOOST_TEST(merged(kSpec, R"({"containers":[{"name":"a"}]})", R"({"containers":[{"image":"x"}]})")
                 .find("does not contain declared merge key: name") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
