// Plugins as objects: `{apiVersion: pintle.dev/v1alpha1, kind: Plugin, metadata, spec, status}`.

#include "core/gate/plugin_api.hpp"

#include <algorithm>

#include "core/object/status.hpp"
#include "core/object/yaml.hpp"

namespace pintle::gate {
namespace {

constexpr std::string_view kGroup = "pintle.dev";

Response failure(const Error& error) {
  return {.status = http_status_of(error.code), .headers = {}, .body = to_status_json(error)};
}

Json to_object(const loader::PluginState& state) {
  JsonArray provides;
  for (const auto& point : state.provides) {
    provides.emplace_back(point);
  }
  return {{"apiVersion", "pintle.dev/v1alpha1"},
          {"kind", "Plugin"},
          {"metadata", {{"name", state.name}}},
          {"status",
           {{"state", state.state},
            {"version", state.version},
            {"file", state.file.string()},
            {"message", state.message},
            {"provides", provides}}}};
}

Response list(loader::Loader& loader) {
  JsonArray items;
  for (const auto& state : loader.list()) {
    items.push_back(to_object(state));
  }
  const Json body = {{"apiVersion", "pintle.dev/v1alpha1"},
                     {"kind", "PluginList"},
                     {"metadata", JsonObject()},
                     {"items", items}};
  return {.status = 200, .headers = {}, .body = to_json(body)};
}

Response show(loader::Loader& loader, const std::string& name, int status = 200) {
  for (const auto& state : loader.list()) {
    if (state.name == name) {
      return {.status = status, .headers = {}, .body = to_json(to_object(state))};
    }
  }
  return failure(not_found("plugins.pintle.dev", name));
}

Result<Json> parse(const Request& request) {
  PINTLE_TRY(auto documents, parse_json_or_yaml(request.body));
  if (documents.size() != 1 || !documents.front().value.is_object()) {
    return Error{Code::kBadRequest, "the body must be one Plugin object"};
  }
  return std::move(documents.front().value);
}

Response load(loader::Loader& loader, const Request& request) {
  const auto object = parse(request);
  if (!object.ok()) {
    return failure(object.error());
  }
  const std::string name(text_at(object.value(), {"metadata", "name"}));
  if (name.empty()) {
    return failure(invalid(kGroup, "Plugin", "", {required_value("metadata.name")}));
  }
  const auto loaded = loader.load(name);
  return loaded.ok() ? show(loader, name, 201) : failure(loaded.error());
}

Response replace(loader::Loader& loader, const std::string& name, const Request& request) {
  const auto object = parse(request);
  if (!object.ok()) {
    return failure(object.error());
  }
  const auto replaced =
      loader.replace(name, std::string(text_at(object.value(), {"spec", "file"})));
  return replaced.ok() ? show(loader, name) : failure(replaced.error());
}

Response unload(loader::Loader& loader, const std::string& name) {
  const auto unloaded = loader.unload(name);
  if (!unloaded.ok()) {
    return failure(unloaded.error());
  }
  return {
      .status = 200, .headers = {}, .body = to_success_status_json(name, kGroup, "plugins", "")};
}

}  // namespace

bool is_plugin_api(const RequestInfo& info) {
  return info.attributes.is_resource && info.attributes.group == kGroup &&
         info.attributes.version == "v1alpha1" && info.attributes.resource == "plugins" &&
         info.attributes.ns.empty() && info.attributes.subresource.empty();
}

Response answer_plugin_api(loader::Loader& loader, const RequestInfo& info,
                           const Request& request) {
  const auto& what = info.attributes;
  if (what.verb == "list") {
    return list(loader);
  }
  if (what.verb == "get") {
    return show(loader, what.name);
  }
  if (what.verb == "create" && what.name.empty()) {
    return load(loader, request);
  }
  if (what.verb == "update") {
    return replace(loader, what.name, request);
  }
  if (what.verb == "delete") {
    return unload(loader, what.name);
  }
  return failure(
      {Code::kMethodNotAllowed, "the server does not allow this method on the requested resource"});
}

}  // namespace pintle::gate
