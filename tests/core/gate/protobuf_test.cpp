// Bodies in protobuf: what typed clients send, read as the same objects.

#include "core/api/protobuf.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;

/// One field of wire type 2. REQUIRES: number below 16, bytes below 128: each takes one byte.
std::string field(int number, std::string_view bytes) {
  std::string out;
  out += static_cast<char>((number << 3) | 2);
  out += static_cast<char>(bytes.size());
  return out + std::string(bytes);
}

/// "k8s", a zero byte, and a runtime.Unknown of `raw`.
std::string envelope(std::string_view version, std::string_view kind, std::string_view raw) {
  return std::string("k8s\0", 4) + field(1, field(1, version) + field(2, kind)) + field(2, raw);
}

const gate::Headers kAsProtobuf = {{"Content-Type", "application/vnd.kubernetes.protobuf"},
                                   {"Accept", "application/json"}};

BOOST_FIXTURE_TEST_SUITE(a_protobuf_body, Cluster)

BOOST_AUTO_TEST_CASE(is_the_object_it_encodes) {  // T-P10
  // ConfigMap {metadata {name}, data {k: v}}.
  const auto made =
      post("/api/v1/namespaces/default/configmaps",
           envelope("v1", "ConfigMap",
                    field(1, field(1, "a")) + field(2, field(1, "k") + field(2, "v"))),
           kAsProtobuf);

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.text({"metadata", "name"}) == "a");
  BOOST_TEST(made.text({"data", "k"}) == "v");
}

BOOST_AUTO_TEST_CASE(leaves_times_unset_that_go_writes_empty) {
  // Lease {metadata {name, creationTimestamp {}}, spec {renewTime {}}}.
  const auto lease = api::decode_protobuf(
      catalog, envelope("coordination.k8s.io/v1", "Lease",
                        field(1, field(1, "a") + field(8, "")) + field(2, field(4, ""))));

  BOOST_REQUIRE(lease.ok());
  BOOST_TEST(lease.value().at("metadata").at("creationTimestamp").is_null());
  BOOST_TEST(lease.value().at("spec").at("renewTime").is_null());
}

BOOST_AUTO_TEST_CASE(may_be_of_a_kind_that_only_a_subresource_takes) {
  // TokenRequest {spec {audiences}}.
  const auto request = api::decode_protobuf(
      catalog, envelope("authentication.k8s.io/v1", "TokenRequest", field(2, field(1, "aud"))));

  BOOST_REQUIRE(request.ok());
  BOOST_TEST(to_json(request.value().at("spec").at("audiences")) == R"(["aud"])");
  BOOST_TEST(!api::decode_protobuf(catalog, envelope("v1", "Unicorn", "")).ok());
}

BOOST_AUTO_TEST_CASE(that_is_cut_off_is_refused) {  // T-P10
  const auto whole = envelope("v1", "ConfigMap", field(1, field(1, "a")));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto refused =
        post("/api/v1/namespaces/default/configmaps", whole.substr(0, size), kAsProtobuf);
    BOOST_TEST((refused.status == 400 || refused.status == 422), size << " of " << whole.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
