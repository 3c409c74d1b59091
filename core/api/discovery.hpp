// Discovery and OpenAPI: what the catalog looks like from outside. Each document is made once.

#pragma once

#include <string>
#include <string_view>

#include "core/api/catalog.hpp"
#include "core/base/result.hpp"

namespace pintle::api {

std::string api_versions_json(std::string_view server_address);  // GET /api
std::string api_group_list_json(const Catalog& catalog);         // GET /apis
/// GET /apis/GROUP. Errors: kNotFound.
Result<std::string> api_group_json(const Catalog& catalog, std::string_view group);
/// GET /api/v1, /apis/GROUP/VERSION: an APIResourceList. Errors: kNotFound.
Result<std::string> api_resource_list_json(const Catalog& catalog, std::string_view group,
                                           std::string_view version);
/// GET /api and /apis when `g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList` is accepted.
/// `version` is "v2" or "v2beta1".
std::string aggregated_discovery_json(const Catalog& catalog, bool core_group,
                                      std::string_view version);

std::string openapi_v2_json(const Catalog& catalog);
/// The same document as gnostic's protobuf openapi.v2.Document, for kubectl before 1.27.
std::string openapi_v2_protobuf(const Catalog& catalog);
/// GET /openapi/v3: paths with hashes. GET /openapi/v3/`path` ("api/v1", "apis/apps/v1").
std::string openapi_v3_index_json(const Catalog& catalog);
Result<std::string> openapi_v3_json(const Catalog& catalog, std::string_view path);
/// The same document as gnostic's protobuf openapi.v3.Document, for kubectl since 1.27.
Result<std::string> openapi_v3_protobuf(const Catalog& catalog, std::string_view path);

/// FNV-1a in hex: an ETag, and the hash in the index of /openapi/v3. It tells documents apart;
/// nothing secret depends on it.
std::string document_hash(std::string_view document);

}  // namespace pintle::api
