// Which admission plugins are loaded, by the names Kubernetes gives them.

#include "core/daemon/admission_plugins.hpp"

#include <sstream>

#include <boost/test/unit_test.hpp>

#include "core/daemon/flags.hpp"

namespace pintle::daemon {
namespace {

using Names = std::vector<std::string>;

std::string refusal(const Names& enabled, const Names& disabled) {
  const auto said = with_admission_flags({}, enabled, disabled);
  return said.ok() ? "" : said.error().message;
}

struct Flags {
  std::ostringstream out;
  std::ostringstream err;

  Parsed parse(const Names& arguments) {
    return parse_command_line(arguments, "/usr/bin", out, err);
  }
};

BOOST_FIXTURE_TEST_SUITE(admission_plugins_of_a_server, Flags)

BOOST_AUTO_TEST_CASE(are_those_of_kubernetes_in_its_order) {
  const auto names = parse({"apiserver"}).line.options.plugins.names;

  BOOST_TEST(Names(names.begin(), names.begin() + 13) ==
                 (Names{"admission_namespace_lifecycle", "admission_limit_ranger",
                        "admission_service_account", "admission_taint_nodes",
                        "admission_pod_security", "admission_priority",
                        "admission_default_tolerations", "admission_default_storage_class",
                        "admission_storage_in_use", "admission_claim_resize",
                        "admission_runtime_class", "admission_default_ingress_class",
                        "admission_resource_quota"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_be_added_and_taken_away_by_flags) {
  const auto parsed =
      parse({"apiserver", "--plugins", "admission_priority,scheduler", "--enable-admission-plugins",
             "AlwaysPullImages,EventRateLimit", "--disable-admission-plugins", "Priority"});

  BOOST_TEST(parsed.line.options.plugins.names ==
                 (Names{"admission_always_pull_images", "admission_event_rate_limit", "scheduler"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(with_a_wrong_name_end_the_start) {
  BOOST_TEST(!parse({"apiserver", "--enable-admission-plugins", "PodSecurityPolicy"})
                  .line.command.empty());

  BOOST_TEST(err.str().starts_with(
      "pintle apiserver: enable-admission-plugins plugin \"PodSecurityPolicy\" is unknown; there "
      "are NamespaceLifecycle, LimitRanger, "));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_admission_flag)

BOOST_AUTO_TEST_CASE(puts_a_plugin_in_its_place) {
  const auto said =
      with_admission_flags({"admission_namespace_lifecycle", "admission_priority", "scheduler"},
                           {"LimitRanger", "RuntimeClass", "Priority"}, {});

  BOOST_TEST(said.value() == (Names{"admission_namespace_lifecycle", "admission_limit_ranger",
                                    "admission_priority", "admission_runtime_class", "scheduler"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(takes_away_an_optional_plugin_too) {
  BOOST_TEST(with_admission_flags({"admission_priority?"}, {}, {"Priority"}).value().empty());
}

BOOST_AUTO_TEST_CASE(that_names_one_both_ways_is_refused) {
  BOOST_TEST(refusal({"Priority"}, {"Priority"}) ==
             "Priority in enable-admission-plugins and disable-admission-plugins overlapped");
}

BOOST_AUTO_TEST_CASE(that_asks_for_what_is_not_there_is_refused) {
  BOOST_TEST(refusal({"NodeRestriction"}, {})
                 .starts_with("enable-admission-plugins plugin \"NodeRestriction\" is unknown"));
}

BOOST_AUTO_TEST_CASE(may_take_away_what_is_not_there) {
  BOOST_TEST(refusal({}, {"MutatingAdmissionWebhook"}) == "");
  BOOST_TEST(refusal({}, {"Typo"}) != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::daemon
