// Gathers environment variables.

#include "plugins/kubelet/env.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "core/base/concat.hpp"
#include "core/object/names.hpp"
#include "core/object/quantity.hpp"

namespace pintle::kubelet {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) {
    all += (all.empty() ? "" : ",") + text;
  }
  return all;
}

/// `metadata.labels['app']` -> "app"; nothing if `path` is no such subscript of `member`.
std::optional<std::string> subscript(std::string_view path, std::string_view member) {
  const auto head = concat({"metadata.", member, "['"});
  if (!path.starts_with(head) || !path.ends_with("']") || path.size() < head.size() + 2) {
    return std::nullopt;
  }
  return std::string(path.substr(head.size(), path.size() - head.size() - 2));
}

/// key="value" lines, as a downwardAPI file shows labels and annotations.
std::string map_lines(const JsonObject& map) {
  std::vector<std::string> lines;
  for (const auto& [key, value] : map) {
    lines.push_back(concat({std::string_view(key), "=", to_json(value)}));
  }
  std::ranges::sort(lines);
  std::string text;
  for (const auto& line : lines) {
    text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

void set_env(EnvPairs& envs, std::string name, std::string value) {
  const auto known = std::ranges::find(envs, name, &std::pair<std::string, std::string>::first);
  if (known != envs.end()) {
    known->second = std::move(value);
  } else {
    envs.emplace_back(std::move(name), std::move(value));
  }
}

bool is_optional(const Json& reference) {
  const auto* flag = find_member(reference, "optional");
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

Result<void> add_all_of(EnvPairs& envs, const Json& source, const EnvContext& context) {
  const bool is_secret = find_member(source, "secretRef") != nullptr;
  const auto* reference = find_member(source, is_secret ? "secretRef" : "configMapRef");
  if (reference == nullptr) {
    return {};
  }
  const auto ns = text_at(context.pod, {"metadata", "namespace"});
  const auto name = text_at(*reference, {"name"});
  auto object = is_secret ? context.objects.secret(ns, name) : context.objects.config_map(ns, name);
  if (!object) {
    const bool may_be_missing = object.error().code == Code::kNotFound && is_optional(*reference);
    return may_be_missing ? Result<void>() : std::move(object).error();
  }
  const auto prefix = text_at(source, {"prefix"});
  for (const auto& [key, ignored] : object_at(object.value(), {"data"})) {
    const auto env = concat({prefix, std::string_view(key)});
    PINTLE_TRY(const auto value, value_in(object.value(), key));
    if (value && !check_env_name(env)) {
      set_env(envs, env, *value);
    }
  }
  return {};
}

/// The value a key of a ConfigMap or Secret gives; nothing if it is optional and missing.
Result<std::optional<std::string>> key_value(const Json& reference, bool is_secret,
                                             const EnvContext& context) {
  const auto ns = text_at(context.pod, {"metadata", "namespace"});
  const auto name = text_at(reference, {"name"});
  const auto key = text_at(reference, {"key"});
  auto object = is_secret ? context.objects.secret(ns, name) : context.objects.config_map(ns, name);
  if (!object) {
    if (object.error().code == Code::kNotFound && is_optional(reference)) {
      return std::optional<std::string>{};
    }
    return std::move(object).error();
  }
  PINTLE_TRY(auto value, value_in(object.value(), key));
  if (!value && !is_optional(reference)) {
    return Error{Code::kInvalid, concat({"couldn't find key ", key, " in ",
                                         is_secret ? "Secret " : "ConfigMap ", ns, "/", name})};
  }
  return value;
}

Result<std::optional<std::string>> value_from(const Json& source, const EnvContext& context) {
  if (const auto* field = find_member(source, "fieldRef")) {
    PINTLE_TRY(auto text,
               pod_field(context.pod, text_at(*field, {"fieldPath"}), context.node, context.ips));
    return std::optional(std::move(text));
  }
  if (const auto* resource = find_member(source, "resourceFieldRef")) {
    PINTLE_TRY(auto text,
               resource_field(context.pod, *resource, name_of(context.container), context.node));
    return std::optional(std::move(text));
  }
  if (const auto* key = find_member(source, "configMapKeyRef")) {
    return key_value(*key, false, context);
  }
  if (const auto* key = find_member(source, "secretKeyRef")) {
    return key_value(*key, true, context);
  }
  return Error{Code::kInvalid, concat({"env valueFrom ", to_json(source), " is not supported"})};
}

std::string env_word(std::string_view name) {
  std::string word(name);
  for (auto& c : word) {
    c = c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return word;
}

void add_service(EnvPairs& envs, const Json& service) {
  const auto ip = std::string(text_at(service, {"spec", "clusterIP"}));
  const auto& ports = array_at(service, {"spec", "ports"});
  if (ip.empty() || ip == "None" || ports.empty()) {
    return;
  }
  const auto word = env_word(text_at(service, {"metadata", "name"}));
  const auto number = [](const Json& port) {
    return std::to_string(integer_at(port, {"port"}).value_or(0));
  };
  envs.emplace_back(word + "_SERVICE_HOST", ip);
  envs.emplace_back(word + "_SERVICE_PORT", number(ports[0]));
  for (const auto& port : ports) {
    if (const auto name = text_at(port, {"name"}); !name.empty()) {
      envs.emplace_back(word + "_SERVICE_PORT_" + env_word(name), number(port));
    }
  }
  bool is_first = true;
  for (const auto& port : ports) {
    auto protocol = std::string(text_at(port, {"protocol"}));
    protocol = protocol.empty() ? "TCP" : protocol;
    auto lower = protocol;
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return static_cast<char>(c - 'A' + 'a'); });
    const auto url = concat({lower, "://", ip, ":", number(port)});
    if (is_first) {
      envs.emplace_back(word + "_PORT", url);
      is_first = false;
    }
    const auto prefix = concat({word, "_PORT_", number(port), "_", protocol});
    envs.emplace_back(prefix, url);
    envs.emplace_back(prefix + "_PROTO", lower);
    envs.emplace_back(prefix + "_PORT", number(port));
    envs.emplace_back(prefix + "_ADDR", ip);
  }
}

}  // namespace

std::string expand(std::string_view text,
                   const std::function<const std::string*(const std::string&)>& find) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const auto end = text[i + 1] == '(' ? text.find(')', i + 2) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += '$';
      continue;
    }
    const std::string name(text.substr(i + 2, end - i - 2));
    const auto* value = find(name);
    out += value != nullptr ? *value : concat({"$(", name, ")"});
    i = end;
  }
  return out;
}

std::string expand(std::string_view text, const EnvPairs& envs) {
  return expand(text, [&](const std::string& name) -> const std::string* {
    for (auto env = envs.rbegin(); env != envs.rend(); ++env) {
      if (env->first == name) {
        return &env->second;
      }
    }
    return nullptr;
  });
}

Result<std::string> pod_field(const Json& pod, std::string_view path, const NodeFacts& node,
                              const std::vector<std::string>& ips) {
  for (const auto* member : {"name", "namespace", "uid"}) {
    if (path == concat({"metadata.", member})) {
      return std::string(text_at(pod, {"metadata", member}));
    }
  }
  for (const auto* member : {"labels", "annotations"}) {
    if (path == concat({"metadata.", member})) {
      return map_lines(object_at(pod, {"metadata", member}));
    }
    if (const auto key = subscript(path, member)) {
      return std::string(text_at(pod, {"metadata", member, *key}));
    }
  }
  if (path == "spec.nodeName") {
    return node.name;
  }
  if (path == "spec.serviceAccountName") {
    return std::string(text_at(pod, {"spec", "serviceAccountName"}));
  }
  if (path == "status.hostIP" || path == "status.hostIPs") {
    return node.ip;
  }
  if (path == "status.podIP") {
    return ips.empty() ? std::string() : ips.front();
  }
  if (path == "status.podIPs") {
    return joined(ips);
  }
  return Error{Code::kInvalid, concat({"unsupported fieldPath: ", path})};
}

Result<std::string> resource_field(const Json& pod, const Json& reference,
                                   std::string_view default_container, const NodeFacts& node) {
  auto name = text_at(reference, {"containerName"});
  name = name.empty() ? default_container : name;
  const auto* container = find_container(pod, name);
  if (container == nullptr) {
    return Error{Code::kInvalid, concat({"container ", name, " not found"})};
  }
  const auto path = text_at(reference, {"resource"});
  const auto dot = path.find('.');
  const auto list = path.substr(0, dot);
  const auto resource = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  const bool is_known =
      (list == "limits" || list == "requests") &&
      (resource == "cpu" || resource == "memory" || resource == "ephemeral-storage");
  if (!is_known) {
    return Error{Code::kInvalid, concat({"unsupported container resource: ", path})};
  }
  auto amount = Quantity::of_units(0);
  if (const auto text = text_at(*container, {"resources", list, resource}); !text.empty()) {
    PINTLE_TRY(amount, parse_quantity(text));
  }
  // A limit that is not set is what the node has to give.
  if (amount.is_zero() && list == "limits") {
    amount = resource == "cpu"      ? Quantity::of_millis(node.allocatable_cpu_millis)
             : resource == "memory" ? Quantity::of_units(node.allocatable_memory_bytes)
                                    : Quantity::of_units(node.allocatable_ephemeral_bytes);
  }
  auto divisor = Quantity::of_units(1);
  if (const auto text = text_at(reference, {"divisor"}); !text.empty() && text != "0") {
    PINTLE_TRY(divisor, parse_quantity(text));
  }
  const auto rounded_up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  if (resource == "cpu") {
    return std::to_string(rounded_up(amount.millis(), std::max<std::int64_t>(1, divisor.millis())));
  }
  return std::to_string(rounded_up(amount.units(), std::max<std::int64_t>(1, divisor.units())));
}

EnvPairs service_envs(const JsonArray& services) {
  EnvPairs envs;
  std::set<std::string> taken;
  for (const auto& service : services) {
    if (taken.emplace(text_at(service, {"metadata", "name"})).second) {
      add_service(envs, service);
    }
  }
  return envs;
}

Result<EnvPairs> make_env(const EnvContext& context) {
  EnvPairs envs;
  for (const auto& source : array_at(context.container, {"envFrom"})) {
    PINTLE_TRY_STATUS(add_all_of(envs, source, context));
  }
  const auto find = [&](const std::string& name) -> const std::string* {
    for (const auto* list : std::initializer_list<const EnvPairs*>{&envs, &context.services}) {
      for (const auto& env : *list) {
        if (env.first == name) {
          return &env.second;
        }
      }
    }
    return nullptr;
  };
  for (const auto& env : array_at(context.container, {"env"})) {
    const std::string name(name_of(env));
    const auto* source = find_member(env, "valueFrom");
    if (source == nullptr || source->is_null()) {
      set_env(envs, name, expand(text_at(env, {"value"}), find));
      continue;
    }
    PINTLE_TRY(auto value, value_from(*source, context));
    if (value) {
      set_env(envs, name, std::move(*value));
    }
  }
  EnvPairs all;
  for (const auto& service : context.services) {
    if (std::ranges::find(envs, service.first, &EnvPairs::value_type::first) == envs.end()) {
      all.push_back(service);
    }
  }
  all.insert(all.end(), envs.begin(), envs.end());
  return all;
}

Result<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else if (c == '=' || c == '\n' || c == '\r') {
      continue;
    } else {
      return Error{Code::kInvalid, "bad base64"};
    }
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

Result<std::optional<std::string>> value_in(const Json& object, std::string_view key) {
  const bool is_secret = text_at(object, {"kind"}) == "Secret";
  if (const auto* value = find_path(object, {"data", key});
      value != nullptr && value->is_string()) {
    if (!is_secret) {
      return std::optional(std::string(value->as_string()));
    }
    PINTLE_TRY(auto bytes, decode_base64(value->as_string()));
    return std::optional(std::move(bytes));
  }
  if (const auto* value = find_path(object, {"binaryData", key});
      value != nullptr && value->is_string()) {
    PINTLE_TRY(auto bytes, decode_base64(value->as_string()));
    return std::optional(std::move(bytes));
  }
  return std::optional<std::string>{};
}

}  // namespace pintle::kubelet
