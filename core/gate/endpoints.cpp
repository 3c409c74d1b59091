// Paths without objects. Which document is sent depends on Accept; an unchanged one costs a 304.

#include "core/gate/endpoints.hpp"

#include <algorithm>

#include "core/api/discovery.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/query.hpp"
#include "core/registry/represent.hpp"

namespace pintle::gate {
namespace {

constexpr std::string_view kJson = "application/json";
// The older name holds a character that no media type may; both are asked for and answered.
constexpr std::string_view kOpenapiProtobuf =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
constexpr std::string_view kOldOpenapiProtobuf =
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
constexpr std::string_view kOpenapi3Protobuf =
    "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";
constexpr std::string_view kOldOpenapi3Protobuf =
    "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
constexpr std::string_view kOpenapi3 = "/openapi/v3/";

Response text(int status, std::string body) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .headers = {{"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

/// OpenAPI's own refusal has no body. Source: kube-openapi's handlers.
Response not_acceptable() {
  return {
      .status = 406, .content_type = "", .headers = {{"Vary", "Accept"}}, .body = std::string()};
}

std::optional<Result<Response>> found(std::optional<Response> response) {
  if (!response) {
    return std::nullopt;
  }
  return std::move(*response);
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

/// Whether an If-None-Match header names `etag`, which is quoted.
bool names_etag(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    auto one = header.substr(0, comma);
    one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
    one = one.substr(0, one.find_last_not_of(" \t") + 1);
    one.remove_prefix(one.starts_with("W/") ? 2 : 0);
    if (one == etag || one == "*") {
      return true;
    }
    header.remove_prefix(std::min(comma + 1, header.size()));
  }
  return false;
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
  std::string etag = '"' + api::document_hash(body.value()) + '"';
  auto made = std::make_shared<const Document>(Document{
      content_type, std::move(body).value(), std::move(etag), to_http_date(parts_.clock.now())});
  documents_.emplace(key, made);
  return made;
}

Endpoints::DocumentPtr Endpoints::discovery_document(const std::string& path,
                                                     const std::string& aggregated) const {
  const auto parts = parts_of(path);
  const bool core_group = parts[0] == "api";
  return document(path + " " + aggregated, std::string(kJson), [&]() -> Result<std::string> {
    if (!aggregated.empty()) {
      return api::aggregated_discovery_json(parts_.catalog, core_group, aggregated);
    }
    if (core_group) {
      return parts.size() == 1 ? api::api_versions_json("")
                               : api::api_resource_list_json(parts_.catalog, "", parts[1]);
    }
    if (parts.size() == 1) {
      return api::api_group_list_json(parts_.catalog);
    }
    return parts.size() == 2 ? api::api_group_json(parts_.catalog, parts[1])
                             : api::api_resource_list_json(parts_.catalog, parts[1], parts[2]);
  });
}

std::optional<Result<Response>> Endpoints::discovery(const RequestInfo& info,
                                                     const Request& request) const {
  const bool is_root = parts_of(info.path).size() == 1;
  const auto form = registry::negotiate_discovery(find_header(request.headers, "Accept"), is_root);
  if (!form.ok()) {
    return form.error();
  }
  const auto made = discovery_document(info.path, form.value().aggregated);
  if (made == nullptr) {
    return std::nullopt;
  }
  Response response{.status = 200,
                    .content_type = form.value().content_type(),
                    .headers = {{"Vary", "Accept"}},
                    .body = std::string()};
  if (!form.value().aggregated.empty()) {
    response.headers.emplace_back("ETag", made->etag);
    response.headers.emplace_back("Cache-Control", "public");
    if (names_etag(find_header(request.headers, "If-None-Match"), made->etag)) {
      response.status = 304;
      return response;
    }
  }
  response.body = form.value().as.media == registry::Representation::Media::kJson
                      ? made->body
                      : registry::answer_json(form.value().as, made->body).body;
  return response;
}

/// `made` as `content_type`, or that it is what the client has. Source: net/http's ServeContent.
Response Endpoints::serve(const Document& made, std::string_view etag, const Request& request) {
  Response response{
      .status = 200,
      .content_type = made.content_type,
      .headers = {{"ETag", std::string(etag)}, {"Vary", "Accept"}, {"Last-Modified", made.made_at}},
      .body = std::string()};
  const auto known = find_header(request.headers, "If-None-Match");
  const bool is_known = known.empty()
                            ? find_header(request.headers, "If-Modified-Since") == made.made_at
                            : names_etag(known, etag);
  if (is_known) {
    response.status = 304;
  } else {
    response.body = made.body;
  }
  return response;
}

std::optional<Response> Endpoints::openapi_v2(const Request& request) const {
  constexpr std::string_view kOffered[] = {kJson, kOpenapiProtobuf, kOldOpenapiProtobuf};
  const auto chosen = registry::choose_type(find_header(request.headers, "Accept"), kOffered);
  if (!chosen) {
    return not_acceptable();
  }
  const auto made =
      *chosen == 0
          ? document("/openapi/v2", std::string(kJson),
                     [&]() -> Result<std::string> { return api::openapi_v2_json(parts_.catalog); })
          : document(
                "/openapi/v2 protobuf", std::string(kOpenapiProtobuf),
                [&]() -> Result<std::string> { return api::openapi_v2_protobuf(parts_.catalog); });
  return serve(*made, made->etag, request);
}

std::optional<Response> Endpoints::openapi_v3(const RequestInfo& info,
                                              const Request& request) const {
  constexpr std::string_view kOffered[] = {kJson, kOpenapi3Protobuf, kOldOpenapi3Protobuf};
  const auto chosen = registry::choose_type(find_header(request.headers, "Accept"), kOffered);
  const std::string_view path = std::string_view(info.path).substr(kOpenapi3.size());
  const auto json = document(info.path, std::string(kJson),
                             [&] { return api::openapi_v3_json(parts_.catalog, path); });
  if (json == nullptr) {
    return std::nullopt;
  }
  if (!chosen) {
    return not_acceptable();
  }
  const registry::Query query(info.query);
  const auto hash = query.text("hash");
  const auto current = std::string_view(json->etag).substr(1, json->etag.size() - 2);
  if (!hash.empty() && hash != current) {
    return Response{
        .status = 301,
        .content_type = "",
        .headers = {{"Location", concat({info.path, "?hash=", current})}, {"Vary", "Accept"}},
        .body = std::string()};
  }
  const auto made =
      *chosen == 0 ? json : document(info.path + " protobuf", std::string(kOpenapi3Protobuf), [&] {
        return api::openapi_v3_protobuf(parts_.catalog, path);
      });
  Response response = serve(*made, json->etag, request);
  if (!hash.empty()) {  // What has its hash in its address never changes.
    response.headers.emplace_back("Cache-Control", "public, immutable");
    response.headers.emplace_back("Expires",
                                  to_http_date(parts_.clock.now() + std::chrono::hours(365 * 24)));
  }
  return response;
}

std::optional<Response> Endpoints::openapi(const RequestInfo& info, const Request& request) const {
  if (info.path == "/openapi/v2") {
    return openapi_v2(request);
  }
  if (info.path == "/openapi/v3") {
    const auto made = document(info.path, std::string(kJson), [&]() -> Result<std::string> {
      return api::openapi_v3_index_json(parts_.catalog);
    });
    return serve(*made, made->etag, request);
  }
  return info.path.starts_with(kOpenapi3) ? openapi_v3(info, request) : std::nullopt;
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

std::optional<Result<Response>> Endpoints::get(const RequestInfo& info,
                                               const Request& request) const {
  const auto parts = parts_of(info.path);
  if (parts.empty()) {
    return index();
  }
  const std::string& first = parts[0];
  if ((first == "api" && parts.size() <= 2) || (first == "apis" && parts.size() <= 3)) {
    return discovery(info, request);
  }
  if (first == "openapi") {
    return found(openapi(info, request));
  }
  if (first == "healthz" || first == "livez" || first == "readyz") {
    return found(health(info));
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
