// Wheel: deadlines of thousands of connections, moved at every request, for next to nothing.
//
// A hook sits in the slot of its deadline. Moving the deadline later only notes the new time; the
// hook is put right when its old slot comes round. Accurate to kTick.

#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/clock.hpp"

namespace pintle::http {

/// Used by its loop's thread only. Unlinks itself when it goes.
class WheelHook {
 public:
  WheelHook() = default;
  virtual ~WheelHook() { unlink(); }
  WheelHook(const WheelHook&) = delete;
  WheelHook& operator=(const WheelHook&) = delete;

  /// Called by the wheel; the hook is unlinked by then.
  virtual void on_deadline() = 0;

 private:
  friend class Wheel;

  void unlink() {
    if (next_ != nullptr) {
      next_->previous_ = previous_;
      previous_->next_ = next_;
      next_ = previous_ = nullptr;
    }
  }

  WheelHook* next_ = nullptr;
  WheelHook* previous_ = nullptr;
  SteadyTime deadline_{};
  std::uint64_t tick_ = 0;  // The slot it sits in, counted from the start of time.
};

class Wheel {
 public:
  static constexpr std::chrono::milliseconds kTick{100};

  explicit Wheel(SteadyTime now) : current_(tick_of(now)) {
    for (auto& slot : slots_) {
      slot.next_ = slot.previous_ = &slot;
    }
  }

  void set(WheelHook& hook, SteadyTime deadline) {
    hook.deadline_ = deadline;
    const auto tick = slot_tick(deadline);
    if (hook.next_ == nullptr || tick < hook.tick_) {
      hook.unlink();
      link(hook, tick);
    }
  }

  void clear(WheelHook& hook) { hook.unlink(); }

  /// Calls the hooks whose deadline has passed.
  void advance(SteadyTime now) {
    const auto until = tick_of(now);
    // After a long sleep every slot is looked at once, not once a tick.
    if (until > current_ + kSlots) {
      current_ = until - kSlots;
    }
    for (; current_ <= until; ++current_) {
      fire(slots_[current_ % kSlots], now);
    }
  }

  /// When advance() has work next; nothing while no hook is linked.
  std::optional<SteadyTime> next() {
    for (std::uint64_t tick = current_; tick < current_ + kSlots;) {
      auto& word = occupied_[tick % kSlots / 64];
      const auto rest = word >> (tick % 64);
      if (rest == 0) {
        tick += 64 - tick % 64;
        continue;
      }
      tick += static_cast<unsigned>(std::countr_zero(rest));
      const auto& slot = slots_[tick % kSlots];
      if (slot.next_ != &slot) {
        return SteadyTime(kTick * static_cast<std::int64_t>(tick));
      }
      word &= ~(std::uint64_t{1} << (tick % 64));  // Its hooks have moved on.
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kSlots = 2048;  // 204 s; later deadlines go round again.

  struct Anchor final : WheelHook {
    void on_deadline() override {}
  };

  static std::uint64_t tick_of(SteadyTime time) {
    return static_cast<std::uint64_t>(time.time_since_epoch() / kTick);
  }

  std::uint64_t slot_tick(SteadyTime deadline) const {
    const auto wanted = tick_of(deadline) + 1;
    const auto latest = current_ + kSlots - 1;
    return wanted <= current_ ? current_ + 1 : (wanted > latest ? latest : wanted);
  }

  void link(WheelHook& hook, std::uint64_t tick) {
    auto& slot = slots_[tick % kSlots];
    hook.tick_ = tick;
    hook.next_ = &slot;
    hook.previous_ = slot.previous_;
    slot.previous_->next_ = &hook;
    slot.previous_ = &hook;
    occupied_[tick % kSlots / 64] |= std::uint64_t{1} << (tick % 64);
  }

  void fire(WheelHook& slot, SteadyTime now) {
    // Detached first: a hook put back into this very slot waits for the next round.
    Anchor due;
    if (slot.next_ == &slot) {
      return;
    }
    due.next_ = slot.next_;
    due.previous_ = slot.previous_;
    due.next_->previous_ = due.previous_->next_ = &due;
    slot.next_ = slot.previous_ = &slot;
    while (due.next_ != &due) {
      WheelHook& hook = *due.next_;
      hook.unlink();
      if (hook.deadline_ <= now) {
        hook.on_deadline();
      } else {
        link(hook, slot_tick(hook.deadline_));
      }
    }
    due.next_ = due.previous_ = nullptr;
  }

  std::uint64_t current_;  // The next tick to look at.
  std::array<Anchor, kSlots> slots_;
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // A set bit: the slot may hold hooks.
};

}  // namespace pintle::http
