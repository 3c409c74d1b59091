// CertificateSigningRequests: who asks is written by the server, and approved is what an approver
// said through /approval, for ever.
//
// Source: pkg/registry/certificates/certificates/strategy.go, pkg/apis/certificates/validation,
// plugin/pkg/admission/certificates/approval.

#include <set>

#include "core/auth/base64.hpp"
#include "core/auth/certificate_request.hpp"
#include "core/base/concat.hpp"
#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::int64_t kMinSeconds = 600;

bool is_decision(std::string_view type) {
  return type == "Approved" || type == "Denied";
}

void validate_label_of_signer(std::string_view segment, std::string_view label,
                              const NameFault& fault, Causes& causes) {
  if (fault) {
    causes.push_back(invalid_value("spec.signerName", quoted(segment),
                                   concat({"validating label ", quoted(label), ": ", *fault})));
  }
}

/// Calls `visit` for each part of `text` between dots.
template <typename Visit>
std::size_t for_each_label(std::string_view text, const Visit& visit) {
  std::size_t count = 0;
  for (std::size_t at = 0; at <= text.size(); ++count) {
    const auto dot = std::min(text.find('.', at), text.size());
    visit(text.substr(at, dot - at));
    at = dot + 1;
  }
  return count;
}

/// "example.com/signer-name". Source: ValidateSignerName.
void validate_signer(std::string_view signer, Causes& causes) {
  const auto slash = signer.find('/');
  if (slash == std::string_view::npos || signer.find('/', slash + 1) != std::string_view::npos) {
    causes.push_back(invalid_value("spec.signerName", quoted(signer),
                                   "must be a fully qualified domain and path of the form "
                                   "'example.com/signer-name'"));
    return;
  }
  const auto domain = signer.substr(0, slash);
  const auto path = signer.substr(slash + 1);
  const auto labels = for_each_label(domain, [&](std::string_view label) {
    validate_label_of_signer(domain, label, check_dns_label(label), causes);
  });
  if (labels < 2) {
    causes.push_back(
        invalid_value("spec.signerName", quoted(domain),
                      "should be a domain with at least two segments separated by dots"));
  }
  for_each_label(path, [&](std::string_view label) {
    validate_label_of_signer(path, label, check_dns_subdomain(label), causes);
  });
}

void validate_usages(const Json& csr, Causes& causes) {
  const JsonArray& usages = array_at(csr, {"spec", "usages"});
  if (usages.empty()) {
    causes.push_back(required_value("spec.usages"));
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < usages.size(); ++i) {
    const auto usage = text_at(usages[i], {});
    if (!seen.insert(usage).second) {
      causes.push_back(duplicate_value(item_path("spec.usages", i), quoted(usage)));
    }
  }
}

void validate_condition(const Json& condition, const std::string& path, Causes& causes) {
  const auto type = text_at(condition, {"type"});
  const auto status = text_at(condition, {"status"});
  if (type.empty()) {
    causes.push_back(required_value(sub_path(path, "type")));
  }
  if (status.empty()) {
    causes.push_back(required_value(sub_path(path, "status")));
  } else if ((is_decision(type) || type == "Failed") && status != "True") {
    causes.push_back(unsupported_value(sub_path(path, "status"), status, {"True"}));
  } else if (status != "True" && status != "False" && status != "Unknown") {
    causes.push_back(
        unsupported_value(sub_path(path, "status"), status, {"True", "False", "Unknown"}));
  }
}

void validate_conditions(const Json& csr, Causes& causes) {
  std::set<std::string_view> seen;
  const JsonArray& conditions = array_at(csr, {"status", "conditions"});
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const std::string path = item_path("status.conditions", i);
    const auto type = text_at(conditions[i], {"type"});
    validate_condition(conditions[i], path, causes);
    const std::string_view opposite = type == "Approved" ? "Denied" : "Approved";
    if (is_decision(type) && seen.contains(opposite)) {
      causes.push_back(invalid_value(sub_path(path, "type"), quoted(type),
                                     "Approved and Denied conditions are mutually exclusive"));
    }
    if (!seen.insert(type).second) {
      causes.push_back(duplicate_value(sub_path(path, "type"), quoted(type)));
    }
  }
}

void validate_request(const Json& csr, Causes& causes) {
  const auto request = text_at(csr, {"spec", "request"});
  const auto bytes = auth::parse_base64(request);
  if (bytes && !bytes->empty()) {
    if (const auto fault = auth::fault_of_certificate_request(*bytes); !fault.empty()) {
      causes.push_back(invalid_value("spec.request", quoted(request), fault));
    }
  }
  validate_usages(csr, causes);
  if (const auto signer = text_at(csr, {"spec", "signerName"}); !signer.empty()) {
    validate_signer(signer, causes);
  }
  const auto seconds = integer_at(csr, {"spec", "expirationSeconds"});
  if (seconds && *seconds < kMinSeconds) {
    causes.push_back(invalid_value("spec.expirationSeconds", std::to_string(*seconds),
                                   "may not specify a duration less than 600 seconds (10 "
                                   "minutes)"));
  }
}

/// The conditions of one type, in order.
JsonArray conditions_of(const Json& csr, std::string_view type) {
  JsonArray found;
  for (const Json& condition : array_at(csr, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == type) {
      found.push_back(condition);
    }
  }
  return found;
}

void validate_nothing_undecided(const Json& next, const Json& current, Causes& causes) {
  for (const std::string_view type : {"Approved", "Denied", "Failed"}) {
    if (!conditions_of(current, type).empty() && conditions_of(next, type).empty()) {
      causes.push_back(
          forbidden_value("status.conditions",
                          concat({"updates may not remove a condition of type ", quoted(type)})));
    }
  }
}

/// Fills in when each condition was written and when it last changed.
void time_conditions(Json& next, const Json& current, const std::string& now) {
  Json* conditions = find_path(next, {"status", "conditions"});
  if (conditions == nullptr || !conditions->is_array()) {
    return;
  }
  for (Json& condition : conditions->get_array()) {
    JsonObject& members = condition.get_object();
    if (text_at(condition, {"lastUpdateTime"}).empty()) {
      members["lastUpdateTime"] = now;
    }
    if (!text_at(condition, {"lastTransitionTime"}).empty()) {
      continue;
    }
    std::string since = now;
    for (const Json& old : conditions_of(current, text_at(condition, {"type"}))) {
      const auto time = text_at(old, {"lastTransitionTime"});
      if (text_at(old, {"status"}) == text_at(condition, {"status"}) && !time.empty()) {
        since = time;
        break;
      }
    }
    members["lastTransitionTime"] = since;
  }
}

class CsrStrategy final : public Strategy {
 public:
  NameFault check_name(std::string_view name) const override { return check_path_segment(name); }

  Result<void> prepare_create(const StrategyContext& context, Json& object) const override {
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    const auto& who = context.who;
    spec["username"] = who.user;
    spec["groups"] = JsonArray(who.groups.begin(), who.groups.end());
    spec.erase("uid");
    spec.erase("extra");
    if (!who.uid.empty()) {
      spec["uid"] = who.uid;
    }
    for (const auto& [key, values] : who.extra) {
      ensure_object(spec, "extra")[key] = JsonArray(values.begin(), values.end());
    }
    object.get_object()["status"] = JsonObject();
    return {};
  }

  Result<void> prepare_update(const StrategyContext& /*context*/, Json& next,
                              const Json& current) const override {
    carry(next.get_object(), current, "spec");
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_request(object, causes);
  }
};

class CsrStatusPart final : public Part {
 public:
  Result<Json> take(const StrategyContext& context, const Json& next,
                    const Json& current) const override {
    Json taken(current, next.storage());
    carry(taken.get_object(), next, "status");
    time_conditions(taken, current, to_rfc3339(context.clock.now()));
    return taken;
  }

  void validate(const StrategyContext& /*context*/, const Json& next, const Json& current,
                Causes& causes) const override {
    validate_conditions(next, causes);
    validate_nothing_undecided(next, current, causes);
    for (const std::string_view type : {"Approved", "Denied"}) {
      if (conditions_of(next, type) != conditions_of(current, type)) {
        causes.push_back(
            forbidden_value("status.conditions",
                            concat({"updates may not modify a condition of type ", quoted(type)})));
      }
    }
  }
};

class CsrApprovalPart final : public Part {
 public:
  Result<Json> take(const StrategyContext& context, const Json& next,
                    const Json& current) const override {
    const std::string signer(text_at(current, {"spec", "signerName"}));
    if (!may_approve(context, signer)) {
      const std::string name(text_at(current, {"metadata", "name"}));
      return Error(
          Code::kForbidden,
          concat({"certificatesigningrequests.certificates.k8s.io ", pintle::quoted(name),
                  " is forbidden: user not permitted to approve requests with signerName ",
                  pintle::quoted(signer)}),
          ErrorDetails{
              .name = name, .group = "certificates.k8s.io", .kind = "certificatesigningrequests"});
    }
    Json taken(current, next.storage());
    const Json none = JsonObject();
    const Json* status = find_member(next, "status");
    carry(ensure_object(taken.get_object(), "status"), status == nullptr ? none : *status,
          "conditions");
    time_conditions(taken, current, to_rfc3339(context.clock.now()));
    return taken;
  }

  void validate(const StrategyContext& /*context*/, const Json& next, const Json& current,
                Causes& causes) const override {
    validate_conditions(next, causes);
    validate_nothing_undecided(next, current, causes);
  }

 private:
  /// Source: IsAuthorizedForSignerName: the signer itself, or all of its domain.
  static bool may_approve(const StrategyContext& context, const std::string& signer) {
    if (context.authorizer == nullptr) {
      return true;
    }
    const auto allows = [&](std::string name) {
      return context.authorizer
          ->allow(context.who, {.verb = "approve",
                                .is_resource = true,
                                .group = "certificates.k8s.io",
                                .version = "*",
                                .resource = "signers",
                                .subresource = {},
                                .ns = {},
                                .name = std::move(name),
                                .path = {}})
          .allowed;
    };
    return allows(signer) || allows(concat({signer.substr(0, signer.find('/')), "/*"}));
  }
};

}  // namespace

const Strategy& csr_strategy() {
  static const CsrStrategy strategy;
  return strategy;
}

const Part& csr_status_part() {
  static const CsrStatusPart part;
  return part;
}

const Part& csr_approval_part() {
  static const CsrApprovalPart part;
  return part;
}

}  // namespace pintle::registry
