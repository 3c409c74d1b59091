// The persistent map against std::map, and what a copy of it may rely on.

#include "core/store/tree.hpp"

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/objects.hpp"

namespace pintle::store {
namespace {

using Tree = Snapshot::Tree;
using Model = std::map<std::pair<std::string, std::string>, ObjectPtr>;

ObjectPtr numbered(std::size_t number, Revision revision = 1) {
  std::string name = std::to_string(number);
  name.insert(0, 6 - name.size(), '0');
  return test::object_of({"things", number % 3 == 0 ? "b" : "a", name}, revision);
}

std::vector<ObjectPtr> all_of(const Tree& tree) {
  std::vector<ObjectPtr> objects;
  tree.scan_after({"", ""}, [&objects](const ObjectPtr& object) {
    objects.push_back(object);
    return true;
  });
  return objects;
}

std::vector<ObjectPtr> all_of(const Model& model) {
  std::vector<ObjectPtr> objects;
  for (const auto& [key, object] : model) {
    objects.push_back(object);
  }
  return objects;
}

Tree tree_of(std::size_t count) {
  Tree tree;
  for (std::size_t i = 0; i < count; ++i) {
    tree.put(numbered(i));
  }
  return tree;
}

BOOST_AUTO_TEST_SUITE(a_tree)

BOOST_AUTO_TEST_CASE(agrees_with_a_map_through_random_changes) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  Tree tree;
  Model model;

  for (Revision revision = 1; revision <= 20'000; ++revision) {
    const auto object = numbered(random() % 700, revision);
    const std::pair key(object->ns(), object->name());
    // First it grows, then it shrinks.
    const bool erases = random() % 10 < (revision < 10'000 ? 3U : 7U);
    const auto before = model.contains(key) ? model[key] : nullptr;
    BOOST_TEST((erases ? tree.erase(tree_key_of(*object)) : tree.put(object)) == before);
    if (erases) {
      model.erase(key);
    } else {
      model[key] = object;
    }
    BOOST_REQUIRE(tree.size() == model.size());
  }

  BOOST_TEST((all_of(tree) == all_of(model)), "seed " << seed);
}

BOOST_AUTO_TEST_CASE(can_be_emptied_and_filled_again) {
  Tree tree = tree_of(2'000);
  for (std::size_t i = 2'000; i > 0; --i) {
    BOOST_REQUIRE(tree.erase(tree_key_of(*numbered(i - 1))) != nullptr);
  }
  BOOST_TEST(all_of(tree).empty());

  tree.put(numbered(7));

  BOOST_TEST(tree.size() == 1U);
  BOOST_TEST(tree.find(tree_key_of(*numbered(7))) != nullptr);
}

BOOST_AUTO_TEST_CASE(finds_nothing_in_between) {
  const Tree tree = tree_of(1'000);

  BOOST_TEST(tree.find({"a", "000001x"}) == nullptr);
  BOOST_TEST(tree.find({"", ""}) == nullptr);
  BOOST_TEST(tree.find({"c", "0"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(scans_on_from_a_key_that_is_gone) {
  Tree tree = tree_of(100);
  tree.erase({"a", "000050"});

  std::string next;
  tree.scan_after({"a", "000050"}, [&next](const ObjectPtr& object) {
    next = object->name();
    return false;
  });

  BOOST_TEST(next == "000052");
}

BOOST_AUTO_TEST_CASE(that_was_copied_keeps_what_it_held) {  // P-17
  Tree tree = tree_of(3'000);
  const Tree copy = tree;
  const auto before = all_of(copy);

  for (std::size_t i = 0; i < 3'000; i += 2) {
    tree.erase(tree_key_of(*numbered(i)));
    tree.put(numbered(i + 1, 2));
  }

  BOOST_TEST((all_of(copy) == before));
  BOOST_TEST(copy.size() == 3'000U);
  BOOST_TEST(tree.size() == 1'500U);
}

BOOST_AUTO_TEST_CASE(can_be_read_in_copies_while_it_changes) {
  Tree tree = tree_of(500);
  std::atomic<int> wrong{0};
  std::vector<std::jthread> readers;

  for (Revision revision = 2; revision < 40; ++revision) {
    for (std::size_t i = 0; i < 500; i += 7) {
      tree.put(numbered(i, revision));
    }
    readers.emplace_back([&wrong, copy = tree, revision] {
      wrong += (*copy.find(tree_key_of(*numbered(0))))->revision() == revision ? 0 : 1;
    });
  }
  readers.clear();

  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_snapshot)

BOOST_AUTO_TEST_CASE(scans_one_namespace_only) {
  const Snapshot snapshot(std::make_shared<const Tree>(tree_of(9)), 5);
  std::vector<std::string> names;

  snapshot.scan_namespace("b", "000000", [&names](const ObjectPtr& object) {
    names.push_back(object->name());
    return true;
  });

  BOOST_TEST(names == (std::vector<std::string>{"000003", "000006"}));
}

BOOST_AUTO_TEST_CASE(of_nothing_is_empty) {
  const Snapshot snapshot;

  BOOST_TEST(snapshot.size() == 0U);
  BOOST_TEST(snapshot.find("a", "b") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::store
