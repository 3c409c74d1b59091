// Informer: a cache of one resource that the bus keeps current; see informer.hpp.

#include "core/sdk/informer.hpp"

#include <algorithm>
#include <chrono>

#include "core/base/assert.hpp"
#include "core/sdk/text.hpp"

namespace pintle::sdk {
namespace {

constexpr std::uint32_t kTurnMillis = 60'000;  // How long one next() sleeps; a wake ends it sooner.

}  // namespace

Informer::Informer(Host& host, const Path& path, InformerHandlers handlers, InformerOptions options)
    : host_(host),
      path_(to_text(path)),
      handlers_(std::move(handlers)),
      resync_(options.resync),
      indexes_(options.indexes.begin(), options.indexes.end()) {
  PINTLE_ASSERT(host.has_cluster());
}

Informer::~Informer() {
  stop();
}

void Informer::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Informer::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void Informer::run(const std::stop_token& stop) {
  using std::chrono::milliseconds;
  constexpr milliseconds kFirst{200};
  constexpr milliseconds kLimit{10'000};
  milliseconds wait = kFirst;
  while (!stop.stop_requested()) {
    if (follow(stop)) {
      wait = kFirst;
      continue;
    }
    std::unique_lock lock(mutex_);
    synced_changed_.wait_for(lock, stop, wait, [] { return false; });
    wait = std::min(wait * 2, kLimit);
  }
}

bool Informer::follow(const std::stop_token& stop) {
  const pintle_bus_table* bus = host_.bus_table();
  const auto turn =
      static_cast<std::uint32_t>(std::min<std::int64_t>(kTurnMillis, resync_.count()));
  pintle_subscription* subscription = nullptr;
  const auto status = bus->subscribe(host_.raw(), to_c(std::string_view(path_)), &subscription);
  if (status.code != 0) {
    host_.log().warning("Can't subscribe; trying again.",
                        {{"path", path_}, {"error", to_error(status).message}});
    return false;
  }
  begin_relist();
  const auto again_at = std::chrono::steady_clock::now() + resync_;
  {
    const std::stop_callback wake(stop, [&] { bus->wake(subscription); });
    while (!stop.stop_requested() && (!synced() || std::chrono::steady_clock::now() < again_at)) {
      pintle_event event{};
      const std::int32_t got = bus->next(subscription, turn, &event);
      if (got < 0) {
        break;
      }
      if (got > 0) {
        take(event);
      }
    }
  }
  bus->close(subscription);
  return true;
}

void Informer::take(const pintle_event& event) {
  const auto object = ObjectHandle::retain(host_.object_table(), event.object);
  switch (event.type) {
    case PINTLE_ADDED:
    case PINTLE_MODIFIED:
      put(object);
      break;
    case PINTLE_DELETED:
      erase(object);
      break;
    case PINTLE_SYNCED:
      finish_list();
      break;
    case PINTLE_RELISTED:
      begin_relist();
      break;
    default:
      break;
  }
}

void Informer::hold_locked(const std::string& key, const ObjectHandle& now) {
  const auto [held, is_new] = objects_.try_emplace(key);
  std::vector<std::vector<std::string>> before(indexes_.size());
  for (std::size_t i = 0; i < indexes_.size() && held->second; ++i) {
    before[i] = indexes_[i].keys_of(held->second);
  }
  held->second = now;
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    indexes_[i].move(&*held, std::move(before[i]), indexes_[i].keys_of(now));
  }
}

void Informer::drop_locked(const std::string& key) {
  const auto held = objects_.find(key);
  if (held == objects_.end()) {
    return;
  }
  for (auto& index : indexes_) {
    index.move(&*held, index.keys_of(held->second), {});
  }
  objects_.erase(held);
}

/// A list comes in the order of keys: only its end tells that everything up to its highest
/// revision is there.
void Informer::note_seen_locked(Revision revision) {
  auto& highest = listing_ ? listed_ : seen_;
  highest = std::max(highest, revision);
}

void Informer::put(ObjectHandle now) {
  const std::string key = key_of(now);
  ObjectHandle before;
  {
    const std::lock_guard lock(mutex_);
    const auto held = objects_.find(key);
    before = held == objects_.end() ? ObjectHandle() : held->second;
    hold_locked(key, now);
    stale_.erase(key);
    note_seen_locked(now.revision());
  }
  if (before && before.revision() == now.revision()) {
    return;
  }
  if (before && before.uid() == now.uid()) {
    call([&] { handlers_.modified ? handlers_.modified(before, now) : void(); });
    return;
  }
  if (before) {
    call([&] { handlers_.deleted ? handlers_.deleted(before) : void(); });
  }
  call([&] { handlers_.added ? handlers_.added(now) : void(); });
}

void Informer::erase(const ObjectHandle& last) {
  {
    const std::lock_guard lock(mutex_);
    const std::string key = key_of(last);
    note_seen_locked(last.revision());
    stale_.erase(key);
    if (!objects_.contains(key)) {
      return;
    }
    drop_locked(key);
  }
  call([&] { handlers_.deleted ? handlers_.deleted(last) : void(); });
}

void Informer::begin_relist() {
  const std::lock_guard lock(mutex_);
  stale_ = objects_;
  listing_ = true;
  listed_ = 0;
}

void Informer::finish_list() {
  std::map<std::string, ObjectHandle, std::less<>> gone;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    gone = std::move(stale_);
    stale_.clear();
    for (const auto& [key, object] : gone) {
      drop_locked(key);
    }
    listing_ = false;
    seen_ = std::max(seen_, listed_);
    first = !synced_;
    synced_ = true;
  }
  for (const auto& [key, object] : gone) {
    call([&] { handlers_.deleted ? handlers_.deleted(object) : void(); });
  }
  call([&] { handlers_.listed ? handlers_.listed() : void(); });
  if (first) {
    call([&] { handlers_.synced ? handlers_.synced() : void(); });
    synced_changed_.notify_all();
  }
}

void Informer::call(const std::function<void()>& handler) {
  try {
    handler();
  } catch (...) {
    host_.log().error("An informer's handler threw.",
                      {{"path", path_}, {"error", describe_exception()}});
  }
}

bool Informer::synced() const {
  const std::lock_guard lock(mutex_);
  return synced_;
}

bool Informer::wait_synced(const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  return synced_changed_.wait(lock, stop, [this] { return synced_; });
}

ObjectHandle Informer::find(std::string_view ns, std::string_view name) const {
  return find(key_of(ns, name));
}

ObjectHandle Informer::find(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto held = objects_.find(key);
  return held == objects_.end() ? ObjectHandle() : held->second;
}

std::size_t Informer::size() const {
  const std::lock_guard lock(mutex_);
  return objects_.size();
}

Revision Informer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<ObjectHandle> Informer::find_indexed(std::size_t index, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  return indexes_.at(index).find(key);
}

std::size_t Informer::count_indexed(std::size_t index, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  return indexes_.at(index).count(key);
}

std::vector<ObjectHandle> Informer::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectHandle> objects;
  objects.reserve(objects_.size());
  for (const auto& [key, object] : objects_) {
    objects.push_back(object);
  }
  return objects;
}

void Informer::for_each(const std::function<void(const ObjectHandle& object)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, object] : objects_) {
    visit(object);
  }
}

void Informer::for_each_in(std::string_view ns,
                           const std::function<void(const ObjectHandle& object)>& visit) const {
  const std::string prefix = std::string(ns) + '/';
  const std::lock_guard lock(mutex_);
  for (auto at = objects_.lower_bound(prefix);
       at != objects_.end() && at->first.starts_with(prefix); ++at) {
    visit(at->second);
  }
}

}  // namespace pintle::sdk
