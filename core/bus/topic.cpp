// Topic: appending, trimming and reading the tail of one resource's events.

#include "core/bus/topic.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::bus {
namespace {

/// Bytes of JSON that nobody but the tail holds once `event` has happened: the state it replaced,
/// and for a deletion the last state too. A current object costs the tail nothing.
std::size_t bytes_of(const Event& event) {
  std::size_t bytes = sizeof(Event);
  if (event.previous != nullptr) {
    bytes += event.previous->json().size();
  }
  if (event.type == Event::Type::kDeleted) {
    bytes += event.object->json().size();
  }
  return bytes;
}

}  // namespace

void Alarm::set_waker(std::function<void()> waker) {
  const std::lock_guard lock(mutex_);
  waker_ = std::move(waker);
}

void Alarm::disarm() {
  const std::lock_guard lock(mutex_);
  waker_ = nullptr;
}

void Alarm::ring() {
  const std::lock_guard lock(mutex_);
  rang_ = true;
  if (condition_ != nullptr) {
    condition_->notify_all();
  }
  if (waker_ != nullptr) {
    waker_();
  }
}

bool Alarm::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (condition_ == nullptr) {
    condition_ = std::make_unique<std::condition_variable_any>();
  }
  const bool rang = condition_->wait(lock, stop, [this] { return rang_; });
  rang_ = false;
  return rang;
}

void Topic::append(std::span<const Event> events, Alarms& rung) {
  const std::lock_guard lock(mutex_);
  for (const auto& event : events) {
    bytes_ += bytes_of(event);
    events_.push_back(event);
  }
  while (events_.size() > limits_.events_per_resource ||
         (bytes_ > limits_.bytes_per_resource && events_.size() > 1)) {
    drop_oldest();
  }
  ++generation_;
  if (rung.empty()) {
    rung.swap(armed_);
    return;
  }
  rung.insert(rung.end(), std::make_move_iterator(armed_.begin()),
              std::make_move_iterator(armed_.end()));
  armed_.clear();
}

void Topic::drop_oldest() {
  floor_ = events_.front().revision();
  bytes_ -= bytes_of(events_.front());
  events_.pop_front();
  ++first_;
}

Result<Place> Topic::place_after(Revision after) const {
  const std::lock_guard lock(mutex_);
  if (after < floor_) {
    return expired(after);
  }
  const auto next =
      std::partition_point(events_.begin(), events_.end(),
                           [after](const Event& event) { return event.revision() <= after; });
  return Place{.next = first_ + static_cast<std::uint64_t>(next - events_.begin()), .seen = after};
}

std::size_t Topic::index_of(const Place& place) const {
  auto index = static_cast<std::size_t>(place.next > first_ ? place.next - first_ : 0);
  // Only a cursor placed in the future finds events here that it does not want.
  while (index < events_.size() && events_[index].revision() <= place.seen) {
    ++index;
  }
  return index;
}

Result<std::size_t> Topic::read(Place& place, Revision last, std::vector<Event>& out,
                                std::size_t max, const std::shared_ptr<Alarm>& alarm) {
  const std::lock_guard lock(mutex_);
  if (place.seen < floor_) {
    return expired(place.seen);
  }
  const std::size_t index = index_of(place);
  const std::size_t count = std::min(max, events_.size() - index);
  place.next = first_ + index + count;
  if (count != 0) {
    const auto from = events_.begin() + static_cast<std::ptrdiff_t>(index);
    out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(count));
    place.seen = out.back().revision();
    return count;
  }
  if (index < events_.size()) {
    return std::size_t{0};  // max was 0.
  }
  place.seen = std::max(place.seen, last);
  if (alarm->generation_ != generation_) {
    alarm->generation_ = generation_;
    alarm->place_ = armed_.size();
    armed_.push_back(alarm);
  }
  return std::size_t{0};
}

Revision Topic::seen_at(const Place& place, Revision last) const {
  const std::lock_guard lock(mutex_);
  const bool expired = place.seen < floor_;
  const bool pending = index_of(place) < events_.size();
  return expired || pending ? place.seen : std::max(place.seen, last);
}

void Topic::forget(const Alarm& alarm) {
  const std::lock_guard lock(mutex_);
  if (alarm.generation_ != generation_) {
    return;
  }
  const std::size_t place = alarm.place_;
  armed_.back()->place_ = place;
  std::swap(armed_[place], armed_.back());
  armed_.pop_back();
}

Error Topic::expired(Revision after) const {
  // Source: apiserver watch cache; kubectl and client-go look for these words.
  return {Code::kExpired, concat({"too old resource version: ", std::to_string(after), " (",
                                  std::to_string(floor_), ")"})};
}

}  // namespace pintle::bus
