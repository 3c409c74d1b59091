// Protobuf out: what is written reads back as the same object, for every kind and every field.

#include "core/api/protobuf.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"
#include "tests/support/filled.hpp"

namespace pintle::api {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

std::string message(const Type& type, std::string_view text) {
  std::string out;
  append_protobuf_message(out, type, text);
  return hex(out);
}

/// True if `object` comes back whole.
bool survives(const Catalog& catalog, const Json& object) {
  std::string out;
  if (!append_protobuf(out, to_json(object))) {
    return false;
  }
  const auto back = decode_protobuf(catalog, out);
  BOOST_REQUIRE_MESSAGE(back.ok(), to_json(object));
  const bool same = back.value() == object;
  BOOST_TEST_INFO(to_json(object) << "\n" << to_json(back.value()));
  BOOST_CHECK(same);
  return true;
}

BOOST_FIXTURE_TEST_SUITE(a_protobuf_document, WithCatalog)

BOOST_AUTO_TEST_CASE(holds_every_field_of_every_kind) {
  for (const Resource* resource : catalog.resources()) {
    BOOST_TEST_CONTEXT(resource->group_resource()) {
      BOOST_TEST(survives(catalog, test::Filled::object_of(*resource)));
    }
  }
}

BOOST_AUTO_TEST_CASE(may_be_of_what_is_no_resource) {
  const Json status = test::Filled::document_of(type("meta/v1.Status"), "v1", "Status");
  BOOST_TEST(survives(catalog, status));
  const Json scale =
      test::Filled::document_of(type("autoscaling/v1.Scale"), "autoscaling/v1", "Scale");
  BOOST_TEST(survives(catalog, scale));
}

BOOST_AUTO_TEST_CASE(of_a_table_there_is_none) {
  std::string out;
  BOOST_TEST(!append_protobuf(out, R"({"kind":"Table","apiVersion":"meta.k8s.io/v1"})"));
  BOOST_TEST(!append_protobuf(out, R"({"kind":"Crontab","apiVersion":"example.com/v1"})"));
  BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(begins_with_k8s_and_tells_its_type) {
  std::string out;
  append_protobuf(out, *catalog.find("", "v1", "configmaps"),
                  R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}})");
  // "k8s\0", Unknown {typeMeta {"v1", "ConfigMap"}, raw {metadata {name "a"}}, "", ""}.
  BOOST_TEST(hex(out) ==
             "6b387300"
             "0a0f0a027631"
             "1209436f6e6669674d6170"
             "12050a030a0161"
             "1a002200");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_protobuf_message, WithCatalog)

BOOST_AUTO_TEST_CASE(has_the_forms_that_go_reads) {
  const Type& meta = type("meta/v1.ObjectMeta");
  BOOST_TEST(message(meta, R"({"generation":-1})") == "38ffffffffffffffffff01");
  BOOST_TEST(message(meta, R"({"creationTimestamp":null})") == "");
  BOOST_TEST(message(meta, R"({"creationTimestamp":"1970-01-01T00:01:00Z"})") == "4204083c1000");
  BOOST_TEST(message(meta, R"({"labels":{"a":"","b":"\u003c"}})") ==
             "5a050a01611200"
             "5a060a016212013c");
  BOOST_TEST(message(meta, R"({"managedFields":[{"fieldsV1":{"f:a":{}}}]})") ==
             "8a010e3a0c0a0a7b22663a61223a7b7d7d");
}

BOOST_AUTO_TEST_CASE(puts_inlined_fields_into_their_message) {
  // Volume {1 name, 2 VolumeSource {1 hostPath {1 path}}}.
  BOOST_TEST(message(type("core/v1.Volume"), R"({"name":"v","hostPath":{"path":"/"}})") ==
             "0a017612050a030a012f");
}

BOOST_AUTO_TEST_CASE(tells_numbers_from_texts) {
  const Type& probe = type("core/v1.HTTPGetAction");
  BOOST_TEST(message(probe, R"({"port":80})") == "1206080010501a00");
  BOOST_TEST(message(probe, R"({"port":"web"})") == "1209080110001a03776562");
}

BOOST_AUTO_TEST_CASE(longer_than_127_bytes_has_a_longer_size) {
  const std::string name(300, 'x');
  const auto bytes = message(type("core/v1.Pod"), R"({"metadata":{"name":")" + name + "\"}}");
  BOOST_TEST(bytes.substr(0, 12) == "0aaf020aac02");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_protobuf_frame, WithCatalog)

BOOST_AUTO_TEST_CASE(has_its_length_before_it) {
  std::string out = "x";
  append_protobuf_frame(out, "ADDED", "doc");
  BOOST_TEST(hex(out) ==
             "780000000e0a0541444445441205"
             "0a03646f63");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
