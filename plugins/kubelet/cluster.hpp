// The cluster, as far as the agent asks it for anything. There is none when it runs alone.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/object/json.hpp"
#include "core/sdk/host.hpp"
#include "plugins/kubelet/env.hpp"

namespace pintle::kubelet {

/// Threads: every method may be called from any thread; each waits for its answer.
class Cluster {
 public:
  virtual ~Cluster() = default;

  /// The answer's object. Errors: those of the Status; kServiceUnavailable if nobody answers.
  virtual Result<Json> request(std::string_view method, std::string_view path,
                               std::string_view content_type, std::string_view body) = 0;

  Result<Json> get(std::string_view path) { return request("GET", path, "", ""); }
  Result<Json> create(std::string_view path, const Json& object) {
    return request("POST", path, "application/json", to_json(object));
  }
};

/// The host's cluster; null where it has none.
std::unique_ptr<Cluster> make_cluster(sdk::Host& host);

/// ConfigMaps and Secrets by name. `cluster` may be null: then there are none.
ObjectSource make_object_source(Cluster* cluster);

}  // namespace pintle::kubelet
