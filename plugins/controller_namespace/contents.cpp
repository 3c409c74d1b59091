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

/// "v1", "apps/v1". Source: apimachinery schema.ParseGroupVersion.
bool is_version(std::string_view text) {
  return std::ranges::count(text, '/') <= 1;
}

/// Each kind once, in its group's preferred version.
std::vector<ContentKind> discover(sdk::Client& client, Remaining& remaining) {
  std::vector<ContentKind> kinds;
  const auto take = [&](const std::string& path, const std::string& group,
                        const std::string& version) {
    const std::string shown = group.empty() ? version : concat({group, "/", version});
    const auto list = read(client, path);
    if (!list.ok()) {
      remaining.silent_groups.push_back(concat({shown, ": ", list.error().message}));
      return;
    }
    if (const auto told = text_at(list.value(), {"groupVersion"}); !is_version(told)) {
      remaining.version_faults.push_back(concat({"unexpected GroupVersion string: ", told}));
      return;
    }
    add_kinds(list.value(), group, version, kinds);
  };
  take("/api/v1", "", "v1");
  const auto groups = read(client, "/apis");
  if (!groups.ok()) {
    remaining.discovery_fault = groups.error().message;
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

bool is_pods(const ContentKind& kind) {
  return kind.resource == "pods" && kind.group.empty();
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

/// Counts what is left. True if any of it is held by a finalizer.
bool count(const Json& list, const ContentKind& kind, Remaining& remaining) {
  bool is_held = false;
  const auto& items = array_at(list, {"items"});
  remaining.instances[kind.group_resource()] += static_cast<std::int64_t>(items.size());
  for (const auto& item : items) {
    for (const auto& finalizer : array_at(item, {"metadata", "finalizers"})) {
      if (finalizer.is_string()) {
        ++remaining.finalizers[std::string(finalizer.get_string())];
        is_held = true;
      }
    }
  }
  return is_held;
}

/// The longest that any of these pods may still take to end.
std::chrono::seconds longest_grace(const JsonArray& pods) {
  std::int64_t longest = 0;
  for (const auto& pod : pods) {
    const auto phase = text_at(pod, {"status", "phase"});
    if (phase != "Succeeded" && phase != "Failed") {
      longest =
          std::max(longest, integer_at(pod, {"spec", "terminationGracePeriodSeconds"}).value_or(0));
    }
  }
  return std::chrono::seconds(longest);
}

Result<void> empty_kind(sdk::Client& client, const ContentKind& kind, const std::string& ns,
                        std::chrono::seconds going_for, Remaining& remaining) {
  PINTLE_TRY(const Json before, client.get(path_of(kind, ns)));
  const auto& items = array_at(before, {"items"});
  if (items.empty()) {
    return {};
  }
  PINTLE_TRY_STATUS(delete_all(client, kind, ns, items));
  PINTLE_TRY(const Json after, client.get(path_of(kind, ns)));
  if (array_at(after, {"items"}).empty()) {
    return {};
  }
  const bool is_held = count(after, kind, remaining);
  const bool ends_in_time = is_pods(kind) && longest_grace(items) > going_for;
  if (is_held || ends_in_time) {
    return {};
  }
  // Nobody said that it would wait, and it is still there.
  return Error(Code::kConflict, concat({"unexpected items still remain in namespace: ", ns,
                                        " for gvr: ", kind.shown()}));
}

}  // namespace

std::string ContentKind::group_resource() const {
  return concat({resource, ".", group});
}

std::string ContentKind::shown() const {
  return concat({group, "/", version, ", Resource=", resource});
}

Remaining empty_namespace(sdk::Client& client, const std::string& ns,
                          std::chrono::seconds going_for) {
  Remaining remaining;
  auto kinds = discover(client, remaining);
  std::erase_if(kinds, is_second_name);
  std::ranges::stable_partition(kinds, is_pods);
  for (const auto& kind : kinds) {
    const auto emptied = empty_kind(client, kind, ns, going_for, remaining);
    if (!emptied.ok()) {
      remaining.content_faults.push_back(emptied.error().message);
    }
    if (is_pods(kind) && (!emptied.ok() || !remaining.instances.empty())) {
      break;
    }
  }
  return remaining;
}

}  // namespace pintle::controller_namespace
