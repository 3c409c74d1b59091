// Volumes, claims, classes and CSI: what they accept, and why not.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry_strategies/refusals.hpp"

namespace pintle {
namespace {

using test::Refusals;

struct Claims : Refusals {
  Claims()
      : Refusals("/api/v1/namespaces/default/persistentvolumeclaims",
                 R"({"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],
                   "storageClassName":"fast","resources":{"requests":{"storage":"2Gi"}}}})") {}

  void bind() { status_with(R"({"status":{"phase":"Bound","capacity":{"storage":"2Gi"}}})"); }
};

BOOST_FIXTURE_TEST_SUITE(a_claim, Claims)

BOOST_AUTO_TEST_CASE(says_how_much_and_how) {
  BOOST_TEST(create_with(R"({"spec":{"accessModes":null,"resources":null}})") ==
             "[spec.accessModes: Required value: at least 1 access mode is required, "
             "spec.resources[storage]: Required value]");
  BOOST_TEST(create_with(R"({"spec":{"accessModes":["ReadWriteOncePod","ReadOnlyMany"]}})") ==
             "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes");
  BOOST_TEST(create_with(R"({"spec":{"resources":{"requests":{"storage":"0"}}}})") ==
             "spec.resources[storage]: Invalid value: \"0\": must be greater than zero");
}

BOOST_AUTO_TEST_CASE(stays_as_it_is) {
  const std::string refusal =
      "spec: Forbidden: spec is immutable after creation except resources.requests and "
      "volumeAttributesClassName for bound claims";

  BOOST_TEST(update_with(R"({"spec":{"accessModes":["ReadWriteMany"]}})") == refusal);
  BOOST_TEST(update_with(R"({"spec":{"resources":{"requests":{"storage":"3Gi"}}}})") == refusal);
  BOOST_TEST(update_with(R"({"spec":{"volumeName":"v"}})") == "");
  BOOST_TEST(update_with(R"({"spec":{"volumeName":"w"}})") == refusal);
}

BOOST_AUTO_TEST_CASE(grows_once_it_is_bound) {
  bind();

  BOOST_TEST(update_with(R"({"spec":{"resources":{"requests":{"storage":"3Gi"}}}})") == "");
  BOOST_TEST(update_with(R"({"spec":{"resources":{"requests":{"storage":"1Gi"}}}})") ==
             "spec.resources.requests.storage: Forbidden: field can not be less than "
             "status.capacity");
}

BOOST_AUTO_TEST_SUITE_END()

struct Volumes : Refusals {
  Volumes()
      : Refusals("/api/v1/persistentvolumes",
                 R"({"metadata":{"name":"v"},"spec":{"accessModes":["ReadWriteOnce"],
                   "capacity":{"storage":"1Gi"},"hostPath":{"path":"/data"}}})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_volume, Volumes)

BOOST_AUTO_TEST_CASE(is_one_thing) {
  BOOST_TEST(create_with(R"({"spec":{"hostPath":null}})") ==
             "spec: Required value: must specify a volume type");
  BOOST_TEST(create_with(R"({"spec":{"nfs":{"server":"s","path":"/"}}})") ==
             "spec.nfs: Forbidden: may not specify more than 1 volume type");
  BOOST_TEST(create_with(R"({"spec":{"hostPath":null,"local":{"path":"/data"}}})") ==
             "spec.nodeAffinity: Required value: Local volume requires node affinity");
  BOOST_TEST(create_with(R"({"spec":{"hostPath":{"path":"/a/../b"}}})") ==
             "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'");
}

BOOST_AUTO_TEST_CASE(has_storage) {
  BOOST_TEST(create_with(R"({"spec":{"capacity":null}})") == "spec.capacity: Required value");
}

BOOST_AUTO_TEST_CASE(stays_where_it_is) {
  BOOST_TEST(update_with(R"({"spec":{"hostPath":{"path":"/other"}}})") ==
             "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable "
             "after creation");
}

BOOST_AUTO_TEST_SUITE_END()

struct Classes : Refusals {
  Classes()
      : Refusals("/apis/storage.k8s.io/v1/storageclasses",
                 R"({"metadata":{"name":"fast"},"provisioner":"example.com/disk"})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_storage_class, Classes)

BOOST_AUTO_TEST_CASE(keeps_what_volumes_were_made_by) {
  BOOST_TEST(update_with(R"({"provisioner":"example.com/tape"})") ==
             "provisioner: Forbidden: updates to provisioner are forbidden.");
  BOOST_TEST(update_with(R"({"parameters":{"a":"b"}})") ==
             "parameters: Forbidden: updates to parameters are forbidden.");
  BOOST_TEST(update_with(R"({"volumeBindingMode":"WaitForFirstConsumer"})") ==
             "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable");
  BOOST_TEST(update_with(R"({"allowVolumeExpansion":true})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

struct Drivers : Refusals {
  Drivers()
      : Refusals("/apis/storage.k8s.io/v1/csidrivers", R"({"metadata":{"name":"d.x"},
    "spec":{}})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_csi_driver, Drivers)

BOOST_AUTO_TEST_CASE(keeps_how_it_attaches) {
  BOOST_TEST(update_with(R"({"spec":{"attachRequired":false}})") ==
             "spec.attachRequired: Invalid value: false: field is immutable");
  BOOST_TEST(update_with(R"({"spec":{"storageCapacity":true}})") == "");
}

BOOST_AUTO_TEST_CASE(asks_for_tokens_that_last) {
  BOOST_TEST(
      create_with(R"({"spec":{"tokenRequests":[{"audience":"a","expirationSeconds":9}]}})") ==
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 9: may not specify a "
      "duration less than 10 minutes");
}

BOOST_AUTO_TEST_SUITE_END()

struct Nodes : Refusals {
  Nodes()
      : Refusals("/apis/storage.k8s.io/v1/csinodes",
                 R"({"metadata":{"name":"n1"},"spec":{"drivers":[{"name":"d.x","nodeID":"1"}]}})") {
  }
};

BOOST_FIXTURE_TEST_SUITE(a_csi_node, Nodes)

BOOST_AUTO_TEST_CASE(keeps_its_drivers_as_they_are) {
  BOOST_TEST(update_with(R"({"spec":{"drivers":[{"name":"d.x","nodeID":"2"}]}})")
                 .ends_with("field is immutable"));
  BOOST_TEST(update_with(R"({"spec":{"drivers":[{"name":"d.x","nodeID":"1"},
               {"name":"e.x","nodeID":"1"}]}})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

struct Attachments : Refusals {
  Attachments()
      : Refusals("/apis/storage.k8s.io/v1/volumeattachments",
                 R"({"metadata":{"name":"a"},"spec":{"attacher":"d.x","nodeName":"n1",
                   "source":{"persistentVolumeName":"v"}}})") {}
};

BOOST_FIXTURE_TEST_SUITE(an_attachment, Attachments)

BOOST_AUTO_TEST_CASE(is_of_one_volume_for_good) {
  BOOST_TEST(create_with(R"({"spec":{"source":{"persistentVolumeName":null}}})") ==
             "spec.source: Required value: must specify exactly one of inlineVolumeSpec and "
             "persistentVolumeName");
  BOOST_TEST(update_with(R"({"spec":{"nodeName":"n2"}})").ends_with("field is immutable"));
}

BOOST_AUTO_TEST_SUITE_END()

struct Capacities : Refusals {
  Capacities()
      : Refusals("/apis/storage.k8s.io/v1/namespaces/default/csistoragecapacities",
                 R"({"metadata":{"name":"a"},"storageClassName":"fast","capacity":"1Gi"})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_storage_capacity, Capacities)

BOOST_AUTO_TEST_CASE(keeps_its_class) {
  BOOST_TEST(update_with(R"({"storageClassName":"slow"})") ==
             "storageClassName: Invalid value: \"slow\": field is immutable");
  BOOST_TEST(update_with(R"({"capacity":"2Gi"})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
