// How a table is asked: where it stands, or on a thread that may be lost with copies of its own.

#include "core/gate/admission_provider.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>

#include "core/base/concat.hpp"
#include "core/gate/admission_border.hpp"
#include "core/sdk/text.hpp"

namespace pintle::gate {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestTimeout{30'000};
/// How often its time a quick call may take before the thread it holds is given up.
constexpr int kLostFactor = 6;

/// Whether the plugin was built with a table that goes as far as `field`.
template <typename Field>
bool knows(const pintle_admission_table& table, Field pintle_admission_table::*field) {
  const auto* begin = reinterpret_cast<const char*>(&table);
  const auto* end = reinterpret_cast<const char*>(&(table.*field)) + sizeof(Field);
  return table.size >= static_cast<std::size_t>(end - begin);
}

std::vector<std::string> words_of(pintle_text text) {
  std::istringstream in{std::string(sdk::to_view(text))};
  std::vector<std::string> words;
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  return words;
}

std::string seconds_text(milliseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  return time == whole ? std::to_string(whole.count()) + "s" : std::to_string(time.count()) + "ms";
}

struct Patching {
  const std::string& plugin;
  registry::Review& review;
  Result<void> outcome;
};

void apply_patch(void* context, pintle_text json_patch) {
  auto& patching = *static_cast<Patching*>(context);
  if (patching.outcome.ok()) {
    patching.outcome =
        apply_plugin_patch(patching.plugin, sdk::to_view(json_patch), patching.review);
  }
}

}  // namespace

std::uint32_t operation_bit(std::string_view operation) {
  constexpr std::string_view kOperations[] = {"CREATE", "UPDATE", "DELETE", "CONNECT"};
  for (std::uint32_t i = 0; i < std::size(kOperations); ++i) {
    if (operation == kOperations[i]) {
      return 1U << i;
    }
  }
  return 1U << 31U;
}

/// A call under way, in one of the provider's slots.
class AdmissionProvider::Stay {
 public:
  explicit Stay(AdmissionProvider& provider) : provider_(provider) {
    const auto turn = provider.turn_.load(std::memory_order_relaxed);
    const auto start = std::hash<std::thread::id>()(std::this_thread::get_id());
    for (std::size_t i = 0; i < kSlots; ++i) {
      auto& slot = provider.calls_[(start + i) % kSlots];
      std::uint64_t free = 0;
      if (slot.compare_exchange_strong(free, turn)) {
        slot_ = &slot;
        return;
      }
    }
    provider.crowd_.fetch_add(1);
  }
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;
  ~Stay() {
    if (slot_ != nullptr) {
      slot_->store(0, std::memory_order_release);
    } else {
      provider_.crowd_.fetch_sub(1);
    }
  }

 private:
  AdmissionProvider& provider_;
  std::atomic<std::uint64_t>* slot_ = nullptr;
};

/// All that a call needs, owned by whoever is last: the asker that waits, or the thread that is in.
struct AdmissionProvider::SlowCall {
  explicit SlowCall(const registry::Review& asked)
      : who(asked.who),
        operation(asked.operation),
        subresource(asked.subresource),
        ns(asked.ns),
        name(asked.name),
        review{.who = who,
               .operation = operation,
               .resource = asked.resource,
               .subresource = subresource,
               .ns = ns,
               .name = name,
               .dry_run = asked.dry_run} {
    if (asked.object != nullptr) {
      object = *asked.object;
      review.object = &object;
    }
    if (asked.old_object != nullptr) {
      old_object = *asked.old_object;
      review.old_object = &old_object;
    }
  }

  const auth::Identity who;
  const std::string operation, subresource, ns, name;
  Json object;
  Json old_object;
  registry::Review review;

  std::vector<std::string> warnings;
  registry::AuditNotes notes;
  std::string patch;

  std::mutex mutex;
  std::condition_variable finished;
  std::optional<Result<void>> outcome;  // Guarded by mutex; once set, all above it stands still.
};

AdmissionProvider::AdmissionProvider(std::string plugin, const pintle_admission_table& table,
                                     void* self, Overrun overrun)
    : plugin_(std::move(plugin)), table_(table), self_(self), overrun_(std::move(overrun)) {
  for (auto& word : words_of(table.resources)) {
    const auto slash = word.find('/');
    if (slash != std::string::npos) {
      subresources_.emplace_back(word.substr(0, slash), word.substr(slash + 1));
      word.resize(slash);
    }
    resources_.push_back(std::move(word));
  }
  if (knows(table, &pintle_admission_table::operations) &&
      !sdk::to_view(table.operations).empty()) {
    operations_ = 0;
    for (const auto& word : words_of(table.operations)) {
      operations_ |= operation_bit(word);
    }
  }
  is_quick_ = knows(table, &pintle_admission_table::is_quick) && table.is_quick != 0;
  if (knows(table, &pintle_admission_table::timeout_ms) && table.timeout_ms != 0) {
    timeout_ = std::min(milliseconds(table.timeout_ms), kLongestTimeout);
  }
}

bool AdmissionProvider::has(Phase phase) const {
  return phase == Phase::kMutate ? table_.mutate != nullptr : table_.validate != nullptr;
}

bool AdmissionProvider::wants(const registry::Review& review, std::uint32_t operation) const {
  if ((operations_ & operation) == 0) {
    return false;
  }
  if (subresources_.empty()) {
    return true;
  }
  const std::string_view resource = review.resource.storage;
  bool is_limited = false;
  for (const auto& [of, only] : subresources_) {
    if (of == resource) {
      if (only == review.subresource) {
        return true;
      }
      is_limited = true;
    }
  }
  return !is_limited;
}

Result<void> AdmissionProvider::ask(Phase phase, registry::Review& review) {
  if (has_left_.load(std::memory_order_acquire)) {
    return {};
  }
  if (is_suspended()) {
    return suspended();
  }
  return is_quick_ ? ask_here(phase, review) : ask_there(phase, review);
}

Result<void> AdmissionProvider::ask_here(Phase phase, registry::Review& review) {
  const Stay stay(*this);
  if (has_left_.load()) {
    return {};
  }
  AdmissionSink sink{.warnings = review.warnings, .notes = review.notes};
  const BorderRequest border(review, sink);
  Patching patching{.plugin = plugin_, .review = review, .outcome = {}};
  const auto status = phase == Phase::kMutate
                          ? table_.mutate(self_, &border.request, apply_patch, &patching)
                          : table_.validate(self_, &border.request);
  if (status.code != 0) {
    return to_refusal(review, sdk::to_error(status));
  }
  return patching.outcome;
}

Result<void> AdmissionProvider::ask_there(Phase phase, registry::Review& review) {
  const auto call = std::make_shared<SlowCall>(review);
  auto stay = std::make_unique<Stay>(*this);
  if (has_left_.load()) {
    return {};
  }
  try {
    // Detached, because nothing can end a thread that is inside a plugin. It shares the call with
    // the asker, and keeps this provider.
    std::thread([self = shared_from_this(), call, phase, stay = std::move(stay)]() mutable {
      auto outcome = self->answer(phase, *call);
      stay.reset();
      const std::lock_guard lock(call->mutex);
      call->outcome = std::move(outcome);
      call->finished.notify_all();
    }).detach();
  } catch (const std::system_error& failure) {
    return Error{Code::kServiceUnavailable, concat({"no thread to ask admission plugin \"", plugin_,
                                                    "\" on: ", failure.what()})};
  }

  std::unique_lock lock(call->mutex);
  if (!call->finished.wait_for(lock, timeout_, [&] { return call->outcome.has_value(); })) {
    lock.unlock();
    suspend(concat({"it gave no answer within ", seconds_text(timeout_)}));
    return Error{Code::kTimeout, concat({"admission plugin \"", plugin_,
                                         "\" gave no answer within ", seconds_text(timeout_)})};
  }
  lock.unlock();
  if (review.warnings != nullptr) {
    std::ranges::move(call->warnings, std::back_inserter(*review.warnings));
  }
  if (review.notes != nullptr) {
    std::ranges::move(call->notes, std::back_inserter(*review.notes));
  }
  if (!call->outcome->ok()) {
    return to_refusal(review, call->outcome->error());
  }
  return call->patch.empty() ? Result<void>() : apply_plugin_patch(plugin_, call->patch, review);
}

Result<void> AdmissionProvider::answer(Phase phase, SlowCall& call) const {
  AdmissionSink sink{.warnings = &call.warnings, .notes = &call.notes};
  const BorderRequest border(call.review, sink);
  const auto keep_patch = [](void* context, pintle_text text) {
    static_cast<SlowCall*>(context)->patch = sdk::to_view(text);
  };
  return sdk::to_result(phase == Phase::kMutate
                            ? table_.mutate(self_, &border.request, keep_patch, &call)
                            : table_.validate(self_, &border.request));
}

void AdmissionProvider::suspend(const std::string& why) {
  if (!is_suspended_.exchange(true)) {
    overrun_(plugin_, why);
  }
}

Error AdmissionProvider::suspended() const {
  return {Code::kInternalError,
          concat({"admission plugin \"", plugin_, "\" is suspended: it gave no answer within ",
                  seconds_text(timeout_), "; replace or unload it"})};
}

bool AdmissionProvider::tick(std::uint64_t now, milliseconds turn) {
  turn_.store(now, std::memory_order_relaxed);
  if (!is_quick_) {
    return false;  // Its askers look at the clock themselves.
  }
  bool is_lost = false;
  for (const auto& slot : calls_) {
    const auto since = slot.load(std::memory_order_acquire);
    // Turns of a process that stood still are not counted, which a clock would.
    const auto turns = since == 0 || since > now ? 0 : now - since;
    const auto spent = turn * static_cast<std::int64_t>(turns);
    if (spent > timeout_) {
      suspend(
          concat({"it said that it is quick, and gave no answer within ", seconds_text(timeout_)}));
    }
    is_lost = is_lost || spent > timeout_ * kLostFactor;
  }
  return is_lost;
}

bool AdmissionProvider::is_empty() const {
  return crowd_.load() == 0 &&
         std::ranges::all_of(calls_, [](const auto& slot) { return slot.load() == 0; });
}

bool AdmissionProvider::leave(milliseconds patience) {
  has_left_.store(true);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!is_empty()) {
    if (std::chrono::steady_clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

}  // namespace pintle::gate
