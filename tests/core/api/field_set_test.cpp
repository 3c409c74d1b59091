// Field sets: their algebra, and FieldsV1 in and out.

#include "core/api/field_set.hpp"

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

struct Sets {
  FieldPool pool;

  FieldSet set(std::string_view fields_v1) {
    return parse_fields_v1(json(fields_v1), pool).value();
  }
  static std::string text(const FieldSet& set) { return to_json(Json(to_fields_v1(set, {}))); }
  std::string refused(std::string_view fields_v1) {
    const auto parsed = parse_fields_v1(json(fields_v1), pool);
    return parsed.ok() ? "taken" : parsed.error().message;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_field_set, Sets)

BOOST_AUTO_TEST_CASE(comes_back_from_FieldsV1_as_it_went) {
  for (const auto* fields :
       {R"({})", R"({"f:a":{}})", R"({"f:a":{"f:b":{},".":{}}})", R"({"f:a":{"f:b":{}}})",
        R"({"f:p":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{"f:name":{},".":{}}}})",
        R"({"f:finalizers":{"v:\"x/y\"":{}}})"}) {
    BOOST_TEST(text(set(fields)) == fields);
  }
}

BOOST_AUTO_TEST_CASE(is_sorted_fields_first_and_numbers_by_value) {
  BOOST_TEST(text(set(R"({"v:10":{},"v:9":{},"k:{\"p\":443}":{},"k:{\"p\":80}":{},"f:b":{},
                          "f:a":{}})")) ==
             R"({"f:a":{},"f:b":{},"k:{\"p\":80}":{},"k:{\"p\":443}":{},"v:9":{},"v:10":{}})");
}

BOOST_AUTO_TEST_CASE(spells_keys_in_one_way) {
  BOOST_TEST(text(set(R"({"k:{ \"b\": 1, \"a\": \"x\" }":{}})")) ==
             R"({"k:{\"a\":\"x\",\"b\":1}":{}})");
}

BOOST_AUTO_TEST_CASE(passes_over_elements_of_a_kind_to_come) {
  BOOST_TEST(text(set(R"({"f:a":{},"z:new":{"f:b":{}}})")) == R"({"f:a":{}})");
}

BOOST_AUTO_TEST_CASE(is_refused_where_it_is_malformed) {
  BOOST_TEST(refused(R"([])") == "parsing FieldsV1: expected an object");
  BOOST_TEST(refused(R"({"f:a":7})") == "parsing FieldsV1: expected an object");
  BOOST_TEST(refused(R"({"f":{}})") == "parsing FieldsV1: key must be 2 characters long: f");
  BOOST_TEST(refused(R"({"fa":{}})") == "parsing FieldsV1: missing colon: fa");
  BOOST_TEST(refused(R"({"i:x":{}})") == "parsing FieldsV1: no index: i:x");
  BOOST_TEST(refused(R"({"k:7":{}})") == "parsing FieldsV1: keys are no object: k:7");
  BOOST_TEST(refused(R"({"k:{":{}})") != "taken");
}

BOOST_AUTO_TEST_CASE(unites_intersects_and_subtracts_members) {
  const auto a = set(R"({"f:a":{"f:b":{},".":{}},"f:c":{}})");
  const auto b = set(R"({"f:a":{"f:d":{},".":{}}})");

  BOOST_TEST(text(unite(a, b, pool)) == R"({"f:a":{"f:b":{},"f:d":{},".":{}},"f:c":{}})");
  BOOST_TEST(text(intersect(a, b, pool)) == R"({"f:a":{}})");
  BOOST_TEST(text(subtract(a, b, pool)) == R"({"f:a":{"f:b":{}},"f:c":{}})");
}

BOOST_AUTO_TEST_CASE(keeps_what_lies_below_a_member_that_is_subtracted) {
  const auto left = subtract(set(R"({"f:a":{"f:b":{}}})"), set(R"({"f:a":{}})"), pool);

  BOOST_TEST(text(left) == R"({"f:a":{"f:b":{}}})");
}

BOOST_AUTO_TEST_CASE(tells_whether_it_is_touched_without_being_parsed) {
  const Json stored = json(R"({"f:a":{"f:b":{},".":{}},"f:c":{"f:d":{}}})");

  BOOST_TEST(touches(stored.as_object(), set(R"({"f:a":{}})")));
  BOOST_TEST(touches(stored.as_object(), set(R"({"f:c":{"f:d":{}}})")));
  BOOST_TEST(!touches(stored.as_object(), set(R"({"f:c":{}})")));
  BOOST_TEST(!touches(stored.as_object(), set(R"({"f:a":{"f:b":{"f:e":{}}}})")));
}

BOOST_AUTO_TEST_CASE(shows_its_paths_as_Kubernetes_does) {
  const auto paths = to_paths(set(
      R"({"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{"f:name":{},".":{}}},
          "f:type":{}},"f:finalizers":{"v:\"x\"":{}}})"));

  const std::vector<std::string> wanted = {R"(.finalizers[="x"])", ".spec.type",
                                           R"(.spec.ports[port=80,protocol="TCP"])",
                                           R"(.spec.ports[port=80,protocol="TCP"].name)"};
  BOOST_TEST(paths == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

// Against a model: a set of paths, each a list of elements.

using Path = std::vector<std::string>;
using Model = std::set<Path>;

struct Random : Sets {
  unsigned seed = std::getenv("PINTLE_SEED") != nullptr
                      ? static_cast<unsigned>(std::stoul(std::getenv("PINTLE_SEED")))
                      : std::random_device{}();
  std::mt19937 random{seed};

  Random() { BOOST_TEST_MESSAGE("PINTLE_SEED=" << seed); }

  std::size_t below(std::size_t limit) { return random() % limit; }

  Path path() {
    static const std::vector<std::string> kElements = {"f:a",
                                                       "f:b",
                                                       "f:\"quoted\" and \\",
                                                       R"(k:{"name":"x"})",
                                                       R"(k:{"p":80,"q":"T"})",
                                                       R"(v:"s")",
                                                       "v:7",
                                                       "v:true",
                                                       "i:0",
                                                       "i:12"};
    Path path(1 + below(4));
    for (auto& element : path) {
      element = kElements[below(kElements.size())];
    }
    return path;
  }
  Model model() {
    Model model;
    for (std::size_t i = below(12); i > 0; --i) {
      model.insert(path());
    }
    return model;
  }

  FieldSet set_of(const Model& model) {
    FieldSet all;
    for (const auto& path : model) {
      const FieldNode* node = nullptr;
      for (auto element = path.rbegin(); element != path.rend(); ++element) {
        node = pool.make_node(pool.keep(*element), element == path.rbegin(), node);
      }
      all = unite(all, FieldSet(node), pool);
    }
    return all;
  }

  static void collect(Model& out, const FieldNode* node, Path& above) {
    for (; node != nullptr; node = node->next) {
      above.emplace_back(node->element);
      if (node->member) {
        out.insert(above);
      }
      collect(out, node->children, above);
      above.pop_back();
    }
  }
  static Model model_of(const FieldSet& set) {
    Model out;
    Path above;
    collect(out, set.first(), above);
    return out;
  }
};

BOOST_FIXTURE_TEST_SUITE(any_field_set, Random)

BOOST_AUTO_TEST_CASE(behaves_as_a_set_of_paths) {
  for (int round = 0; round < 500; ++round) {
    const Model a = model();
    const Model b = model();
    Model both = a;
    both.insert(b.begin(), b.end());
    Model common;
    Model left;
    for (const auto& path : a) {
      (b.contains(path) ? common : left).insert(path);
    }

    BOOST_TEST((model_of(set_of(a)) == a), "seed " << seed);
    BOOST_TEST((model_of(unite(set_of(a), set_of(b), pool)) == both), "seed " << seed);
    BOOST_TEST((model_of(intersect(set_of(a), set_of(b), pool)) == common), "seed " << seed);
    BOOST_TEST((model_of(subtract(set_of(a), set_of(b), pool)) == left), "seed " << seed);
    BOOST_TEST(touches(to_fields_v1(set_of(a), {}), set_of(b)) == !common.empty(), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(comes_back_from_FieldsV1) {
  for (int round = 0; round < 500; ++round) {
    const auto before = set_of(model());
    const auto after = set(text(before));

    BOOST_TEST((after == before), "seed " << seed << ": " << text(before));
    BOOST_TEST(text(after) == text(before), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(survives_any_JSON) {
  for (int round = 0; round < 2000; ++round) {
    std::string fields = text(set_of(model()));
    for (std::size_t i = below(4); i > 0 && !fields.empty(); --i) {
      fields[below(fields.size())] = static_cast<char>("{}\":,fkvi.\\7 x"[below(14)]);
    }
    const auto parsed = parse_json(fields);
    if (!parsed.ok()) {
      continue;
    }
    const auto taken = parse_fields_v1(parsed.value().value, pool);
    if (taken.ok()) {
      BOOST_TEST((set(text(taken.value())) == taken.value()), "seed " << seed << ": " << fields);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
