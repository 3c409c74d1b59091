// One committed object: its bytes, its hole for the revision, its tree.

#include "core/object/object.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

Draft a_draft() {
  const std::string type = R"("kind":"Pod","apiVersion":"v1",)";
  return {.head = "{" + type + R"("metadata":{"name":"nginx",)",
          .tail = R"("uid":"u1"},"spec":{"nodeName":"n1"}})",
          .type_size = static_cast<std::uint32_t>(type.size()),
          .uid = "u1",
          .labels = {{"app", "web"}},
          .fields = {{"spec.nodeName", "n1"}}};
}

struct APod {
  Object pod{{"pods", "default", "nginx"}, 42, a_draft()};
};

BOOST_FIXTURE_TEST_SUITE(an_object, APod)

BOOST_AUTO_TEST_CASE(carries_its_revision_in_its_bytes) {
  BOOST_TEST(pod.json() == R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"nginx",)"
                           R"("resourceVersion":"42","uid":"u1"},"spec":{"nodeName":"n1"}})");
}

BOOST_AUTO_TEST_CASE(in_a_list_names_no_kind) {
  BOOST_TEST(pod.json_of_item().starts_with(R"("metadata":{"name")"));
}

BOOST_AUTO_TEST_CASE(is_parsed_once) {
  const Json* tree = &pod.tree();

  BOOST_TEST(text_at(*tree, {"metadata", "resourceVersion"}) == "42");
  BOOST_TEST(&pod.tree() == tree);
}

BOOST_AUTO_TEST_CASE(becomes_a_draft_again_for_another_revision) {
  const Object later(pod.key(), 100, pod.to_draft());

  BOOST_TEST(text_at(later.tree(), {"metadata", "resourceVersion"}) == "100");
  BOOST_TEST(later.to_draft().head == a_draft().head);
  BOOST_TEST(later.to_draft().tail == a_draft().tail);
  BOOST_TEST(later.uid() == "u1");
}

BOOST_AUTO_TEST_CASE(gives_its_labels_and_fields_by_name) {
  BOOST_TEST(*find_text(pod.labels(), "app") == "web");
  BOOST_TEST(find_text(pod.labels(), "ap") == nullptr);
  BOOST_TEST(*find_text(pod.fields(), "spec.nodeName") == "n1");
}

BOOST_AUTO_TEST_CASE(is_named_for_people) {
  BOOST_TEST(to_text(pod.key()) == "pods/default/nginx");
  BOOST_TEST(to_text(Key{"nodes", "", "n1"}) == "nodes/n1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
