// The cluster behind a FakeHost: objects by path, requests that read and change them, and a clock.

#include <algorithm>

#include "core/object/patch.hpp"
#include "core/object/status.hpp"
#include "tests/support/fake_host_state.hpp"

namespace pintle::test {

using sdk::Path;

WallTime ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  // 2026-01-01T00:00:00Z, and what has passed since.
  return WallTime(std::chrono::seconds(1'767'225'600)) + passed_;
}

SteadyTime ManualClock::steady() const {
  const std::lock_guard lock(mutex_);
  return SteadyTime(std::chrono::hours(1)) + passed_;
}

void ManualClock::advance(std::chrono::microseconds by) {
  const std::lock_guard lock(mutex_);
  passed_ += by;
}
namespace {

Path whole(Path path) {
  path.subresource.clear();
  path.query.clear();
  return path;
}

std::string resource_of(const Path& path) {
  return path.group.empty() ? path.resource : path.resource + "." + path.group;
}

ObjectPtr make_object(const Path& path, Json tree, Revision revision) {
  JsonObject object = tree.as_object();
  JsonObject metadata =
      object["metadata"].is_object() ? object["metadata"].as_object() : JsonObject();
  metadata.erase("resourceVersion");
  metadata["name"] = path.name;
  if (!path.ns.empty()) {
    metadata["namespace"] = path.ns;
  }
  if (!metadata.contains("uid")) {
    metadata["uid"] = "uid-" + std::to_string(revision);
  }
  Draft draft;
  for (const auto& [key, value] : metadata) {
    if (key == "labels" && value.is_object()) {
      for (const auto& [label, text] : value.get_object()) {
        draft.labels.emplace_back(std::string(label), std::string(text.as_string()));
      }
    }
  }
  std::sort(draft.labels.begin(), draft.labels.end());
  object.erase("metadata");
  const std::string rest = to_json(object);
  draft.head = R"({"metadata":{)";
  draft.tail = to_json(metadata).substr(1) + (object.empty() ? "}" : "," + rest.substr(1));
  for (const std::string_view field : {"spec.nodeName", "spec.schedulerName", "status.phase"}) {
    const auto dot = field.find('.');
    draft.fields.emplace_back(
        field, std::string(text_at(tree, {field.substr(0, dot), field.substr(dot + 1)})));
  }
  draft.uid = std::string(text_at(metadata, {"uid"}));
  return std::make_shared<const Object>(
      Key{.resource = resource_of(path), .ns = path.ns, .name = path.name}, revision,
      std::move(draft));
}

Error no_such(const Path& path) {
  return not_found(resource_of(path), path.name);
}

}  // namespace

bool wants(const pintle_subscription& subscription, const Path& path, const ObjectPtr& object) {
  const Path& asked = subscription.path;
  return object != nullptr && asked.group == path.group && asked.resource == path.resource &&
         (asked.ns.empty() || asked.ns == path.ns) &&
         subscription.labels.matches(object->labels()) && subscription.fields.matches(*object);
}

void push(pintle_subscription& subscription, pintle_subscription::Change change) {
  {
    const std::lock_guard lock(subscription.mutex);
    subscription.changes.push_back(std::move(change));
    if (subscription.ready) {
      subscription.ready();
    }
  }
  subscription.changed.notify_all();
}

void FakeHost::State::publish(std::uint32_t type, const Path& path, ObjectPtr object,
                              ObjectPtr previous) {
  for (auto* subscription : subscriptions) {
    const bool is = type != PINTLE_DELETED && wants(*subscription, path, object);
    const bool was = wants(*subscription, path, previous);
    if ((is || was) && (loses_one_in == 0 || luck() % loses_one_in != 0)) {
      const std::uint32_t told = !is ? PINTLE_DELETED : was ? PINTLE_MODIFIED : PINTLE_ADDED;
      push(*subscription, {told, object, previous});
    }
  }
}

Result<Json> FakeHost::State::write(const Path& path, Json object, bool create) {
  const std::string at = to_text(whole(path));
  const auto held = objects.find(at);
  if (create && held != objects.end()) {
    return already_exists(resource_of(path), path.name);
  }
  const ObjectPtr previous = held == objects.end() ? nullptr : held->second;
  const auto asked = text_at(object, {"metadata", "resourceVersion"});
  if (previous != nullptr && !asked.empty() && asked != std::to_string(previous->revision())) {
    return conflict(resource_of(path), path.name, "the object has been modified");
  }
  const ObjectPtr made = make_object(path, std::move(object), ++revision);
  objects[at] = made;
  publish(previous ? PINTLE_MODIFIED : PINTLE_ADDED, path, made, previous);
  return made->tree();
}

Result<Json> FakeHost::State::read(const Path& path) const {
  if (!path.name.empty()) {
    const auto held = objects.find(to_text(whole(path)));
    return held == objects.end() ? Result<Json>(no_such(path)) : held->second->tree();
  }
  JsonArray items;
  for (const auto& [at, object] : objects) {
    const auto place = sdk::parse_path(at);
    if (place->group == path.group && place->resource == path.resource &&
        (path.ns.empty() || path.ns == place->ns)) {
      items.push_back(object->tree());
    }
  }
  return Json(JsonObject{{"kind", "List"}, {"metadata", JsonObject()}, {"items", items}});
}

Result<Json> FakeHost::State::erase(const Path& path) {
  std::vector<std::string> gone;
  for (const auto& [at, object] : objects) {
    const auto place = sdk::parse_path(at);
    if (place->group == path.group && place->resource == path.resource && place->ns == path.ns &&
        (path.name.empty() || path.name == place->name)) {
      gone.push_back(at);
    }
  }
  if (gone.empty() && !path.name.empty()) {
    return no_such(path);
  }
  for (const auto& at : gone) {
    const auto last = objects[at];
    objects.erase(at);
    publish(PINTLE_DELETED, *sdk::parse_path(at), last, last);
  }
  return Json(JsonObject{{"kind", "Status"}, {"status", "Success"}});
}

Result<Json> FakeHost::State::perform(std::string_view method, const Path& path,
                                      std::string_view content_type, std::string_view body) {
  if (method == "GET") {
    return read(path);
  }
  if (method == "DELETE") {
    return erase(path);
  }
  PINTLE_TRY(ParsedJson parsed, parse_json(body));
  if (method == "POST" && path.subresource == "binding") {
    PINTLE_TRY(Json pod, read(path));
    pod.as_object()["spec"].as_object()["nodeName"] = text_at(parsed.value, {"target", "name"});
    return write(path, std::move(pod), false);
  }
  if (method == "POST" && path.resource == "subjectaccessreviews") {
    const Json spec = parsed.value.at("spec");
    parsed.value.as_object()["status"] = JsonObject{{"allowed", !allows || allows(spec)}};
    return std::move(parsed.value);
  }
  if (method == "POST") {
    Path made = path;
    made.name = std::string(text_at(parsed.value, {"metadata", "name"}));
    if (made.name.empty()) {
      made.name = text_at(parsed.value, {"metadata", "generateName"});
      made.name += std::to_string(revision + 1);
    }
    return write(made, std::move(parsed.value), true);
  }
  PINTLE_TRY(Json object, read(path));
  if (method == "PUT") {
    return write(path, std::move(parsed.value), false);
  }
  if (content_type == "application/json-patch+json") {
    PINTLE_TRY_STATUS(apply_json_patch(object, parsed.value));
  } else {
    object.as_object()["metadata"].as_object().erase("resourceVersion");
    apply_merge_patch(object, parsed.value);
  }
  return write(path, std::move(object), false);
}

}  // namespace pintle::test
