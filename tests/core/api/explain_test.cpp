// Explaining: what kubectl explain finds to say of the kinds that people write.

#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

/// "group plural": the kinds that people write.
constexpr std::pair<std::string_view, std::string_view> kWritten[] = {
    {"", "configmaps"},
    {"", "limitranges"},
    {"", "namespaces"},
    {"", "nodes"},
    {"", "persistentvolumeclaims"},
    {"", "persistentvolumes"},
    {"", "pods"},
    {"", "replicationcontrollers"},
    {"", "resourcequotas"},
    {"", "secrets"},
    {"", "serviceaccounts"},
    {"", "services"},
    {"apps", "daemonsets"},
    {"apps", "deployments"},
    {"apps", "replicasets"},
    {"apps", "statefulsets"},
    {"autoscaling", "horizontalpodautoscalers"},
    {"batch", "cronjobs"},
    {"batch", "jobs"},
    {"networking.k8s.io", "ingresses"},
    {"networking.k8s.io", "networkpolicies"},
    {"policy", "poddisruptionbudgets"},
    {"rbac.authorization.k8s.io", "clusterrolebindings"},
    {"rbac.authorization.k8s.io", "clusterroles"},
    {"rbac.authorization.k8s.io", "rolebindings"},
    {"rbac.authorization.k8s.io", "roles"},
    {"storage.k8s.io", "storageclasses"},
};

struct Explaining : WithCatalog {
  std::set<const Type*> seen;

  /// Every type within, and every field that has nothing to say of itself.
  void walk(const Type& type) {
    if (!seen.insert(&type).second) {
      return;
    }
    for (const Field& field : type.fields) {
      BOOST_TEST(field.description.ends_with('.'),
                 type.name << "." << field.name << " needs a sentence (-- ...)");
      if (field.shape == Shape::kObject) {
        walk(*field.type);
      }
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(a_kind_that_people_write, Explaining)

BOOST_AUTO_TEST_CASE(has_a_sentence_for_every_field_within) {
  for (const auto& [group, plural] : kWritten) {
    std::size_t versions = 0;
    for (const Resource* resource : catalog.resources()) {
      if (resource->group == group && resource->plural == plural) {
        ++versions;
        BOOST_TEST(!resource->type->description.empty(), resource->type->name);
        walk(*resource->type);
      }
    }
    BOOST_TEST(versions > 0U, plural);
  }
  BOOST_TEST(seen.size() > 250U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
