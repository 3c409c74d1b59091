// Reviews: may somebody do something, what may I do, who am I. Each answers and keeps nothing.
//
// Source: kube-apiserver registry/authorization and registry/authentication.

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/body.hpp"
#include "core/registry/represent.hpp"
#include "core/registry/shared.hpp"

namespace pintle::registry {
namespace {

using Answerer = Result<void> (*)(Shared& shared, const Operation& operation, Json& review);

JsonArray to_array(const std::vector<std::string>& texts) {
  return JsonArray(texts.begin(), texts.end());
}

Json to_user_info(const auth::Identity& who) {
  JsonObject user{{"username", who.user}};
  if (!who.uid.empty()) {
    user["uid"] = who.uid;
  }
  user["groups"] = to_array(who.groups);
  if (!who.extra.empty()) {
    auto& extra = ensure_object(user, "extra");
    for (const auto& [key, values] : who.extra) {
      extra[key] = to_array(values);
    }
  }
  return user;
}

/// The attributes that a review's spec asks about. Errors: kInvalid where it names none, or two.
Result<auth::Attributes> attributes_of(const Operation& operation, const Json& review) {
  const auto* resource = find_path(review, {"spec", "resourceAttributes"});
  const auto* path = find_path(review, {"spec", "nonResourceAttributes"});
  if ((resource == nullptr) == (path == nullptr)) {
    return invalid(operation.resource->group, operation.resource->kind, "",
                   {invalid_value("spec.resourceAttributes", "null",
                                  "exactly one of nonResourceAttributes or resourceAttributes must "
                                  "be specified")});
  }
  auth::Attributes what;
  if (path != nullptr) {
    what.verb = text_at(*path, {"verb"});
    what.path = text_at(*path, {"path"});
    return what;
  }
  what.is_resource = true;
  what.verb = text_at(*resource, {"verb"});
  what.group = text_at(*resource, {"group"});
  what.version = text_at(*resource, {"version"});
  what.resource = text_at(*resource, {"resource"});
  what.subresource = text_at(*resource, {"subresource"});
  what.ns = text_at(*resource, {"namespace"});
  what.name = text_at(*resource, {"name"});
  return what;
}

void decide(const Shared& shared, const auth::Identity& who, const auth::Attributes& what,
            Json& review) {
  const auto* authorizer = shared.parts.authorizer;
  const auth::Decision decision = authorizer == nullptr
                                      ? auth::Decision{.allowed = true, .reason = ""}
                                      : authorizer->allow(who, what);
  JsonObject status{{"allowed", decision.allowed}};
  if (!decision.reason.empty()) {
    status["reason"] = decision.reason;
  }
  review.as_object()["status"] = std::move(status);
}

Result<void> self_access(Shared& shared, const Operation& operation, Json& review) {
  PINTLE_TRY(const auth::Attributes what, attributes_of(operation, review));
  decide(shared, operation.who, what, review);
  return {};
}

std::vector<std::string> texts_of(const JsonArray& array) {
  std::vector<std::string> texts;
  for (const auto& item : array) {
    if (item.is_string()) {
      texts.emplace_back(std::string_view(item.as_string()));
    }
  }
  return texts;
}

Result<void> access(Shared& shared, const Operation& operation, Json& review) {
  PINTLE_TRY(const auth::Attributes what, attributes_of(operation, review));
  auth::Identity who;
  who.user = text_at(review, {"spec", "user"});
  who.uid = text_at(review, {"spec", "uid"});
  who.groups = texts_of(array_at(review, {"spec", "groups"}));
  for (const auto& extra : object_at(review, {"spec", "extra"})) {
    if (extra.value().is_array()) {
      who.extra[std::string(extra.key())] = texts_of(extra.value().as_array());
    }
  }
  if (who.user.empty() && who.groups.empty()) {
    return invalid(
        operation.resource->group, operation.resource->kind, "",
        {invalid_value("spec.user", "\"\"", "at least one of user or group must be specified")});
  }
  decide(shared, who, what, review);
  return {};
}

Result<void> local_access(Shared& shared, const Operation& operation, Json& review) {
  PINTLE_TRY(const auth::Attributes what, attributes_of(operation, review));
  if (!what.is_resource || what.ns != operation.ns) {
    return Error(
        Code::kBadRequest,
        concat({"spec.resourceAttributes.namespace must match namespace: ", operation.ns}));
  }
  return access(shared, operation, review);
}

Result<void> self_rules(Shared& shared, const Operation& operation, Json& review) {
  const auto ns = text_at(review, {"spec", "namespace"});
  if (ns.empty()) {
    return Error(Code::kBadRequest, "no namespace on request");
  }
  JsonArray resources;
  JsonArray paths;
  const auto rules = shared.parts.authorizer == nullptr
                         ? std::vector<auth::Rule>()
                         : shared.parts.authorizer->rules_of(operation.who, ns);
  for (const auto& rule : rules) {
    if (!rule.non_resource_urls.empty()) {
      paths.push_back(
          {{"verbs", to_array(rule.verbs)}, {"nonResourceURLs", to_array(rule.non_resource_urls)}});
    }
    if (rule.resources.empty()) {
      continue;
    }
    JsonObject shown{{"verbs", to_array(rule.verbs)},
                     {"apiGroups", to_array(rule.api_groups)},
                     {"resources", to_array(rule.resources)}};
    if (!rule.resource_names.empty()) {
      shown["resourceNames"] = to_array(rule.resource_names);
    }
    resources.emplace_back(std::move(shown));
  }
  review.as_object()["status"] = {{"resourceRules", std::move(resources)},
                                  {"nonResourceRules", std::move(paths)},
                                  {"incomplete", false}};
  return {};
}

Result<void> self(Shared& /*shared*/, const Operation& operation, Json& review) {
  review.as_object()["status"] = {{"userInfo", to_user_info(operation.who)}};
  return {};
}

Result<void> token(Shared& shared, const Operation& /*operation*/, Json& review) {
  const auto bearer = text_at(review, {"spec", "token"});
  if (bearer.empty()) {
    return Error(Code::kBadRequest, "token is required for TokenReview in authentication");
  }
  auth::Credentials credentials;
  credentials.authorization.push_back(concat({"Bearer ", bearer}));
  // Bearer tokens never need a slow hash, so the answer is there at once.
  auto who = shared.parts.authenticator->identify_now(credentials);
  JsonObject status;
  if (who && who->ok()) {
    status["authenticated"] = true;
    status["user"] = to_user_info(who->value());
    const auto audiences = texts_of(array_at(review, {"spec", "audiences"}));
    status["audiences"] =
        to_array(shared.parts.api_audiences.empty() ? audiences : shared.parts.api_audiences);
  } else {
    status["error"] = who ? who->error().message : "the token can't be checked now";
  }
  review.as_object()["status"] = std::move(status);
  return {};
}

struct Row {
  std::string_view plural;
  Answerer answer;
};

constexpr std::array kReviews = {
    Row{"localsubjectaccessreviews", local_access},
    Row{"selfsubjectaccessreviews", self_access},
    Row{"selfsubjectreviews", self},
    Row{"selfsubjectrulesreviews", self_rules},
    Row{"subjectaccessreviews", access},
    Row{"tokenreviews", token},
};

Result<Answer> answer_review(Shared& shared, const Operation& operation, Answerer answer) {
  const Query query(operation.query);
  PINTLE_TRY(const WriteOptions options, parse_write_options(query, "CreateOptions"));
  PINTLE_TRY(const Representation as, negotiate(operation.accept, query, /*watch=*/false));
  std::vector<std::string> warnings;
  PINTLE_TRY(Json review, decode_body(operation, options.field_validation, {}, warnings));
  PINTLE_TRY_STATUS(answer(shared, operation, review));
  auto& metadata = ensure_object(review.as_object(), "metadata");
  if (!metadata.contains("creationTimestamp")) {
    metadata["creationTimestamp"] = nullptr;
  }
  auto made = answer_json(as, to_json(review), 201);
  made.warnings = std::move(warnings);
  return made;
}

}  // namespace

bool review(Shared& shared, const Operation& operation, const Reply& reply) {
  const auto& resource = *operation.resource;
  if (operation.verb != "create" ||
      (resource.group != "authorization.k8s.io" && resource.group != "authentication.k8s.io")) {
    return false;
  }
  const auto row = std::ranges::find(kReviews, resource.plural, &Row::plural);
  if (row == kReviews.end()) {
    return false;
  }
  if (row->answer == token && shared.parts.authenticator == nullptr) {
    reply(Error(Code::kNotFound, "the server could not find the requested resource"));
    return true;
  }
  reply(answer_review(shared, operation, row->answer));
  return true;
}

}  // namespace pintle::registry
