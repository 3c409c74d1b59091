// Contents: what lives in a namespace, and how it is emptied; see contents.hpp.

#include "plugins/controller_namespace/contents.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::controller_namespace {
namespace {

Result<Json> read(sdk::Client& client, const std::string& path) {
  PINTLE_TRY(const std::string text, client.request("GET", path, "", ""));
  PINTLE_TRY(ParsedJson parsed, parse_json(text, {}, JsonLimits{.max_bytes = text.size()}));
  return std::move(parsed.value);
}

bool lists_verb(const Json& resource, std::string_view verb) {
  const auto& verbs = array_at(resource, {"verbs"});
  return std::any_of(verbs.begin(), verbs.end(), [verb](const Json& known) {
    return known.is_string() && std::string_view(known.get_string()) == verb;
  });
}

void add_kinds(const Json& list, const std::string& group, const std::string& version,
               std::vector<ContentKind>& kinds) {
  for (const auto& resource : array_at(list, {"resources"})) {
    const auto name = text_at(resource, {"name"});
    const Json* namespaced = find_member(resource, "namespaced");
    const bool lives_in_one =
        namespaced != nullptr && namespaced->is_bool() && namespaced->get_bool();
    if (!lives_in_one || name.find('/') != std::string_view::npos ||
        !lists_verb(resource, "delete") || !lists_verb(resource, "list")) {
      continue;
    }
    kinds.push_back({.group = group,
                     .version = version,
                     .resource = std::string(name),
                     .deletes_collections = lists_verb(resource, "deletecollection")});
  }
}

/// Each kind once, in its group's preferred version.
std::vector<ContentKind> discover(sdk::Client& client, std::vector<std::string>& faults) {
  std::vector<ContentKind> kinds;
  const auto take = [&](const std::string& path, const std::string& group,
                        const std::string& version) {
    const auto list = read(client, path);
    if (list.ok()) {
      add_kinds(list.value(), group, version, kinds);
    } else {
      faults.push_back(concat({path, ": ", list.error().message}));
    }
  };
  take("/api/v1", "", "v1");
  const auto groups = read(client, "/apis");
  if (!groups.ok()) {
    faults.push_back("/apis: " + groups.error().message);
    return kinds;
  }
  for (const auto& group : array_at(groups.value(), {"groups"})) {
    const std::string name(text_at(group, {"name"}));
    const std::string version(text_at(group, {"preferredVersion", "version"}));
    take(concat({"/apis/", name, "/", version}), name, version);
  }
  return kinds;
}

/// Events are told of in two groups; they are one thing.
bool is_second_name(const ContentKind& kind) {
  return kind.resource == "events" && !kind.group.empty();
}

sdk::Path path_of(const ContentKind& kind, const std::string& ns, std::string_view name = "") {
  return {.group = kind.group,
          .version = kind.version,
          .resource = kind.resource,
          .ns = ns,
          .name = std::string(name)};
}

Result<void> delete_all(sdk::Client& client, const ContentKind& kind, const std::string& ns,
                        const JsonArray& items) {
  const JsonObject options{{"propagationPolicy", "Background"}};
  if (kind.deletes_collections) {
    return client.remove(path_of(kind, ns), options);
  }
  for (const auto& item : items) {
    auto removed = client.remove(path_of(kind, ns, text_at(item, {"metadata", "name"})), options);
    if (!removed.ok() && removed.error().code != Code::kNotFound) {
      return removed;
    }
  }
  return {};
}

void count(const Json& list, const ContentKind& kind, Remaining& remaining) {
  const auto& items = array_at(list, {"items"});
  if (items.empty()) {
    return;
  }
  remaining.instances[kind.group_resource()] += static_cast<std::int64_t>(items.size());
  for (const auto& item : items) {
    for (const auto& finalizer : array_at(item, {"metadata", "finalizers"})) {
      if (finalizer.is_string()) {
        ++remaining.finalizers[std::string(finalizer.get_string())];
      }
    }
  }
}

Result<void> empty_kind(sdk::Client& client, const ContentKind& kind, const std::string& ns,
                        Remaining& remaining) {
  PINTLE_TRY(const Json before, client.get(path_of(kind, ns)));
  const auto& items = array_at(before, {"items"});
  if (items.empty()) {
    return {};
  }
  PINTLE_TRY_STATUS(delete_all(client, kind, ns, items));
  PINTLE_TRY(const Json after, client.get(path_of(kind, ns)));
  count(after, kind, remaining);
  return {};
}

}  // namespace

std::string ContentKind::group_resource() const {
  return concat({resource, ".", group});
}

Remaining empty_namespace(sdk::Client& client, const std::string& ns) {
  Remaining remaining;
  for (const auto& kind : discover(client, remaining.discovery_faults)) {
    if (is_second_name(kind)) {
      continue;
    }
    const auto emptied = empty_kind(client, kind, ns, remaining);
    if (!emptied.ok()) {
      remaining.content_faults.push_back(
          concat({kind.group_resource(), ": ", emptied.error().message}));
    }
  }
  return remaining;
}

}  // namespace pintle::controller_namespace
