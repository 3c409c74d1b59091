// Round trips: an object with every field comes back from every form it can be written in.

#include <boost/test/unit_test.hpp>

#include "core/api/protobuf.hpp"
#include "core/object/yaml.hpp"
#include "tests/core/api/api_fixture.hpp"
#include "tests/support/filled.hpp"

namespace pintle::api {
namespace {

struct RoundTrips : WithCatalog {
  std::size_t strangers = 0;

  /// Puts a field that nobody knows into every object that the tables describe.
  void add_strangers(const Type& type, Json& value) {
    if (!value.is_object()) {
      return;
    }
    for (const Field& field : type.fields) {
      Json* member = value.get_object().if_contains(field.name);
      if (member == nullptr || field.shape != Shape::kObject) {
        continue;
      }
      if (field.container == Container::kList) {
        for (Json& item : member->as_array()) {
          add_strangers(*field.type, item);
        }
      } else if (field.container == Container::kMap) {
        for (auto& entry : member->as_object()) {
          add_strangers(*field.type, entry.value());
        }
      } else {
        add_strangers(*field.type, *member);
      }
    }
    value.get_object()["stranger"] = JsonObject{{"deeper", 1}};
    ++strangers;
  }
};

/// The object as it is stored and read again, at revision 7.
Json stored(const Resource& resource, const Json& object) {
  return json(whole(resource, object));
}

BOOST_FIXTURE_TEST_SUITE(a_filled_object, RoundTrips)

BOOST_AUTO_TEST_CASE(of_every_kind_survives_json_yaml_and_protobuf) {
  for (const Resource* resource : catalog.resources()) {
    BOOST_TEST_CONTEXT(resource->api_version() << " " << resource->kind) {
      Json object = test::Filled::object_of(*resource);
      Json decoded = object;
      BOOST_TEST(decode(*resource->type, decoded).value().unknown_fields.empty());
      BOOST_TEST((decoded == object));
      object.at("metadata").as_object()["resourceVersion"] = "7";

      const Json first = stored(*resource, decoded);
      BOOST_TEST((first == object));
      const Json yaml = parse_yaml_document(to_yaml(first)).value().value;
      BOOST_TEST((yaml == object));
      std::string packed;
      append_protobuf(packed, *resource, whole(*resource, yaml));
      const Json last = decode_protobuf(catalog, packed).value();
      BOOST_TEST((last == object));
      BOOST_TEST(whole(*resource, last) == whole(*resource, decoded));
    }
  }
}

BOOST_AUTO_TEST_CASE(hides_no_unknown_field_anywhere) {  // P-24
  for (const Resource* resource : catalog.resources()) {
    Json object = test::Filled::object_of(*resource);
    const Json clean = object;
    strangers = 0;
    add_strangers(*resource->type, object);

    const auto found = decode(*resource->type, object).value().unknown_fields;

    BOOST_TEST(found.size() == strangers, resource->group_resource());
    BOOST_TEST((object == clean), resource->group_resource());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
