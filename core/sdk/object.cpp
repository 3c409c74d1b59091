// Objects as a plugin sees them: see object.hpp.

#include "core/sdk/object.hpp"

namespace pintle::sdk {

Json Value::to_json() const {
  switch (kind()) {
    case PINTLE_BOOL:
      return boolean();
    case PINTLE_INTEGER:
      return integer();
    case PINTLE_NUMBER:
      return number();
    case PINTLE_STRING:
      return JsonString(text());
    case PINTLE_ARRAY: {
      JsonArray array;
      array.reserve(size());
      for (const Value value : *this) {
        array.push_back(value.to_json());
      }
      return array;
    }
    case PINTLE_OBJECT: {
      JsonObject object;
      object.reserve(size());
      for (const auto& [name, value] : members()) {
        object.emplace(name, value.to_json());
      }
      return object;
    }
    default:
      return nullptr;
  }
}

std::string key_of(std::string_view ns, std::string_view name) {
  std::string key;
  key.reserve(ns.size() + 1 + name.size());
  if (!ns.empty()) {
    key.append(ns).append("/");
  }
  return key.append(name);
}

std::string key_of(const ObjectHandle& object) {
  const Value metadata = object.at("metadata");
  return key_of(metadata.text("namespace"), metadata.text("name"));
}

std::pair<std::string_view, std::string_view> split_key(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) {
    return {std::string_view(), key};
  }
  return {key.substr(0, slash), key.substr(slash + 1)};
}

}  // namespace pintle::sdk
