// Feed: many resources followed on one thread; see feed.hpp.

#include "core/sdk/feed.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"
#include "core/sdk/text.hpp"

namespace pintle::sdk {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{1000};
constexpr milliseconds kLongestRetry{60'000};
constexpr int kEventsMax =
    1024;  // Of one resource in a row, so that none keeps the others waiting.

}  // namespace

struct Feed::Source {
  Feed* feed = nullptr;
  std::string path;
  FeedHandler handler;
  pintle_subscription* subscription = nullptr;  // Null while the server refuses.
  milliseconds retry_after = kFirstRetry;       // How long the next refusal is waited out.
  std::chrono::steady_clock::time_point retry_at{};
  bool was_told = false;  // The handler knows of a listing.
  bool is_ready = false;  // It stands in ready_. Guarded by feed->mutex_.
};

Feed::Feed(Host& host) : host_(host) {
  PINTLE_ASSERT(host.has_cluster());
  PINTLE_ASSERT(host.bus_table()->size >= sizeof(pintle_bus_table));
}

Feed::~Feed() {
  for (auto& [id, source] : sources_) {
    close(*source);
  }
}

void Feed::ready(void* context) {
  auto& source = *static_cast<Source*>(context);
  Feed& feed = *source.feed;
  {
    const std::lock_guard lock(feed.mutex_);
    if (std::exchange(source.is_ready, true)) {
      return;
    }
    feed.ready_.push_back(&source);
  }
  feed.changed_.notify_one();
}

std::uint64_t Feed::follow(const Path& path, FeedHandler handler) {
  auto source = std::make_unique<Source>();
  source->feed = this;
  source->path = to_text(path);
  source->handler = std::move(handler);
  subscribe(*source);
  sources_.emplace(++last_id_, std::move(source));
  return last_id_;
}

void Feed::subscribe(Source& source) {
  const auto* bus = host_.bus_table();
  const auto status =
      bus->subscribe(host_.raw(), to_c(std::string_view(source.path)), &source.subscription);
  if (status.code != 0) {
    source.subscription = nullptr;
    if (source.retry_after < kLongestRetry) {
      host_.log().warning("Can't subscribe; trying again.",
                          {{"path", source.path}, {"error", to_error(status).message}});
    }
    source.retry_at = std::chrono::steady_clock::now() + source.retry_after;
    source.retry_after = std::min(source.retry_after * 2, kLongestRetry);
    return;
  }
  source.retry_after = kFirstRetry;
  bus->on_ready(source.subscription, &Feed::ready, &source);
  ready(&source);  // Its list is there already.
}

void Feed::close(Source& source) {
  if (source.subscription != nullptr) {
    host_.bus_table()->close(std::exchange(source.subscription, nullptr));
  }
  const std::lock_guard lock(mutex_);
  source.is_ready = false;
  std::erase(ready_, &source);
}

void Feed::drop(std::uint64_t id) {
  const auto held = sources_.find(id);
  if (held != sources_.end()) {
    close(*held->second);
    sources_.erase(held);
  }
}

bool Feed::is_refused(std::uint64_t id) const {
  const auto held = sources_.find(id);
  return held != sources_.end() && held->second->subscription == nullptr;
}

/// Asks again for what is due; how long until the next is.
milliseconds Feed::retry_refused() {
  const auto now = std::chrono::steady_clock::now();
  auto next = kLongestRetry;
  for (auto& [id, source] : sources_) {
    if (source->subscription == nullptr && source->retry_at <= now) {
      subscribe(*source);
    }
    if (source->subscription == nullptr) {
      next = std::min(next, std::chrono::ceil<milliseconds>(source->retry_at - now));
    }
  }
  return next;
}

bool Feed::turn(milliseconds wait, const std::stop_token& stop) {
  wait = std::min(wait, retry_refused());
  std::deque<Source*> now;
  {
    std::unique_lock lock(mutex_);
    if (wait > milliseconds::zero()) {
      changed_.wait_for(lock, stop, wait, [this] { return is_woken_ || !ready_.empty(); });
    }
    is_woken_ = false;
    now = std::exchange(ready_, {});
    for (Source* source : now) {
      source->is_ready = false;
    }
  }
  bool told = false;
  for (Source* source : now) {
    told = hand_out(*source) || told;
  }
  return told;
}

bool Feed::hand_out(Source& source) {
  const auto* bus = host_.bus_table();
  const auto* objects = host_.object_table();
  int told = 0;
  for (; told < kEventsMax; ++told) {
    pintle_event event{};
    const auto came = bus->next(source.subscription, 0, &event);
    if (came == 0) {
      return told > 0;
    }
    if (came < 0) {
      // The host closed it: listed again from the start.
      close(source);
      subscribe(source);
      if (source.was_told) {
        source.handler(PINTLE_RELISTED, {}, {});
      }
      return true;
    }
    source.was_told = true;
    source.handler(event.type, ObjectHandle::retain(objects, event.object),
                   ObjectHandle::retain(objects, event.previous));
  }
  ready(&source);  // There may be more.
  return true;
}

void Feed::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_one();
}

}  // namespace pintle::sdk
