// Owners: which controller an object belongs to; see owners.hpp.

#include "core/sdk/owners.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/sdk/pods.hpp"

namespace pintle::sdk {
namespace {

enum class Claim { kIgnored, kKept, kAdopted, kReleased };

bool has_selected(const Claimant& claimant, const ObjectHandle& object) {
  return claimant.selector.matches(labels_of(object.root()));
}

Claim judge(const Claimant& claimant, const ObjectHandle& object) {
  const Value controller = controller_of(object);
  const bool owner_goes = is_terminating(claimant.owner.root());
  if (controller) {
    if (controller.text("uid") != claimant.owner.uid()) {
      return Claim::kIgnored;
    }
    if (has_selected(claimant, object)) {
      return Claim::kKept;
    }
    return owner_goes ? Claim::kIgnored : Claim::kReleased;
  }
  if (owner_goes || is_terminating(object.root()) || object.ns() != claimant.owner.ns() ||
      !has_selected(claimant, object)) {
    return Claim::kIgnored;
  }
  return Claim::kAdopted;
}

std::string to_patch(const Claimant& claimant, const ObjectHandle& object, Claim claim) {
  JsonObject reference;
  if (claim == Claim::kAdopted) {
    reference = controller_reference(claimant.owner, claimant.api_version, claimant.kind);
  } else {
    reference = {{"$patch", "delete"}, {"uid", claimant.owner.uid()}};
  }
  // The uid makes it fail on a namesake that has come in the meantime.
  return to_json(JsonObject{
      {"metadata", {{"uid", object.uid()}, {"ownerReferences", JsonArray{std::move(reference)}}}}});
}

/// Nothing is adopted for an owner that has gone while its cache did not know.
Result<void> check_owner(Client& client, const Claimant& claimant) {
  const auto owner = client.find(claimant.path);
  if (!owner || owner.uid() != claimant.owner.uid()) {
    return Error(Code::kConflict, concat({"original ", claimant.kind, " ", claimant.owner.ns(), "/",
                                          claimant.owner.name(), " is gone"}));
  }
  if (is_terminating(owner.root())) {
    return Error(Code::kConflict,
                 concat({owner.ns(), "/", owner.name(), " has just been deleted"}));
  }
  return {};
}

}  // namespace

Value controller_of(const ObjectHandle& object) {
  for (const Value owner : object.at("metadata", "ownerReferences")) {
    if (owner.boolean("controller")) {
      return owner;
    }
  }
  return {};
}

JsonObject controller_reference(const ObjectHandle& owner, std::string_view api_version,
                                std::string_view kind) {
  return {{"apiVersion", api_version}, {"kind", kind},       {"name", owner.name()},
          {"uid", owner.uid()},        {"controller", true}, {"blockOwnerDeletion", true}};
}

TextPairs labels_of(const Value& object) {
  TextPairs labels;
  for (const auto& [name, value] : object.at("metadata", "labels").members()) {
    labels.emplace_back(name, value.text());
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

std::string orphans_key(std::string_view ns) {
  return concat({"orphans/", ns});
}

std::vector<std::string> owner_keys_of(const ObjectHandle& object) {
  const Value controller = controller_of(object);
  return {controller ? std::string(controller.text("uid")) : orphans_key(object.ns())};
}

Result<std::vector<ObjectHandle>> claim(Client& client, const Claimant& claimant,
                                        const Path& resource,
                                        const std::vector<ObjectHandle>& candidates) {
  std::vector<ObjectHandle> owned;
  std::vector<Call> calls;
  std::vector<ObjectHandle> adopted;  // By call; none for a release.
  for (const auto& object : candidates) {
    const Claim what = judge(claimant, object);
    if (what == Claim::kKept) {
      owned.push_back(object);
    }
    if (what == Claim::kAdopted || what == Claim::kReleased) {
      Path path = resource;
      path.ns = object.ns();
      path.name = object.name();
      calls.push_back({.method = "PATCH",
                       .path = to_text(path),
                       .content_type = "application/strategic-merge-patch+json",
                       .body = to_patch(claimant, object, what)});
      adopted.push_back(what == Claim::kAdopted ? object : ObjectHandle());
    }
  }
  if (std::ranges::any_of(adopted, [](const auto& object) { return static_cast<bool>(object); })) {
    PINTLE_TRY_STATUS(check_owner(client, claimant));
  }
  const auto answers = client.request_all(calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].ok()) {
      if (adopted[i]) {
        owned.push_back(adopted[i]);
      }
      continue;
    }
    // Gone, or, for a release, no longer ours: then there is nothing left to do.
    const Code code = answers[i].error().code;
    if (code != Code::kNotFound && (adopted[i] || code != Code::kInvalid)) {
      return answers[i].error();
    }
  }
  return owned;
}

}  // namespace pintle::sdk
