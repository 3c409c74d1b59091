// The C functions of the border's tables, over a Backend.

#include "core/loader/host.hpp"

#include <algorithm>
#include <atomic>
#include <string_view>
#include <utility>

#include "core/object/json.hpp"

/// A plugin's reference to a committed object.
struct pintle_object {
  std::atomic<std::uint32_t> references{1};
  pintle::ObjectPtr object;
};

struct pintle_subscription {
  std::unique_ptr<pintle::loader::Backend::Subscription> subscription;
  const pintle_object* object = nullptr;  // Lent by the last event.
  const pintle_object* previous = nullptr;
};

namespace pintle::loader {
namespace {

pintle_text lend(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view borrow(pintle_text text) {
  return text.data == nullptr ? std::string_view()
                              : std::string_view(text.data, static_cast<std::size_t>(text.size));
}

const pintle_object* make_handle(ObjectPtr object) {
  if (object == nullptr) {
    return nullptr;
  }
  auto handle = std::make_unique<pintle_object>();
  handle->object = std::move(object);
  return handle.release();  // Owned by its count of references from here on.
}

void retain(const pintle_object* object) {
  const_cast<pintle_object*>(object)->references.fetch_add(1, std::memory_order_relaxed);
}

void release(const pintle_object* object) {
  auto* handle = const_cast<pintle_object*>(object);
  if (handle != nullptr && handle->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const std::unique_ptr<pintle_object> last(handle);
  }
}

// A pintle_value is the Json node itself, read in place.
const Json& json_of(const pintle_value* value) {
  return *reinterpret_cast<const Json*>(value);
}
const pintle_value* value_of(const Json* json) {
  return reinterpret_cast<const pintle_value*>(json);
}

std::uint32_t kind_of(const pintle_value* value) {
  switch (json_of(value).kind()) {
    case boost::json::kind::bool_:
      return PINTLE_BOOL;
    case boost::json::kind::int64:
      return PINTLE_INTEGER;
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return PINTLE_NUMBER;
    case boost::json::kind::string:
      return PINTLE_STRING;
    case boost::json::kind::array:
      return PINTLE_ARRAY;
    case boost::json::kind::object:
      return PINTLE_OBJECT;
    case boost::json::kind::null:
      break;
  }
  return PINTLE_NULL;
}

std::uint64_t count_of(const pintle_value* value) {
  const Json& json = json_of(value);
  if (const auto* array = json.if_array()) {
    return array->size();
  }
  const auto* object = json.if_object();
  return object == nullptr ? 0 : object->size();
}

const pintle_value* at(const pintle_value* value, std::uint64_t index) {
  const Json& json = json_of(value);
  if (const auto* array = json.if_array()) {
    return index < array->size() ? value_of(&(*array)[index]) : nullptr;
  }
  const auto* object = json.if_object();
  if (object == nullptr || index >= object->size()) {
    return nullptr;
  }
  return value_of(&(object->begin() + static_cast<std::ptrdiff_t>(index))->value());
}

pintle_text key_at(const pintle_value* value, std::uint64_t index) {
  const auto* object = json_of(value).if_object();
  if (object == nullptr || index >= object->size()) {
    return lend("");
  }
  return lend((object->begin() + static_cast<std::ptrdiff_t>(index))->key());
}

const pintle_object_table kObjectTable = {
    .size = sizeof(pintle_object_table),
    .retain = retain,
    .release = release,
    .revision = [](const pintle_object* object) { return object->object->revision(); },
    .json = [](const pintle_object* object) { return lend(object->object->json()); },
    .root = [](const pintle_object* object) { return value_of(&object->object->tree()); },
    .kind = kind_of,
    .member = [](const pintle_value* value,
                 pintle_text key) { return value_of(find_member(json_of(value), borrow(key))); },
    .count = count_of,
    .at = at,
    .key_at = key_at,
    .text =
        [](const pintle_value* value) {
          const auto* text = json_of(value).if_string();
          return text == nullptr ? lend("") : lend(*text);
        },
    .integer =
        [](const pintle_value* value) {
          const auto* number = json_of(value).if_int64();
          return number == nullptr ? std::int64_t{0} : *number;
        },
    .number =
        [](const pintle_value* value) {
          const Json& json = json_of(value);
          return json.is_number() ? json.to_number<double>() : 0.0;
        },
    .boolean =
        [](const pintle_value* value) {
          const auto* truth = json_of(value).if_bool();
          return truth != nullptr && *truth ? 1U : 0U;
        }};

const Host& host_of(const pintle_host* host) {
  return *static_cast<const Host*>(host);
}

void client_request(const pintle_host* host, const pintle_request* request, pintle_reply reply,
                    void* context) {
  host_of(host).backend->request(borrow(request->method), borrow(request->path),
                                 borrow(request->content_type), borrow(request->body),
                                 [reply, context](int status, std::string_view body) {
                                   reply(context, static_cast<std::uint32_t>(status), lend(body));
                                 });
}

const pintle_object* client_get(const pintle_host* host, pintle_text path) {
  return make_handle(host_of(host).backend->get(borrow(path)));
}

const pintle_client_table kClientTable = {
    .size = sizeof(pintle_client_table), .request = client_request, .get = client_get};

/// Keeps the text of the last failure on this thread alive, as pintle_status promises.
pintle_status failure(const Error& error) {
  thread_local std::string text;
  text = error.message;
  return {static_cast<std::uint32_t>(http_status_of(error.code)), lend(text)};
}

pintle_status bus_subscribe(const pintle_host* host, pintle_text path,
                            pintle_subscription** subscription) {
  auto made = host_of(host).backend->subscribe(borrow(path));
  if (!made.ok()) {
    return failure(made.error());
  }
  auto handle = std::make_unique<pintle_subscription>();
  handle->subscription = std::move(made).value();
  *subscription = handle.release();  // bus_close takes it back.
  return {0, lend("")};
}

void let_go(pintle_subscription& subscription) {
  release(std::exchange(subscription.object, nullptr));
  release(std::exchange(subscription.previous, nullptr));
}

std::int32_t bus_next(pintle_subscription* subscription, std::uint32_t timeout_ms,
                      pintle_event* event) {
  let_go(*subscription);
  Backend::Change change;
  const int came = subscription->subscription->next(timeout_ms, change);
  if (came != 1) {
    return came;
  }
  subscription->object = make_handle(std::move(change.object));
  subscription->previous = make_handle(std::move(change.previous));
  *event = {change.type, subscription->object, subscription->previous};
  return 1;
}

void bus_close(pintle_subscription* subscription) {
  const std::unique_ptr<pintle_subscription> last(subscription);
  let_go(*last);
}

const pintle_bus_table kBusTable = {
    .size = sizeof(pintle_bus_table),
    .subscribe = bus_subscribe,
    .next = bus_next,
    .wake = [](pintle_subscription* subscription) { subscription->subscription->wake(); },
    .close = bus_close};

void log_write(const pintle_host* host, std::uint32_t level, pintle_text message) {
  const auto& at = host_of(host);
  at.log.write(static_cast<LogLevel>(std::min(level, 3U)), borrow(message),
               {{"plugin", at.plugin}});
}

const pintle_log_table kLogTable = {.size = sizeof(pintle_log_table), .write = log_write};

const void* host_table(const pintle_host* host, const char* name) {
  const std::string_view wanted(name);
  const auto& at = host_of(host);
  if (wanted == "pintle.object/1") {
    return &kObjectTable;
  }
  if (wanted == "pintle.log/1") {
    return &kLogTable;
  }
  if (at.backend != nullptr && wanted == "pintle.client/1") {
    return &kClientTable;
  }
  if (at.backend != nullptr && wanted == "pintle.bus/1") {
    return &kBusTable;
  }
  const auto found = at.extra_tables.find(std::string(wanted));
  return found == at.extra_tables.end() ? nullptr : found->second;
}

pintle_status host_provide(const pintle_host* host, const char* name, const void* table,
                           void* self) {
  const auto& at = host_of(host);
  if (at.stopping) {
    return failure({Code::kConflict, "plugin \"" + at.plugin + "\" is stopping"});
  }
  at.exchange.provide(&at, at.plugin, name, table, self);
  return {0, lend("")};
}

pintle_status host_on_provided(const pintle_host* host, const char* name,
                               void (*changed)(void*, const char*, const void*, void*,
                                               std::uint32_t),
                               void* context) {
  const auto& at = host_of(host);
  if (at.stopping) {
    return failure({Code::kConflict, "plugin \"" + at.plugin + "\" is stopping"});
  }
  at.exchange.watch(
      &at, name,
      [changed, context](const std::string& plugin, const void* table, void* self, bool added) {
        changed(context, plugin.c_str(), table, self, added ? 1 : 0);
      });
  return {0, lend("")};
}

pintle_text host_setting(const pintle_host* host, pintle_text name) {
  const auto& settings = host_of(host).settings;
  const auto found = settings.find(std::string(borrow(name)));
  return found == settings.end() ? lend("") : lend(found->second);
}

}  // namespace

void Exchange::tell(const Offer& offer, bool added) {
  const auto watches = watches_;  // A watcher may add another.
  for (const auto& watch : watches) {
    if (watch.point == offer.point) {
      (*watch.changed)(offer.plugin, offer.table, offer.self, added);
    }
  }
}

void Exchange::provide(const void* owner, const std::string& plugin, const std::string& point,
                       const void* table, void* self) {
  const std::lock_guard lock(mutex_);
  offers_.push_back({owner, plugin, point, table, self});
  tell(Offer(offers_.back()), /*added=*/true);
}

void Exchange::watch(const void* owner, const std::string& point, Changed changed) {
  const std::lock_guard lock(mutex_);
  watches_.push_back({owner, point, std::make_shared<Changed>(std::move(changed))});
  const auto told = watches_.back().changed;
  const auto offers = offers_;
  for (const auto& offer : offers) {
    if (offer.point == point) {
      (*told)(offer.plugin, offer.table, offer.self, /*added=*/true);
    }
  }
}

void Exchange::withdraw(const void* owner) {
  const std::lock_guard lock(mutex_);
  for (auto at = offers_.rbegin(); at != offers_.rend(); ++at) {
    if (at->owner == owner) {
      tell(Offer(*at), /*added=*/false);
    }
  }
  std::erase_if(offers_, [owner](const Offer& offer) { return offer.owner == owner; });
}

void Exchange::forget(const void* owner) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watches_, [owner](const Watch& watch) { return watch.owner == owner; });
}

std::vector<std::string> Exchange::points_of(const void* owner) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> points;
  for (const auto& offer : offers_) {
    if (offer.owner == owner) {
      points.push_back(offer.point);
    }
  }
  return points;
}

Host::Host(std::string plugin_name, std::unique_ptr<Backend> cluster,
           const std::map<std::string, const void*>& more_tables,
           const std::map<std::string, std::string>& host_settings, Exchange& exchange_in,
           Log& log_in)
    : pintle_host{.size = sizeof(pintle_host),
                  .reserved = 0,
                  .table = host_table,
                  .provide = host_provide,
                  .on_provided = host_on_provided,
                  .setting = host_setting},
      plugin(std::move(plugin_name)),
      backend(std::move(cluster)),
      extra_tables(more_tables),
      settings(host_settings),
      exchange(exchange_in),
      log(log_in) {}

}  // namespace pintle::loader
