// PodWorker: carries one pod from its spec to containers and back to nothing.
//
// sync() looks at the runtime, decides (pod_actions.hpp), does what does not take long, and hands
// what does (pulls, kills) to the executor, whose jobs ask for another sync when they end. All that
// must survive a restart is in the runtime's labels and the server's status.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "plugins/kubelet/back_off.hpp"
#include "plugins/kubelet/cluster.hpp"
#include "plugins/kubelet/env.hpp"
#include "plugins/kubelet/events.hpp"
#include "plugins/kubelet/executor.hpp"
#include "plugins/kubelet/images.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/pod_actions.hpp"
#include "plugins/kubelet/pod_queue.hpp"
#include "plugins/kubelet/pod_view.hpp"
#include "plugins/kubelet/prober.hpp"
#include "plugins/kubelet/status.hpp"
#include "plugins/kubelet/volumes/volumes.hpp"

namespace pintle::kubelet {

/// What every worker works with.
struct Parts {
  Runtime& runtime;
  Executor& executor;
  PodQueue& queue;
  Events& events;
  Images& images;
  Volumes& volumes;
  Prober& prober;
  BackOff& crashes;
  const ObjectSource& objects;
  Cluster* cluster;  // Null where there is none.
  const NodeFacts& node;
  const PodPaths& paths;
  const Clock& clock;
  Log& log;
  std::string cgroup_root;
};

struct SyncOutcome {
  /// Sync again after this long even if nothing happens.
  std::optional<std::chrono::milliseconds> again;
  /// Nothing runs, nothing is mounted: the pod may be forgotten once the server knows.
  bool is_torn_down = false;
};

class PodWorker : public std::enable_shared_from_this<PodWorker> {
 public:
  PodWorker(const Parts& parts, PodPtr pod);

  /// Threads: these from any thread.
  void update(PodPtr pod);
  /// Its source has the pod no more.
  void remove();
  PodPtr pod() const;
  Json status() const;
  bool is_removed() const;
  /// The id and log of a container's newest run, or the one before it.
  struct RunPlace {
    std::string id;
    std::string log_path;
    bool is_running = false;
    /// Why there is none yet: "ContainerCreating".
    std::string waiting;
  };
  Result<RunPlace> find_run(std::string_view container, bool previous) const;
  /// The containers that run and where they write.
  std::vector<RunPlace> running() const;
  /// The sandbox that port forwarding goes to.
  Result<std::string> find_sandbox() const;

  /// Threads: one at a time (PodQueue sees to it).
  SyncOutcome sync();

 private:
  bool is_terminating(const Pod& pod) const;
  SyncOutcome sync_running(const PodPtr& pod, PodView& view);
  SyncOutcome sync_terminating(const PodPtr& pod, PodView& view);
  void start_all(const PodPtr& pod, const PodView& view, const PodActions& actions,
                 SyncOutcome& outcome);
  /// Checks the spec, sets up volumes, makes the sandbox. Errors: an event was written.
  Result<void> prepare(const PodPtr& pod);
  Result<void> make_sandbox(const PodPtr& pod, const PodActions& actions);
  /// The wait before a volume or the sandbox is tried again: doubled each time.
  std::chrono::milliseconds next_retry();
  void watch_probes(const PodPtr& pod, const PodView& view);
  void finish(const PodPtr& pod, const PodView& view);
  bool deadline_passed(const PodPtr& pod, SyncOutcome& outcome);

  // pod_start.cpp
  void start(const PodPtr& pod, const PodView& view, const ContainerStart& start,
             SyncOutcome& outcome);
  bool in_crash_back_off(const PodPtr& pod, const ContainerStart& start, SyncOutcome& outcome);
  Result<EnvPairs> services_of(const Pod& pod);
  std::vector<RegistryAuth> logins_of(const Pod& pod);
  Result<ContainerConfig> configure(const PodPtr& pod, const PodView& view, const Json& container,
                                    const ImageInfo& image, std::uint32_t attempt);
  void create_and_start(const PodPtr& pod, const PodView& view, const Json& container,
                        const ContainerConfig& config, SyncOutcome& outcome);
  void run_post_start(const PodPtr& pod, const PodView& view, const Json& container,
                      const std::string& id);
  void remove_old_runs(const PodView& view, const std::string& name, std::size_t keep);

  // pod_stop.cpp
  struct KillOrder {
    std::string id;
    std::string name;
    std::string why;
    std::chrono::seconds grace{30};
  };
  void kill(const PodPtr& pod, const PodView& view, const KillOrder& order);
  void kill_now(const PodPtr& pod, const KillOrder& order, const std::string& ip);
  /// Runs a lifecycle hook. Errors: why it failed.
  Result<void> run_hook(const Json& hook, const Json& container, const HandlerTarget& target,
                        std::chrono::seconds timeout);
  bool kill_next(const PodPtr& pod, const PodView& view);
  bool has_kills() const;
  Result<void> stop_sandboxes(const PodView& view);
  void remove_from_runtime(const PodView& view);

  // pod_report.cpp
  void report(const PodPtr& pod, const PodView& view, bool is_terminated);
  std::string termination_message(const Pod& pod, const ContainerStatus& run);
  void wait_for(std::string_view container, std::string reason, std::string message);

  const Parts& parts_;
  mutable std::mutex mutex_;
  PodPtr pod_;  // Guarded by mutex_, as what follows.
  bool is_removed_ = false;
  Json status_;
  std::map<std::string, std::chrono::seconds> kills_;  // Under way: id to grace.
  PodView seen_;                                       // As of the last sync.

  // Of sync() alone:
  ExitedRuns exited_;
  std::map<std::string, Waiting, std::less<>> waiting_;
  std::map<std::string, std::string> messages_;  // Termination messages read, by container id.
  VolumePaths volumes_;
  SandboxConfig sandbox_;
  bool is_prepared_ = false;
  int failures_ = 0;  // Of volumes and the sandbox, in a row.
  SteadyTime refresh_at_;
  std::string start_time_;
  std::optional<SteadyTime> deadline_;
  std::optional<Waiting> failure_;
  bool is_torn_down_ = false;
};

}  // namespace pintle::kubelet
