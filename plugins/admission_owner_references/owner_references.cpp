// Owner references: see owner_references.hpp.

#include "plugins/admission_owner_references/owner_references.hpp"

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_owner_references {
namespace {

sdk::Value owners_of(const sdk::Value& object) {
  return object.at("metadata", "ownerReferences");
}

/// Null and an empty list are one.
bool is_same(const sdk::Value& one, const sdk::Value& other) {
  return (one.empty() && other.empty()) || to_json(one.to_json()) == to_json(other.to_json());
}

/// Whether the old object was blocked by this owner, too.
bool blocked_before(const sdk::Value& old_owners, std::string_view uid) {
  for (const auto reference : old_owners) {
    if (reference.text("uid") == uid) {
      return reference.boolean("blockOwnerDeletion");
    }
  }
  return false;
}

struct GroupVersion {
  std::string_view group;
  std::string_view version;
};

GroupVersion split(std::string_view api_version) {
  const auto slash = api_version.find('/');
  return slash == std::string_view::npos
             ? GroupVersion{"", api_version}
             : GroupVersion{api_version.substr(0, slash), api_version.substr(slash + 1)};
}

}  // namespace

Result<std::unique_ptr<OwnerReferences>> OwnerReferences::make(sdk::Host& host,
                                                               const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<OwnerReferences>(host);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

OwnerReferences::OwnerReferences(sdk::Host& host)
    : client_(host), offer_(*this, {.validates = true}) {}

Result<OwnerReferences::Decision> OwnerReferences::may(const sdk::AdmissionRequest& request,
                                                       JsonObject what) {
  JsonArray groups;
  for (const auto group : request.groups) {
    groups.push_back(JsonString(group));
  }
  const Json review = {{"apiVersion", "authorization.k8s.io/v1"},
                       {"kind", "SubjectAccessReview"},
                       {"spec",
                        {{"user", request.user},
                         {"uid", request.user_uid},
                         {"groups", std::move(groups)},
                         {"resourceAttributes", std::move(what)}}}};
  PINTLE_TRY(const Json answer,
             client_.create({.group = "authorization.k8s.io", .resource = "subjectaccessreviews"},
                            review));
  const auto* allowed = find_path(answer, {"status", "allowed"});
  return Decision{.is_allowed = allowed != nullptr && allowed->is_bool() && allowed->as_bool(),
                  .reason = std::string(text_at(answer, {"status", "reason"}))};
}

Result<void> OwnerReferences::validate(const sdk::AdmissionRequest& request) {
  // Old kubelets garble owners when they write a status; the status can't change them anyway.
  const bool is_pod_status = request.resource == "pods" && request.subresource == "status";
  const auto owners = owners_of(request.object);
  const auto old_owners = owners_of(request.old_object);
  if (is_pod_status || is_same(owners, old_owners)) {
    return {};
  }
  PINTLE_TRY(const auto decision, may(request, {{"verb", "delete"},
                                                {"namespace", request.ns},
                                                {"group", request.group},
                                                {"version", request.version},
                                                {"resource", request.resource},
                                                {"subresource", request.subresource},
                                                {"name", request.name}}));
  if (!decision.is_allowed) {
    return Error(Code::kForbidden,
                 concat({"cannot set an ownerRef on a resource you can't delete: ", decision.reason,
                         ", <nil>"}));
  }
  for (const auto reference : owners) {
    if (reference.boolean("blockOwnerDeletion") &&
        !blocked_before(old_owners, reference.text("uid"))) {
      PINTLE_TRY_STATUS(check_block(request, reference));
    }
  }
  return {};
}

Result<void> OwnerReferences::check_block(const sdk::AdmissionRequest& request,
                                          const sdk::Value& reference) {
  const auto api_version = reference.text("apiVersion");
  const auto kind = reference.text("kind");
  const auto [group, version] = split(api_version);
  const auto path = concat({group.empty() ? "/api/" : "/apis/", api_version});
  const auto listed = client_.request("GET", path, "", "");
  const auto parsed = listed.ok() ? parse_json(listed.value()) : Result<ParsedJson>(listed.error());
  bool is_known = false;
  const Json nothing;
  const auto& resources = array_at(parsed.ok() ? parsed.value().value : nothing, {"resources"});
  for (const auto& resource : resources) {
    const auto name = text_at(resource, {"name"});
    if (text_at(resource, {"kind"}) != kind || name.find('/') != std::string_view::npos) {
      continue;
    }
    is_known = true;
    const auto* namespaced = find_path(resource, {"namespaced"});
    const bool has_ns = namespaced != nullptr && namespaced->is_bool() && namespaced->as_bool();
    PINTLE_TRY(const auto decision, may(request, {{"verb", "update"},
                                                  {"namespace", has_ns ? request.ns : ""},
                                                  {"group", group},
                                                  {"version", version},
                                                  {"resource", name},
                                                  {"subresource", "finalizers"},
                                                  {"name", reference.text("name")}}));
    if (!decision.is_allowed) {
      return Error(Code::kForbidden,
                   concat({"cannot set blockOwnerDeletion if an ownerReference refers to a "
                           "resource you can't set finalizers on: ",
                           decision.reason, ", <nil>"}));
    }
  }
  if (is_known) {
    return {};
  }
  return Error(Code::kForbidden,
               concat({"cannot set blockOwnerDeletion in this case because cannot find RESTMapping "
                       "for APIVersion ",
                       api_version, " Kind ", kind, ": no matches for kind ", quoted(kind),
                       " in version ", quoted(api_version)}));
}

}  // namespace pintle::admission_owner_references

PINTLE_PLUGIN("admission_owner_references", "0.1.0",
              pintle::admission_owner_references::OwnerReferences)
