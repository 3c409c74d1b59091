// The checks of volumes, tolerations and node affinity.
//
// Source: pkg/apis/core/validation ValidateVolumes, ValidateTolerations,
// ValidateNodeSelectorRequirement.

#include <array>

#include "core/base/concat.hpp"
#include "core/registry/strategies/pod_spec.hpp"

namespace pintle::registry {
namespace {

bool climbs(std::string_view path) {
  return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
         path.find("/../") != std::string_view::npos;
}

void check_mode(const Json& source, const std::string& path, std::string_view field,
                Causes& causes) {
  const auto mode = integer_at(source, {field});
  if (mode && (*mode < 0 || *mode > 0777)) {
    causes.push_back(invalid_value(sub_path(path, field), std::to_string(*mode),
                                   "must be a number between 0 and 0777 (octal), both inclusive"));
  }
}

void check_items(const Json& source, const std::string& path, Causes& causes) {
  const JsonArray& items = array_at(source, {"items"});
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string here = item_path(sub_path(path, "items"), i);
    const auto target = text_at(items[i], {"path"});
    if (target.starts_with('/')) {
      causes.push_back(
          invalid_value(sub_path(here, "path"), quoted(target), "must be a relative path"));
    }
    if (climbs(target)) {
      causes.push_back(
          invalid_value(sub_path(here, "path"), quoted(target), "must not contain '..'"));
    }
    check_mode(items[i], here, "mode", causes);
  }
}

void check_name_there(const Json& source, const std::string& path, std::string_view field,
                      Causes& causes) {
  if (text_at(source, {field}).empty()) {
    causes.push_back(required_value(sub_path(path, field)));
  }
}

void validate_projected(const Json& source, const std::string& path, Causes& causes) {
  const JsonArray& sources = array_at(source, {"sources"});
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string here = item_path(sub_path(path, "sources"), i);
    std::size_t found = 0;
    for (const std::string_view kind :
         {"secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"}) {
      const Json* one = find_member(sources[i], kind);
      if (one == nullptr) {
        continue;
      }
      if (++found > 1) {
        causes.push_back(
            forbidden_value(sub_path(here, kind), "may not specify more than 1 volume type"));
      }
      if (kind == "secret" || kind == "configMap") {
        check_name_there(*one, sub_path(here, kind), "name", causes);
      }
      check_items(*one, sub_path(here, kind), causes);
    }
  }
}

void validate_source(std::string_view kind, const Json& source, const std::string& path,
                     Causes& causes) {
  if (kind == "hostPath") {
    const auto target = text_at(source, {"path"});
    if (climbs(target)) {
      causes.push_back(
          invalid_value(sub_path(path, "path"), quoted(target), "must not contain '..'"));
    }
  } else if (kind == "configMap") {
    check_name_there(source, path, "name", causes);
  } else if (kind == "secret") {
    check_name_there(source, path, "secretName", causes);
  } else if (kind == "projected") {
    validate_projected(source, path, causes);
  }
  check_items(source, path, causes);
  check_mode(source, path, "defaultMode", causes);
}

void validate_terms(const Json& term, const std::string& path, Causes& causes) {
  const JsonArray& requirements = array_at(term, {"matchExpressions"});
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    const std::string here = item_path(sub_path(path, "matchExpressions"), i);
    const auto op = text_at(requirements[i], {"operator"});
    const auto values = array_at(requirements[i], {"values"}).size();
    if (op == "In" || op == "NotIn") {
      if (values == 0) {
        causes.push_back(required_value(sub_path(here, "values"),
                                        "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (values > 0) {
        causes.push_back(
            forbidden_value(sub_path(here, "values"),
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
    } else if (op == "Gt" || op == "Lt") {
      if (values != 1) {
        causes.push_back(
            required_value(sub_path(here, "values"),
                           "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      }
    } else if (!op.empty()) {
      causes.push_back(
          invalid_value(sub_path(here, "operator"), quoted(op), "not a valid selector operator"));
    }
    const auto key = text_at(requirements[i], {"key"});
    if (!key.empty()) {
      check_name_at(causes, sub_path(here, "key"), key, check_label_key(key));
    }
  }
}

void validate_toleration(const Json& toleration, const std::string& path, Causes& causes) {
  const auto key = text_at(toleration, {"key"});
  const auto op = text_at(toleration, {"operator"});
  const auto effect = text_at(toleration, {"effect"});
  if (!key.empty()) {
    check_name_at(causes, sub_path(path, "key"), key, check_label_key(key));
  } else if (op != "Exists") {
    causes.push_back(invalid_value(
        sub_path(path, "operator"), quoted(op),
        "operator must be Exists when `key` is empty, which means \"match all values and all "
        "keys\""));
  }
  if (find_member(toleration, "tolerationSeconds") != nullptr && effect != "NoExecute") {
    causes.push_back(invalid_value(sub_path(path, "effect"), quoted(effect),
                                   "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  const auto value = text_at(toleration, {"value"});
  if (op == "Exists" && !value.empty()) {
    causes.push_back(invalid_value(sub_path(path, "operator"), to_json(toleration),
                                   "value must be empty when `operator` is 'Exists'"));
  } else if (op != "Exists") {
    check_name_at(causes, sub_path(path, "operator"), value, check_label_value(value));
  }
}

}  // namespace

void validate_volumes(const Json& spec, const std::string& path, Causes& causes) {
  const JsonArray& volumes = array_at(spec, {"volumes"});
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const std::string here = item_path(sub_path(path, "volumes"), i);
    if (const auto name = text_at(volumes[i], {"name"}); !name.empty()) {
      check_name_at(causes, sub_path(here, "name"), name, check_dns_label(name));
    }
    std::size_t sources = 0;
    for (const auto& member : volumes[i].get_object()) {
      if (member.key() == "name") {
        continue;
      }
      if (++sources > 1) {
        causes.push_back(forbidden_value(sub_path(here, member.key()),
                                         "may not specify more than 1 volume type"));
      }
      validate_source(member.key(), member.value(), sub_path(here, member.key()), causes);
    }
    if (sources == 0) {
      causes.push_back(required_value(here, "must specify a volume type"));
    }
  }
}

void validate_tolerations(const JsonArray& tolerations, const std::string& path, Causes& causes) {
  for (std::size_t i = 0; i < tolerations.size(); ++i) {
    validate_toleration(tolerations[i], item_path(path, i), causes);
  }
}

void validate_node_affinity(const Json& spec, const std::string& path, Causes& causes) {
  const Json* affinity = find_path(spec, {"affinity", "nodeAffinity"});
  if (affinity == nullptr) {
    return;
  }
  const std::string here = sub_path(path, "affinity.nodeAffinity");
  const JsonArray& terms =
      array_at(*affinity, {"requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"});
  for (std::size_t i = 0; i < terms.size(); ++i) {
    validate_terms(
        terms[i],
        item_path(
            concat({here, ".requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"}), i),
        causes);
  }
  const JsonArray& preferred =
      array_at(*affinity, {"preferredDuringSchedulingIgnoredDuringExecution"});
  for (std::size_t i = 0; i < preferred.size(); ++i) {
    const std::string term =
        item_path(sub_path(here, "preferredDuringSchedulingIgnoredDuringExecution"), i);
    const auto weight = integer_at(preferred[i], {"weight"}).value_or(0);
    if (weight < 1 || weight > 100) {
      causes.push_back(invalid_value(sub_path(term, "weight"), std::to_string(weight),
                                     "must be in the range 1-100"));
    }
    if (const Json* preference = find_member(preferred[i], "preference")) {
      validate_terms(*preference, sub_path(term, "preference"), causes);
    }
  }
}

}  // namespace pintle::registry
