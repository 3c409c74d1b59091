// Builders for the node agent's tests.

#pragma once

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "core/object/yaml.hpp"
#include "plugins/kubelet/pod.hpp"

namespace pintle::kubelet::test {

inline Json yaml(std::string_view text) {
  auto parsed = parse_yaml_document(text);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), text);
  return std::move(parsed).value().value;
}

/// A pod "web" in "default" with this spec (YAML).
inline PodPtr pod_of(std::string_view spec, std::string_view metadata = "{}") {
  JsonObject object{{"apiVersion", "v1"}, {"kind", "Pod"}};
  auto named = yaml(metadata);
  named.as_object()["name"] = "web";
  named.as_object()["namespace"] = "default";
  named.as_object()["uid"] = "uid-1";
  object["metadata"] = std::move(named);
  object["spec"] = yaml(spec);
  return make_pod(std::move(object), false);
}

}  // namespace pintle::kubelet::test
