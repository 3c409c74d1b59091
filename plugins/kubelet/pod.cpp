// Reads pods. Defaults that a server would have set are assumed where a field is missing.

#include "plugins/kubelet/pod.hpp"

#include <array>
#include <map>

#include "core/base/clock.hpp"
#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::chrono::seconds kDefaultGrace{30};

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

std::string hex_of(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) {
    text[i] = kDigits[number & 15];
  }
  return text;
}

using Amounts = std::map<std::string, Quantity, std::less<>>;

/// The cpu and memory amounts above zero under resources.<key>.
Amounts amounts_of(const Json& container, std::string_view key) {
  Amounts amounts;
  for (const auto& [name, value] : object_at(container, {"resources", key})) {
    if ((name == "cpu" || name == "memory") && value.is_string()) {
      const auto quantity = parse_quantity(value.as_string());
      if (quantity && !quantity.value().is_zero()) {
        amounts.emplace(std::string(name), quantity.value());
      }
    }
  }
  return amounts;
}

bool is_guaranteed(const Json& container) {
  const auto limits = amounts_of(container, "limits");
  auto requests = amounts_of(container, "requests");
  for (const auto& [name, quantity] : limits) {
    requests.emplace(name, quantity);
  }
  return limits.size() == 2 && requests == limits;
}

}  // namespace

PodPtr make_pod(Json object, bool is_static) {
  auto pod = std::make_shared<Pod>();
  pod->uid = std::string(text_at(object, {"metadata", "uid"}));
  pod->ns = std::string(text_at(object, {"metadata", "namespace"}));
  pod->name = std::string(text_at(object, {"metadata", "name"}));
  pod->is_static = is_static;
  pod->object = std::make_shared<const Json>(std::move(object));
  return pod;
}

std::string to_text(const Pod& pod) {
  return concat({pod.name, "_", pod.ns, "(", pod.uid, ")"});
}

std::string_view annotation_of(const Json& pod, std::string_view name) {
  return text_at(pod, {"metadata", "annotations", name});
}

const JsonArray& containers_of(const Json& pod) {
  return array_at(pod, {"spec", "containers"});
}

const JsonArray& init_containers_of(const Json& pod) {
  return array_at(pod, {"spec", "initContainers"});
}

const Json* find_container(const Json& pod, std::string_view name) {
  for (const auto* list : {&containers_of(pod), &init_containers_of(pod)}) {
    for (const auto& container : *list) {
      if (name_of(container) == name) {
        return &container;
      }
    }
  }
  return nullptr;
}

std::string field_path_of(const Json& pod, std::string_view container) {
  for (const auto& init : init_containers_of(pod)) {
    if (name_of(init) == container) {
      return concat({"spec.initContainers{", container, "}"});
    }
  }
  return concat({"spec.containers{", container, "}"});
}

std::string_view name_of(const Json& container) {
  return text_at(container, {"name"});
}

std::string_view restart_policy_of(const Json& pod) {
  const auto policy = text_at(pod, {"spec", "restartPolicy"});
  return policy.empty() ? "Always" : policy;
}

bool is_sidecar(const Json& init_container) {
  return text_at(init_container, {"restartPolicy"}) == "Always";
}

bool is_on_host_network(const Json& pod) {
  const auto* flag = find_path(pod, {"spec", "hostNetwork"});
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

bool is_being_deleted(const Json& pod) {
  return !text_at(pod, {"metadata", "deletionTimestamp"}).empty();
}

std::chrono::seconds grace_period_of(const Json& pod) {
  auto seconds = integer_at(pod, {"metadata", "deletionGracePeriodSeconds"});
  if (!seconds) {
    seconds = integer_at(pod, {"spec", "terminationGracePeriodSeconds"});
  }
  return seconds && *seconds >= 0 ? std::chrono::seconds(*seconds) : kDefaultGrace;
}

std::string_view qos_class_of(const Json& pod) {
  bool has_any = false;
  bool all_guaranteed = true;
  for (const auto* list : {&containers_of(pod), &init_containers_of(pod)}) {
    for (const auto& container : *list) {
      has_any = has_any || !amounts_of(container, "requests").empty() ||
                !amounts_of(container, "limits").empty();
      all_guaranteed = all_guaranteed && is_guaranteed(container);
    }
  }
  if (!has_any) {
    return "BestEffort";
  }
  return all_guaranteed ? "Guaranteed" : "Burstable";
}

std::string hash_of_container(const Json& container) {
  return hash_of(concat({name_of(container), "\n", text_at(container, {"image"})})).substr(0, 16);
}

std::string hash_of(std::string_view text) {
  // Two differently seeded halves. The first seed is FNV's own.
  return hex_of(fnv1a(text, 0xcbf29ce484222325ULL)) + hex_of(fnv1a(text, 0x9ae16a3b2f90404fULL));
}

std::string whole_image_name(std::string_view image) {
  std::string name(image);
  const auto slash = name.find('/');
  const auto first = name.substr(0, slash);
  const bool has_domain = slash != std::string::npos &&
                          (first.find_first_of(".:") != std::string::npos || first == "localhost");
  if (!has_domain) {
    name = concat({"docker.io/", slash == std::string::npos ? "library/" : "", name});
  }
  const auto last = name.substr(name.rfind('/') + 1);
  const bool is_tagged = last.find_first_of(":@") != std::string::npos;
  return is_tagged ? name : name + ":latest";
}

bool is_latest_image(std::string_view image) {
  const auto last = image.substr(image.rfind('/') + 1);
  if (last.find('@') != std::string_view::npos) {
    return false;
  }
  const auto colon = last.find(':');
  return colon == std::string_view::npos || last.substr(colon + 1) == "latest";
}

std::string time_text(std::int64_t since_epoch_ns) {
  return to_rfc3339(WallTime(std::chrono::microseconds(since_epoch_ns / 1000)));
}

}  // namespace pintle::kubelet
