// Which tolerations a pod is given, and which it keeps.

#include "plugins/admission_default_tolerations/tolerations.hpp"

#include <boost/test/unit_test.hpp>

#include "core/object/patch.hpp"
#include "core/sdk/object_table.hpp"

namespace pintle::admission_default_tolerations {
namespace {

/// The tolerations of `pod` after admission, as JSON text.
std::string admitted(std::string_view pod_text, std::string_view subresource = "",
                     Stay stay = Stay()) {
  DefaultTolerations plugin(stay);
  Json pod = parse_json(pod_text).value().value;
  sdk::JsonPatch patch;
  BOOST_TEST(plugin
                 .mutate({.operation = "CREATE",
                          .resource = "pods",
                          .subresource = subresource,
                          .object = sdk::Value(&sdk::object_table(), sdk::to_value(&pod))},
                         patch)
                 .ok());
  BOOST_TEST(apply_json_patch(pod, patch.operations()).ok());
  return to_json(array_at(pod, {"spec", "tolerations"}));
}

constexpr std::string_view kNotReady =
    R"({"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute",)"
    R"("tolerationSeconds":300})";
constexpr std::string_view kUnreachable =
    R"({"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute",)"
    R"("tolerationSeconds":300})";

BOOST_AUTO_TEST_SUITE(a_pod)

BOOST_AUTO_TEST_CASE(that_says_nothing_gets_both) {
  BOOST_TEST(admitted(R"({"spec":{}})") ==
             "[" + std::string(kNotReady) + "," + std::string(kUnreachable) + "]");
}

BOOST_AUTO_TEST_CASE(keeps_what_it_says_and_gets_the_other) {
  const std::string own =
      R"({"key":"node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":5})";

  BOOST_TEST(admitted(R"({"spec":{"tolerations":[)" + own + "]}}") ==
             "[" + own + "," + std::string(kUnreachable) + "]");
}

BOOST_AUTO_TEST_CASE(that_tolerates_all_gets_nothing) {
  BOOST_TEST(admitted(R"({"spec":{"tolerations":[{"operator":"Exists"}]}})") ==
             R"([{"operator":"Exists"}])");
}

BOOST_AUTO_TEST_CASE(that_tolerates_another_effect_still_gets_both) {
  const auto made =
      admitted(R"({"spec":{"tolerations":[{"operator":"Exists","effect":"NoSchedule"}]}})");

  BOOST_TEST(made.find(kNotReady) != std::string::npos);
  BOOST_TEST(made.find(kUnreachable) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_left_alone_when_only_its_status_is_written) {
  BOOST_TEST(admitted(R"({"spec":{}})", "status") == "[]");
}

BOOST_AUTO_TEST_CASE(stays_as_long_as_the_settings_say) {
  const auto made = admitted(R"({"spec":{}})", "", {.not_ready = std::chrono::seconds(7)});

  BOOST_TEST(made.find(R"("tolerationSeconds":7)") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_default_tolerations
