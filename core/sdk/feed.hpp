// Feed: many resources followed on one thread, with no cache. For who keeps only what matters.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "core/base/result.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/object.hpp"
#include "core/sdk/path.hpp"

namespace pintle::sdk {

/// Told of everything of one resource: PINTLE_ADDED for what is there, PINTLE_SYNCED, then each
/// change in the order of the commits. After PINTLE_RELISTED all is told again up to PINTLE_SYNCED:
/// what is not was deleted unseen. `previous` is empty where it is not known, `object` for the two
/// marks.
using FeedHandler = std::function<void(std::uint32_t type, const ObjectHandle& object,
                                       const ObjectHandle& previous)>;

/// Threads: wake() from any; all else, and the handlers, on one at a time: the thread that turns.
class Feed {
 public:
  /// REQUIRES: host.has_cluster().
  explicit Feed(Host& host);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  ~Feed();

  /// Follows a list's `path` until drop() of what it returns. Where the server refuses it is tried
  /// again, at growing intervals; nothing is told until then. REQUIRES: not called from a handler.
  std::uint64_t follow(const Path& path, FeedHandler handler);
  void drop(std::uint64_t id);
  /// True while the server refuses: there is no such list, or it may not be seen.
  bool is_refused(std::uint64_t id) const;

  /// Hands out what has come; where nothing has, waits for it, a wake() or `stop`, at most `wait`.
  /// True if it handed out anything.
  bool turn(std::chrono::milliseconds wait, const std::stop_token& stop);
  /// Makes a turn() that waits, or the next one, return.
  void wake();

 private:
  struct Source;

  static void ready(void* context);
  void subscribe(Source& source);
  void close(Source& source);
  bool hand_out(Source& source);
  std::chrono::milliseconds retry_refused();

  Host& host_;
  std::map<std::uint64_t, std::unique_ptr<Source>> sources_;
  std::uint64_t last_id_ = 0;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Source*> ready_;  // Each once. Guarded by mutex_.
  bool is_woken_ = false;      // Guarded by mutex_.
};

}  // namespace pintle::sdk
