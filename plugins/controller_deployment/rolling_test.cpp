// How many pods each revision should have.

#include "plugins/controller_deployment/rolling.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle::controller_deployment {
namespace {

Wish wish_of(std::int64_t replicas, Json surge = "25%", Json unavailable = "25%") {
  return Wish::of(
      {{"metadata", {{"name", "web"}, {"namespace", "d"}}},
       {"spec",
        {{"replicas", replicas},
         {"strategy",
          {{"type", "RollingUpdate"},
           {"rollingUpdate",
            {{"maxSurge", std::move(surge)}, {"maxUnavailable", std::move(unavailable)}}}}}}}});
}

ReplicaSet set_of(std::string_view name, std::int64_t replicas, std::int64_t available,
                  std::int64_t most = 0, std::int64_t number = 0) {
  // Names are in the order of their making.
  return ReplicaSet::of(
      {{"metadata",
        {{"name", name},
         {"creationTimestamp", std::string("2026-01-01T00:00:0") + name.back() + "Z"},
         {"annotations",
          {{kMaxReplicas, std::to_string(most)}, {kRevision, std::to_string(number)}}}}},
       {"spec", {{"replicas", replicas}}},
       {"status", {{"replicas", replicas}, {"availableReplicas", available}}}});
}

std::string told(const std::vector<Scaling>& steps) {
  std::string text;
  for (const auto& step : steps) {
    text += std::to_string(step.index) + "=" + std::to_string(step.replicas) + " ";
  }
  return text;
}

BOOST_AUTO_TEST_SUITE(a_rolling_update)

BOOST_AUTO_TEST_CASE(rounds_its_surge_up_and_its_unavailable_down) {
  struct Row {
    std::int64_t replicas;
    Json surge, unavailable;
    std::int64_t wanted_surge, wanted_unavailable;
  };
  const Row rows[] = {{10, "25%", "25%", 3, 2}, {3, "25%", "25%", 1, 0}, {1, "25%", "25%", 1, 0},
                      {2, 0, "10%", 0, 1},      {4, 2, 3, 2, 3},         {2, 0, 5, 0, 2},
                      {0, "25%", "25%", 0, 0},  {10, "100%", 0, 10, 0}};
  for (const auto& row : rows) {
    const auto wish = wish_of(row.replicas, row.surge, row.unavailable);
    BOOST_TEST(wish.max_surge == row.wanted_surge);
    BOOST_TEST(wish.max_unavailable == row.wanted_unavailable);
  }
}

BOOST_AUTO_TEST_CASE(fills_the_room_that_the_old_ones_leave) {
  const auto wish = wish_of(10);  // At most 13.
  BOOST_TEST(current_replicas(wish, 10, 0) == 3);
  BOOST_TEST(current_replicas(wish, 13, 0) == 0);
  BOOST_TEST(current_replicas(wish, 0, 0) == 10);
  BOOST_TEST(current_replicas(wish, 2, 8) == 10);
  BOOST_TEST(current_replicas(wish, 0, 12) == 10);
}

BOOST_AUTO_TEST_CASE(takes_no_more_than_may_be_missing) {
  const auto wish = wish_of(10);  // At least 8 available.
  BOOST_TEST(told(scale_down_old(wish, {set_of("s1", 10, 10)}, set_of("s2", 3, 0))) == "0=8 ");
  BOOST_TEST(told(scale_down_old(wish, {set_of("s1", 8, 8)}, set_of("s2", 5, 0))).empty());
  BOOST_TEST(told(scale_down_old(wish, {set_of("s1", 8, 8)}, set_of("s2", 5, 5))) == "0=3 ");
}

BOOST_AUTO_TEST_CASE(first_takes_what_never_came_up) {
  const auto wish = wish_of(10);
  const ReplicaSets old = {set_of("s1", 8, 8), set_of("s2", 3, 0)};
  BOOST_TEST(told(scale_down_old(wish, old, set_of("s3", 2, 0))) == "1=0 ");
}

BOOST_AUTO_TEST_CASE(takes_the_oldest_first) {
  const auto wish = wish_of(10);
  const ReplicaSets old = {set_of("s2", 5, 5), set_of("s1", 5, 5)};
  BOOST_TEST(told(scale_down_old(wish, old, set_of("s3", 0, 0))) == "1=3 ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_changed_size_in_the_middle_of_a_rollout)

BOOST_AUTO_TEST_CASE(is_shared_out_in_proportion) {
  // 10 became 15, with 3 more on top: 8 and 5 of 13 become 11 and 7 of 18.
  const ReplicaSets active = {set_of("s1", 8, 8, 13), set_of("s2", 5, 5, 13)};
  BOOST_TEST(told(scale_in_proportion(wish_of(15, 3, 2), active)) == "0=11 1=7 ");
}

BOOST_AUTO_TEST_CASE(shrinks_in_proportion_as_well) {
  const ReplicaSets active = {set_of("s1", 8, 8, 13), set_of("s2", 5, 5, 13)};
  BOOST_TEST(told(scale_in_proportion(wish_of(5, 3, 2), active)) == "0=5 1=3 ");
}

BOOST_AUTO_TEST_CASE(to_nothing_leaves_nothing) {
  const ReplicaSets active = {set_of("s1", 8, 8, 13), set_of("s2", 5, 5, 13)};
  BOOST_TEST(told(scale_in_proportion(wish_of(0, 3, 2), active)) == "0=0 1=0 ");
}

BOOST_AUTO_TEST_CASE(gives_of_equals_the_newest_what_rounding_leaves) {
  const ReplicaSets active = {set_of("s1", 1, 1, 2), set_of("s2", 1, 1, 2)};
  BOOST_TEST(told(scale_in_proportion(wish_of(3, 0, 1), active)) == "1=2 0=1 ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_history)

BOOST_AUTO_TEST_CASE(keeps_the_latest_and_whatever_has_pods) {
  auto wish = wish_of(3);
  wish.history_limit = 1;
  const ReplicaSets old = {set_of("s3", 0, 0, 0, 3), set_of("s1", 0, 0, 0, 1),
                           set_of("s2", 2, 0, 0, 2)};
  BOOST_TEST(beyond_history(wish, old) == std::vector<std::size_t>{1});
  wish.history_limit = std::nullopt;
  BOOST_TEST(beyond_history(wish, old).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_template)

BOOST_AUTO_TEST_CASE(hashes_alike_whatever_the_order_of_its_members) {
  const Json one = {{"metadata", {{"labels", {{"a", "1"}, {"b", "2"}}}}}, {"spec", {{"x", 1}}}};
  const Json other = {{"spec", {{"x", 1}}}, {"metadata", {{"labels", {{"b", "2"}, {"a", "1"}}}}}};
  BOOST_TEST(hash_of(one, {}) == hash_of(other, {}));
  BOOST_TEST(hash_of(one, {}) != hash_of(one, 1));
  BOOST_TEST(hash_of(one, 1) != hash_of(one, 2));
}

BOOST_AUTO_TEST_CASE(is_the_same_with_its_hash_label_and_another_with_any_other_change) {
  const Json plain = {{"metadata", {{"labels", {{"a", "1"}}}}}, {"spec", {{"x", 1}}}};
  const Json hashed = {{"metadata", {{"labels", {{"a", "1"}, {"pod-template-hash", "z"}}}}},
                       {"spec", {{"x", 1}}}};
  const Json other = {{"metadata", {{"labels", {{"a", "1"}}}}}, {"spec", {{"x", 2}}}};
  BOOST_TEST(same_template(&plain, &hashed));
  BOOST_TEST(!same_template(&plain, &other));
  BOOST_TEST(!same_template(&plain, nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_deployment
