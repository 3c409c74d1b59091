// Cells of RBAC bindings, certificates, quotas, flow control and admission policies.
// Source: printers/internalversion printRoleBinding, printCertificateSigningRequest, ...

#include <algorithm>

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

std::string role_ref(const CellInput& in) {
  return concat(
      {text_at(in.object, {"roleRef", "kind"}), "/", text_at(in.object, {"roleRef", "name"})});
}

std::string subjects(const CellInput& in) {
  std::vector<std::string> names;
  for (const Json& subject : array_at(in.object, {"subjects"})) {
    if (text_at(subject, {"kind"}) != in.argument) {
      continue;
    }
    const auto ns = text_at(subject, {"namespace"});
    names.push_back(in.argument == "ServiceAccount" ? concat({ns, "/", text_at(subject, {"name"})})
                                                    : std::string(text_at(subject, {"name"})));
  }
  return joined(names, ", ");
}

std::string csr_duration(const CellInput& in) {
  const auto seconds = integer_at(in.object, {"spec", "expirationSeconds"});
  return seconds ? to_human_duration(std::chrono::seconds(*seconds)) : "<none>";
}

std::string csr_condition(const CellInput& in) {
  bool approved = false;
  bool denied = false;
  bool failed = false;
  for (const Json& condition : array_at(in.object, {"status", "conditions"})) {
    const auto type = text_at(condition, {"type"});
    approved = approved || type == "Approved";
    denied = denied || type == "Denied";
    failed = failed || type == "Failed";
  }
  std::string text = denied ? "Denied" : approved ? "Approved" : "Pending";
  text += failed ? ",Failed" : "";
  text += text_at(in.object, {"status", "certificate"}).empty() ? "" : ",Issued";
  return text;
}

/// "cpu: 100m/1, memory: ..." of the resources that are requests, or those that are limits.
std::string quota(const CellInput& in) {
  std::vector<std::string> texts;
  for (const auto& entry : object_at(in.object, {"status", "hard"})) {
    const std::string_view name = entry.key();
    if (name.starts_with("limits") != (in.argument == "limits")) {
      continue;
    }
    const auto used = text_at(in.object, {"status", "used", name});
    texts.push_back(
        concat({name, ": ", used.empty() ? "0" : used, "/", plain_text(entry.value())}));
  }
  std::sort(texts.begin(), texts.end());
  return joined(texts, ", ");
}

std::string flow_missing(const CellInput& in) {
  for (const Json& condition : array_at(in.object, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == "Dangling") {
      return std::string(text_at(condition, {"status"}));
    }
  }
  return "?";
}

std::string param_kind(const CellInput& in) {
  const Json* kind = find_path(in.object, {"spec", "paramKind"});
  return kind == nullptr ? "<unset>"
                         : concat({text_at(*kind, {"apiVersion"}), "/", text_at(*kind, {"kind"})});
}

std::string param_ref(const CellInput& in) {
  const Json* ref = find_path(in.object, {"spec", "paramRef"});
  if (ref == nullptr) {
    return "<unset>";
  }
  const auto name = text_at(*ref, {"name"});
  if (name.empty()) {
    return "*";
  }
  const auto ns = text_at(*ref, {"namespace"});
  return ns.empty() ? std::string(name) : concat({ns, "/", name});
}

}  // namespace

std::vector<NamedPrinter> policy_printers() {
  return {{"role_ref", role_ref},           {"subjects", subjects},  {"csr_duration", csr_duration},
          {"csr_condition", csr_condition}, {"quota", quota},        {"flow_missing", flow_missing},
          {"param_kind", param_kind},       {"param_ref", param_ref}};
}

}  // namespace pintle::api
