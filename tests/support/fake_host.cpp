// FakeHost: a host for one plugin in a test; see fake_host.hpp.

#include "tests/support/fake_host.hpp"

#include <condition_variable>
#include <deque>
#include <optional>

#include "core/base/concat.hpp"
#include "core/object/patch.hpp"
#include "core/object/selector.hpp"
#include "core/object/status.hpp"
#include "core/sdk/object_table.hpp"
#include "core/sdk/path.hpp"
#include "core/sdk/text.hpp"

struct pintle_subscription {
  pintle::test::FakeHost* owner = nullptr;
  pintle::sdk::Path path;
  pintle::LabelSelector labels;
  pintle::FieldSelector fields;
  std::mutex mutex;
  std::condition_variable changed;
  struct Change {
    std::uint32_t type = 0;
    pintle::ObjectPtr object;
    pintle::ObjectPtr previous;
  };
  std::deque<Change> changes;  // Guarded by mutex.
  bool woken = false;          // Guarded by mutex.
  const pintle_object* lent = nullptr;
  const pintle_object* lent_previous = nullptr;
};

namespace pintle::test {

using sdk::Path;
using sdk::to_c;
using sdk::to_view;

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

struct FakeHost::State {
  struct Refusal {
    int status = 0;
    std::string message;
    int times = 0;
  };
  struct Watch {
    std::string point;
    void (*changed)(void*, const char*, const void*, void*, std::uint32_t);
    void* context;
  };

  struct Table : pintle_host {
    FakeHost* owner = nullptr;
  };

  Table host{};
  bool with_cluster = true;
  mutable std::recursive_mutex mutex;  // Guards all below.
  std::map<std::string, std::string, std::less<>> settings;
  std::map<std::string, ObjectPtr> objects;  // By path.
  Revision revision = 0;
  std::map<std::string, Json> answers;
  std::map<std::string, Refusal> refusals;  // By "METHOD path".
  std::vector<pintle_subscription*> subscriptions;
  std::vector<Request> requests;
  std::vector<std::string> log;
  std::vector<std::pair<std::string, sdk::Offer>> offers;
  std::vector<Watch> watches;

  void publish(std::uint32_t type, const Path& path, ObjectPtr object, ObjectPtr previous);
  Result<Json> perform(std::string_view method, const Path& path, std::string_view content_type,
                       std::string_view body);
  Result<Json> write(const Path& path, Json object, bool create);
  Result<Json> read(const Path& path) const;
  Result<Json> erase(const Path& path);
};

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
  }
  subscription.changed.notify_all();
}

Error no_such(const Path& path) {
  return not_found(resource_of(path), path.name);
}

}  // namespace

void FakeHost::State::publish(std::uint32_t type, const Path& path, ObjectPtr object,
                              ObjectPtr previous) {
  for (auto* subscription : subscriptions) {
    const bool is = type != PINTLE_DELETED && wants(*subscription, path, object);
    const bool was = wants(*subscription, path, previous);
    if (is || was) {
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
  if (method == "POST") {
    Path made = path;
    made.name = std::string(text_at(parsed.value, {"metadata", "name"}));
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

/// The C functions of the border, over a FakeHost.
struct FakeTables {
  static FakeHost* owner_of(const pintle_host* host) {
    return static_cast<const FakeHost::State::Table*>(host)->owner;
  }

  static void request(const pintle_host* host, const pintle_request* asked, pintle_reply reply,
                      void* context) {
    auto& state = *owner_of(host)->state_;
    const std::string method(to_view(asked->method));
    const std::string path(to_view(asked->path));
    Result<Json> answer = Error(Code::kNotFound, "the server could not find " + path);
    {
      const std::lock_guard lock(state.mutex);
      state.requests.push_back({method, path, std::string(to_view(asked->body))});
      const auto refusal = state.refusals.find(concat({method, " ", path}));
      const auto known = state.answers.find(path);
      const auto parsed = sdk::parse_path(path);
      if (refusal != state.refusals.end() && refusal->second.times > 0) {
        --refusal->second.times;
        answer = Error(sdk::code_of_http_status(static_cast<std::uint32_t>(refusal->second.status)),
                       refusal->second.message);
      } else if (known != state.answers.end()) {
        answer = known->second;
      } else if (parsed) {
        answer = state.perform(method, *parsed, to_view(asked->content_type), to_view(asked->body));
      }
    }
    const std::string text = answer.ok() ? to_json(answer.value()) : to_status_json(answer.error());
    const int status =
        answer.ok() ? (method == "POST" ? 201 : 200) : http_status_of(answer.error().code);
    reply(context, static_cast<std::uint32_t>(status), to_c(std::string_view(text)));
  }

  static const pintle_object* get(const pintle_host* host, pintle_text path) {
    const auto& state = *owner_of(host)->state_;
    const std::lock_guard lock(state.mutex);
    const auto held = state.objects.find(std::string(to_view(path)));
    return held == state.objects.end() ? nullptr : sdk::make_object(held->second);
  }

  static pintle_status subscribe(const pintle_host* host, pintle_text path,
                                 pintle_subscription** subscription) {
    auto& state = *owner_of(host)->state_;
    const std::lock_guard lock(state.mutex);
    const auto parsed = sdk::parse_path(to_view(path));
    if (!parsed) {
      return to_c(Error(Code::kNotFound, "no such list"));
    }
    auto made = std::make_unique<pintle_subscription>();
    made->owner = owner_of(host);
    made->path = *parsed;
    made->labels =
        parse_label_selector(sdk::query_value(parsed->query, "labelSelector").value_or("")).value();
    made->fields =
        parse_field_selector(sdk::query_value(parsed->query, "fieldSelector").value_or("")).value();
    list(state, *made);
    state.subscriptions.push_back(made.get());
    *subscription = made.release();
    return {};
  }

  static void list(FakeHost::State& state, pintle_subscription& subscription) {
    for (const auto& [at, object] : state.objects) {
      if (wants(subscription, *sdk::parse_path(at), object)) {
        push(subscription, {PINTLE_ADDED, object, nullptr});
      }
    }
    push(subscription, {PINTLE_SYNCED, nullptr, nullptr});
  }

  static std::int32_t next(pintle_subscription* subscription, std::uint32_t timeout_ms,
                           pintle_event* event) {
    let_go(*subscription);
    std::unique_lock lock(subscription->mutex);
    subscription->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] {
      return subscription->woken || !subscription->changes.empty();
    });
    if (std::exchange(subscription->woken, false)) {
      return -1;
    }
    if (subscription->changes.empty()) {
      return 0;
    }
    const auto change = std::move(subscription->changes.front());
    subscription->changes.pop_front();
    subscription->lent = sdk::make_object(change.object);
    subscription->lent_previous = sdk::make_object(change.previous);
    *event = {change.type, subscription->lent, subscription->lent_previous};
    return 1;
  }

  static void let_go(pintle_subscription& subscription) {
    sdk::object_table().release(std::exchange(subscription.lent, nullptr));
    sdk::object_table().release(std::exchange(subscription.lent_previous, nullptr));
  }

  static void wake(pintle_subscription* subscription) {
    {
      const std::lock_guard lock(subscription->mutex);
      subscription->woken = true;
    }
    subscription->changed.notify_all();
  }

  static void close(pintle_subscription* subscription) {
    auto& state = *subscription->owner->state_;
    {
      const std::lock_guard lock(state.mutex);
      std::erase(state.subscriptions, subscription);
    }
    let_go(*subscription);
    const std::unique_ptr<pintle_subscription> last(subscription);
  }

  static void log(const pintle_host* host, std::uint32_t, pintle_text message) {
    auto& state = *owner_of(host)->state_;
    const std::lock_guard lock(state.mutex);
    state.log.emplace_back(to_view(message));
  }

  static const void* table(const pintle_host* host, const char* name) {
    static constexpr pintle_client_table kClient = {sizeof(kClient), request, get};
    static constexpr pintle_bus_table kBus = {sizeof(kBus), subscribe, next, wake, close};
    static constexpr pintle_log_table kLog = {sizeof(kLog), log};
    const std::string_view wanted(name);
    const bool with_cluster = owner_of(host)->state_->with_cluster;
    if (wanted == "pintle.object/1") {
      return &sdk::object_table();
    }
    if (wanted == "pintle.log/1") {
      return &kLog;
    }
    if (with_cluster && wanted == "pintle.client/1") {
      return &kClient;
    }
    return with_cluster && wanted == "pintle.bus/1" ? &kBus : nullptr;
  }

  static pintle_status provide(const pintle_host* host, const char* name, const void* table,
                               void* self) {
    owner_of(host)->offer(name, "under-test", table, self);
    return {};
  }

  static pintle_status on_provided(const pintle_host* host, const char* name,
                                   void (*changed)(void*, const char*, const void*, void*,
                                                   std::uint32_t),
                                   void* context) {
    auto& state = *owner_of(host)->state_;
    const std::lock_guard lock(state.mutex);
    state.watches.push_back({name, changed, context});
    for (const auto& [point, offer] : state.offers) {
      if (point == name) {
        changed(context, offer.plugin.c_str(), offer.table, offer.self, 1);
      }
    }
    return {};
  }

  static pintle_text setting(const pintle_host* host, pintle_text name) {
    const auto& state = *owner_of(host)->state_;
    const std::lock_guard lock(state.mutex);
    const auto found = state.settings.find(to_view(name));
    return found == state.settings.end() ? pintle_text{} : to_c(std::string_view(found->second));
  }
};

FakeHost::FakeHost(bool with_cluster) : state_(std::make_unique<State>()) {
  state_->with_cluster = with_cluster;
  state_->host.owner = this;
  auto& table = state_->host;
  table.size = sizeof(pintle_host);
  table.table = FakeTables::table;
  table.provide = FakeTables::provide;
  table.on_provided = FakeTables::on_provided;
  table.setting = FakeTables::setting;
  host_ = std::make_unique<sdk::Host>(raw());
}

FakeHost::~FakeHost() = default;

const pintle_host* FakeHost::raw() const {
  return &state_->host;
}

void FakeHost::set(const std::string& setting, const std::string& value) {
  const std::lock_guard lock(state_->mutex);
  state_->settings[setting] = value;
}

void FakeHost::put(const std::string& path, const Json& object) {
  const std::lock_guard lock(state_->mutex);
  Json copy = object;
  if (auto* metadata = find_path(copy, {"metadata"})) {
    metadata->as_object().erase("resourceVersion");
  }
  (void)state_->write(sdk::parse_path(path).value(), std::move(copy), false);
}

void FakeHost::remove(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  (void)state_->erase(sdk::parse_path(path).value());
}

Json FakeHost::get(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  const auto held = state_->objects.find(path);
  return held == state_->objects.end() ? Json() : held->second->tree();
}

void FakeHost::answer(const std::string& path, const Json& body) {
  const std::lock_guard lock(state_->mutex);
  state_->answers[path] = body;
}

void FakeHost::refuse(const std::string& method, const std::string& path, int status,
                      const std::string& message, int times) {
  const std::lock_guard lock(state_->mutex);
  state_->refusals[concat({method, " ", path})] = {status, message, times};
}

void FakeHost::lose_log() {
  const std::lock_guard lock(state_->mutex);
  for (auto* subscription : state_->subscriptions) {
    push(*subscription, {PINTLE_RELISTED, nullptr, nullptr});
    FakeTables::list(*state_, *subscription);
  }
}

std::vector<FakeHost::Request> FakeHost::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

std::vector<std::string> FakeHost::requests(std::string_view method) const {
  std::vector<std::string> lines;
  for (const auto& request : requests()) {
    if (request.method == method) {
      lines.push_back(request.method + " " + request.path);
    }
  }
  return lines;
}

std::vector<std::string> FakeHost::log_lines() const {
  const std::lock_guard lock(state_->mutex);
  return state_->log;
}

std::vector<sdk::Offer> FakeHost::offers(std::string_view point) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<sdk::Offer> found;
  for (const auto& [at, offer] : state_->offers) {
    if (at == point) {
      found.push_back(offer);
    }
  }
  return found;
}

void FakeHost::offer(const std::string& point, const std::string& plugin, const void* table,
                     void* self) {
  const std::lock_guard lock(state_->mutex);
  state_->offers.emplace_back(point, sdk::Offer{plugin, table, self});
  for (const auto& watch : state_->watches) {
    if (watch.point == point) {
      watch.changed(watch.context, plugin.c_str(), table, self, 1);
    }
  }
}

void FakeHost::withdraw(const std::string& point, const void* table, void* self) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& watch : state_->watches) {
    if (watch.point == point) {
      watch.changed(watch.context, "", table, self, 0);
    }
  }
  std::erase_if(state_->offers, [&](const auto& offer) {
    return offer.first == point && offer.second.table == table && offer.second.self == self;
  });
}

}  // namespace pintle::test
