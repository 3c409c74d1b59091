// Paths without objects. Which document is sent depends on Accept; an unchanged one costs a 304.

#include "core/gate/endpoints.hpp"

#include <algorithm>

#include "core/api/discovery.hpp"
#include "core/object/status.hpp"
#include "core/registry/query.hpp"

namespace pintle::gate {
namespace {

constexpr std::string_view kJson = "application/json";
// The older name holds a character that no media type may; both are asked for and answered.
constexpr std::string_view kOpenapiProtobuf =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
constexpr std::string_view kOldOpenapiProtobuf =
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

Response text(int status, std::string body) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .headers = {{"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

/// FNV-1a: names a document's content; nothing secret depends on it.
std::string hash_of(std::string_view content) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : content) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) {
    digits += kHex[(hash >> shift) & 15U];
  }
  return digits;
}

/// The parts of a path: "/apis/apps/v1" -> {"apis", "apps", "v1"}.
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t at = 1;
  while (at < path.size()) {
    const auto slash = std::min(path.find('/', at), path.size());
    parts.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

/// Whether `accept` asks for the aggregated form, and in which version, best first.
std::string_view aggregated_version(std::string_view accept) {
  while (!accept.empty()) {
    const auto comma = accept.find(',');
    const auto clause = accept.substr(0, comma);
    if (clause.find("as=APIGroupDiscoveryList") != std::string_view::npos) {
      if (clause.find("v=v2beta1") != std::string_view::npos) {
        return "v2beta1";
      }
      if (clause.find("v=v2") != std::string_view::npos) {
        return "v2";
      }
    } else if (clause.find("application/json") != std::string_view::npos) {
      return "";
    }
    accept = comma == std::string_view::npos ? "" : accept.substr(comma + 1);
  }
  return "";
}

std::string check_lines(
    const std::vector<std::pair<std::string, std::function<std::string()>>>& checks,
    const std::vector<std::string>& excluded, bool& ok) {
  std::string lines = "[+]ping ok\n";
  for (const auto& [name, check] : checks) {
    if (std::find(excluded.begin(), excluded.end(), name) != excluded.end()) {
      lines += "[+]" + name + " excluded: ok\n";
      continue;
    }
    const std::string fault = check();
    ok = ok && fault.empty();
    lines += fault.empty() ? "[+]" + name + " ok\n" : "[-]" + name + " failed: " + fault + "\n";
  }
  return lines;
}

}  // namespace

Endpoints::Endpoints(Parts parts) : parts_(std::move(parts)) {}

Endpoints::DocumentPtr Endpoints::document(const std::string& key, const std::string& content_type,
                                           const std::function<Result<std::string>()>& make) const {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(key);
  if (found != documents_.end()) {
    return found->second;
  }
  auto body = make();
  if (!body.ok()) {
    return nullptr;
  }
  std::string etag = '"' + hash_of(body.value()) + '"';
  auto made = std::make_shared<const Document>(
      Document{content_type, std::move(body).value(), std::move(etag)});
  documents_.emplace(key, made);
  return made;
}

std::optional<Response> Endpoints::aggregated(bool core_group, const Request& request) const {
  const std::string version(aggregated_version(find_header(request.headers, "Accept")));
  if (version.empty()) {
    return std::nullopt;
  }
  const auto made =
      document((core_group ? "/api " : "/apis ") + version,
               "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList",
               [&]() -> Result<std::string> {
                 return api::aggregated_discovery_json(parts_.catalog, core_group, version);
               });
  if (find_header(request.headers, "If-None-Match") == made->etag) {
    return Response{.status = 304,
                    .content_type = made->content_type,
                    .headers = {{"ETag", made->etag}, {"Vary", "Accept"}},
                    .body = std::string()};
  }
  return Response{.status = 200,
                  .content_type = made->content_type,
                  .headers = {{"ETag", made->etag}, {"Vary", "Accept"}},
                  .body = made->body};
}

std::optional<Response> Endpoints::discovery(const RequestInfo& info,
                                             const Request& request) const {
  const auto parts = parts_of(info.path);
  if (parts.size() == 1) {
    if (auto answer = aggregated(parts[0] == "api", request)) {
      return answer;
    }
  }
  const auto made = document(info.path, std::string(kJson), [&]() -> Result<std::string> {
    if (parts[0] == "api") {
      return parts.size() == 1 ? api::api_versions_json("")
                               : api::api_resource_list_json(parts_.catalog, "", parts[1]);
    }
    if (parts.size() == 1) {
      return api::api_group_list_json(parts_.catalog);
    }
    return parts.size() == 2 ? api::api_group_json(parts_.catalog, parts[1])
                             : api::api_resource_list_json(parts_.catalog, parts[1], parts[2]);
  });
  if (made == nullptr) {
    return std::nullopt;
  }
  return Response{.status = 200,
                  .content_type = made->content_type,
                  .headers = {{"Vary", "Accept"}},
                  .body = made->body};
}

std::optional<Response> Endpoints::openapi(const RequestInfo& info, const Request& request) const {
  DocumentPtr made;
  if (info.path == "/openapi/v2") {
    const auto accept = find_header(request.headers, "Accept");
    const bool protobuf = accept.find(kOpenapiProtobuf) != std::string_view::npos ||
                          accept.find(kOldOpenapiProtobuf) != std::string_view::npos;
    made = protobuf ? document("/openapi/v2 protobuf", std::string(kOpenapiProtobuf),
                               [&]() -> Result<std::string> {
                                 return api::openapi_v2_protobuf(parts_.catalog);
                               })
                    : document(info.path, std::string(kJson), [&]() -> Result<std::string> {
                        return api::openapi_v2_json(parts_.catalog);
                      });
  } else if (info.path == "/openapi/v3") {
    made = document(info.path, std::string(kJson), [&]() -> Result<std::string> {
      return api::openapi_v3_index_json(parts_.catalog);
    });
  } else if (info.path.starts_with("/openapi/v3/")) {
    made = document(info.path, std::string(kJson), [&] {
      return api::openapi_v3_json(parts_.catalog, std::string_view(info.path).substr(12));
    });
  }
  if (made == nullptr) {
    return std::nullopt;
  }
  if (find_header(request.headers, "If-None-Match") == made->etag) {
    return Response{.status = 304,
                    .content_type = made->content_type,
                    .headers = {{"ETag", made->etag}},
                    .body = std::string()};
  }
  return Response{.status = 200,
                  .content_type = made->content_type,
                  .headers = {{"ETag", made->etag}, {"Vary", "Accept"}},
                  .body = made->body};
}

std::optional<Response> Endpoints::health(const RequestInfo& info) const {
  const auto parts = parts_of(info.path);
  const registry::Query query(info.query);
  // Liveness is the process answering at all; readiness asks everyone.
  auto checks = parts[0] == "livez" ? decltype(parts_.ready_checks){} : parts_.ready_checks;
  if (parts.size() > 2) {
    return std::nullopt;
  }
  if (parts.size() == 2) {
    if (parts[1] == "ping") {
      return text(200, "ok");
    }
    std::erase_if(checks, [&](const auto& check) { return check.first != parts[1]; });
    if (checks.empty()) {
      return std::nullopt;
    }
  }
  bool ok = true;
  const std::string lines = check_lines(checks, query.all("exclude"), ok);
  if (!ok) {
    return text(500, lines + parts[0] + " check failed\n");
  }
  return text(200, query.find("verbose") != nullptr ? lines + parts[0] + " check passed\n" : "ok");
}

Response Endpoints::index() const {
  std::vector<std::string> paths = {"/api",    "/api/v1",  "/apis",       "/healthz",
                                    "/livez",  "/metrics", "/openapi/v2", "/openapi/v3",
                                    "/readyz", "/version"};
  for (const auto* resource : parts_.catalog.resources()) {
    if (!resource->group.empty()) {
      const std::string group = "/apis/" + std::string(resource->group);
      paths.push_back(group);
      paths.push_back(group + "/" + std::string(resource->version));
    }
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::string body = R"({"paths":[)";
  for (const auto& path : paths) {
    body += '"' + path + "\",";
  }
  body.back() = ']';
  return {.status = 200, .headers = {}, .body = body + "}"};
}

std::optional<Response> Endpoints::get(const RequestInfo& info, const Request& request) const {
  const auto parts = parts_of(info.path);
  if (parts.empty()) {
    return index();
  }
  const std::string& first = parts[0];
  if ((first == "api" && parts.size() <= 2) || (first == "apis" && parts.size() <= 3)) {
    return discovery(info, request);
  }
  if (first == "openapi") {
    return openapi(info, request);
  }
  if (first == "healthz" || first == "livez" || first == "readyz") {
    return health(info);
  }
  if (info.path == "/version") {
    return Response{.status = 200, .headers = {}, .body = parts_.version_json};
  }
  if (info.path == "/metrics" && parts_.metrics) {
    return Response{.status = 200,
                    .content_type = "text/plain; version=0.0.4; charset=utf-8",
                    .headers = {},
                    .body = parts_.metrics()};
  }
  return std::nullopt;
}

}  // namespace pintle::gate
