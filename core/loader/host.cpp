// The C functions of the border's tables, over a Backend.

#include "core/loader/host.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/sdk/object_table.hpp"
#include "core/sdk/text.hpp"

struct pintle_subscription {
  std::unique_ptr<pintle::loader::Backend::Subscription> subscription;
  const pintle_object* object = nullptr;  // Lent by the last event.
  const pintle_object* previous = nullptr;
};

namespace pintle::loader {
namespace {

using sdk::to_c;
using sdk::to_view;

const Host& host_of(const pintle_host* host) {
  return *static_cast<const Host*>(host);
}

constexpr std::string_view kAbandoned =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":503,)"
    R"("reason":"ServiceUnavailable","message":"the plugin has been unloaded"})";

void client_request(const pintle_host* host, const pintle_request* request, pintle_reply reply,
                    void* context) {
  if (host_of(host).is_abandoned) {
    return reply(context, 503, to_c(std::string_view(kAbandoned)));
  }
  host_of(host).backend->request(to_view(request->method), to_view(request->path),
                                 to_view(request->content_type), to_view(request->body),
                                 [reply, context](int status, std::string_view body) {
                                   reply(context, static_cast<std::uint32_t>(status), to_c(body));
                                 });
}

const pintle_object* client_get(const pintle_host* host, pintle_text path) {
  if (host_of(host).is_abandoned) {
    return nullptr;
  }
  return sdk::make_object(host_of(host).backend->get(to_view(path)));
}

const pintle_client_table kClientTable = {
    .size = sizeof(pintle_client_table), .request = client_request, .get = client_get};

pintle_status bus_subscribe(const pintle_host* host, pintle_text path,
                            pintle_subscription** subscription) {
  if (host_of(host).is_abandoned) {
    return to_c(Error{Code::kServiceUnavailable, "the plugin has been unloaded"});
  }
  auto made = host_of(host).backend->subscribe(to_view(path));
  if (!made.ok()) {
    return to_c(made.error());
  }
  auto handle = std::make_unique<pintle_subscription>();
  handle->subscription = std::move(made).value();
  *subscription = handle.release();  // bus_close takes it back.
  return {};
}

void release(const pintle_object* object) {
  sdk::object_table().release(object);
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
  subscription->object = sdk::make_object(std::move(change.object));
  subscription->previous = sdk::make_object(std::move(change.previous));
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
    .close = bus_close,
    .on_ready =
        [](pintle_subscription* subscription, void (*ready)(void*), void* context) {
          subscription->subscription->on_ready([ready, context] { ready(context); });
        }};

void log_write(const pintle_host* host, std::uint32_t level, pintle_text message) {
  const auto& at = host_of(host);
  at.log.write(static_cast<LogLevel>(std::min(level, 3U)), to_view(message),
               {{"plugin", at.plugin}});
}

const pintle_log_table kLogTable = {.size = sizeof(pintle_log_table), .write = log_write};

const void* host_table(const pintle_host* host, const char* name) {
  const std::string_view wanted(name);
  const auto& at = host_of(host);
  if (wanted == "pintle.object/1") {
    return &sdk::object_table();
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
    return to_c(Error{Code::kConflict, "plugin \"" + at.plugin + "\" is stopping"});
  }
  at.exchange.provide(&at, at.plugin, name, table, self);
  return {};
}

pintle_status host_on_provided(const pintle_host* host, const char* name,
                               void (*changed)(void*, const char*, const void*, void*,
                                               std::uint32_t),
                               void* context) {
  const auto& at = host_of(host);
  if (at.stopping) {
    return to_c(Error{Code::kConflict, "plugin \"" + at.plugin + "\" is stopping"});
  }
  at.exchange.watch(
      &at, name,
      [changed, context](const std::string& plugin, const void* table, void* self, bool added) {
        changed(context, plugin.c_str(), table, self, added ? 1 : 0);
      });
  return {};
}

pintle_text host_setting(const pintle_host* host, pintle_text name) {
  const auto& settings = host_of(host).settings;
  const auto found = settings.find(std::string(to_view(name)));
  return found == settings.end() ? pintle_text{} : to_c(found->second);
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
