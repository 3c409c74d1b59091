// Informer: a cache of one resource that the bus keeps current, and handlers told of every change.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/sdk/host.hpp"
#include "core/sdk/index.hpp"
#include "core/sdk/object.hpp"
#include "core/sdk/path.hpp"

namespace pintle::sdk {

/// Called on the informer's own thread, one at a time, in the order of the commits. The cache
/// already shows the change. Any may be empty.
struct InformerHandlers {
  std::function<void(const ObjectHandle& object)> added;
  std::function<void(const ObjectHandle& before, const ObjectHandle& now)> modified;
  /// With the last state that is known.
  std::function<void(const ObjectHandle& object)> deleted;
  /// Everything that was there at the start has been added. Told once.
  std::function<void()> synced;
  /// A list has ended, the first or one that was taken again: all its differences have been told,
  /// and seen() has moved on without a change to tell of.
  std::function<void()> listed;
};

struct InformerOptions {
  /// Asked for by their place here: find_indexed(0, ...) asks the first.
  std::vector<IndexKeys> indexes;
  /// How often the resource is listed again, in case that a change was lost on the way.
  std::chrono::milliseconds resync{std::chrono::minutes(10)};
};

/// A lost log heals itself: the resource is listed again, and only what differs is told.
/// Threads: every method may be called from any thread, but start() once.
class Informer {
 public:
  /// `path` is a list's; its query may hold selectors. REQUIRES: host.has_cluster().
  Informer(Host& host, const Path& path, InformerHandlers handlers = {},
           InformerOptions options = {});
  ~Informer();  // Stops, and waits for a handler under way.

  void start();
  void stop();

  bool synced() const;
  /// Waits for synced(). False once `stop` is requested.
  bool wait_synced(const std::stop_token& stop) const;

  ObjectHandle find(std::string_view ns, std::string_view name) const;
  ObjectHandle find(std::string_view key) const;
  std::size_t size() const;
  /// The cache shows every change up to this revision. A plugin's own write of revision N shows
  /// once this is N or more.
  Revision seen() const;
  /// What the index at `index` holds under `key`, in the order of their keys.
  /// REQUIRES: index < the number of indexes.
  std::vector<ObjectHandle> find_indexed(std::size_t index, std::string_view key) const;
  std::size_t count_indexed(std::size_t index, std::string_view key) const;
  /// In the order of their keys, at one moment.
  std::vector<ObjectHandle> list() const;
  /// The same, without taking holds: `visit` is called under the cache's lock and must be quick.
  void for_each(const std::function<void(const ObjectHandle& object)>& visit) const;
  /// The same for one namespace's objects only; the others cost nothing.
  void for_each_in(std::string_view ns,
                   const std::function<void(const ObjectHandle& object)>& visit) const;

 private:
  void run(const std::stop_token& stop);
  bool follow(const std::stop_token& stop);  // False if no subscription could be made.
  void hold_locked(const std::string& key, const ObjectHandle& now);
  void drop_locked(const std::string& key);
  void note_seen_locked(Revision revision);
  void take(const pintle_event& event);
  void put(ObjectHandle now);
  void erase(const ObjectHandle& last);
  void begin_relist();
  void finish_list();
  void call(const std::function<void()>& handler);

  Host& host_;
  const std::string path_;
  const InformerHandlers handlers_;
  const std::chrono::milliseconds resync_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any synced_changed_;
  std::map<std::string, ObjectHandle, std::less<>> objects_;  // Guarded by mutex_.
  std::map<std::string, ObjectHandle, std::less<>> stale_;    // Not yet seen again in a relist.
  std::vector<Index> indexes_;                                // Their content: by mutex_.
  bool synced_ = false;                                       // Guarded by mutex_.
  bool listing_ = false;                                      // Guarded by mutex_.
  Revision seen_ = 0;                                         // Guarded by mutex_.
  Revision listed_ = 0;                                       // The highest of the list under way.
  std::jthread thread_;
};

}  // namespace pintle::sdk
