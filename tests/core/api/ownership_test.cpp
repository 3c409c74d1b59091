// Ownership: who owns what after writes and applies, as Kubernetes would have it.

#include "core/api/ownership.hpp"

#include <boost/test/unit_test.hpp>

#include "core/api/field_walk.hpp"
#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kEmpty = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{}})";

struct Owning : WithCatalog {
  std::string_view type_name = "core/v1.ConfigMap";
  std::string time = "2026-01-01T00:00:00Z";

  FieldWriter writer(std::string_view manager, std::string_view subresource = "") const {
    return {.manager = manager, .api_version = "v1", .subresource = subresource, .time = time};
  }
  Json created(std::string_view manager, std::string_view object) const {
    Json next = json(object);
    track_update(type(type_name), nullptr, next, writer(manager));
    next.at("metadata").as_object()["uid"] = "u";
    return next;
  }
  Json updated(std::string_view manager, const Json& live, std::string_view object,
               std::string_view subresource = "") const {
    Json next = json(object);
    track_update(type(type_name), &live, next, writer(manager, subresource));
    return next;
  }
  Result<Json> tried(std::string_view manager, const Json* live, std::string_view config,
                     bool force = false) const {
    const Json wanted = json(config);
    BOOST_REQUIRE(faults_of_applied(type(type_name), wanted).empty());
    const auto by = writer(manager);
    auto done = apply({.type = type(type_name),
                       .live = live,
                       .config = wanted,
                       .writer = by,
                       .force = force,
                       .settle = [this](Json& object) -> Result<void> {
                         PINTLE_TRY_STATUS(decode(type(type_name), object));
                         return {};
                       }},
                      {});
    return done;
  }
  Json applied(std::string_view manager, const Json* live, std::string_view config,
               bool force = false) const {
    auto done = tried(manager, live, config, force);
    BOOST_REQUIRE_MESSAGE(done.ok(), (done.ok() ? "" : done.error().message));
    return std::move(done).value();
  }

  /// "Apply a {...}; Update b/status {...}", in managedFields' order.
  static std::string owners(const Json& object) {
    std::string text;
    for (const auto& entry : array_at(object, {"metadata", "managedFields"})) {
      const auto subresource = text_at(entry, {"subresource"});
      text += concat({text.empty() ? "" : "; ", text_at(entry, {"operation"}), " ",
                      text_at(entry, {"manager"}), subresource.empty() ? "" : "/", subresource, " ",
                      to_json(entry.at("fieldsV1"))});
    }
    return text;
  }
  static std::string without_owners(Json object) {
    object.at("metadata").as_object().erase("managedFields");
    return to_json(object);
  }
};

BOOST_FIXTURE_TEST_SUITE(an_owner, Owning)

BOOST_AUTO_TEST_CASE(has_what_it_created_but_nothing_the_server_writes) {
  const Json made = created("kubectl-create", R"({"apiVersion":"v1","kind":"ConfigMap",
    "metadata":{"name":"a","namespace":"b","labels":{"l":"1"}},"data":{"k":"v"}})");

  BOOST_TEST(owners(made) == R"(Update kubectl-create {"f:data":{"f:k":{},".":{}},)"
                             R"("f:metadata":{"f:labels":{"f:l":{},".":{}}}})");
}

BOOST_AUTO_TEST_CASE(of_a_pod_has_its_items_by_key_and_atomic_lists_as_a_whole) {
  type_name = "core/v1.Pod";
  const Json made = created("c", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
    "spec":{"containers":[{"name":"a","image":"i","args":["x"],"resources":{},
      "ports":[{"containerPort":80,"protocol":"TCP"}]}],"securityContext":{}},"status":{}})");

  BOOST_TEST(
      owners(made) ==
      R"x(Update c {"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{"f:args":{},"f:image":{},)x"
      R"x("f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":)x"
      R"x({"f:containerPort":{},"f:protocol":{},".":{}},".":{}},"f:resources":{},".":{}}},)x"
      R"x("f:securityContext":{}}})x");
}

BOOST_AUTO_TEST_CASE(gains_what_it_changes_and_another_loses_it) {
  const Json live = created("a", R"({"metadata":{},"data":{"k":"v","l":"w"}})");
  const Json next = updated("b", live, R"({"metadata":{},"data":{"k":"x","l":"w"}})");

  BOOST_TEST(owners(next) ==
             R"(Update a {"f:data":{"f:l":{},".":{}}}; Update b {"f:data":{"f:k":{}}})");
}

BOOST_AUTO_TEST_CASE(loses_what_is_removed_and_goes_with_its_last_field) {
  const Json live = created("a", R"({"metadata":{},"data":{"k":"v"}})");

  BOOST_TEST(owners(updated("b", live, R"({"metadata":{}})")) == "");
}

BOOST_AUTO_TEST_CASE(keeps_its_time_where_nothing_changes) {
  const Json live = created("a", R"({"metadata":{},"data":{"k":"v"}})");
  time = "2026-01-02T00:00:00Z";
  const Json next = updated("a", live, R"({"metadata":{},"data":{"k":"v"}})");

  BOOST_TEST(to_json(next.at("metadata").at("managedFields")) ==
             to_json(live.at("metadata").at("managedFields")));
}

BOOST_AUTO_TEST_CASE(of_a_subresource_is_another_one) {
  type_name = "core/v1.Pod";
  const Json live = created("a", R"({"metadata":{},"spec":{"nodeName":"n"}})");
  const Json next =
      updated("a", live, R"({"metadata":{},"spec":{"nodeName":"n"},"status":{"phase":"Running"}})",
              "status");

  BOOST_TEST(owners(next) == R"(Update a {"f:spec":{"f:nodeName":{}}}; )"
                             R"(Update a/status {"f:status":{"f:phase":{}}})");
}

BOOST_AUTO_TEST_CASE(is_forgotten_by_a_reset_and_not_by_leaving_it_out) {
  const Json live = created("a", R"({"metadata":{},"data":{"k":"v"}})");

  BOOST_TEST(
      owners(updated("b", live, R"({"metadata":{"managedFields":[{}]},"data":{"k":"x"}})")) == "");
  BOOST_TEST(owners(updated("b", live, R"({"metadata":{"managedFields":[]},"data":{"k":"v"}})")) ==
             R"(Update a {"f:data":{"f:k":{},".":{}}})");
}

BOOST_AUTO_TEST_CASE(may_be_named_by_a_client_but_only_rightly) {
  const Json live = created("a", R"({"metadata":{},"data":{"k":"v"}})");
  const auto brought = [&](std::string_view entry) {
    return owners(
        updated("b", live,
                concat({R"({"metadata":{"managedFields":[)", entry, R"(]},"data":{"k":"v"}})"})));
  };

  BOOST_TEST(brought(R"({"manager":"c","operation":"Apply","apiVersion":"v1",
    "fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:k":{}}}})") ==
             R"(Apply c {"f:data":{"f:k":{}}})");
  for (const auto* wrong :
       {R"({"manager":"c","operation":"Fly","apiVersion":"v1","fieldsType":"FieldsV1"})",
        R"({"manager":"c","operation":"Apply","fieldsType":"FieldsV1"})",
        R"({"manager":"c","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV2"})",
        R"({"manager":"c","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1",
            "fieldsV1":{"nonsense":{}}})"}) {
    BOOST_TEST(brought(wrong) == R"(Update a {"f:data":{"f:k":{},".":{}}})");
  }
}

BOOST_AUTO_TEST_CASE(of_an_object_without_any_comes_with_the_first_apply) {
  const Json live = json(R"({"metadata":{"uid":"u"},"data":{"k":"v"}})");

  BOOST_TEST(owners(updated("a", live, R"({"metadata":{},"data":{"k":"x"}})")) == "");
  BOOST_TEST(owners(applied("b", &live, R"({"metadata":{},"data":{"l":"1"}})")) ==
             R"(Apply b {"f:data":{"f:l":{}}}; )"
             R"(Update before-first-apply {"f:data":{"f:k":{},".":{}}})");
}

BOOST_AUTO_TEST_CASE(is_one_of_ten_that_update_and_the_oldest_are_ancient) {
  Json live = created("m0", R"({"metadata":{},"data":{"k0":""}})");
  std::string data = R"("k0":"")";
  for (int i = 1; i < 12; ++i) {
    const auto n = std::to_string(i);
    time = concat({"2026-01-01T00:00:", i < 10 ? "0" : "", n, "Z"});
    data += concat({",\"k", n, R"(":"")"});
    live = updated("m" + n, live, concat({R"({"metadata":{},"data":{)", data, "}}"}));
  }

  const auto all = owners(live);
  BOOST_TEST(array_at(live, {"metadata", "managedFields"}).size() == 10U);
  BOOST_TEST(all.starts_with(
                 R"(Update ancient-changes {"f:data":{"f:k0":{},"f:k1":{},"f:k2":{},".":{}}}; )"
                 R"(Update m3 {"f:data":{"f:k3":{}}}; )"),
             all);
  BOOST_TEST(text_at(array_at(live, {"metadata", "managedFields"})[0], {"time"}) ==
             "2026-01-01T00:00:02Z");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_applier, Owning)

BOOST_AUTO_TEST_CASE(owns_what_its_configuration_names) {
  const Json made = applied("a", nullptr, R"({"apiVersion":"v1","kind":"ConfigMap",
    "metadata":{"name":"x","labels":{"l":"1"}},"data":{"k":"v"}})");

  BOOST_TEST(owners(made) ==
             R"(Apply a {"f:data":{"f:k":{}},"f:metadata":{"f:labels":{"f:l":{}}}})");
}

BOOST_AUTO_TEST_CASE(is_told_of_conflicts_with_their_managers) {
  const Json live = applied("a", nullptr, R"({"metadata":{},"data":{"k":"v","l":"w"}})");
  const auto one = tried("b", &live, R"({"metadata":{},"data":{"k":"x"}})");
  const auto two = tried("b", &live, R"({"metadata":{},"data":{"k":"x","l":"y"}})");

  BOOST_REQUIRE(!one.ok());
  BOOST_TEST((one.error().code == Code::kConflict));
  BOOST_TEST(one.error().message == R"(Apply failed with 1 conflict: conflict with "a": .data.k)");
  BOOST_REQUIRE(one.error().details->causes.size() == 1U);
  BOOST_TEST(one.error().details->causes[0].reason == "FieldManagerConflict");
  BOOST_TEST(one.error().details->causes[0].field == ".data.k");
  BOOST_TEST(one.error().details->causes[0].message == R"(conflict with "a")");
  BOOST_REQUIRE(!two.ok());
  BOOST_TEST(two.error().message ==
             "Apply failed with 2 conflicts: conflicts with \"a\":\n- .data.k\n- .data.l");
}

BOOST_AUTO_TEST_CASE(is_told_how_the_other_wrote) {
  const Json live = created("kubectl-edit", R"({"metadata":{},"data":{"k":"v"}})");
  const auto refused = tried("b", &live, R"({"metadata":{},"data":{"k":"x"}})");

  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message ==
             R"(Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.k)");
}

BOOST_AUTO_TEST_CASE(takes_over_by_force) {
  const Json live = applied("a", nullptr, R"({"metadata":{},"data":{"k":"v","l":"w"}})");
  const Json next = applied("b", &live, R"({"metadata":{},"data":{"k":"x"}})", /*force=*/true);

  BOOST_TEST(owners(next) == R"(Apply a {"f:data":{"f:l":{}}}; Apply b {"f:data":{"f:k":{}}})");
  BOOST_TEST(to_json(next.at("data")) == R"({"k":"x","l":"w"})");
}

BOOST_AUTO_TEST_CASE(shares_what_it_wants_as_it_is) {
  const Json live = applied("a", nullptr, R"({"metadata":{},"data":{"k":"v"}})");
  const Json shared = applied("b", &live, R"({"metadata":{},"data":{"k":"v"}})");
  const Json left = applied("a", &shared, R"({"metadata":{}})");

  BOOST_TEST(owners(shared) == R"(Apply b {"f:data":{"f:k":{}}}; Apply a {"f:data":{"f:k":{}}})");
  BOOST_TEST(owners(left) == R"(Apply b {"f:data":{"f:k":{}}})");
  BOOST_TEST(to_json(left.at("data")) == R"({"k":"v"})");
}

BOOST_AUTO_TEST_CASE(removes_what_it_no_longer_names_and_nobody_else_owns) {
  const Json first = applied("a", nullptr, R"({"metadata":{},"data":{"k":"v","l":"w"}})");
  const Json second = updated("b", first, R"({"metadata":{},"data":{"k":"v","l":"w","m":"x"}})");
  const Json third = applied("a", &second, R"({"metadata":{},"data":{"k":"v"}})");

  BOOST_TEST(to_json(third.at("data")) == R"({"k":"v","m":"x"})");
  BOOST_TEST(owners(third) == R"(Apply a {"f:data":{"f:k":{}}}; Update b {"f:data":{"f:m":{}}})");
}

BOOST_AUTO_TEST_CASE(leaves_what_nobody_owns_beside_its_own) {
  type_name = "core/v1.Pod";
  Json live = applied("a", nullptr, R"({"metadata":{},"spec":{"containers":[{"name":"c",
    "image":"i","imagePullPolicy":"Always"}]}})");
  live.at("spec").as_object()["nodeName"] = "n";  // By the server, which is no manager.
  const Json next = applied("a", &live, R"({"metadata":{},"spec":{"containers":[{"name":"c",
    "image":"i"}]}})");

  BOOST_TEST(without_owners(next) ==
             R"({"metadata":{},"spec":{"containers":[{"name":"c","image":"i"}],"nodeName":"n"}})");
}

BOOST_AUTO_TEST_CASE(removes_items_with_all_that_is_in_them) {
  type_name = "core/v1.Pod";
  const Json live = applied("a", nullptr, R"({"metadata":{},"spec":{"containers":[
    {"name":"c","image":"i"},{"name":"d","image":"j"}]}})");
  const Json edited = updated("b", live, R"({"metadata":{},"spec":{"containers":[
    {"name":"c","image":"i"},{"name":"d","image":"k"}]}})");
  const Json next = applied("a", &edited, R"({"metadata":{},"spec":{"containers":[
    {"name":"c","image":"i"}]}})");

  BOOST_TEST(to_json(next.at("spec").at("containers")) == R"([{"name":"c","image":"i"}])");
}

BOOST_AUTO_TEST_CASE(merges_keyed_lists_in_the_order_it_names_them) {
  type_name = "core/v1.Pod";
  const Json live = applied("a", nullptr, R"({"metadata":{},"spec":{"containers":[
    {"name":"1"},{"name":"2"},{"name":"3"}]}})");
  const Json next = applied("b", &live, R"({"metadata":{},"spec":{"containers":[
    {"name":"3"},{"name":"new"},{"name":"1"}]}})");

  BOOST_TEST(to_json(next.at("spec").at("containers")) ==
             R"([{"name":"2"},{"name":"3"},{"name":"new"},{"name":"1"}])");
}

BOOST_AUTO_TEST_CASE(adds_to_sets_and_replaces_what_is_atomic) {
  type_name = "core/v1.Pod";
  const Json live = applied("a", nullptr, R"({"metadata":{"finalizers":["x/a"]},
    "spec":{"containers":[{"name":"c","args":["1","2"]}]}})");
  const Json next = applied("b", &live, R"({"metadata":{"finalizers":["x/b"]},
    "spec":{"containers":[{"name":"c","args":["3"]}]}})",
                            /*force=*/true);

  BOOST_TEST(to_json(next.at("metadata").at("finalizers")) == R"(["x/a","x/b"])");
  BOOST_TEST(to_json(next.at("spec").at("containers")) == R"([{"name":"c","args":["3"]}])");
}

BOOST_AUTO_TEST_CASE(that_says_the_same_again_changes_nothing) {
  const Json live = applied("a", nullptr, R"({"metadata":{},"data":{"k":"v"}})");
  time = "2026-01-02T00:00:00Z";
  const Json again = applied("a", &live, R"({"metadata":{},"data":{"k":"v"}})");

  BOOST_TEST(to_json(again) == to_json(live));
}

BOOST_AUTO_TEST_CASE(called_kubectl_may_take_over_what_it_applied_by_itself) {
  const std::string_view object = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{
    "annotations":{"kubectl.kubernetes.io/last-applied-configuration":
      "{\"apiVersion\":\"v1\",\"data\":{\"k\":\"v\"},\"kind\":\"ConfigMap\",\"metadata\":{}}"}},
    "data":{"k":"v","l":"w"}})";
  const Json live = created("kubectl-client-side-apply", object);
  const std::string_view config = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{},
    "data":{"k":"x"}})";
  const std::string_view wider = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{},
    "data":{"k":"x","l":"y"}})";
  const Json next = applied("kubectl", &live, config);
  const auto other = tried("argo", &live, config);
  const auto more = tried("kubectl", &live, wider);

  BOOST_TEST(text_at(next, {"data", "k"}) == "x");
  BOOST_TEST(text_at(next, {"metadata", "annotations", kLastApplied}) ==
             "{\"apiVersion\":\"v1\",\"data\":{\"k\":\"x\"},\"kind\":\"ConfigMap\","
             "\"metadata\":{}}\n");
  BOOST_TEST(!other.ok());
  BOOST_REQUIRE(!more.ok());
  BOOST_TEST(more.error().message ==
             "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: "
             ".data.l");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_configuration, Owning)

BOOST_AUTO_TEST_CASE(is_refused_with_the_path_of_each_fault) {
  const auto faults = faults_of_applied(type("core/v1.Pod"), json(R"({"metadata":{"foo":1,
    "labels":{"a":7},"ownerReferences":[{"name":"x"}],"finalizers":[{"a":1},null]},
    "spec":{"containers":[{"name":"a"},{"name":"a"},{"image":"x"},null,7],"hostNetwork":"yes",
      "terminationGracePeriodSeconds":"5","nodeSelector":[1],"tolerations":{},
      "volumes":[{"name":"v","secret":[]}]}})"));

  const std::vector<std::string> wanted = {
      ".metadata.foo: field not declared in schema",
      ".metadata.labels.a: expected string, got &value.valueUnstructured{Value:7}",
      ".metadata.ownerReferences: element 0: associative list with keys has an element that omits "
      "key field \"uid\" (and doesn't have default value)",
      ".metadata.finalizers: element 0: associative list without keys has an element that's a map "
      "type",
      ".metadata.finalizers: element 1: associative list without keys has an element that's an "
      "explicit null",
      ".spec.containers: element 2: associative list with keys has an element that omits key field "
      "\"name\" (and doesn't have default value)",
      ".spec.containers: element 3: associative list with keys may not have a null element",
      ".spec.containers: element 4: associative list with keys may not have non-map elements",
      ".spec.containers: duplicate entries for key [name=\"a\"]",
      ".spec.hostNetwork: expected boolean, got &{yes}",
      ".spec.terminationGracePeriodSeconds: expected numeric (int or float), got string",
      ".spec.nodeSelector: expected map, got &{[1]}",
      ".spec.tolerations: expected list, got &{map[]}",
      ".spec.volumes[name=\"v\"].secret: expected map, got &{[]}"};
  BOOST_TEST(faults == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_leave_out_keys_that_have_a_default) {
  BOOST_TEST(faults_of_applied(type("core/v1.Pod"), json(R"({"spec":{"containers":[{"name":"a",
    "ports":[{"containerPort":80}]}]}})"))
                 .empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
