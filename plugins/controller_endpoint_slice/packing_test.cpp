// Which endpoints go into which slice.

#include "plugins/controller_endpoint_slice/packing.hpp"

#include <boost/test/unit_test.hpp>

#include "plugins/controller_endpoint_slice/endpoint.hpp"

namespace pintle::controller_endpoint_slice {
namespace {

Json endpoint(int number, bool ready = true) {
  return {{"addresses", JsonArray{std::to_string(number)}}, {"conditions", {{"ready", ready}}}};
}

JsonArray endpoints(int from, int to) {
  JsonArray list;
  for (int i = from; i < to; ++i) {
    list.push_back(endpoint(i));
  }
  return list;
}

Wanted wanted(int from, int to) {
  Wanted all;
  for (int i = from; i < to; ++i) {
    all.emplace(identity_of(endpoint(i)), endpoint(i));
  }
  return all;
}

/// "3+ 2 0-": how many each holds; + where it is written, - where it is deleted.
std::string told(const std::vector<Packed>& slices) {
  std::string text;
  for (const auto& slice : slices) {
    text += std::to_string(slice.endpoints.size()) + (slice.emptied   ? "- "
                                                      : slice.changed ? "+ "
                                                                      : " ");
  }
  return text;
}

std::vector<Packed> slices(std::vector<JsonArray> lists) {
  std::vector<Packed> all;
  for (auto& list : lists) {
    all.push_back({.endpoints = std::move(list)});
  }
  return all;
}

BOOST_AUTO_TEST_SUITE(a_set_of_slices)

BOOST_AUTO_TEST_CASE(that_has_what_is_wanted_is_not_written) {
  auto held = slices({endpoints(0, 3), endpoints(3, 5)});
  BOOST_TEST(pack(held, wanted(0, 5), 3).empty());
  BOOST_TEST(told(held) == "3 2 ");
}

BOOST_AUTO_TEST_CASE(changes_only_the_slice_of_an_endpoint_that_changes) {
  auto held = slices({endpoints(0, 3), endpoints(3, 6)});
  auto all = wanted(0, 6);
  all[identity_of(endpoint(4))] = endpoint(4, false);
  BOOST_TEST(pack(held, all, 3).empty());
  BOOST_TEST(told(held) == "3 3+ ");
  BOOST_TEST(held[1].endpoints.at(1) == endpoint(4, false));
}

BOOST_AUTO_TEST_CASE(fills_what_is_written_anyway_first) {
  auto held = slices({endpoints(0, 2), endpoints(10, 13)});
  // 10 goes, so the second slice is written; the first has room as well, but stays.
  auto all = wanted(0, 2);
  all.merge(wanted(11, 14));
  BOOST_TEST(pack(held, all, 3).empty());
  BOOST_TEST(told(held) == "2 3+ ");
}

BOOST_AUTO_TEST_CASE(takes_the_fullest_with_room_for_all_that_is_new) {
  auto held = slices({endpoints(0, 1), endpoints(10, 12), endpoints(20, 24)});
  auto all = wanted(0, 1);
  all.merge(wanted(10, 12));
  all.merge(wanted(20, 24));
  all.merge(wanted(30, 32));
  BOOST_TEST(pack(held, all, 4).empty());
  BOOST_TEST(told(held) == "1 4+ 4 ");
}

BOOST_AUTO_TEST_CASE(makes_full_new_slices_and_fits_in_the_rest) {
  auto held = slices({endpoints(0, 3)});
  const auto made = pack(held, wanted(0, 12), 4);
  // Nine new: two full ones, and the last one goes into the room that is there.
  BOOST_TEST(made.size() == 2U);
  BOOST_TEST(made[0].size() == 4U);
  BOOST_TEST(told(held) == "4+ ");
}

BOOST_AUTO_TEST_CASE(gives_up_a_slice_that_nothing_is_left_in) {
  auto held = slices({endpoints(0, 3), endpoints(3, 6)});
  BOOST_TEST(pack(held, wanted(0, 3), 3).empty());
  BOOST_TEST(told(held) == "3 0- ");
}

BOOST_AUTO_TEST_CASE(writes_one_whose_labels_must_change) {
  auto held = slices({endpoints(0, 3)});
  held[0].must_change = true;
  BOOST_TEST(pack(held, wanted(0, 3), 3).empty());
  BOOST_TEST(told(held) == "3+ ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_endpoint_slice
