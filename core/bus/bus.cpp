// The bus: finds the topic of a resource, feeds it, and hands out cursors.

#include "core/bus/bus.hpp"

#include <atomic>
#include <map>
#include <shared_mutex>

#include "core/base/assert.hpp"
#include "core/bus/topic.hpp"

namespace pintle::bus {

struct Bus::State {
  explicit State(Limits limits_in, Revision last_in)
      : limits(limits_in), floor(last_in), last(last_in) {}

  Topic& topic_of(std::string_view resource);
  void put_into_topics(std::span<const Event> events, Alarms& rung);

  const Limits limits;
  std::shared_mutex mutex;
  // Topics are never removed: there is one per kind. Guarded by mutex; a Topic guards itself.
  std::map<std::string, std::unique_ptr<Topic>, std::less<>> topics;
  Revision floor;  // Of topics yet to be made. Guarded by mutex.
  // Stored after a group is in its topics: whoever reads it finds all events up to it there.
  std::atomic<Revision> last;
};

struct Cursor::State {
  State(Bus::State& bus_in, Topic& topic_in, Place place_in)
      : bus(bus_in), topic(topic_in), place(place_in), alarm(std::make_shared<Alarm>()) {}
  ~State() {
    topic.forget(*alarm);
    alarm->disarm();
  }

  Bus::State& bus;
  Topic& topic;
  Place place;
  std::shared_ptr<Alarm> alarm;
};

Topic& Bus::State::topic_of(std::string_view resource) {
  {
    const std::shared_lock lock(mutex);
    if (const auto found = topics.find(resource); found != topics.end()) {
      return *found->second;
    }
  }
  const std::unique_lock lock(mutex);
  auto& topic = topics[std::string(resource)];
  if (topic == nullptr) {
    topic = std::make_unique<Topic>(limits, floor);
  }
  return *topic;
}

void Bus::State::put_into_topics(std::span<const Event> events, Alarms& rung) {
  while (!events.empty()) {
    const std::string& resource = events.front().object->resource();
    std::size_t run = 1;
    while (run < events.size() && events[run].object->resource() == resource) {
      ++run;
    }
    topic_of(resource).append(events.first(run), rung);
    events = events.subspan(run);
  }
}

Bus::Bus(Limits limits, Revision last) : state_(std::make_unique<State>(limits, last)) {}

Bus::~Bus() = default;

void Bus::append(std::span<const Event> events) {
  if (events.empty()) {
    return;
  }
  Revision last = state_->last.load(std::memory_order_relaxed);
  for (const auto& event : events) {
    PINTLE_ASSERT(event.revision() > last);
    last = event.revision();
  }

  Alarms rung;
  state_->put_into_topics(events, rung);
  state_->last.store(last, std::memory_order_release);
  for (const auto& alarm : rung) {
    alarm->ring();
  }
}

void Bus::restore(std::span<const Event> tail, Revision oldest_known, Revision last) {
  PINTLE_ASSERT(oldest_known <= last);
  {
    const std::unique_lock lock(state_->mutex);
    PINTLE_ASSERT(state_->topics.empty());
    state_->floor = oldest_known;
  }
  append(tail);
  PINTLE_ASSERT(tail.empty() || tail.back().revision() <= last);
  state_->last.store(last, std::memory_order_release);
}

Result<Cursor> Bus::subscribe(std::string_view resource, Revision after) {
  Topic& topic = state_->topic_of(resource);
  PINTLE_TRY(const Place place, topic.place_after(after));
  return Cursor(std::make_unique<Cursor::State>(*state_, topic, place));
}

Revision Bus::last() const {
  return state_->last.load(std::memory_order_acquire);
}

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

Result<std::size_t> Cursor::poll(std::vector<Event>& out, std::size_t max) {
  // The newest revision is read first: what is committed after it can't be mistaken for seen.
  const Revision last = state_->bus.last.load(std::memory_order_acquire);
  return state_->topic.read(state_->place, last, out, max, state_->alarm);
}

Result<Event> Cursor::next(const std::stop_token& stop) {
  std::vector<Event> events;
  for (;;) {
    PINTLE_TRY(const std::size_t count, poll(events, 1));
    if (count == 1) {
      return std::move(events.front());
    }
    if (!state_->alarm->wait(stop)) {
      return Error(Code::kCancelled, "stopped while waiting for events");
    }
  }
}

void Cursor::set_waker(std::function<void()> waker) {
  state_->alarm->set_waker(std::move(waker));
}

Revision Cursor::seen() const {
  const Revision last = state_->bus.last.load(std::memory_order_acquire);
  return state_->topic.seen_at(state_->place, last);
}

}  // namespace pintle::bus
