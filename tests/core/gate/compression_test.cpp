// Compression: long answers are packed for whoever asks, while they are sent.

#include "core/gate/compression.hpp"

#include <zlib.h>

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const gate::Headers kGzip = {{"Accept-Encoding", "gzip"}};

std::string unpacked(std::string packed) {
  z_stream zlib{};
  BOOST_REQUIRE(inflateInit2(&zlib, 15 + 16) == Z_OK);
  zlib.next_in = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  int done = Z_OK;
  while (done == Z_OK) {
    std::string part(64 * 1024, '\0');
    zlib.next_out = reinterpret_cast<Bytef*>(part.data());
    zlib.avail_out = static_cast<uInt>(part.size());
    done = inflate(&zlib, Z_NO_FLUSH);
    out.append(part, 0, part.size() - zlib.avail_out);
  }
  inflateEnd(&zlib);
  BOOST_TEST(done == Z_STREAM_END);
  return out;
}

struct Compressing : Cluster {
  void make_map(const std::string& name, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; text.size() < bytes; ++i) {
      text += std::to_string(i * 2654435761U);
    }
    post(kMaps, R"({"metadata":{"name":")" + name + R"("},"data":{"k":")" + text + "\"}}");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_long_answer, Compressing)

BOOST_AUTO_TEST_CASE(is_packed_for_who_asks) {
  make_map("long", 200'000);
  const auto plain = get(kMaps + "/long");
  auto packed = get(kMaps + "/long", kGzip);

  BOOST_TEST(plain.header("Content-Encoding") == "");
  BOOST_TEST(packed.header("Content-Encoding") == "gzip");
  BOOST_TEST(packed.header("Vary") == "Accept-Encoding");
  const auto bytes = drain(*packed.stream);
  BOOST_TEST(bytes.size() < plain.body.size());
  BOOST_TEST(unpacked(bytes) == plain.body);
}

BOOST_AUTO_TEST_CASE(may_be_a_list_that_is_streamed) {
  for (int i = 0; i < 20; ++i) {
    make_map("m" + std::to_string(i), 50'000);
  }
  auto plain = get(kMaps);
  auto packed = get(kMaps, kGzip);

  BOOST_TEST(packed.header("Content-Encoding") == "gzip");
  BOOST_TEST(unpacked(drain(*packed.stream)) == drain(*plain.stream));
}

BOOST_AUTO_TEST_CASE(is_made_of_few_parts_at_a_time) {
  make_map("long", 900'000);
  auto packed = get(kMaps + "/long", kGzip);
  std::string first;
  BOOST_TEST((packed.stream->pull(first, 1024) == gate::Stream::State::kMore));
  BOOST_TEST(first.size() <= 2048U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_short_answer, Compressing)

BOOST_AUTO_TEST_CASE(is_sent_as_it_is) {
  make_map("short", 100);
  BOOST_TEST(get(kMaps + "/short", kGzip).header("Content-Encoding") == "");
  make_map("part", 70'000);  // Its list is streamed, and shorter than what is worth it.
  const auto list = get(kMaps, kGzip);
  BOOST_TEST(list.header("Content-Encoding") == "");
  BOOST_TEST(list.names().size() == 2U);
}

BOOST_AUTO_TEST_CASE(of_a_watch_is_never_packed) {
  make_map("long", 300'000);
  const auto watched = get(kMaps + "?watch=true&resourceVersion=0", kGzip);
  BOOST_TEST(watched.header("Content-Encoding") == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_accept_encoding_header)

BOOST_AUTO_TEST_CASE(asks_for_gzip_by_its_bare_name) {
  BOOST_TEST(gate::accepts_gzip("gzip"));
  BOOST_TEST(gate::accepts_gzip("deflate, gzip ,br"));
  BOOST_TEST(!gate::accepts_gzip(""));
  BOOST_TEST(!gate::accepts_gzip("identity"));
  BOOST_TEST(!gate::accepts_gzip("gzip;q=0"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
