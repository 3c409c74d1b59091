// Mutating- and ValidatingWebhookConfigurations: whom to ask about what, and how to reach them.
//
// Source: pkg/apis/admissionregistration/validation, apiserver pkg/util/webhook/validation.go.

#include <algorithm>
#include <set>

#include "core/base/concat.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kUrlForm = "; desired format: https://host[/path]";

/// Source: util/validation IsFullyQualifiedName.
void check_full_name(Causes& causes, const std::string& path, std::string_view name) {
  if (name.empty()) {
    return;  // The tables say that it is required.
  }
  check_name_at(causes, path, name, check_dns_subdomain(name));
  if (std::ranges::count(name, '.') < 2) {
    causes.push_back(invalid_value(
        path, quoted(name), "should be a domain with at least three segments separated by dots"));
  }
}

void validate_url(std::string_view url, const std::string& path, Causes& causes) {
  const auto refuse = [&](std::string_view shown, std::string_view why) {
    causes.push_back(invalid_value(path, quoted(shown), why));
  };
  const auto scheme_end = url.find("://");
  const auto scheme = scheme_end == std::string_view::npos ? "" : url.substr(0, scheme_end);
  if (scheme != "https") {
    refuse(scheme, concat({"'https' is the only allowed URL scheme", kUrlForm}));
  }
  const auto rest = scheme_end == std::string_view::npos ? url : url.substr(scheme_end + 3);
  const auto host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty() || scheme_end == std::string_view::npos) {
    refuse("", concat({"host must be specified", kUrlForm}));
  }
  if (const auto at = host.find('@'); at != std::string_view::npos) {
    refuse(host.substr(0, at), "user information is not permitted in the URL");
  }
  if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
    refuse(rest.substr(hash + 1), "fragments are not permitted in the URL");
  }
  if (const auto question = rest.find('?'); question != std::string_view::npos) {
    refuse(rest.substr(question + 1), "query parameters are not permitted in the URL");
  }
}

void validate_service(const Json& service, const std::string& path, Causes& causes) {
  if (const auto port = integer_at(service, {"port"}); port && (*port < 1 || *port > 65535)) {
    causes.push_back(invalid_value(sub_path(path, "port"), std::to_string(*port),
                                   "port is not valid: must be between 1 and 65535, inclusive"));
  }
  const Json* url_path = find_member(service, "path");
  if (url_path != nullptr && !text_at(*url_path, {}).starts_with('/')) {
    causes.push_back(invalid_value(sub_path(path, "path"), quoted(text_at(*url_path, {})),
                                   "must start with a '/'"));
  }
}

void validate_client(const Json& webhook, const std::string& path, Causes& causes) {
  const std::string here = sub_path(path, "clientConfig");
  const Json* url = find_path(webhook, {"clientConfig", "url"});
  const Json* service = find_path(webhook, {"clientConfig", "service"});
  if ((url == nullptr) == (service == nullptr)) {
    causes.push_back(required_value(here, "exactly one of url or service is required"));
  } else if (url != nullptr) {
    validate_url(text_at(*url, {}), sub_path(here, "url"), causes);
  } else {
    validate_service(*service, sub_path(here, "service"), causes);
  }
}

/// A list of a rule: there, and "*" only alone.
void check_rule_list(Causes& causes, const Json& rule, const std::string& path,
                     std::string_view field, std::string_view others) {
  const JsonArray& items = array_at(rule, {field});
  const std::string here = sub_path(path, field);
  if (items.empty()) {
    causes.push_back(required_value(here));
    return;
  }
  const bool all = std::any_of(items.begin(), items.end(),
                               [](const Json& item) { return text_at(item, {}) == "*"; });
  if (all && items.size() > 1) {
    std::string shown;
    for (const Json& item : items) {
      shown += concat({shown.empty() ? "" : ", ", quoted(text_at(item, {}))});
    }
    causes.push_back(invalid_value(here, concat({"[]string{", shown, "}"}),
                                   concat({"if '*' is present, must not specify other ", others})));
  }
}

void validate_rules(const Json& webhook, const std::string& path, Causes& causes) {
  const JsonArray& rules = array_at(webhook, {"rules"});
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string here = item_path(sub_path(path, "rules"), i);
    check_rule_list(causes, rules[i], here, "operations", "operations");
    check_rule_list(causes, rules[i], here, "apiGroups", "API groups");
    check_rule_list(causes, rules[i], here, "apiVersions", "API versions");
    if (array_at(rules[i], {"resources"}).empty()) {
      causes.push_back(required_value(sub_path(here, "resources")));
    }
  }
}

void validate_versions(const Json& webhook, const std::string& path, Causes& causes) {
  const std::string here = sub_path(path, "admissionReviewVersions");
  const JsonArray& versions = array_at(webhook, {"admissionReviewVersions"});
  if (versions.empty()) {
    causes.push_back(required_value(here, "must specify one of v1, v1beta1"));
    return;
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto version = text_at(versions[i], {});
    check_name_at(causes, item_path(here, i), version, check_dns1035_label(version));
    if (!seen.insert(version).second) {
      causes.push_back(duplicate_value(item_path(here, i), quoted(version)));
    }
  }
  if (!seen.contains("v1") && !seen.contains("v1beta1")) {
    causes.push_back(
        invalid_value(here, to_json(Json(versions)), "must include at least one of v1, v1beta1"));
  }
}

void validate_webhook(const Json& webhook, const std::string& path, Causes& causes) {
  check_full_name(causes, sub_path(path, "name"), text_at(webhook, {"name"}));
  for (const std::string_view field : {"namespaceSelector", "objectSelector"}) {
    check_label_selector(causes, find_member(webhook, field), sub_path(path, field));
  }
  const Json* effects = find_member(webhook, "sideEffects");
  const std::string effects_path = sub_path(path, "sideEffects");
  if (effects == nullptr) {
    causes.push_back(required_value(effects_path, "must specify one of None, NoneOnDryRun"));
  } else if (const auto value = text_at(*effects, {}); value != "None" && value != "NoneOnDryRun") {
    causes.push_back(unsupported_value(effects_path, value, {"None", "NoneOnDryRun"}));
  }
  const auto seconds = integer_at(webhook, {"timeoutSeconds"});
  if (seconds && (*seconds < 1 || *seconds > 30)) {
    causes.push_back(invalid_value(sub_path(path, "timeoutSeconds"), std::to_string(*seconds),
                                   "the timeout value must be between 1 and 30 seconds"));
  }
  validate_rules(webhook, path, causes);
  validate_client(webhook, path, causes);
  validate_versions(webhook, path, causes);
}

class WebhookConfigurationStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const JsonArray& webhooks = array_at(object, {"webhooks"});
    for (std::size_t i = 0; i < webhooks.size(); ++i) {
      validate_webhook(webhooks[i], item_path("webhooks", i), causes);
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }

  bool updates_unconditionally() const override { return false; }
};

}  // namespace

const Strategy& webhook_configuration_strategy() {
  static const WebhookConfigurationStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
