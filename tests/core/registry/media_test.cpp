// Media: protobuf out, for objects, lists, watches and errors, and how it is negotiated.

#include <boost/test/unit_test.hpp>

#include "core/api/protobuf.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const std::string kProtobuf(api::kProtobuf);
const gate::Headers kAsProtobuf = {{"Accept", kProtobuf}};

struct Media : Cluster {
  /// The object in a protobuf body, as JSON text.
  Json read(std::string_view body) const {
    auto object = api::decode_protobuf(catalog, body);
    BOOST_REQUIRE(object.ok());
    return std::move(object).value();
  }

  /// The whole body, streamed or not.
  static std::string whole(Heard& heard, std::size_t budget = 16 * 1024) {
    return heard.stream == nullptr ? heard.body : drain(*heard.stream, budget);
  }

  std::string type_for(const std::string& target, const std::string& accept) {
    const auto heard = get(target, {{"Accept", accept}});
    return heard.status == 200 ? heard.content_type : heard.message();
  }

  static std::string_view take_field(std::string_view& bytes) {
    std::size_t size = 0;
    std::size_t at = 1;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      size |= static_cast<std::size_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) {
        break;
      }
    }
    const auto field = bytes.substr(at, size);
    bytes.remove_prefix(at + size);
    return field;
  }

  /// "ADDED a", of each frame of a watch in protobuf.
  std::vector<std::string> frames_of(Heard& heard) const {
    std::string text = heard.body;
    while (heard.stream != nullptr &&
           heard.stream->pull(text, 16 * 1024) == gate::Stream::State::kMore) {
    }
    std::string_view bytes = text;
    std::vector<std::string> lines;
    while (!bytes.empty()) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        size = size << 8U | static_cast<unsigned char>(bytes[i]);
      }
      auto event = bytes.substr(4, size);
      bytes.remove_prefix(4 + size);
      const auto type = std::string(take_field(event));
      auto extension = take_field(event);
      const Json object = read(take_field(extension));
      const auto name = text_at(object, {"metadata", "name"});
      lines.push_back(type + " " + std::string(text_at(object, {"kind"})) + " " +
                      std::string(name.empty() ? text_at(object, {"reason"}) : name));
    }
    return lines;
  }
};

BOOST_FIXTURE_TEST_SUITE(an_answer_in_protobuf, Media)

BOOST_AUTO_TEST_CASE(is_the_object_that_json_shows) {
  make_config_map("a");
  const auto shown = get(kMaps + "/a", kAsProtobuf);

  BOOST_TEST(shown.content_type == kProtobuf);
  BOOST_TEST((read(shown.body) == get(kMaps + "/a").json()));
}

BOOST_AUTO_TEST_CASE(is_given_to_writes_and_dry_runs) {
  const auto made = post(kMaps, R"({"metadata":{"name":"a"}})", kAsProtobuf);
  BOOST_TEST(made.status == 201);
  BOOST_TEST(text_at(read(made.body), {"metadata", "name"}) == "a");

  const auto tried = post(kMaps + "?dryRun=All", R"({"metadata":{"name":"b"}})", kAsProtobuf);
  BOOST_TEST(text_at(read(tried.body), {"metadata", "name"}) == "b");
}

BOOST_AUTO_TEST_CASE(may_be_an_error) {
  const auto missed = get(kMaps + "/none", kAsProtobuf);

  BOOST_TEST(missed.status == 404);
  BOOST_TEST(missed.content_type == kProtobuf);
  const Json status = read(missed.body);
  BOOST_TEST(text_at(status, {"reason"}) == "NotFound");
  BOOST_TEST(text_at(status, {"details", "name"}) == "none");
  BOOST_TEST(integer_at(status, {"code"}).value() == 404);
}

BOOST_AUTO_TEST_CASE(may_be_a_list_with_its_head) {
  make_config_map("a");
  make_config_map("b");
  auto heard = get(kMaps + "?limit=1", kAsProtobuf);

  const Json list = read(whole(heard));
  BOOST_TEST(text_at(list, {"kind"}) == "ConfigMapList");
  BOOST_TEST(array_at(list, {"items"}).size() == 1U);
  BOOST_TEST(!text_at(list, {"metadata", "continue"}).empty());
  BOOST_TEST(integer_at(list, {"metadata", "remainingItemCount"}).value() == 1);
  BOOST_TEST(text_at(list, {"metadata", "resourceVersion"}) == get(kMaps).version());
}

BOOST_AUTO_TEST_CASE(may_be_a_long_list_that_is_streamed) {
  for (int i = 0; i < 30; ++i) {
    post(kMaps, R"({"metadata":{"name":"m)" + std::to_string(i) + R"("},"data":{"k":")" +
                    std::string(100'000, 'x') + "\"}}");
  }
  // Few enough to be kept while they are measured; and more.
  for (const std::size_t count : {5U, 30U}) {
    auto heard = get(kMaps + "?limit=" + std::to_string(count), kAsProtobuf);
    BOOST_REQUIRE(heard.stream != nullptr);
    const Json list = read(whole(heard));
    BOOST_TEST(array_at(list, {"items"}).size() == count);
  }
}

BOOST_AUTO_TEST_CASE(may_be_metadata_alone) {
  make_config_map("a", R"({"x":"y"})");
  const std::string accept = kProtobuf + ";as=PartialObjectMetadata";
  const auto one = get(kMaps + "/a", {{"Accept", accept + ";g=meta.k8s.io;v=v1"}});
  BOOST_TEST(text_at(read(one.body), {"kind"}) == "PartialObjectMetadata");

  auto heard = get(kMaps, {{"Accept", accept + "List;g=meta.k8s.io;v=v1"}});
  const Json list = read(whole(heard));
  BOOST_TEST(text_at(list, {"kind"}) == "PartialObjectMetadataList");
  BOOST_TEST(text_at(array_at(list, {"items"})[0], {"metadata", "labels", "x"}) == "y");
}

BOOST_AUTO_TEST_CASE(may_be_a_review) {
  const auto review =
      post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
           R"({"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}})", kAsProtobuf);
  BOOST_TEST(review.content_type == kProtobuf);
  BOOST_TEST(read(review.body).at("status").at("allowed").as_bool());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_watch_in_protobuf, Media)

BOOST_AUTO_TEST_CASE(has_a_frame_an_event) {
  make_config_map("a");
  auto heard = get(kMaps + "?watch=true&resourceVersion=0", {{"Accept", kProtobuf}});
  make_config_map("b");
  erase(kMaps + "/a");

  BOOST_TEST(heard.content_type == kProtobuf + ";stream=watch");
  heard.stream->set_waker([] {});
  const std::vector<std::string> expected = {"ADDED ConfigMap a", "ADDED ConfigMap b",
                                             "DELETED ConfigMap a"};
  BOOST_TEST(frames_of(heard) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_be_of_metadata_alone_and_ends_its_list_with_a_bookmark) {
  make_config_map("a");
  auto heard = get(kMaps +
                       "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                       "allowWatchBookmarks=true",
                   {{"Accept", kProtobuf + ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}});
  heard.stream->set_waker([] {});
  const auto frames = frames_of(heard);
  BOOST_REQUIRE(frames.size() == 2U);
  BOOST_TEST(frames[0] == "ADDED PartialObjectMetadata a");
  BOOST_TEST(frames[1] == "BOOKMARK PartialObjectMetadata ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_accept_header, Media)

BOOST_AUTO_TEST_CASE(chooses_the_first_that_is_served) {
  make_config_map("a");
  const auto path = kMaps + "/a";
  const std::string table = ";as=Table;g=meta.k8s.io;v=v1";

  BOOST_TEST(type_for(path, kProtobuf + ",application/json") == kProtobuf);
  BOOST_TEST(type_for(path, "application/json," + kProtobuf) == "application/json");
  BOOST_TEST(type_for(path, kProtobuf + ";q=0.5,application/json") == "application/json");
  BOOST_TEST(type_for(path, "image/png, */*;q=0.1") == "application/json");
  BOOST_TEST(type_for(path, kProtobuf + table + ",application/yaml") == "application/yaml");
  BOOST_TEST(type_for(path, kProtobuf + ";stream=watch") == kProtobuf);
}

BOOST_AUTO_TEST_CASE(that_nothing_fits_is_told_what_does) {  // T-H18
  make_config_map("a");
  BOOST_TEST(type_for(kMaps + "/a", "image/png") ==
             "only the following media types are accepted: application/json, application/yaml, "
             "application/vnd.kubernetes.protobuf");
  BOOST_TEST(type_for(kMaps + "?watch=1", "image/png") ==
             "only the following media types are accepted: application/json;stream=watch, "
             "application/vnd.kubernetes.protobuf;stream=watch");
  BOOST_TEST(get(kMaps + "?watch=1", {{"Accept", "application/yaml"}}).status == 406);
  BOOST_TEST(get(kMaps, {{"Accept", kProtobuf + ";as=Table;g=meta.k8s.io;v=v1"}}).status == 406);
}

BOOST_AUTO_TEST_CASE(for_a_list_of_metadata_is_not_for_one_object) {
  make_config_map("a");
  const std::string partial = "application/json;g=meta.k8s.io;v=v1;as=PartialObjectMetadata";
  BOOST_TEST(type_for(kMaps + "/a", partial + "List") ==
             "you requested PartialObjectMetadataList, but the requested object is not a list "
             "(*core.ConfigMap)");
  BOOST_TEST(type_for(kMaps, partial) ==
             "you requested PartialObjectMetadata, but the requested object is a list "
             "(*core.ConfigMapList)");
}

BOOST_AUTO_TEST_CASE(in_yaml_gets_errors_in_yaml) {
  const auto missed = get(kMaps + "/none", {{"Accept", "application/yaml"}});
  BOOST_TEST(missed.content_type == "application/yaml");
  BOOST_TEST(missed.body.find("reason: NotFound") != std::string::npos);
  BOOST_TEST(get(kMaps + "/none", {{"Accept", "image/png"}}).reason() == "NotAcceptable");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
