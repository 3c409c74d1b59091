// Round trips through the server: what is accepted comes back, and writing it back changes nothing.

#include <charconv>

#include <boost/test/unit_test.hpp>

#include "core/api/protobuf.hpp"
#include "core/object/yaml.hpp"
#include "tests/core/registry/cluster.hpp"
#include "tests/support/filled.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

/// The parts of "spec.containers[0].ports": names and indexes.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : path) {
    if (c != '.' && c != '[' && c != ']') {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(std::exchange(part, ""));
    }
  }
  if (!part.empty()) {
    parts.push_back(part);
  }
  return parts;
}

/// The member or item of `value` that `part` names; null where there is none.
Json* find_part(Json& value, const std::string& part) {
  if (auto* object = value.if_object()) {
    return object->if_contains(part);
  }
  auto* list = value.if_array();
  std::size_t index = 0;
  const auto read = std::from_chars(part.data(), part.data() + part.size(), index);
  return list != nullptr && read.ec == std::errc() && index < list->size() ? &(*list)[index]
                                                                           : nullptr;
}

/// Takes out what `path` leads to. False where nothing is there.
bool take_out(Json& object, std::string_view path) {
  Json* at = &object;
  const auto parts = parts_of(path);
  for (std::size_t i = 0; i + 1 < parts.size() && at != nullptr; ++i) {
    at = find_part(*at, parts[i]);
  }
  if (parts.empty() || at == nullptr || find_part(*at, parts.back()) == nullptr) {
    return false;
  }
  if (auto* members = at->if_object()) {
    members->erase(parts.back());
  } else {
    auto& list = at->as_array();
    list.erase(list.begin() + (find_part(*at, parts.back()) - list.data()));
  }
  return true;
}

struct RoundTrips : Cluster {
  static std::string path_of(const api::Resource& resource) {
    return (resource.group.empty() ? "/api/" : "/apis/" + std::string(resource.group) + "/") +
           std::string(resource.version) + (resource.namespaced ? "/namespaces/default/" : "/") +
           std::string(resource.plural);
  }

  /// Posts `object` without what the rules refuse, until it is accepted or nothing more can go.
  Heard settle(const api::Resource& resource, Json& object) {
    for (;;) {
      auto heard = post(path_of(resource) + "?dryRun=All", to_json(object));
      if (heard.status != 422) {
        return heard.status == 201 ? post(path_of(resource), to_json(object)) : std::move(heard);
      }
      bool smaller = false;
      const Json status = heard.json();
      for (const auto& cause : array_at(status, {"details", "causes"})) {
        if (text_at(cause, {"reason"}) != "FieldValueRequired") {
          smaller = take_out(object, text_at(cause, {"field"})) || smaller;
        }
      }
      if (!smaller) {
        return heard;
      }
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(a_filled_object, RoundTrips)

BOOST_AUTO_TEST_CASE(of_every_kind_comes_back_and_may_be_put_back) {
  for (const auto* resource : catalog.resources()) {
    if (!resource->has_verb("create") || !resource->has_verb("get")) {
      continue;
    }
    Json object = test::Filled::object_of(*resource, test::Filled::Texts::kPlain);
    object.at("metadata") = JsonObject{{"name", "filled"}, {"labels", JsonObject{{"a", "b"}}}};
    const auto made = settle(*resource, object);
    std::cerr << resource->api_version() << " " << resource->kind << " " << made.status << " "
              << made.body.size() << " "
              << (made.status != 201 ? made.message().substr(0, 600) : "") << "\n";
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
