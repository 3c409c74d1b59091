// EventRecorder: tells people what a plugin did; see events.hpp.

#include "core/sdk/events.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/concat.hpp"

namespace pintle::sdk {
namespace {

// Source: client-go tools/record events_cache.go: maxLruCacheEntries, defaultSpamBurst,
// defaultSpamQPS (one every 300 s).
constexpr std::size_t kEntriesMax = 4096;
constexpr double kBurst = 25;
constexpr double kTokensPerSecond = 1.0 / 300.0;
constexpr std::size_t kMessageBytesMax =
    1024;  // Source: apimachinery ValidateEvent's NoteLengthLimit.
constexpr std::size_t kWaitingMax = 10'000;

std::string to_hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
  return {digits.begin(), end};
}

std::string_view to_text(EventType type) {
  return type == EventType::kNormal ? "Normal" : "Warning";
}

/// The namespace an event lives in: its object's, and "default" for what has none.
std::string event_ns(const EventTarget& target) {
  return target.ns.empty() ? "default" : target.ns;
}

std::string shortened(std::string_view message) {
  if (message.size() <= kMessageBytesMax) {
    return std::string(message);
  }
  std::size_t end = kMessageBytesMax - 3;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return concat({message.substr(0, end), "..."});
}

}  // namespace

EventTarget EventTarget::of(const Value& object, std::string_view field_path) {
  return {.api_version = std::string(object.text("apiVersion")),
          .kind = std::string(object.text("kind")),
          .ns = std::string(object.text("metadata", "namespace")),
          .name = std::string(object.text("metadata", "name")),
          .uid = std::string(object.text("metadata", "uid")),
          .resource_version = std::string(object.text("metadata", "resourceVersion")),
          .field_path = std::string(field_path)};
}

EventRecorder::EventRecorder(Host& host, Source source, const Clock& clock)
    : host_(host), source_(std::move(source)), clock_(clock), queue_(clock), client_(host) {
  sender_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

EventRecorder::~EventRecorder() {
  sender_.request_stop();
  sender_.join();
  client_.drain();
}

void EventRecorder::record(const EventTarget& target, EventType type, std::string_view reason,
                           std::string_view message) {
  const std::string object =
      concat({target.kind, "/", target.ns, "/", target.name, "/", target.uid});
  const std::string text = shortened(message);
  const std::string key =
      concat({object, "|", target.field_path, "|", to_text(type), "|", reason, "|", text});
  {
    const std::lock_guard lock(mutex_);
    if (!allowed_locked(object) || queue_.size() > kWaitingMax) {
      return;
    }
    const WallTime now = clock_.now();
    auto& entry = entries_[key];
    if (entry.count == 0) {
      const auto nanos = std::chrono::nanoseconds(now.time_since_epoch()).count();
      entry.target = target;
      entry.type = type;
      entry.reason = reason;
      entry.message = text;
      // The count of events tells those of one microsecond apart.
      entry.name = target.name + "." + to_hex(static_cast<std::uint64_t>(nanos) + uses_ % 1000);
      entry.first = now;
    }
    ++entry.count;
    entry.last = now;
    entry.used = ++uses_;
    trim_locked();
  }
  queue_.add(key);
}

bool EventRecorder::allowed_locked(const std::string& object) {
  const SteadyTime now = clock_.steady();
  if (allowances_.size() > kEntriesMax) {
    std::erase_if(allowances_, [&](const auto& entry) {
      const std::chrono::duration<double> idle = now - entry.second.filled;
      return entry.second.tokens + idle.count() * kTokensPerSecond >= kBurst;
    });
  }
  auto [held, is_new] = allowances_.try_emplace(object, Allowance{kBurst, now});
  auto& allowance = held->second;
  const std::chrono::duration<double> passed = now - allowance.filled;
  allowance.tokens = std::min(kBurst, allowance.tokens + passed.count() * kTokensPerSecond);
  allowance.filled = now;
  if (allowance.tokens < 1) {
    return false;
  }
  allowance.tokens -= 1;
  return true;
}

void EventRecorder::trim_locked() {
  // An eighth at a time, so that the search for the oldest is paid for seldom.
  if (entries_.size() <= kEntriesMax + kEntriesMax / 8) {
    return;
  }
  const std::uint64_t oldest_kept = uses_ - kEntriesMax;
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.created && entry.second.used < oldest_kept;
  });
}

void EventRecorder::run(const std::stop_token& stop) {
  while (const auto key = queue_.take(stop)) {
    send(*key);
  }
}

void EventRecorder::flush() {
  while (const auto key = queue_.try_take()) {
    send(*key);
  }
  client_.drain();
}

// The key stays in work until the answer is there: the count's patch never overtakes the create.
void EventRecorder::send(const std::string& key) {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    const auto held = entries_.find(key);
    if (held == entries_.end()) {
      queue_.done(key);
      return;
    }
    entry = held->second;
  }
  const bool creates = !entry.created;
  Path path{.resource = "events", .ns = event_ns(entry.target)};
  auto done = [this, key, creates](const Result<void>& result) { answered(key, creates, result); };
  if (creates) {
    client_.create_async(path, to_event(entry), std::move(done));
    return;
  }
  path.name = entry.name;
  const JsonObject change{{"count", entry.count}, {"lastTimestamp", to_rfc3339(entry.last)}};
  client_.patch_async(path, PatchKind::kMerge, change, std::move(done));
}

void EventRecorder::answered(const std::string& key, bool created, const Result<void>& result) {
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    const auto held = entries_.find(key);
    if (held != entries_.end() && result.ok()) {
      held->second.created = true;
    } else if (held != entries_.end() && !created && result.error().code == Code::kNotFound) {
      held->second.created = false;  // It expired on the server: tell it anew.
      again = true;
    } else if (held != entries_.end()) {
      entries_.erase(held);
    }
  }
  if (!result.ok() && !again) {
    host_.log().warning("An event could not be written.", {{"error", result.error().message}});
  }
  if (again) {
    queue_.add(key);
  }
  queue_.done(key);
}

Json EventRecorder::to_event(const Entry& entry) const {
  const EventTarget& target = entry.target;
  JsonObject involved{{"kind", target.kind}, {"name", target.name}};
  const auto put = [&involved](std::string_view key, const std::string& value) {
    if (!value.empty()) {
      involved.emplace(key, value);
    }
  };
  put("namespace", target.ns);
  put("uid", target.uid);
  put("apiVersion", target.api_version);
  put("resourceVersion", target.resource_version);
  put("fieldPath", target.field_path);
  JsonObject source{{"component", source_.component}};
  if (!source_.host.empty()) {
    source.emplace("host", source_.host);
  }
  return JsonObject{{"kind", "Event"},
                    {"apiVersion", "v1"},
                    {"metadata", {{"name", entry.name}, {"namespace", event_ns(target)}}},
                    {"involvedObject", std::move(involved)},
                    {"reason", entry.reason},
                    {"message", entry.message},
                    {"source", std::move(source)},
                    {"firstTimestamp", to_rfc3339(entry.first)},
                    {"lastTimestamp", to_rfc3339(entry.last)},
                    {"count", entry.count},
                    {"type", to_text(entry.type)},
                    {"eventTime", nullptr},
                    {"reportingComponent", source_.component},
                    {"reportingInstance", source_.host}};
}

}  // namespace pintle::sdk
