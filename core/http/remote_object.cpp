// From JSON to Object: the resourceVersion is cut out, where Object puts its own back in.

#include "core/http/remote_object.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "core/gate/gate.hpp"

namespace pintle::http {
namespace {

void append_member(std::string& out, std::string_view name, const Json& value) {
  append_json_string(out, name);
  out += ':';
  append_json(out, value);
  out += ',';
}

TextPairs labels_of(const Json& json) {
  TextPairs labels;
  for (const auto& [name, value] : object_at(json, {"metadata", "labels"})) {
    if (const auto* text = value.if_string()) {
      labels.emplace_back(std::string(name), std::string(*text));
    }
  }
  std::ranges::sort(labels);
  return labels;
}

}  // namespace

Result<ObjectPtr> to_object(const std::string& resource, const Json& json,
                            const TypeOfItems& type) {
  const auto name = text_at(json, {"metadata", "name"});
  const auto version = text_at(json, {"metadata", "resourceVersion"});
  Revision revision = 0;
  std::from_chars(version.data(), version.data() + version.size(), revision);
  if (!json.is_object() || name.empty() || revision == 0) {
    return Error{Code::kInternalError, "the server sent something that is no object"};
  }
  const auto own_kind = text_at(json, {"kind"});
  const auto own_version = text_at(json, {"apiVersion"});
  Draft draft;
  draft.head = "{\"kind\":";
  append_json_string(draft.head, own_kind.empty() ? std::string_view(type.kind) : own_kind);
  draft.head += ",\"apiVersion\":";
  append_json_string(draft.head,
                     own_version.empty() ? std::string_view(type.api_version) : own_version);
  draft.head += ',';
  draft.type_size = static_cast<std::uint32_t>(draft.head.size() - 1);
  draft.head += "\"metadata\":{";
  for (const auto& [key, value] : object_at(json, {"metadata"})) {
    if (key != "resourceVersion") {
      append_member(draft.tail, key, value);
    }
  }
  draft.tail.back() = '}';
  for (const auto& [key, value] : json.get_object()) {
    if (key != "kind" && key != "apiVersion" && key != "metadata") {
      draft.tail += ',';
      append_member(draft.tail, key, value);
      draft.tail.pop_back();
    }
  }
  draft.tail += '}';
  draft.uid = text_at(json, {"metadata", "uid"});
  draft.labels = labels_of(json);
  Key key{resource, std::string(text_at(json, {"metadata", "namespace"})), std::string(name)};
  draft.fields = {{"metadata.name", key.name}, {"metadata.namespace", key.ns}};
  return ObjectPtr(std::make_shared<const Object>(std::move(key), revision, std::move(draft)));
}

Result<std::string> resource_of_path(std::string_view path) {
  PINTLE_TRY(const auto info, gate::parse_request_info("GET", path));
  const auto& what = info.attributes;
  if (!what.is_resource || what.resource.empty()) {
    return Error{Code::kBadRequest, std::string(path) + " is no resource's path"};
  }
  return what.group.empty() ? what.resource : what.resource + "." + what.group;
}

}  // namespace pintle::http
