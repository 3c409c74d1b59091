// What CSI drivers say of themselves and their nodes, and the volumes attached through them.
//
// Source: pkg/apis/storage/validation, pkg/registry/storage.

#include <algorithm>
#include <cctype>
#include <set>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxDriverName = 63;
constexpr std::size_t kMaxNodeId = 192;
constexpr std::size_t kMaxAttacher = 253;
constexpr std::size_t kMaxErrorBytes = 1024;
constexpr std::int64_t kMinTokenSeconds = 600;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Source: ValidateCSIDriverName.
void check_driver_name(Causes& causes, const std::string& path, std::string_view name) {
  if (name.empty()) {
    causes.push_back(required_value(path));
    return;
  }
  if (name.size() > kMaxDriverName) {
    causes.push_back(too_long_value(path, kMaxDriverName));
  }
  check_name_at(causes, path, name, check_dns_subdomain(lower(name)));
}

void validate_token_requests(const Json& driver, Causes& causes) {
  std::set<std::string_view> audiences;
  const JsonArray& requests = array_at(driver, {"spec", "tokenRequests"});
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::string path = item_path("spec.tokenRequests", i);
    const auto audience = text_at(requests[i], {"audience"});
    if (!audiences.insert(audience).second) {
      causes.push_back(duplicate_value(sub_path(path, "audience"), quoted(audience)));
    }
    const auto seconds = integer_at(requests[i], {"expirationSeconds"});
    if (seconds && *seconds < kMinTokenSeconds) {
      causes.push_back(invalid_value(sub_path(path, "expirationSeconds"), std::to_string(*seconds),
                                     "may not specify a duration less than 10 minutes"));
    }
    if (seconds && *seconds > (std::int64_t{1} << 32)) {
      causes.push_back(invalid_value(sub_path(path, "expirationSeconds"), std::to_string(*seconds),
                                     "may not specify a duration larger than 2^32 seconds"));
    }
  }
}

class CsiDriverStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    check_driver_name(causes, "metadata.name", text_at(object, {"metadata", "name"}));
    validate_token_requests(object, causes);
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_token_requests(next, causes);
    check_immutable(causes, next, current, {"spec", "attachRequired"});
    check_immutable(causes, next, current, {"spec", "fsGroupPolicy"});
    check_immutable(causes, next, current, {"spec", "volumeLifecycleModes"});
  }

  bool updates_unconditionally() const override { return false; }
};

void validate_driver_of_node(const Json& driver, const std::string& path, Causes& causes) {
  if (const auto name = text_at(driver, {"name"}); !name.empty()) {
    check_driver_name(causes, sub_path(path, "name"), name);
  }
  const auto id = text_at(driver, {"nodeID"});
  if (id.size() > kMaxNodeId) {
    causes.push_back(
        invalid_value(sub_path(path, "nodeID"), quoted(id),
                      concat({"must be ", std::to_string(kMaxNodeId), " characters or less"})));
  }
  const auto count = integer_at(driver, {"allocatable", "count"});
  if (count && *count < 0) {
    causes.push_back(invalid_value(concat({path, ".allocatable.count"}), std::to_string(*count),
                                   "must be greater than or equal to 0"));
  }
  std::set<std::string_view> keys;
  const JsonArray& topology = array_at(driver, {"topologyKeys"});
  for (std::size_t i = 0; i < topology.size(); ++i) {
    const auto key = text_at(topology[i], {});
    const std::string here = sub_path(path, "topologyKeys");
    if (key.empty()) {
      causes.push_back(required_value(here));
      continue;
    }
    if (!keys.insert(key).second) {
      causes.push_back(duplicate_value(here, quoted(key)));
    }
    check_name_at(causes, here, key, check_label_key(key));
  }
}

class CsiNodeStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const JsonArray& drivers = array_at(object, {"spec", "drivers"});
    for (std::size_t i = 0; i < drivers.size(); ++i) {
      validate_driver_of_node(drivers[i], item_path("spec.drivers", i), causes);
    }
  }

  /// A driver may come and go, but not change while it is there.
  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    const JsonArray& before = array_at(current, {"spec", "drivers"});
    const JsonArray& now = array_at(next, {"spec", "drivers"});
    for (std::size_t i = 0; i < now.size(); ++i) {
      for (const Json& old : before) {
        if (text_at(old, {"name"}) == text_at(now[i], {"name"}) &&
            !same_but_for_empties(&old, &now[i])) {
          causes.push_back(
              invalid_value(item_path("spec.drivers", i), to_json(now[i]), "field is immutable"));
        }
      }
    }
  }

  bool updates_unconditionally() const override { return false; }
};

class CsiStorageCapacityStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    check_label_selector(causes, find_member(object, "nodeTopology"), "nodeTopology");
    if (const auto name = text_at(object, {"storageClassName"}); !name.empty()) {
      check_name_at(causes, "storageClassName", name, check_dns_subdomain(name));
    }
    for (const std::string_view field : {"capacity", "maximumVolumeSize"}) {
      const auto text = text_at(object, {field});
      const auto amount = parse_quantity(text);
      if (!text.empty() && amount.ok() && amount.value().is_negative()) {
        causes.push_back(
            invalid_value(std::string(field), quoted(text), "must be greater than or equal to 0"));
      }
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    check_immutable(causes, next, current, {"nodeTopology"});
    check_immutable(causes, next, current, {"storageClassName"});
  }
};

class VolumeAttachmentStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const auto attacher = text_at(object, {"spec", "attacher"});
    if (attacher.size() > kMaxAttacher) {
      causes.push_back(too_long_value("spec.attacher", kMaxAttacher));
    }
    if (!attacher.empty()) {
      check_driver_name(causes, "spec.attacher", attacher);
    }
    const Json none = JsonObject();
    const Json* found = find_path(object, {"spec", "source"});
    const Json& source = found == nullptr ? none : *found;
    const Json* name = find_member(source, "persistentVolumeName");
    const bool is_inline = find_member(source, "inlineVolumeSpec") != nullptr;
    if (name == nullptr && !is_inline) {
      causes.push_back(required_value(
          "spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
    } else if (name != nullptr && is_inline) {
      causes.push_back(forbidden_value(
          "spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
    } else if (name != nullptr && text_at(*name, {}).empty()) {
      causes.push_back(required_value("spec.source.persistentVolumeName", "must not be empty"));
    }
    if (const auto node = text_at(object, {"spec", "nodeName"}); !node.empty()) {
      check_name_at(causes, "spec.nodeName", node, check_dns_subdomain(node));
    }
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next, const Json& current,
                       Causes& causes) const override {
    check_immutable(causes, next, current, {"spec"});
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& /*current*/, Causes& causes) const override {
    for (const std::string_view field : {"attachError", "detachError"}) {
      if (text_at(next, {"status", field, "message"}).size() > kMaxErrorBytes) {
        causes.push_back(too_long_value(concat({"status.", field, ".message"}), kMaxErrorBytes));
      }
    }
  }

  bool updates_unconditionally() const override { return false; }
};

}  // namespace

const Strategy& csi_driver_strategy() {
  static const CsiDriverStrategy strategy;
  return strategy;
}

const Strategy& csi_node_strategy() {
  static const CsiNodeStrategy strategy;
  return strategy;
}

const Strategy& csi_storage_capacity_strategy() {
  static const CsiStorageCapacityStrategy strategy;
  return strategy;
}

const Strategy& volume_attachment_strategy() {
  static const VolumeAttachmentStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
