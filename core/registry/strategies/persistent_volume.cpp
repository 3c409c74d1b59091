// PersistentVolumes and claims: what may be asked for, and what of it may change once it is there.
//
// Source: pkg/apis/core/validation ValidatePersistentVolume*, pkg/registry/core/persistentvolume*.

#include <array>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

/// Source: PersistentVolumeSource: exactly one of these.
constexpr std::array<std::string_view, 22> kSources = {"gcePersistentDisk",
                                                       "awsElasticBlockStore",
                                                       "hostPath",
                                                       "glusterfs",
                                                       "nfs",
                                                       "rbd",
                                                       "iscsi",
                                                       "cinder",
                                                       "cephfs",
                                                       "fc",
                                                       "flocker",
                                                       "flexVolume",
                                                       "azureFile",
                                                       "vsphereVolume",
                                                       "quobyte",
                                                       "azureDisk",
                                                       "portworxVolume",
                                                       "scaleIO",
                                                       "local",
                                                       "storageos",
                                                       "csi",
                                                       "photonPersistentDisk"};

void validate_access_modes(const Json& spec, std::string_view why_required, Causes& causes) {
  const JsonArray& modes = array_at(spec, {"accessModes"});
  if (modes.empty()) {
    causes.push_back(required_value("spec.accessModes", why_required));
  }
  const bool single = std::any_of(modes.begin(), modes.end(), [](const Json& mode) {
    return text_at(mode, {}) == "ReadWriteOncePod";
  });
  if (single && modes.size() > 1) {
    causes.push_back(forbidden_value("spec.accessModes",
                                     "may not use ReadWriteOncePod with other access modes"));
  }
}

void check_positive(Causes& causes, const std::string& path, std::string_view text) {
  const auto amount = parse_quantity(text);
  if (!amount.ok()) {
    return;  // Refused when it was decoded.
  }
  if (amount.value().is_negative()) {
    causes.push_back(invalid_value(path, quoted(text), "must be greater than or equal to 0"));
  }
  if (amount.value().is_negative() || amount.value().is_zero()) {
    causes.push_back(invalid_value(path, quoted(text), "must be greater than zero"));
  }
}

void validate_capacity(const Json& spec, Causes& causes) {
  const JsonObject& capacity = object_at(spec, {"capacity"});
  if (capacity.empty()) {
    causes.push_back(required_value("spec.capacity"));
    return;
  }
  if (!capacity.contains("storage") || capacity.size() > 1) {
    causes.push_back({.reason = "FieldValueNotSupported",
                      .field = "spec.capacity",
                      .message = concat({"Unsupported value: ", to_json(Json(capacity)),
                                         ": supported values: \"storage\""})});
  }
  for (const auto& amount : capacity) {
    check_positive(causes, concat({"spec.capacity[", amount.key(), "]"}),
                   text_at(amount.value(), {}));
  }
}

void validate_host_path(const Json& source, Causes& causes) {
  const auto path = text_at(source, {"path"});
  if (path == ".." || path.starts_with("../") || path.ends_with("/..") ||
      path.find("/../") != std::string_view::npos) {
    causes.push_back(invalid_value("spec.hostPath.path", quoted(path), "must not contain '..'"));
  }
}

void validate_sources(const Json& spec, Causes& causes) {
  std::size_t found = 0;
  for (const auto kind : kSources) {
    const Json* source = find_member(spec, kind);
    if (source == nullptr) {
      continue;
    }
    if (++found > 1) {
      causes.push_back(
          forbidden_value(sub_path("spec", kind), "may not specify more than 1 volume type"));
    } else if (kind == "hostPath") {
      validate_host_path(*source, causes);
    } else if (kind == "local" && find_member(spec, "nodeAffinity") == nullptr) {
      causes.push_back(required_value("spec.nodeAffinity", "Local volume requires node affinity"));
    }
  }
  if (found == 0) {
    causes.push_back(required_value("spec", "must specify a volume type"));
  }
  if (text_at(spec, {"hostPath", "path"}) == "/" &&
      text_at(spec, {"persistentVolumeReclaimPolicy"}) == "Recycle") {
    causes.push_back(forbidden_value("spec", "may not be 'recycle' for a hostPath mount of '/'"));
  }
}

void validate_class(const Json& spec, Causes& causes) {
  if (const auto name = text_at(spec, {"storageClassName"}); !name.empty()) {
    check_name_at(causes, "spec.storageClassName", name, check_dns_subdomain(name));
  }
}

class PersistentVolumeStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& context, Json& object) const override {
    object.get_object()["status"] = JsonObject{
        {"phase", "Pending"}, {"lastPhaseTransitionTime", to_rfc3339(context.clock.now())}};
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json none = JsonObject();
    const Json* found = find_member(object, "spec");
    const Json& spec = found == nullptr ? none : *found;
    validate_access_modes(spec, "", causes);
    validate_capacity(spec, causes);
    validate_sources(spec, causes);
    validate_class(spec, causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    const bool same = std::ranges::all_of(kSources, [&](std::string_view kind) {
      return same_but_for_empties(find_path(next, {"spec", kind}),
                                  find_path(current, {"spec", kind}));
    });
    if (!same) {
      causes.push_back(forbidden_value("spec.persistentvolumesource",
                                       "spec.persistentvolumesource is immutable after creation"));
    }
    check_immutable(causes, next, current, {"spec", "volumeMode"});
    if (find_path(current, {"spec", "nodeAffinity"}) != nullptr) {
      check_immutable(causes, next, current, {"spec", "nodeAffinity"});
    }
  }
};

/// Source: AllowedPVCFields of a bound claim: how much, and of which quality.
Json with_changes_undone(const Json& next, const Json& current, bool is_bound) {
  const Json none = JsonObject();
  const Json* spec = find_member(next, "spec");
  const Json* old = find_member(current, "spec");
  old = old == nullptr ? &none : old;
  Json undone = spec == nullptr ? none : *spec;
  JsonObject& members = undone.get_object();
  if (text_at(*old, {"volumeName"}).empty()) {
    carry(members, *old, "volumeName");  // It is bound once.
  }
  // A claim made while there was no default class may still get one.
  if (find_member(*old, "storageClassName") == nullptr) {
    carry(members, *old, "storageClassName");
  }
  if (is_bound) {
    carry(members, *old, "volumeAttributesClassName");
    const Json* storage = find_path(*old, {"resources", "requests", "storage"});
    if (storage != nullptr && find_path(undone, {"resources", "requests"}) != nullptr) {
      ensure_object(ensure_object(members, "resources"), "requests")["storage"] = *storage;
    }
  }
  return undone;
}

void validate_size_update(const Json& next, const Json& current, Causes& causes) {
  const auto size_of = [](const Json& object, std::initializer_list<std::string_view> keys) {
    const auto amount = parse_quantity(text_at(object, keys));
    return amount.ok() ? amount.value() : Quantity();
  };
  const auto now = size_of(next, {"spec", "resources", "requests", "storage"});
  const auto before = size_of(current, {"spec", "resources", "requests", "storage"});
  if (now < before && now <= size_of(current, {"status", "capacity", "storage"})) {
    causes.push_back(forbidden_value("spec.resources.requests.storage",
                                     "field can not be less than status.capacity"));
  }
}

class PersistentVolumeClaimStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object()["status"] = JsonObject{{"phase", "Pending"}};
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json none = JsonObject();
    const Json* found = find_member(object, "spec");
    const Json& spec = found == nullptr ? none : *found;
    validate_access_modes(spec, "at least 1 access mode is required", causes);
    check_label_selector(causes, find_member(spec, "selector"), "spec.selector");
    const std::string path = "spec.resources[storage]";
    if (const Json* storage = find_path(spec, {"resources", "requests", "storage"})) {
      check_positive(causes, path, text_at(*storage, {}));
    } else {
      causes.push_back(required_value(path));
    }
    validate_class(spec, causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    const bool is_bound = text_at(current, {"status", "phase"}) == "Bound";
    const Json undone = with_changes_undone(next, current, is_bound);
    if (!same_but_for_empties(&undone, find_member(current, "spec"))) {
      causes.push_back(
          forbidden_value("spec",
                          "spec is immutable after creation except resources.requests and "
                          "volumeAttributesClassName for bound claims"));
    }
    validate_size_update(next, current, causes);
    check_immutable(causes, next, current, {"spec", "volumeMode"});
  }
};

}  // namespace

const Strategy& persistent_volume_strategy() {
  static const PersistentVolumeStrategy strategy;
  return strategy;
}

const Strategy& persistent_volume_claim_strategy() {
  static const PersistentVolumeClaimStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
