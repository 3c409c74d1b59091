// Which claims may grow.

#include "plugins/admission_claim_resize/claim_resize.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_claim_resize {
namespace {

constexpr const char* kCannot =
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
    "must support resize";

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<ClaimResize> plugin = ClaimResize::make(host.host(), JsonObject()).value();
  std::string phase = "Bound";

  Cluster() {
    host.put("/apis/storage.k8s.io/v1/storageclasses/elastic",
             JsonObject{{"allowVolumeExpansion", true}});
    host.put("/apis/storage.k8s.io/v1/storageclasses/rigid", JsonObject());
  }
  Json claim(const std::string& size, const std::string& storage_class) const {
    return test::json(R"({"metadata":{"name":"a"},"spec":{"storageClassName":")" + storage_class +
                      R"(","resources":{"requests":{"storage":")" + size +
                      R"("}}},"status":{"phase":")" + phase + R"("}})");
  }
  std::string changed(const std::string& from, const std::string& to,
                      const std::string& storage_class) {
    const Json before = claim(from, storage_class);
    return server.refusal({.operation = "UPDATE", .resource = "persistentvolumeclaims"},
                          claim(to, storage_class), &before);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_claim, Cluster)

BOOST_AUTO_TEST_CASE(grows_where_its_class_allows_it) {
  BOOST_TEST(changed("1Gi", "2Gi", "elastic") == "");
}

BOOST_AUTO_TEST_CASE(does_not_grow_where_its_class_does_not_allow_it) {
  BOOST_TEST(changed("1Gi", "2Gi", "rigid") == kCannot);
  BOOST_TEST(changed("1Gi", "2Gi", "gone") == kCannot);
  BOOST_TEST(changed("1Gi", "2Gi", "") == kCannot);
}

BOOST_AUTO_TEST_CASE(does_not_grow_before_it_is_bound) {
  phase = "Pending";

  BOOST_TEST(changed("1Gi", "2Gi", "elastic") ==
             "Only bound persistent volume claims can be expanded");
}

BOOST_AUTO_TEST_CASE(may_stay_as_large_as_it_is) {
  BOOST_TEST(changed("1Gi", "1024Mi", "rigid") == "");
}

BOOST_AUTO_TEST_CASE(does_not_grow_by_changing_its_class) {
  const Json before = claim("1Gi", "rigid");

  BOOST_TEST(server.refusal({.operation = "UPDATE", .resource = "persistentvolumeclaims"},
                            claim("2Gi", "elastic"), &before) == kCannot);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_claim_resize
