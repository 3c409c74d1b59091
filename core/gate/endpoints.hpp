// Endpoints: what is served beside objects: discovery, OpenAPI, health, version, metrics.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/gate/exchange.hpp"
#include "core/gate/gate.hpp"

namespace pintle::gate {

/// Documents are made when first asked for and kept. Threads: const from anywhere.
class Endpoints {
 public:
  struct Parts {
    const api::Catalog& catalog;
    std::vector<std::pair<std::string, std::function<std::string()>>> ready_checks;
    std::function<std::string()> metrics;
    std::string version_json;
    const Clock& clock;
  };
  explicit Endpoints(Parts parts);

  /// The answer to a GET of a non-resource path; nothing where there is no such path.
  /// Errors: kNotAcceptable for discovery in no form it has.
  std::optional<Result<Response>> get(const RequestInfo& info, const Request& request) const;

 private:
  struct Document {
    std::string content_type;
    std::string body;
    std::string etag;     // Quoted.
    std::string made_at;  // As Last-Modified has it.
  };
  using DocumentPtr = std::shared_ptr<const Document>;

  DocumentPtr document(const std::string& key, const std::string& content_type,
                       const std::function<Result<std::string>()>& make) const;
  std::optional<Result<Response>> discovery(const RequestInfo& info, const Request& request) const;
  DocumentPtr discovery_document(const std::string& path, const std::string& aggregated) const;
  static Response serve(const Document& made, std::string_view etag, const Request& request);
  std::optional<Response> openapi(const RequestInfo& info, const Request& request) const;
  std::optional<Response> openapi_v2(const Request& request) const;
  std::optional<Response> openapi_v3(const RequestInfo& info, const Request& request) const;
  std::optional<Response> health(const RequestInfo& info) const;
  Response index() const;

  Parts parts_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, DocumentPtr> documents_;  // By path and form. Guarded by mutex_.
};

}  // namespace pintle::gate
