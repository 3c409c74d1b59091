// Event expiry; see event_ttl.hpp.

#include "plugins/controller_event_ttl/event_ttl.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/concat.hpp"
#include "core/sdk/metadata.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_event_ttl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How much longer an event may live, so that many go together. etcd's leases, which Kubernetes
// lets events expire by, are kept open for a minute in the same way.
constexpr seconds kGather{10};
constexpr seconds kTryAgain{10};
constexpr milliseconds kLongestSleep{seconds{60}};  // A wall clock that was set is noticed by then.
constexpr int kUnderWayMax = 64;

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

sdk::Path path_of(std::string_view ns, std::string_view name) {
  return {.resource = "events", .ns = std::string(ns), .name = std::string(name)};
}

Result<seconds> read_ttl(const sdk::Host& host) {
  const auto text = host.setting("event-ttl", "3600");
  std::int64_t count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (fault != std::errc() || end != text.data() + text.size() || count <= 0) {
    return Error(Code::kInvalid,
                 concat({"the host's setting event-ttl is \"", text, "\"; give whole seconds"}));
  }
  return seconds(count);
}

}  // namespace

WallTime last_happened(const Json& event, WallTime now) {
  WallTime latest{};
  const auto consider = [&](std::string_view text) {
    if (const auto time = parse_rfc3339(text)) {
      latest = std::max(latest, *time);
    }
  };
  consider(text_at(event, {"metadata", "creationTimestamp"}));
  consider(text_at(event, {"lastTimestamp"}));
  consider(text_at(event, {"eventTime"}));
  consider(text_at(event, {"series", "lastObservedTime"}));
  for (const auto& manager : array_at(event, {"metadata", "managedFields"})) {
    consider(text_at(manager, {"time"}));
  }
  return std::min(latest, now);
}

Result<std::unique_ptr<EventTtl>> EventTtl::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  PINTLE_TRY(const auto ttl, read_ttl(host));
  auto made = std::make_unique<EventTtl>(host, ttl, system_clock());
  made->start();
  return made;
}

EventTtl::EventTtl(sdk::Host& host, seconds ttl, const Clock& clock)
    : host_(host), ttl_(ttl), clock_(clock), feed_(host), client_(host) {
  feed_.follow({.resource = "events"}, [this](std::uint32_t type, const sdk::ObjectHandle& event,
                                              const sdk::ObjectHandle&) {
    // A change is seen when the event is due; what is gone by then is passed over.
    if (type == PINTLE_ADDED) {
      take(event);
    } else if (type == PINTLE_RELISTED) {
      waiting_ = {};
    }
  });
}

void EventTtl::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      turn(wait_time(), stop);
    }
  });
}

void EventTtl::settle() {
  do {
    turn(milliseconds::zero(), {});
  } while (feed_.turn(milliseconds::zero(), {}) || under_way_ != 0);
}

void EventTtl::turn(milliseconds wait, const std::stop_token& stop) {
  feed_.turn(wait, stop);
  {
    const std::lock_guard lock(mutex_);
    for (auto& entry : again_) {
      waiting_.push(std::move(entry));
    }
    again_.clear();
  }
  if (!waiting_.empty() && waiting_.top().due + kGather <= clock_.now()) {
    sweep();
  }
}

milliseconds EventTtl::wait_time() const {
  if (waiting_.empty() || under_way_ >= kUnderWayMax) {
    return kLongestSleep;  // A change or a reply ends it sooner.
  }
  const auto until = waiting_.top().due + kGather - clock_.now();
  return std::clamp(std::chrono::ceil<milliseconds>(until), milliseconds::zero(), kLongestSleep);
}

void EventTtl::take(const sdk::ObjectHandle& event) {
  JsonArena arena(4096);
  const auto json = event.json();
  const auto parsed = parse_json(json, &arena, {.max_bytes = json.size()});
  if (!parsed.ok()) {
    return;  // The server would not have kept it.
  }
  const Json& tree = parsed.value().value;
  waiting_.push({.due = last_happened(tree, clock_.now()) + ttl_,
                 .ns = std::string(text_at(tree, {"metadata", "namespace"})),
                 .name = std::string(text_at(tree, {"metadata", "name"}))});
}

void EventTtl::sweep() {
  const auto now = clock_.now();
  while (!waiting_.empty() && waiting_.top().due <= now && under_way_ < kUnderWayMax) {
    Entry entry = waiting_.top();
    waiting_.pop();
    look_at(std::move(entry));
  }
}

void EventTtl::look_at(Entry entry) {
  const auto event = client_.find(path_of(entry.ns, entry.name));
  if (!event) {
    return;
  }
  JsonArena arena(4096);
  const auto json = event.json();
  const auto parsed = parse_json(json, &arena, {.max_bytes = json.size()});
  if (!parsed.ok()) {
    return;
  }
  const Json& tree = parsed.value().value;
  const auto now = clock_.now();
  entry.due = last_happened(tree, now) + ttl_;
  if (entry.due > now) {
    waiting_.push(std::move(entry));  // It happened again.
    return;
  }
  remove(entry, text_at(tree, {"metadata", "uid"}), text_at(tree, {"metadata", "resourceVersion"}));
}

void EventTtl::remove(const Entry& entry, std::string_view uid, std::string_view version) {
  ++under_way_;
  const JsonObject options{{"apiVersion", "v1"},
                           {"kind", "DeleteOptions"},
                           {"preconditions", {{"uid", uid}, {"resourceVersion", version}}}};
  client_.send("DELETE", to_text(path_of(entry.ns, entry.name)), "application/json",
               to_json(options), [this, entry](std::uint32_t status, std::string_view answer) {
                 const auto removed = sdk::to_result(status, answer);
                 if (!removed.ok() && removed.error().code != Code::kNotFound) {
                   if (removed.error().code != Code::kConflict) {
                     host_.log().warning("An event can't be deleted; trying again.",
                                         {{"event", entry.ns + "/" + entry.name},
                                          {"error", removed.error().message}});
                   }
                   const std::lock_guard lock(mutex_);
                   again_.push_back(entry);
                   again_.back().due = clock_.now() + kTryAgain;
                 }
                 --under_way_;
                 feed_.wake();
               });
}

}  // namespace pintle::controller_event_ttl

PINTLE_PLUGIN("controller_event_ttl", "0.1.0", pintle::controller_event_ttl::EventTtl)
