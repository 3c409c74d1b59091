// Which class a claim gets that names none.

#include "plugins/admission_default_storage_class/storage_class.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_default_storage_class {
namespace {

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<DefaultStorageClass> plugin;
  test::AdmissionCall call{.resource = "persistentvolumeclaims", .kind = "PersistentVolumeClaim"};
  Json claim = test::json(R"({"metadata":{"name":"a"},"spec":{}})");

  void add_class(const std::string& name, const std::string& born,
                 const std::string& annotation = "storageclass.kubernetes.io/is-default-class") {
    host.put("/apis/storage.k8s.io/v1/storageclasses/" + name,
             JsonObject{{"metadata",
                         {{"name", name},
                          {"creationTimestamp", born},
                          {"annotations", {{annotation, "true"}}}}}});
  }
  std::string class_of_created() {
    plugin = DefaultStorageClass::make(host.host(), JsonObject()).value();
    plugin->wait_synced({});
    BOOST_TEST(server.admit(call, claim).ok());
    return std::string(text_at(claim, {"spec", "storageClassName"}));
  }
  bool names_class() { return claim.at("spec").as_object().contains("storageClassName"); }
};

BOOST_FIXTURE_TEST_SUITE(a_claim, Cluster)

BOOST_AUTO_TEST_CASE(that_names_no_class_gets_the_default) {
  add_class("fast", "2026-01-01T00:00:00Z");
  add_class("other", "2026-01-02T00:00:00Z", "note");

  BOOST_TEST(class_of_created() == "fast");
}

BOOST_AUTO_TEST_CASE(gets_the_newest_of_several_defaults) {
  add_class("old", "2026-01-01T00:00:00Z");
  add_class("new", "2026-01-02T00:00:00Z");

  BOOST_TEST(class_of_created() == "new");
}

BOOST_AUTO_TEST_CASE(gets_the_first_by_name_of_equally_old_defaults) {
  add_class("b", "2026-01-01T00:00:00Z");
  add_class("a", "2026-01-01T00:00:00Z");

  BOOST_TEST(class_of_created() == "a");
}

BOOST_AUTO_TEST_CASE(takes_the_beta_annotation_for_a_mark_too) {
  add_class("fast", "2026-01-01T00:00:00Z", "storageclass.beta.kubernetes.io/is-default-class");

  BOOST_TEST(class_of_created() == "fast");
}

BOOST_AUTO_TEST_CASE(stays_without_a_class_where_none_is_the_default) {
  BOOST_TEST(class_of_created() == "");
  BOOST_TEST(!names_class());
}

BOOST_AUTO_TEST_CASE(that_asks_for_no_class_at_all_gets_none) {
  add_class("fast", "2026-01-01T00:00:00Z");
  claim = test::json(R"({"spec":{"storageClassName":""}})");

  BOOST_TEST(class_of_created() == "");
}

BOOST_AUTO_TEST_CASE(that_names_its_class_in_the_beta_annotation_is_left_alone) {
  add_class("fast", "2026-01-01T00:00:00Z");
  claim = test::json(R"({"metadata":{"annotations":{
      "volume.beta.kubernetes.io/storage-class":"mine"}},"spec":{}})");

  class_of_created();

  BOOST_TEST(!names_class());
}

BOOST_AUTO_TEST_CASE(is_given_a_class_at_its_creation_only) {
  add_class("fast", "2026-01-01T00:00:00Z");
  call.operation = "UPDATE";

  class_of_created();

  BOOST_TEST(!names_class());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_default_storage_class
