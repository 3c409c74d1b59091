// What a ResourceQuota's status says.

#include "plugins/controller_resource_quota/quotas.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_resource_quota {
namespace {

constexpr const char* kQuota = "/api/v1/namespaces/d/resourcequotas/q";

struct Counted {
  test::ManualClock clock;
  test::FakeHost host;
  Quotas plugin{host.host(), clock};

  void limit(const char* spec) {
    Json quota = host.get(kQuota);
    if (quota.is_null()) {
      quota = JsonObject();
    }
    quota.as_object()["spec"] = parse_json(spec).value().value;
    host.put(kQuota, quota);
  }
  void put(const std::string& path, const char* object = "{}") {
    host.put("/api/v1/namespaces/d/" + path, parse_json(object).value().value);
  }
  void settle() {
    plugin.settle();
    clock.advance(std::chrono::milliseconds(20));
    plugin.settle();
  }
  std::string status(std::string_view part) {
    const Json quota = host.get(kQuota);
    return to_json(Json(object_at(quota, {"status", part})));
  }
};

BOOST_FIXTURE_TEST_SUITE(a_quotas_status, Counted)

BOOST_AUTO_TEST_CASE(says_what_is_limited_and_what_is_used) {
  put("configmaps/a");
  put("pods/p", R"({"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"250m",
      "memory":"64Mi"}}}]}})");
  limit(R"({"hard":{"configmaps":"5","pods":"2","requests.cpu":"1","requests.memory":"1Gi",
      "services":"3","unheard.of":"1"}})");

  settle();

  BOOST_TEST(status("hard") ==
             R"({"configmaps":"5","pods":"2","requests.cpu":"1","requests.memory":"1Gi",)"
             R"("services":"3","unheard.of":"1"})");
  BOOST_TEST(status("used") ==
             R"({"configmaps":"1","pods":"1","requests.cpu":"250m","requests.memory":"64Mi",)"
             R"("services":"0"})");
}

BOOST_AUTO_TEST_CASE(follows_what_comes_and_goes) {
  limit(R"({"hard":{"configmaps":"5"}})");
  settle();
  BOOST_TEST(status("used") == R"({"configmaps":"0"})");

  put("configmaps/a");
  put("configmaps/b");
  settle();
  BOOST_TEST(status("used") == R"({"configmaps":"2"})");

  host.remove("/api/v1/namespaces/d/configmaps/a");
  settle();
  BOOST_TEST(status("used") == R"({"configmaps":"1"})");
}

BOOST_AUTO_TEST_CASE(follows_its_spec) {
  put("configmaps/a");
  limit(R"({"hard":{"configmaps":"5"}})");
  settle();

  limit(R"({"hard":{"secrets":"5"}})");
  settle();

  BOOST_TEST(status("hard") == R"({"secrets":"5"})");
  BOOST_TEST(status("used") == R"({"secrets":"0"})");
}

BOOST_AUTO_TEST_CASE(is_written_once_for_changes_that_come_together) {
  limit(R"({"hard":{"configmaps":"500"}})");
  settle();
  const auto before = host.requests("PUT").size();

  for (int i = 0; i < 100; ++i) {
    put("configmaps/c" + std::to_string(i));
  }
  settle();

  BOOST_TEST(status("used") == R"({"configmaps":"100"})");
  BOOST_TEST(host.requests("PUT").size() == before + 1);
}

BOOST_AUTO_TEST_CASE(is_not_written_where_it_is_right) {
  limit(R"({"hard":{"configmaps":"5"}})");
  settle();
  const auto before = host.requests("PUT").size();

  put("pods/p");
  settle();

  BOOST_TEST(host.requests("PUT").size() == before);
}

BOOST_AUTO_TEST_CASE(that_somebody_changed_is_set_right) {
  limit(R"({"hard":{"configmaps":"5"}})");
  settle();
  Json quota = host.get(kQuota);
  quota.as_object()["status"].as_object()["used"].as_object()["configmaps"] = "77";
  host.put(kQuota, quota);

  settle();

  BOOST_TEST(status("used") == R"({"configmaps":"0"})");
}

BOOST_AUTO_TEST_CASE(is_right_after_the_log_was_lost) {
  put("configmaps/a");
  limit(R"({"hard":{"configmaps":"5"}})");
  settle();
  host.remove_unseen("/api/v1/namespaces/d/configmaps/a");

  host.lose_log();
  settle();

  BOOST_TEST(status("used") == R"({"configmaps":"0"})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_resource_quota
