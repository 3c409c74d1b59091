// Who may name an owner, and who may make it wait.

#include "plugins/admission_owner_references/owner_references.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_owner_references {
namespace {

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<OwnerReferences> plugin =
      OwnerReferences::make(host.host(), JsonObject()).value();
  std::vector<std::string> asked;  // "joe delete pods/ a".
  std::string refused_verb;

  Cluster() {
    host.decide([this](const Json& spec) {
      const auto& what = spec.at("resourceAttributes");
      const std::string verb(text_at(what, {"verb"}));
      asked.push_back(std::string(text_at(spec, {"user"})) + " " + verb + " " +
                      std::string(text_at(what, {"resource"})) + "/" +
                      std::string(text_at(what, {"subresource"})) + " " +
                      std::string(text_at(what, {"name"})) + " in " +
                      std::string(text_at(what, {"namespace"})));
      return verb != refused_verb;
    });
    host.answer("/apis/apps/v1", test::json(R"({"resources":[
        {"name":"replicasets","kind":"ReplicaSet","namespaced":true},
        {"name":"replicasets/scale","kind":"ReplicaSet","namespaced":true}]})"));
    host.answer("/api/v1", test::json(R"({"resources":[
        {"name":"nodes","kind":"Node","namespaced":false}]})"));
  }
  static Json owned(const std::string& owners) {
    return test::json(R"({"metadata":{"name":"a","ownerReferences":[)" + owners + "]}}");
  }
  static std::string owner(const std::string& more = "", const std::string& kind = "ReplicaSet",
                           const std::string& api_version = "apps/v1") {
    return R"({"apiVersion":")" + api_version + R"(","kind":")" + kind +
           R"(","name":"o","uid":"u")" + more + "}";
  }
  std::string created(const std::string& owners) { return server.refusal({}, owned(owners)); }
  std::string updated(const std::string& from, const std::string& to,
                      const std::string& subresource = "") {
    const Json before = owned(from);
    return server.refusal({.operation = "UPDATE", .subresource = subresource}, owned(to), &before);
  }
};

constexpr const char* kBlocks = R"(,"blockOwnerDeletion":true)";

BOOST_FIXTURE_TEST_SUITE(an_owner, Cluster)

BOOST_AUTO_TEST_CASE(may_be_named_by_who_may_delete_the_object) {
  BOOST_TEST(created(owner()) == "");

  BOOST_TEST(asked == std::vector<std::string>{"joe delete pods/ a in default"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_not_be_named_by_anyone_else) {
  refused_verb = "delete";
  const std::string refusal = "cannot set an ownerRef on a resource you can't delete: , <nil>";

  BOOST_TEST(created(owner()) == refusal);
  BOOST_TEST(updated("", owner()) == refusal);
  BOOST_TEST(updated(owner(), "") == refusal);
}

BOOST_AUTO_TEST_CASE(that_is_not_touched_is_not_asked_about) {
  BOOST_TEST(created("") == "");
  BOOST_TEST(updated(owner(kBlocks), owner(kBlocks)) == "");
  BOOST_TEST(updated("", owner(), "status") == "");

  BOOST_TEST(asked.empty());
}

BOOST_AUTO_TEST_CASE(may_be_made_to_wait_by_who_may_finalize_it) {
  BOOST_TEST(created(owner(kBlocks)) == "");

  BOOST_REQUIRE(asked.size() == 2U);
  BOOST_TEST(asked[1] == "joe update replicasets/finalizers o in default");
}

BOOST_AUTO_TEST_CASE(may_not_be_made_to_wait_by_anyone_else) {
  refused_verb = "update";
  const std::string refusal =
      "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set "
      "finalizers on: , <nil>";

  BOOST_TEST(created(owner(kBlocks)) == refusal);
  BOOST_TEST(updated(owner(), owner(kBlocks)) == refusal);
  BOOST_TEST(updated(owner(kBlocks), owner()) == "");
}

BOOST_AUTO_TEST_CASE(of_the_whole_cluster_is_asked_about_without_a_namespace) {
  BOOST_TEST(created(owner(kBlocks, "Node", "v1")) == "");

  BOOST_TEST(asked.at(1) == "joe update nodes/finalizers o in ");
}

BOOST_AUTO_TEST_CASE(of_an_unknown_kind_may_not_be_made_to_wait) {
  BOOST_TEST(created(owner(kBlocks, "Ship", "apps/v1")) ==
             "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for "
             "APIVersion apps/v1 Kind Ship: no matches for kind \"Ship\" in version \"apps/v1\"");
  BOOST_TEST(created(owner(kBlocks, "Ship", "sea/v1")) != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_owner_references
