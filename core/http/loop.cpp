// The loop's turn: events, what was posted and woken, timers, then sleep.

#include "core/http/loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace pintle::http {
namespace {

constexpr std::size_t kEventsATurn = 256;
constexpr std::size_t kReadBufferBytes = 64 * 1024;
constexpr int kMaxSleepMilliseconds = 60'000;

std::uint64_t pack(int fd, std::uint64_t generation) {
  return (generation << 32U) | static_cast<std::uint32_t>(fd);
}

void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Result<std::shared_ptr<Loop>> Loop::make(const Clock& clock) {
  const int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  const int event_fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (epoll_fd < 0 || event_fd < 0) {
    ::close(epoll_fd);
    ::close(event_fd);
    return Error{Code::kInternalError, "no file descriptors left for an event loop"};
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = pack(event_fd, 0);
  ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event);
  return std::shared_ptr<Loop>(new Loop(clock, epoll_fd, event_fd));
}

Loop::Loop(const Clock& clock, int epoll_fd, int event_fd)
    : clock_(clock),
      epoll_fd_(epoll_fd),
      event_fd_(event_fd),
      now_(clock.steady()),
      wheel_(now_),
      read_buffer_(kReadBufferBytes, '\0') {}

Loop::~Loop() {
  stop();
  ::close(epoll_fd_);
  ::close(event_fd_);
}

void Loop::start() {
  thread_ = std::jthread([this] { run(); });
}

void Loop::stop() {
  is_stopping_ = true;
  signal();
  if (thread_.joinable()) {
    thread_.join();
  }
  // Connections own their loop: what the loop holds of them must go first, or neither would.
  decltype(posted_) posted;
  decltype(woken_) woken;
  decltype(timers_) timers;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    posted.swap(posted_);
    woken.swap(woken_);
    timers.swap(timers_);
  }
  const auto watched = std::exchange(watched_, {});
  again_.clear();
  retired_.clear();
}

void Loop::signal() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(event_fd_, &one, sizeof one);
}

void Loop::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
      return;
    }
    posted_.push_back(std::move(job));
    if (std::exchange(is_signalled_, true)) {
      return;
    }
  }
  signal();
}

void Loop::wake(std::shared_ptr<Pollable> who) {
  if (who->is_woken_.exchange(true)) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
      return;
    }
    woken_.push_back(std::move(who));
    if (std::exchange(is_signalled_, true)) {
      return;
    }
  }
  signal();
}

std::function<void()> Loop::at(SteadyTime when, std::function<void()> job) {
  TimerKey key;
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
      return [] {};
    }
    key = {when, ++timer_count_};
    const auto [where, added] = timers_.emplace(key, std::move(job));
    is_first = added && where == timers_.begin() && !std::exchange(is_signalled_, true);
  }
  if (is_first) {
    signal();
  }
  return [self = weak_from_this(), key] {
    std::function<void()> dropped;  // Destroyed outside the lock: it may own what calls us.
    if (const auto loop = self.lock()) {
      const std::lock_guard lock(loop->mutex_);
      if (const auto found = loop->timers_.find(key); found != loop->timers_.end()) {
        dropped = std::move(found->second);
        loop->timers_.erase(found);
      }
    }
  };
}

bool Loop::add(int fd, const std::shared_ptr<Pollable>& who, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = pack(fd, ++generation_);
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    return false;
  }
  watched_[fd] = Entry{who, generation_};
  return true;
}

void Loop::remove(int fd) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) {
    return;
  }
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  retired_.push_back(std::move(found->second.who));
  watched_.erase(found);
}

void Loop::visit_again(std::shared_ptr<Pollable> who) {
  if (!who->is_woken_.exchange(true)) {
    again_.push_back(std::move(who));
  }
}

void Loop::for_each(const std::function<void(Pollable&)>& visit) {
  std::vector<std::shared_ptr<Pollable>> all;
  all.reserve(watched_.size());
  for (const auto& [fd, entry] : watched_) {
    all.push_back(entry.who);
  }
  for (const auto& who : all) {
    visit(*who);
  }
}

const std::string& Loop::date() {
  const auto second =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  if (second != date_second_) {
    date_second_ = second;
    date_ = to_http_date(clock_.now());
  }
  return date_;
}

int Loop::sleep_milliseconds() {
  if (!again_.empty()) {
    return 0;
  }
  auto next = wheel_.next();
  {
    const std::lock_guard lock(mutex_);
    if (!posted_.empty() || !woken_.empty()) {
      return 0;
    }
    if (!timers_.empty() && (!next || timers_.begin()->first.first < *next)) {
      next = timers_.begin()->first.first;
    }
  }
  if (!next) {
    return kMaxSleepMilliseconds;
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.steady()).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, kMaxSleepMilliseconds));
}

void Loop::run() {
  block_signals();
  thread_id_ = std::this_thread::get_id();
  pthread_setname_np(pthread_self(), "http-loop");
  while (!is_stopping_) {
    run_turn();
  }
}

void Loop::run_turn() {
  std::array<epoll_event, kEventsATurn> events;
  const int count = ::epoll_wait(epoll_fd_, events.data(), kEventsATurn, sleep_milliseconds());
  now_ = clock_.steady();
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const int fd = static_cast<int>(event.data.u64 & 0xffffffffU);
    if (fd == event_fd_) {
      std::uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t got = ::read(event_fd_, &ignored, sizeof ignored);
      continue;
    }
    // A descriptor closed and given out again within this turn has another generation.
    const auto found = watched_.find(fd);
    if (found != watched_.end() && pack(fd, found->second.generation) == event.data.u64) {
      const auto who = found->second.who;
      who->on_events(event.events);
    }
  }
  drain_posted();
  run_timers();
  wheel_.advance(now_);
  retired_.clear();
}

void Loop::drain_posted() {
  std::vector<std::function<void()>> jobs;
  std::vector<std::shared_ptr<Pollable>> woken;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(posted_);
    woken.swap(woken_);
    is_signalled_ = false;
  }
  for (const auto& job : jobs) {
    job();
  }
  std::vector<std::shared_ptr<Pollable>> again;
  again.swap(again_);
  woken.insert(woken.end(), std::make_move_iterator(again.begin()),
               std::make_move_iterator(again.end()));
  for (const auto& who : woken) {
    who->is_woken_ = false;
    who->on_woken();
  }
}

void Loop::run_timers() {
  std::vector<std::function<void()>> due;
  {
    const std::lock_guard lock(mutex_);
    while (!timers_.empty() && timers_.begin()->first.first <= now_) {
      due.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
  }
  for (const auto& job : due) {
    job();
  }
}

}  // namespace pintle::http
