// Loop: one thread, one epoll, and the connections that belong to it.
//
// Others reach it by post() and wake(): both cost a lock and, where the loop sleeps, one write to
// an eventfd. A woken connection is visited once a turn however often it was woken.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/http/wheel.hpp"
#include "core/registry/registry.hpp"

namespace pintle::http {

class Loop;

/// Something with a file descriptor in a loop. Every method runs on the loop's thread.
class Pollable : public std::enable_shared_from_this<Pollable> {
 public:
  virtual ~Pollable() = default;
  virtual void on_events(std::uint32_t events) = 0;
  virtual void on_woken() = 0;
  /// The server stops: finish what is under way, begin nothing.
  virtual void on_stopping() {}
  /// The grace is over.
  virtual void on_abort() {}

 private:
  friend class Loop;
  std::atomic<bool> is_woken_ = false;
};

class Loop final : public registry::Timers, public std::enable_shared_from_this<Loop> {
 public:
  /// Errors: kInternalError where the kernel gives no epoll.
  static Result<std::shared_ptr<Loop>> make(const Clock& clock);
  ~Loop() override;

  void start();
  /// Ends the thread after its turn and lets go of everything; what comes after is dropped.
  void stop();

  bool is_here() const { return std::this_thread::get_id() == thread_id_.load(); }
  SteadyTime now() const { return now_; }

  // From any thread.
  void post(std::function<void()> job);
  void wake(std::shared_ptr<Pollable> who);
  std::function<void()> at(SteadyTime when, std::function<void()> job) override;

  // On the loop's thread. `add` watches for everything, edge-triggered; `fd` stays the caller's.
  bool add(int fd, const std::shared_ptr<Pollable>& who, std::uint32_t events);
  void remove(int fd);
  /// Visits `who` again, with on_woken, before the loop sleeps.
  void visit_again(std::shared_ptr<Pollable> who);
  void for_each(const std::function<void(Pollable&)>& visit);
  Wheel& wheel() { return wheel_; }

  /// Room for reading and for making output: lasts until the thread's next use of it.
  std::string& read_buffer() { return read_buffer_; }
  std::string& write_buffer() { return write_buffer_; }

  /// The value of the Date header, made once a second.
  const std::string& date();

  /// Written by the loop, read by anyone.
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> bytes_out = 0;
  std::atomic<std::uint64_t> connections = 0;

 private:
  Loop(const Clock& clock, int epoll_fd, int event_fd);

  void run();
  void run_turn();
  int sleep_milliseconds();
  void drain_posted();
  void run_timers();
  void signal();

  struct Entry {
    std::shared_ptr<Pollable> who;
    std::uint64_t generation = 0;
  };
  using TimerKey = std::pair<SteadyTime, std::uint64_t>;

  const Clock& clock_;
  const int epoll_fd_;
  const int event_fd_;
  SteadyTime now_;
  Wheel wheel_;
  std::string read_buffer_;
  std::string write_buffer_;
  std::string date_;
  std::int64_t date_second_ = -1;
  std::unordered_map<int, Entry> watched_;  // By file descriptor.
  std::uint32_t generation_ = 0;            // Tells a descriptor from its predecessor.
  std::vector<std::shared_ptr<Pollable>> again_;
  std::vector<std::shared_ptr<Pollable>> retired_;  // Freed at the turn's end.

  mutable std::mutex mutex_;
  std::vector<std::function<void()>> posted_;         // Guarded by mutex_.
  std::vector<std::shared_ptr<Pollable>> woken_;      // Guarded by mutex_.
  std::map<TimerKey, std::function<void()>> timers_;  // Guarded by mutex_.
  std::uint64_t timer_count_ = 0;                     // Guarded by mutex_.
  bool is_signalled_ = false;                         // Guarded by mutex_.
  bool is_closed_ = false;                            // Guarded by mutex_.
  std::atomic<bool> is_stopping_ = false;
  std::atomic<std::thread::id> thread_id_;
  std::jthread thread_;
};

}  // namespace pintle::http
