// Drafts: the order, the hole, what is always shown, what is lifted.

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

using Open = std::vector<const Type*>;  // The types one is within: ends recursive ones.

/// A value for every field, so that nothing hides behind a default.
Json filled(const Type& type, Open open);

Json filled_item(const Field& field, const Open& open) {
  switch (field.shape) {
    case Shape::kBool:
      return true;
    case Shape::kInt32:
    case Shape::kInt64:
    case Shape::kIntOrString:
      return 5;
    case Shape::kDouble:
      return 1.5;
    case Shape::kBytes:
      return "YWJj";
    case Shape::kTime:
      return "2026-01-01T00:00:00Z";
    case Shape::kMicroTime:
      return "2026-01-01T00:00:00.000001Z";
    case Shape::kQuantity:
      return "3Gi";
    case Shape::kStrings:
      return JsonArray{"s"};
    case Shape::kAny:
      return JsonObject{{"free", 1}};
    case Shape::kObject:
      return filled(*field.type, open);
    default:
      return "text";
  }
}

Json filled(const Type& type, Open open) {
  open.push_back(&type);
  JsonObject object;
  for (const Field& field : type.fields) {
    if (std::find(open.begin(), open.end(), field.type) != open.end()) {
      continue;
    }
    const Json item = filled_item(field, open);
    if (field.container == Container::kList) {
      object[field.name] = JsonArray(1, item);
    } else if (field.container == Container::kMap) {
      JsonObject map;
      map["key"] = item;
      object[field.name] = map;
    } else {
      object[field.name] = item;
    }
  }
  return object;
}

BOOST_FIXTURE_TEST_SUITE(a_draft, WithCatalog)

BOOST_AUTO_TEST_CASE(has_its_hole_after_uid_and_shows_what_go_shows) {
  const Json pod = json(R"({"spec":{"containers":[{"image":"i","name":"c"}]},
      "metadata":{"uid":"u","resourceVersion":"99","namespace":"d","name":"p"}})");

  BOOST_TEST(whole(pods(), pod) ==
             R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"d","uid":"u",)"
             R"("resourceVersion":"7","creationTimestamp":null},"spec":{"containers":[{"name":"c",)"
             R"("image":"i","resources":{}}]},"status":{}})");
}

BOOST_AUTO_TEST_CASE(knows_where_its_type_ends) {
  const Json pod = json(R"({"metadata":{"name":"p"}})");
  const Object object({"pods", "d", "p"}, 7, to_draft(pods(), pod));
  BOOST_TEST(object.json_of_item().substr(0, 12) == "\"metadata\":{");
}

BOOST_AUTO_TEST_CASE(sorts_the_keys_of_maps) {
  const Json pod = json(R"({"metadata":{"name":"p","labels":{"b":"2","a":"1"}}})");
  BOOST_TEST(whole(pods(), pod).find(R"("labels":{"a":"1","b":"2"})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lifts_labels_uid_and_selectable_fields) {
  const Json pod = json(R"({"metadata":{"name":"p","uid":"u","labels":{"b":"2","a":"1"}},
                            "spec":{"nodeName":"n1"},"status":{"phase":"Running"}})");

  const Draft draft = to_draft(pods(), pod);

  BOOST_TEST(draft.uid == "u");
  BOOST_TEST(draft.labels[0].first == "a");
  BOOST_TEST(*find_text(draft.fields, "spec.nodeName") == "n1");
  BOOST_TEST(*find_text(draft.fields, "status.phase") == "Running");
  BOOST_TEST(*find_text(draft.fields, "spec.hostNetwork") == "false");
}

BOOST_AUTO_TEST_CASE(lifts_what_goes_by_another_name) {
  const Json event = json(R"({"metadata":{"name":"e"},"source":{"component":"kubelet"},
                              "involvedObject":{"kind":"Pod","name":"p"}})");
  const Draft draft = to_draft(*catalog.find("", "v1", "events"), event);
  BOOST_TEST(*find_text(draft.fields, "source") == "kubelet");
  BOOST_TEST(*find_text(draft.fields, "involvedObject.name") == "p");
}

BOOST_AUTO_TEST_CASE(comes_back_the_same_from_the_disk) {
  const Json pod = json(R"({"metadata":{"name":"p","uid":"u"},"spec":{"nodeName":"n"}})");
  const Draft draft = to_draft(pods(), pod);
  const Object object({"pods", "d", "p"}, 7, draft);

  const auto lifted = lift(pods(), object.json());

  BOOST_REQUIRE(lifted.ok());
  BOOST_TEST(lifted.value().head == draft.head);
  BOOST_TEST(lifted.value().tail == draft.tail);
  BOOST_TEST((lifted.value().fields == draft.fields));
  BOOST_TEST(!lift(pods(), R"({"metadata":{}})").ok());
  BOOST_TEST(!lift(pods(), "{").ok());
}

BOOST_AUTO_TEST_CASE(of_every_kind_holds_every_field_it_was_given) {
  for (const Resource* resource : catalog.resources()) {
    Json object = filled(*resource->type, {});
    Json decoded = object;
    BOOST_REQUIRE(decode(*resource->type, decoded).ok());
    object.get_object()["kind"] = resource->kind;
    object.get_object()["apiVersion"] = resource->api_version();
    if (!find_member(object, "metadata")->is_object()) {
      continue;
    }
    ensure_object(object.get_object(), "metadata")["resourceVersion"] = "7";

    const Json back = json(whole(*resource, decoded));

    BOOST_TEST((back == object), resource->plural);
    Json again = back;
    BOOST_REQUIRE(decode(*resource->type, again).ok());
    BOOST_TEST(whole(*resource, again) == whole(*resource, decoded), resource->plural);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
