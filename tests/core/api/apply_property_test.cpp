// What holds for any apply: the same again changes nothing, and owners of different fields don't
// care who came first.

#include <algorithm>
#include <cstdlib>
#include <random>

#include <boost/test/unit_test.hpp>

#include "core/api/ownership.hpp"
#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

struct AnyApply : WithCatalog {
  unsigned seed = std::getenv("PINTLE_SEED") != nullptr
                      ? static_cast<unsigned>(std::stoul(std::getenv("PINTLE_SEED")))
                      : std::random_device{}();
  std::mt19937 random{seed};
  std::string time = "2026-01-01T00:00:00Z";

  AnyApply() { BOOST_TEST_MESSAGE("PINTLE_SEED=" << seed); }

  bool coin() { return random() % 2 == 0; }

  /// A pod's configuration whose every key begins with `owner`.
  Json config(const std::string& owner) {
    JsonObject labels;
    JsonArray finalizers;
    JsonArray containers;
    for (const auto* n : {"1", "2", "3"}) {
      if (coin()) {
        labels[owner + n] = coin() ? "x" : "y";
      }
      if (coin()) {
        finalizers.emplace_back("example.com/" + owner + n);
      }
      if (coin()) {
        JsonObject container{{"name", owner + n}, {"image", coin() ? "i" : "j"}};
        if (coin()) {
          container["env"] = JsonArray{JsonObject{{"name", "A"}, {"value", coin() ? "1" : "2"}}};
        }
        if (coin()) {
          container["args"] = JsonArray{coin() ? "a" : "b"};
        }
        containers.emplace_back(std::move(container));
      }
    }
    std::shuffle(containers.begin(), containers.end(), random);
    Json pod = json(R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{}})");
    auto& metadata = pod.at("metadata").as_object();
    if (coin()) {
      metadata["labels"] = labels;
    }
    if (coin()) {
      metadata["finalizers"] = finalizers;
    }
    if (coin()) {
      pod.at("spec").as_object()["containers"] = containers;
    }
    return pod;
  }

  Json applied(const std::string& manager, const Json& live, const Json& config) {
    const FieldWriter by{.manager = manager, .api_version = "v1", .subresource = "", .time = time};
    auto done = apply({.type = type("core/v1.Pod"),
                       .live = &live,
                       .config = config,
                       .writer = by,
                       .settle = [this](Json& object) -> Result<void> {
                         PINTLE_TRY_STATUS(decode(type("core/v1.Pod"), object));
                         return {};
                       }},
                      {});
    BOOST_REQUIRE_MESSAGE(done.ok(),
                          "seed " << seed << ": " << (done.ok() ? "" : done.error().message));
    return std::move(done).value();
  }

  /// `value` with its keys and its lists sorted, and without times.
  static Json sorted(const Json& value) {
    if (value.is_array()) {
      std::vector<std::string> items;
      for (const Json& item : value.get_array()) {
        items.push_back(to_json(sorted(item)));
      }
      std::sort(items.begin(), items.end());
      return JsonArray(items.begin(), items.end());
    }
    if (!value.is_object()) {
      return value;
    }
    std::map<std::string, Json> members;
    for (const auto& member : value.get_object()) {
      if (member.key() != "time") {
        members.emplace(member.key(), sorted(member.value()));
      }
    }
    JsonObject out;
    for (auto& [key, member] : members) {
      out.emplace(key, std::move(member));
    }
    return out;
  }
  static std::string text(const Json& object) { return to_json(sorted(object)); }

  Json start() {
    Json pod = json(R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","uid":"u",
      "labels":{"z":"z"}},"spec":{"nodeName":"n","containers":[{"name":"z","image":"z"}]}})");
    track_update(type("core/v1.Pod"), nullptr, pod,
                 {.manager = "z", .api_version = "v1", .subresource = "", .time = time});
    return pod;
  }
};

BOOST_FIXTURE_TEST_SUITE(any_apply, AnyApply)

BOOST_AUTO_TEST_CASE(twice_is_once) {
  for (int round = 0; round < 300; ++round) {
    const Json before = applied("b", applied("a", start(), config("a")), config("b"));
    const Json wanted = config("a");
    time = "2026-01-01T00:00:00Z";
    const Json once = applied("a", before, wanted);
    time = "2026-01-02T00:00:00Z";
    const Json twice = applied("a", once, wanted);

    // Times may differ where a list is said to be empty: the registry then writes nothing.
    BOOST_TEST(text(twice) == text(once), "seed " << seed << " round " << round);
    BOOST_TEST(to_json(twice.at("spec")) == to_json(once.at("spec")),
               "seed " << seed << " round " << round);
  }
}

BOOST_AUTO_TEST_CASE(commutes_with_one_of_other_fields) {
  for (int round = 0; round < 300; ++round) {
    const Json before = applied("b", applied("a", start(), config("a")), config("b"));
    const Json a = config("a");
    const Json b = config("b");

    const auto ab = text(applied("b", applied("a", before, a), b));
    const auto ba = text(applied("a", applied("b", before, b), a));

    BOOST_TEST(ab == ba, "seed " << seed << " round " << round << ": " << ab << " != " << ba);
  }
}

BOOST_AUTO_TEST_CASE(of_nothing_more_leaves_what_was_there_before) {
  const Json nothing =
      json(R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{}})");
  for (int round = 0; round < 300; ++round) {
    const Json before = applied("b", start(), config("b"));
    const Json after = applied("a", applied("a", before, config("a")), nothing);

    BOOST_TEST(text(after.at("metadata").at("labels")) == text(before.at("metadata").at("labels")),
               "seed " << seed << " round " << round);
    BOOST_TEST(text(after.at("spec")) == text(before.at("spec")),
               "seed " << seed << " round " << round);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
