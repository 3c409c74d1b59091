// What is loaded unless told otherwise keeps no HTTP loop and no committing thread waiting.

#include "core/daemon/admission_plugins.hpp"
#include "tests/admission/loaded.hpp"

namespace pintle {
namespace {

BOOST_FIXTURE_TEST_SUITE(the_default_admission_plugins, test::Loaded,
                         *boost::unit_test::precondition(test::as_root))

BOOST_AUTO_TEST_CASE(are_asked_where_the_request_stands) {
  for (const auto& name : daemon::default_admission_plugins()) {
    load(name);
    for (const auto* resource : {"configmaps", "pods", "namespaces", "persistentvolumeclaims"}) {
      BOOST_TEST(!plugins.may_wait(*catalog.find("", "v1", resource)), name << " " << resource);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
