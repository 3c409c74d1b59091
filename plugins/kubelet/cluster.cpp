// The cluster by way of the sdk's client.

#include "plugins/kubelet/cluster.hpp"

#include "core/base/concat.hpp"
#include "core/sdk/client.hpp"

namespace pintle::kubelet {
namespace {

class SdkCluster final : public Cluster {
 public:
  explicit SdkCluster(sdk::Host& host) : client_(host) {}

  Result<Json> request(std::string_view method, std::string_view path,
                       std::string_view content_type, std::string_view body) override {
    PINTLE_TRY(const auto text, client_.request(method, path, content_type, body));
    PINTLE_TRY(auto parsed, parse_json(text, {}, {.max_bytes = 64 * 1024 * 1024}));
    return std::move(parsed.value);
  }

 private:
  sdk::Client client_;
};

Result<Json> find_object(Cluster* cluster, std::string_view kind, std::string_view ns,
                         std::string_view name) {
  if (cluster == nullptr) {
    return Error{Code::kServiceUnavailable,
                 concat({"there is no server to ask for the ", kind, " \"", name, "\""})};
  }
  auto object = cluster->get(concat({"/api/v1/namespaces/", ns, "/", kind, "s/", name}));
  if (!object && object.error().code == Code::kNotFound) {
    return Error{Code::kNotFound, concat({kind, " \"", name, "\" not found"})};
  }
  return object;
}

}  // namespace

std::unique_ptr<Cluster> make_cluster(sdk::Host& host) {
  return host.has_cluster() ? std::make_unique<SdkCluster>(host) : nullptr;
}

ObjectSource make_object_source(Cluster* cluster) {
  return {[cluster](std::string_view ns, std::string_view name) {
            return find_object(cluster, "configmap", ns, name);
          },
          [cluster](std::string_view ns, std::string_view name) {
            return find_object(cluster, "secret", ns, name);
          }};
}

}  // namespace pintle::kubelet
