// A container's environment: where each value comes from, and $(NAME) in it.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/kubelet/machine.hpp"
#include "plugins/kubelet/pod.hpp"

namespace pintle::kubelet {

using EnvPairs = std::vector<std::pair<std::string, std::string>>;

/// Objects that values may come from. Errors: kNotFound worded `configmap "x" not found`.
struct ObjectSource {
  std::function<Result<Json>(std::string_view ns, std::string_view name)> config_map;
  std::function<Result<Json>(std::string_view ns, std::string_view name)> secret;
};

/// `text` with each $(NAME) replaced by what `find` gives; `$$` is a dollar, and a name that `find`
/// does not know (null) stays as it stands. Source: third_party/forked/golang/expansion.
std::string expand(std::string_view text,
                   const std::function<const std::string*(const std::string&)>& find);

/// The same with the names of `envs`; of two with one name the later counts.
std::string expand(std::string_view text, const EnvPairs& envs);

/// The field of a pod that a fieldRef or a downwardAPI item names. `ips` are the pod's.
/// Errors: kInvalid for a field that can't be asked for.
Result<std::string> pod_field(const Json& pod, std::string_view path, const NodeFacts& node,
                              const std::vector<std::string>& ips);

/// What a resourceFieldRef names, in units of its divisor, rounded up.
Result<std::string> resource_field(const Json& pod, const Json& reference,
                                   std::string_view default_container, const NodeFacts& node);

/// KUBERNETES_SERVICE_HOST and the like for services with a cluster IP. `services` are the items of
/// ServiceLists; names taken twice keep the first. Source: kubelet pkg/envvars.
EnvPairs service_envs(const JsonArray& services);

struct EnvContext {
  const Json& pod;
  const Json& container;
  const NodeFacts& node;
  const std::vector<std::string>& ips;
  const ObjectSource& objects;
  const EnvPairs& services;
};

/// Everything that `env` and `envFrom` say, after the services' values, which they may replace.
/// Errors: kNotFound or kInvalid: the container can't be made (CreateContainerConfigError).
Result<EnvPairs> make_env(const EnvContext& context);

/// The bytes behind base64 text. Errors: kInvalid.
Result<std::string> decode_base64(std::string_view text);

/// The value of `key` in a ConfigMap (data, binaryData) or Secret (data); null if missing.
Result<std::optional<std::string>> value_in(const Json& object, std::string_view key);

}  // namespace pintle::kubelet
