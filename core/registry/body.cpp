// How bodies are decoded, and what clients are told of those that can't be.
//
// Source: apiserver endpoints/handlers create.go, update.go and rest.go (transformDecodeError).

#include "core/registry/body.hpp"

#include <unordered_set>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/object/yaml.hpp"
#include "core/registry/strategy.hpp"
#include "core/registry/versions.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kUnknownFormat =
    "the body of the request was in an unknown format - accepted media types include: "
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";

bool is_yaml(const Operation& operation) {
  return operation.content_type == "application/yaml";
}

Result<ParsedJson> parse_bytes(const Operation& operation, const JsonStorage& storage) {
  if (operation.content_type.empty() || operation.content_type == "application/json") {
    return parse_json(operation.body, storage);
  }
  if (is_yaml(operation)) {
    return parse_yaml_document(operation.body);
  }
  return Error(Code::kUnsupportedMediaType, std::string(kUnknownFormat));
}

Error cannot_be_handled(const api::Resource& resource, std::string_view kind,
                        std::string_view why) {
  return {Code::kBadRequest, concat({kind, " in version ", quoted(resource.version),
                                     " cannot be handled as a ", resource.kind, ": ", why})};
}

/// What the object says of its own type must be what the path says; saying nothing is fine.
Result<void> check_type(const api::Resource& resource, const Json& object) {
  const auto kind = text_at(object, {"kind"});
  const auto version = text_at(object, {"apiVersion"});
  const auto expected = resource.api_version();
  if (!version.empty() && version != expected) {
    return Error(Code::kBadRequest,
                 concat({"the API version in the data (", version,
                         ") does not match the expected API version (", expected, ")"}));
  }
  if (!kind.empty() && kind != resource.kind) {
    return cannot_be_handled(resource, kind,
                             concat({"converting (", resource.version, ".", kind, ") to (",
                                     resource.kind, "): unknown conversion"}));
  }
  return {};
}

/// All duplicates of a YAML text are one fault: Go's YAML decoder tells of them at once.
std::vector<std::string> yaml_fault(const std::vector<std::string>& places) {
  std::string fault = "yaml: unmarshal errors:";
  for (const auto& place : places) {
    fault += "\n  " + place;
  }
  return {fault};
}

/// Unknown and duplicate fields in the order in which they stand in `json`.
std::vector<std::string> faults_in_order(const std::vector<std::string>& unknown,
                                         const std::vector<std::string>& duplicates,
                                         std::string_view json) {
  const std::unordered_set<std::string> strangers(unknown.begin(), unknown.end());
  const std::unordered_set<std::string> doubles(duplicates.begin(), duplicates.end());
  std::unordered_set<std::string> seen;
  std::vector<std::string> faults;
  for (const auto& path : key_paths(json)) {
    const bool is_first = seen.insert(path).second;
    if (!is_first && doubles.contains(path)) {
      faults.push_back(concat({"duplicate field ", pintle::quoted(path)}));
    } else if (is_first && strangers.contains(path)) {
      faults.push_back(concat({"unknown field ", pintle::quoted(path)}));
    }
  }
  return faults;
}

std::vector<std::string> strict_faults(const std::vector<std::string>& unknown,
                                       const Duplicates& duplicates) {
  if (!duplicates.json.empty() && !unknown.empty() && !duplicates.paths.empty()) {
    return faults_in_order(unknown, duplicates.paths, duplicates.json);
  }
  std::vector<std::string> faults;
  if (!duplicates.yaml.empty()) {
    faults = yaml_fault(duplicates.yaml);
  } else {
    for (const auto& path : duplicates.paths) {
      faults.push_back(concat({"duplicate field ", pintle::quoted(path)}));
    }
  }
  for (const auto& path : unknown) {
    faults.push_back(concat({"unknown field ", pintle::quoted(path)}));
  }
  return faults;
}

}  // namespace

Result<ParsedJson> parse_body(const Operation& operation, const JsonStorage& storage,
                              std::string_view kind) {
  auto parsed = parse_bytes(operation, storage);
  if (!parsed.ok() && parsed.error().code != Code::kBadRequest) {
    return std::move(parsed).error();
  }
  if (!parsed.ok()) {
    return Error(
        Code::kBadRequest,
        concat({"the object provided is unrecognized (must be of type ", kind,
                "): couldn't get version/kind; json parse error: ", parsed.error().message}));
  }
  if (!parsed.value().value.is_object()) {
    return Error(Code::kBadRequest,
                 concat({"the object provided is unrecognized (must be of type ", kind,
                         "): couldn't get version/kind; json parse error: json: cannot unmarshal "
                         "into Go value of type struct"}));
  }
  return parsed;
}

Result<void> decode_tree(const api::Resource& resource, FieldValidation validation, Json& object,
                         const Duplicates& duplicates, std::vector<std::string>& warnings) {
  auto decoded = api::decode(*resource.type, object);
  if (!decoded.ok()) {
    return cannot_be_handled(resource, resource.kind, decoded.error().message);
  }
  if (validation != FieldValidation::kIgnore) {
    auto faults = strict_faults(decoded.value().unknown_fields, duplicates);
    if (validation == FieldValidation::kStrict && !faults.empty()) {
      std::string why = "strict decoding error: ";
      for (std::size_t i = 0; i < faults.size(); ++i) {
        why += (i == 0 ? "" : ", ") + faults[i];
      }
      return cannot_be_handled(resource, resource.kind, why);
    }
    warnings.insert(warnings.end(), faults.begin(), faults.end());
  }
  api::apply_defaults(*resource.type, object);
  find_strategy(resource.storage).apply_defaults(object);
  return {};
}

Result<void> convert_to_stored(const Operation& operation, Json& object) {
  if (operation.served == nullptr) {
    return {};
  }
  to_stored(operation, object);
  std::vector<std::string> none;
  return decode_tree(*operation.resource, FieldValidation::kIgnore, object, {}, none);
}

Result<Json> decode_body(const Operation& operation, FieldValidation validation,
                         const JsonStorage& storage, std::vector<std::string>& warnings) {
  const auto& resource = served_of(operation);
  PINTLE_TRY(ParsedJson parsed, parse_body(operation, storage, resource.kind));
  PINTLE_TRY_STATUS(check_type(resource, parsed.value));
  auto& object = parsed.value.as_object();
  object["kind"] = resource.kind;
  object["apiVersion"] = resource.api_version();
  const Duplicates duplicates{
      .paths = std::move(parsed.duplicates),
      .yaml = std::move(parsed.yaml_duplicates),
      .json = is_yaml(operation) ? std::string_view() : std::string_view(operation.body)};
  PINTLE_TRY_STATUS(decode_tree(resource, validation, parsed.value, duplicates, warnings));
  ensure_object(object, "metadata");
  PINTLE_TRY_STATUS(convert_to_stored(operation, parsed.value));
  return Json(std::move(parsed.value), storage);
}

}  // namespace pintle::registry
