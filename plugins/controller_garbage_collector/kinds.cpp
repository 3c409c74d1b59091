// Kinds: what discovery tells, as a table; see kinds.hpp.

#include "plugins/controller_garbage_collector/kinds.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::controller_garbage_collector {
namespace {

Result<Json> read(sdk::Client& client, const std::string& path) {
  PINTLE_TRY(const std::string text, client.request("GET", path, "", ""));
  PINTLE_TRY(ParsedJson parsed, parse_json(text, {}, JsonLimits{.max_bytes = text.size()}));
  return std::move(parsed.value);
}

bool has_verbs(const Json& resource, std::initializer_list<std::string_view> wanted) {
  const auto& verbs = array_at(resource, {"verbs"});
  return std::ranges::all_of(wanted, [&](std::string_view verb) {
    return std::any_of(verbs.begin(), verbs.end(), [verb](const Json& known) {
      return known.is_string() && std::string_view(known.get_string()) == verb;
    });
  });
}

/// Events own nothing and are owned by nobody: they expire.
/// Source: kubernetes DefaultIgnoredResources.
bool is_ignored(const Kind& kind) {
  return kind.resource == "events" && (kind.group.empty() || kind.group == "events.k8s.io");
}

struct Found {
  std::vector<Kind> kinds;
  std::set<std::string, std::less<>> api_versions;
  std::set<std::string, std::less<>> silent;  // Groups that did not answer.
};

void add_group(sdk::Client& client, const std::string& path, const std::string& group,
               const std::string& version, Found& found) {
  const auto list = read(client, path);
  if (!list.ok()) {
    found.silent.insert(group);
    return;
  }
  for (const auto& resource : array_at(list.value(), {"resources"})) {
    const auto name = text_at(resource, {"name"});
    if (name.find('/') != std::string_view::npos || !has_verbs(resource, {"get"})) {
      continue;
    }
    const Json* namespaced = find_member(resource, "namespaced");
    Kind kind{
        .group = group,
        .version = version,
        .kind = std::string(text_at(resource, {"kind"})),
        .resource = std::string(name),
        .namespaced = namespaced != nullptr && namespaced->is_bool() && namespaced->get_bool()};
    kind.followed = has_verbs(resource, {"delete", "list", "watch"}) && !is_ignored(kind);
    found.kinds.push_back(std::move(kind));
  }
}

Result<Found> discover(sdk::Client& client) {
  Found found;
  PINTLE_TRY(const Json groups, read(client, "/apis"));
  found.api_versions.insert("v1");
  add_group(client, "/api/v1", "", "v1", found);
  for (const auto& group : array_at(groups, {"groups"})) {
    const std::string name(text_at(group, {"name"}));
    for (const auto& version : array_at(group, {"versions"})) {
      found.api_versions.emplace(text_at(version, {"groupVersion"}));
    }
    const std::string version(text_at(group, {"preferredVersion", "version"}));
    add_group(client, concat({"/apis/", name, "/", version}), name, version, found);
  }
  return found;
}

}  // namespace

sdk::Path Kind::path(std::string_view ns, std::string_view name) const {
  return {.group = group,
          .version = version,
          .resource = resource,
          .ns = namespaced ? std::string(ns) : "",
          .name = std::string(name)};
}

std::string_view group_of(std::string_view api_version) {
  const auto slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

Result<void> Kinds::refresh(sdk::Client& client) {
  PINTLE_TRY(Found found, discover(client));
  std::vector<std::shared_ptr<const Kind>> next;
  for (const auto& known : kinds_) {
    const bool stays = found.silent.contains(known->group) ||
                       std::ranges::find(found.kinds, *known) != found.kinds.end();
    if (stays) {
      next.push_back(known);
    }
  }
  for (auto& kind : found.kinds) {
    const bool is_known =
        std::ranges::any_of(next, [&](const auto& known) { return *known == kind; });
    if (!is_known) {
      next.push_back(std::make_shared<const Kind>(std::move(kind)));
    }
  }
  kinds_ = std::move(next);
  api_versions_ = std::move(found.api_versions);
  return {};
}

const Kind* Kinds::find(std::string_view api_version, std::string_view kind) const {
  if (!api_versions_.contains(api_version)) {
    return nullptr;
  }
  const auto group = group_of(api_version);
  const auto found = std::ranges::find_if(
      kinds_, [&](const auto& known) { return known->group == group && known->kind == kind; });
  return found == kinds_.end() ? nullptr : found->get();
}

}  // namespace pintle::controller_garbage_collector
