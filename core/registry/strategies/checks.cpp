// The shared checks, in Kubernetes' words. Source: apimachinery util/validation.

#include "core/registry/strategies/checks.hpp"

#include <arpa/inet.h>

#include "core/base/concat.hpp"

namespace pintle::registry {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string item_path(std::string_view list, std::size_t index) {
  return concat({list, "[", std::to_string(index), "]"});
}

std::string sub_path(std::string_view path, std::string_view field) {
  return path.empty() ? std::string(field) : concat({path, ".", field});
}

void check_name_at(Causes& causes, std::string path, std::string_view value,
                   const NameFault& fault) {
  if (fault) {
    causes.push_back(invalid_value(std::move(path), quoted(value), *fault));
  }
}

void check_range(Causes& causes, std::string path, std::int64_t number, std::int64_t least,
                 std::int64_t most) {
  if (number < least || number > most) {
    causes.push_back(invalid_value(std::move(path), std::to_string(number),
                                   concat({"must be between ", std::to_string(least), " and ",
                                           std::to_string(most), ", inclusive"})));
  }
}

void check_port(Causes& causes, std::string path, std::int64_t number) {
  check_range(causes, std::move(path), number, 1, 65535);
}

void check_not_negative(Causes& causes, const Json& object, std::string_view path,
                        std::string_view field) {
  const auto number = integer_at(object, {field});
  if (number && *number < 0) {
    causes.push_back(invalid_value(sub_path(path, field), std::to_string(*number),
                                   "must be greater than or equal to 0"));
  }
}

void check_port_reference(Causes& causes, std::string path, const Json* port) {
  if (port == nullptr) {
    check_port(causes, std::move(path), 0);
  } else if (port->is_int64()) {
    check_port(causes, std::move(path), port->get_int64());
  } else if (port->is_string()) {
    const std::string_view name = port->get_string();
    check_name_at(causes, std::move(path), name, check_port_name(name));
  }
}

bool is_true(const Json& object, std::initializer_list<std::string_view> keys) {
  const Json* value = find_path(object, keys);
  return value != nullptr && value->is_bool() && value->get_bool();
}

bool is_ipv4(std::string_view text) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool same_at(const Json& a, const Json& b, std::initializer_list<std::string_view> keys) {
  const Json* x = find_path(a, keys);
  const Json* y = find_path(b, keys);
  return x == nullptr || y == nullptr ? x == y : *x == *y;
}

void carry(JsonObject& to, const Json& from, std::string_view key) {
  if (const Json* value = find_member(from, key)) {
    to[key] = *value;
  } else {
    to.erase(key);
  }
}

}  // namespace pintle::registry
