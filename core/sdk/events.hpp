// EventRecorder: tells people what a plugin did, as core/v1 Events beside the object.
//
// An event that happens again is not a new object: its count and lastTimestamp grow. A source that
// floods is cut off per object, as client-go's EventCorrelator does.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/clock.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/object.hpp"
#include "core/sdk/work_queue.hpp"

namespace pintle::sdk {

/// What an event is about: an ObjectReference.
struct EventTarget {
  std::string api_version = "v1";
  std::string kind;
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::string field_path;  // "spec.containers{nginx}"; "" for the whole object.

  /// The reference of an object as the server knows it.
  static EventTarget of(const Value& object, std::string_view field_path = "");
};

enum class EventType { kNormal, kWarning };

/// Threads: every method may be called from any thread; none waits for the cluster.
class EventRecorder {
 public:
  struct Source {
    std::string component;  // "kubelet", "default-scheduler".
    std::string host;       // The node's name; "" for none.
  };

  /// REQUIRES: host.has_cluster().
  EventRecorder(Host& host, Source source, const Clock& clock);
  ~EventRecorder();  // Waits for what is on its way; drops what is not.

  /// `reason` is CamelCase ("Scheduled"); `message` is for a person. What can't be sent is dropped
  /// with a line in the log: events are best effort, as in Kubernetes.
  void record(const EventTarget& target, EventType type, std::string_view reason,
              std::string_view message);

  /// Sends what is due, on the caller's thread, and waits for the answers: for tests.
  void flush();

 private:
  /// One Event object, as far as we know it.
  struct Entry {
    EventTarget target;
    EventType type = EventType::kNormal;
    std::string reason;
    std::string message;
    std::string name;  // metadata.name.
    std::int64_t count = 0;
    WallTime first{};
    WallTime last{};
    bool created = false;  // The server has it.
    std::uint64_t used = 0;
  };
  /// How much one source may say about one object. Source: client-go EventSourceObjectSpamFilter.
  struct Allowance {
    double tokens = 0;
    SteadyTime filled{};
  };

  void run(const std::stop_token& stop);
  void send(const std::string& key);
  void answered(const std::string& key, bool created, const Result<void>& result);
  bool allowed_locked(const std::string& object);
  void trim_locked();
  Json to_event(const Entry& entry) const;

  Host& host_;
  const Source source_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;         // Guarded by mutex_.
  std::map<std::string, Allowance> allowances_;  // Guarded by mutex_.
  std::uint64_t uses_ = 0;                       // Guarded by mutex_.
  WorkQueue queue_;
  Client client_;
  std::jthread sender_;
};

}  // namespace pintle::sdk
