// What a plugin's settings may be.

#include "core/sdk/settings.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle::sdk {
namespace {

struct Read {
  std::string name = "default";
  std::int64_t workers = 4;
  bool fast = false;
  std::chrono::seconds wait{10};

  Result<void> from(const Json& config) {
    Settings settings(config);
    settings.text("name", name)
        .integer("workers", workers, {1, 64})
        .boolean("fast", fast)
        .seconds("wait", wait);
    return settings.finish();
  }
  std::string fault(const Json& config) {
    const auto result = from(config);
    return result.ok() ? "" : result.error().message;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_setting, Read)

BOOST_AUTO_TEST_CASE(keeps_its_default_where_it_is_not_given) {
  BOOST_TEST(from(JsonObject()).ok());

  BOOST_TEST(name == "default");
  BOOST_TEST(workers == 4);
}

BOOST_AUTO_TEST_CASE(takes_what_is_given) {
  BOOST_TEST(from(JsonObject{{"name", "x"}, {"workers", 8}, {"fast", true}, {"wait", 5}}).ok());

  BOOST_TEST(name == "x");
  BOOST_TEST(workers == 8);
  BOOST_TEST(fast);
  BOOST_TEST(wait.count() == 5);
}

BOOST_AUTO_TEST_CASE(that_nobody_knows_is_refused) {
  BOOST_TEST(fault(JsonObject{{"worker", 1}}) ==
             "setting worker is not known; known are: fast, name, wait, workers");
}

BOOST_AUTO_TEST_CASE(of_the_wrong_kind_or_out_of_range_is_refused) {
  BOOST_TEST(fault(JsonObject{{"name", 1}}) == "setting name: must be a text");
  BOOST_TEST(fault(JsonObject{{"fast", "yes"}}) == "setting fast: must be true or false");
  BOOST_TEST(fault(JsonObject{{"workers", 65}}) ==
             "setting workers: must be a whole number from 1 to 64");
  BOOST_TEST(fault(JsonObject{{"workers", 1.5}}) ==
             "setting workers: must be a whole number from 1 to 64");
  BOOST_TEST(fault(JsonArray()) == "the plugin's configuration must be a map of settings");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
