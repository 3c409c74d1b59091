// Which finalizers volumes and claims are made with.

#include "plugins/admission_storage_in_use/storage_in_use.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_storage_in_use {
namespace {

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<StorageInUse> plugin = StorageInUse::make(host.host(), JsonObject()).value();

  std::string finalizers(const std::string& resource, Json object,
                         const std::string& operation = "CREATE") {
    BOOST_TEST(server.admit({.operation = operation, .resource = resource}, object).ok());
    return to_json(JsonArray(array_at(object, {"metadata", "finalizers"})));
  }
};

BOOST_FIXTURE_TEST_SUITE(storage, Cluster)

BOOST_AUTO_TEST_CASE(is_made_with_the_finalizer_of_its_kind) {
  const Json bare = test::json(R"({"metadata":{"name":"a"}})");

  BOOST_TEST(finalizers("persistentvolumes", bare) == R"(["kubernetes.io/pv-protection"])");
  BOOST_TEST(finalizers("persistentvolumeclaims", bare) == R"(["kubernetes.io/pvc-protection"])");
}

BOOST_AUTO_TEST_CASE(keeps_the_finalizers_it_brings) {
  BOOST_TEST(finalizers("persistentvolumes",
                        test::json(R"({"metadata":{"finalizers":["x.dev/mine"]}})")) ==
             R"(["x.dev/mine","kubernetes.io/pv-protection"])");
}

BOOST_AUTO_TEST_CASE(has_each_finalizer_once) {
  BOOST_TEST(
      finalizers("persistentvolumes",
                 test::json(R"({"metadata":{"finalizers":["kubernetes.io/pv-protection"]}})")) ==
      R"(["kubernetes.io/pv-protection"])");
}

BOOST_AUTO_TEST_CASE(may_lose_its_finalizer_by_an_update) {
  BOOST_TEST(finalizers("persistentvolumes", test::json(R"({"metadata":{}})"), "UPDATE") == "[]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_storage_in_use
