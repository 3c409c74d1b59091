// Jobs and CronJobs: what they accept, and Kubernetes' words for what they don't.

#include <boost/test/unit_test.hpp>

#include "core/registry/strategies/cron_schedule.hpp"
#include "tests/core/registry_strategies/refusals.hpp"

namespace pintle {
namespace {

using test::Refusals;

const std::string kJobSpec = R"({"template":{"spec":{"restartPolicy":"Never",
  "containers":[{"name":"c","image":"busybox"}]}}})";

struct Jobs : Refusals {
  Jobs()
      : Refusals("/apis/batch/v1/namespaces/default/jobs",
                 R"({"metadata":{"name":"once"},"spec":)" + kJobSpec + "}") {}

  std::string with_spec(const std::string& spec) { return create_with(R"({"spec":)" + spec + "}"); }
};

BOOST_FIXTURE_TEST_SUITE(a_job, Jobs)

BOOST_AUTO_TEST_CASE(is_one_pod_unless_told_otherwise) {
  const Json made = this->made();

  BOOST_TEST(integer_at(made, {"spec", "completions"}).value_or(0) == 1);
  BOOST_TEST(integer_at(made, {"spec", "backoffLimit"}).value_or(0) == 6);
  BOOST_TEST(text_at(made, {"spec", "completionMode"}) == "NonIndexed");
  BOOST_TEST(text_at(made, {"spec", "podReplacementPolicy"}) == "TerminatingOrFailed");
}

BOOST_AUTO_TEST_CASE(ends) {
  BOOST_TEST(with_spec(R"({"template":{"spec":{"restartPolicy":null}}})") ==
             "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", "
             "\"Never\"");
}

BOOST_AUTO_TEST_CASE(that_is_indexed_says_how_often) {
  BOOST_TEST(with_spec(R"({"completionMode":"Indexed","parallelism":2})") ==
             "spec.completions: Required value: when completion mode is Indexed");
  BOOST_TEST(with_spec(R"({"backoffLimitPerIndex":1})") ==
             "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode");
  BOOST_TEST(with_spec(R"({"completionMode":"Indexed","completions":2,"maxFailedIndexes":1})") ==
             "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified");
}

BOOST_AUTO_TEST_CASE(counts_failures_by_rules_that_make_sense) {
  const auto with_rule = [&](const std::string& rule) {
    return with_spec(R"({"podFailurePolicy":{"rules":[)" + rule + "]}}");
  };

  BOOST_TEST(with_rule(R"({"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget"}]})") ==
             "");
  BOOST_TEST(with_rule(R"({"action":"Ignore"})") ==
             "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and "
             "OnPodConditions is required");
  BOOST_TEST(with_rule(R"({"action":"Count","onExitCodes":{"operator":"In","values":[0]}})") ==
             "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be "
             "0 for the In operator");
  BOOST_TEST(with_rule(R"({"action":"Count","onExitCodes":{"operator":"In","values":[2,1]}})") ==
             "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []int32{2, 1}: "
             "must be ordered");
  BOOST_TEST(with_rule(R"({"action":"FailIndex","onExitCodes":{"operator":"In","values":[1]}})") ==
             "spec.podFailurePolicy.rules[0].action: Invalid value: \"FailIndex\": requires the "
             "backoffLimitPerIndex to be set");
}

BOOST_AUTO_TEST_CASE(is_done_early_by_rules_that_make_sense) {
  const auto with_rule = [&](const std::string& rule) {
    return with_spec(R"({"completionMode":"Indexed","completions":5,"successPolicy":{"rules":[)" +
                     rule + "]}}");
  };

  BOOST_TEST(with_rule(R"({"succeededIndexes":"0,2-3","succeededCount":2})") == "");
  BOOST_TEST(with_rule(R"({"succeededIndexes":"0-5"})") ==
             "spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"0-5\": error parsing "
             "succeededIndexes: too large index: \"5\"");
  BOOST_TEST(with_rule(R"({"succeededIndexes":"0","succeededCount":2})") ==
             "spec.successPolicy.rules[0].succeededCount: Invalid value: 2: must be less than or "
             "equal to 1 (the number of indexes in the specified succeededIndexes field)");
  BOOST_TEST(with_rule("{}") ==
             "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or "
             "succeededIndexes must be specified");
}

BOOST_AUTO_TEST_CASE(keeps_what_it_was_begun_with) {
  BOOST_TEST(update_with(R"({"spec":{"completions":3}})") ==
             "spec.completions: Invalid value: 3: field is immutable");
  BOOST_TEST(update_with(R"({"spec":{"template":{"spec":{"nodeSelector":{"a":"b"}}}}})")
                 .starts_with("spec.template: Invalid value: {"));
  BOOST_TEST(update_with(R"({"spec":{"parallelism":0,"backoffLimit":1}})") == "");
}

BOOST_AUTO_TEST_CASE(not_yet_begun_may_still_be_placed) {
  BOOST_TEST(update_with(R"({"spec":{"suspend":true}})") == "");
  BOOST_TEST(update_with(R"({"spec":{"template":{"spec":{"nodeSelector":{"a":"b"}}}}})") == "");
}

BOOST_AUTO_TEST_CASE(knows_its_pods_by_labels_of_its_own) {
  const auto refused = with_spec(R"({"template":{"metadata":{"labels":{"job-name":"other"}}}})");

  BOOST_TEST(refused.find("spec.template.metadata.labels[job-name]: Invalid value: "
                          "map[string]string{") == 0U);
  BOOST_TEST(refused.ends_with("must be 'once'"));
}

BOOST_AUTO_TEST_SUITE_END()

struct CronJobs : Refusals {
  CronJobs()
      : Refusals("/apis/batch/v1/namespaces/default/cronjobs",
                 R"({"metadata":{"name":"daily"},"spec":{"schedule":"0 5 * * *","jobTemplate":{
                   "spec":)" +
                     kJobSpec + "}}}") {}
};

BOOST_FIXTURE_TEST_SUITE(a_cron_job, CronJobs)

BOOST_AUTO_TEST_CASE(keeps_its_template_as_it_was_sent) {
  const Json made = this->made();

  BOOST_TEST(find_path(made, {"spec", "jobTemplate", "spec", "backoffLimit"}) == nullptr);
  BOOST_TEST(find_path(made, {"spec", "jobTemplate", "spec", "completionMode"}) == nullptr);
  BOOST_TEST(text_at(made, {"spec", "concurrencyPolicy"}) == "Allow");
}

BOOST_AUTO_TEST_CASE(has_a_schedule) {
  BOOST_TEST(create_with(R"({"spec":{"schedule":"every day"}})") ==
             "spec.schedule: Invalid value: \"every day\": expected exactly 5 fields, found 2: "
             "[every day]");
  BOOST_TEST(create_with(R"({"spec":{"schedule":"CRON_TZ=UTC 0 5 * * *"}})") ==
             "spec.schedule: Invalid value: \"CRON_TZ=UTC 0 5 * * *\": cannot use TZ or CRON_TZ in "
             "schedule, use timeZone field instead");
}

BOOST_AUTO_TEST_CASE(has_a_zone_there_is) {
  BOOST_TEST(create_with(R"({"spec":{"timeZone":"UTC"}})") == "");
  BOOST_TEST(create_with(R"({"spec":{"timeZone":"Moon/Crater"}})") ==
             "spec.timeZone: Invalid value: \"Moon/Crater\": unknown time zone Moon/Crater");
  BOOST_TEST(create_with(R"({"spec":{"timeZone":"Local"}})") ==
             "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as "
             "defined in https://www.iana.org/time-zones");
}

BOOST_AUTO_TEST_CASE(has_a_name_that_leaves_room) {
  const std::string name(53, 'a');

  BOOST_TEST(create_with(R"({"metadata":{"name":")" + name + "\"}}") ==
             "metadata.name: Invalid value: \"" + name + "\": must be no more than 52 characters");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_schedule)

BOOST_AUTO_TEST_CASE(is_five_fields_or_a_word) {
  for (const auto* good : {"* * * * *", "*/5 0-6/2 1,15 JAN-mar sun", "@daily", "@every 1h30m",
                           "0 0 ? * 5", "5/15 * * * *"}) {
    BOOST_TEST(registry::fault_of_schedule(good) == "", good);
  }
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_it) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"60 * * * *", "end of range (60) above maximum (59): 60"},
      {"* * 0 * *", "beginning of range (0) below minimum (1): 0"},
      {"5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"},
      {"*/0 * * * *", "step of range should be a positive number: */0"},
      {"1-2-3 * * * *", "too many hyphens: 1-2-3"},
      {"x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"},
      {"@often", "unrecognized descriptor: @often"},
  };
  for (const auto& [schedule, why] : bad) {
    BOOST_TEST(registry::fault_of_schedule(schedule) == why);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
