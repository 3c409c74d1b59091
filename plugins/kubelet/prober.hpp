// Probes: asks containers how they are, on time, and keeps what the thresholds make of the answers.

#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/clock.hpp"
#include "plugins/kubelet/events.hpp"
#include "plugins/kubelet/executor.hpp"
#include "plugins/kubelet/handlers.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

enum class ProbeKind { kStartup, kLiveness, kReadiness };

struct ProbeSettings {
  std::chrono::seconds initial_delay{0};
  std::chrono::seconds period{10};
  std::chrono::seconds timeout{1};
  int success_threshold = 1;
  int failure_threshold = 3;
};

ProbeSettings probe_settings_of(const Json& probe);

/// What one probe's answers add up to. Source: kubelet prober worker.doProbe.
class ProbeRecord {
 public:
  ProbeRecord(const ProbeSettings& settings, bool passes_at_first)
      : settings_(settings), passes_(passes_at_first) {}

  /// Notes one answer. True if the verdict changed.
  bool add(bool success);
  bool passes() const { return passes_; }
  /// Failures reached the threshold at least once.
  bool failed() const { return failed_; }

 private:
  const ProbeSettings settings_;
  bool passes_;
  bool failed_ = false;
  bool last_ = false;
  int run_ = 0;  // Equal answers in a row.
};

/// Threads: every method may be called from any thread.
class Prober {
 public:
  using Changed = std::function<void(const std::string& uid)>;

  Prober(Runtime& runtime, Executor& executor, Events& events, const Clock& clock, Changed changed);
  ~Prober();

  /// Begins to probe a running container; nothing if it is known already.
  void watch(const PodPtr& pod, const Json& container, const HandlerTarget& target);
  void forget(const std::string& container_id);
  void forget_pod(const std::string& uid);

  /// Of a running container that was given to watch().
  bool is_started(const std::string& container_id) const;
  bool is_ready(const std::string& container_id) const;
  /// "failed liveness probe", "failed startup probe", or "" if it may live.
  std::string verdict_of(const std::string& container_id) const;

 private:
  struct Probe;
  using ProbePtr = std::shared_ptr<Probe>;
  struct Watched {
    std::string uid;
    std::map<ProbeKind, ProbePtr> probes;
  };

  void run(const std::stop_token& stop);
  void probe_once(const ProbePtr& probe);
  void finish(const ProbePtr& probe, const Result<void>& answer);
  /// Whether a probe's turn is skipped: a liveness probe before the container has started.
  bool must_wait(const Probe& probe) const;
  bool is_started_locked(const Watched& watched) const;

  Runtime& runtime_;
  Executor& executor_;
  Events& events_;
  const Clock& clock_;
  const Changed changed_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Watched> watched_;        // By container id. Guarded by mutex_.
  std::multimap<SteadyTime, ProbePtr> timeline_;  // Likewise.
  std::jthread thread_;
};

}  // namespace pintle::kubelet
