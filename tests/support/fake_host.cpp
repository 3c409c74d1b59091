// FakeHost: a host for one plugin in a test; see fake_host.hpp.

#include "tests/support/fake_host.hpp"

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/object_table.hpp"
#include "core/sdk/text.hpp"
#include "tests/support/fake_host_state.hpp"

namespace pintle::test {

using sdk::to_c;
using sdk::to_view;

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
    std::string text;
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
      // Under the lock: the answer may lie in the arena of an object that the next write replaces.
      text = answer.ok() ? to_json(answer.value()) : to_status_json(answer.error());
    }
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
    const auto refusal = state.refusals.find(concat({"WATCH ", to_view(path)}));
    if (refusal != state.refusals.end() && refusal->second.times > 0) {
      --refusal->second.times;
      return to_c(
          Error(sdk::code_of_http_status(static_cast<std::uint32_t>(refusal->second.status)),
                refusal->second.message));
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

  static void on_ready(pintle_subscription* subscription, void (*ready)(void*), void* context) {
    const std::lock_guard lock(subscription->mutex);
    subscription->ready = [ready, context] { ready(context); };
  }

  static void log(const pintle_host* host, std::uint32_t, pintle_text message) {
    auto& state = *owner_of(host)->state_;
    const std::lock_guard lock(state.mutex);
    state.log.emplace_back(to_view(message));
  }

  static const void* table(const pintle_host* host, const char* name) {
    static constexpr pintle_client_table kClient = {sizeof(kClient), request, get};
    static constexpr pintle_bus_table kBus = {sizeof(kBus), subscribe, next, wake, close, on_ready};
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

void FakeHost::remove_unseen(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  state_->objects.erase(path);
}

Json FakeHost::get(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  const auto held = state_->objects.find(path);
  // A copy in memory of its own: one made plainly would share the object's arena.
  return held == state_->objects.end() ? Json() : Json(held->second->tree(), JsonStorage());
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

void FakeHost::lose_events(unsigned one_in, unsigned seed) {
  const std::lock_guard lock(state_->mutex);
  state_->loses_one_in = one_in;
  state_->luck.seed(seed);
}

void FakeHost::decide(std::function<bool(const Json& spec)> allows) {
  const std::lock_guard lock(state_->mutex);
  state_->allows = std::move(allows);
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
