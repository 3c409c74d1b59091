// The node agent: pods from the folder and the server, a worker for each, the runtime watched.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "plugins/kubelet/mirrors.hpp"
#include "plugins/kubelet/node.hpp"
#include "plugins/kubelet/pod_source_file.hpp"
#include "plugins/kubelet/pod_worker.hpp"
#include "plugins/kubelet/status_writer.hpp"

namespace pintle::kubelet {

struct KubeletOptions {
  std::string node_name;
  std::string node_ip;
  std::string root = "/var/lib/pintle/kubelet";
  std::string log_root = "/var/log/pods";
  std::string manifest_path;  // Empty: no static pods.
  std::string runtime_endpoint = "unix:///run/containerd/containerd.sock";
  std::string cluster_dns;
  std::string cluster_domain = "cluster.local";
  std::string cgroup_root;
  NodeOptions node;
};

/// Reads the host's settings. Errors: kInvalid naming a setting that is no number.
Result<KubeletOptions> read_options(const sdk::Host& host);

class Kubelet {
 public:
  using WorkerPtr = std::shared_ptr<PodWorker>;

  /// `host` may have no cluster: then only static pods run.
  Kubelet(sdk::Host& host, KubeletOptions options, std::unique_ptr<Runtime> runtime);
  ~Kubelet();
  Kubelet(const Kubelet&) = delete;
  Kubelet& operator=(const Kubelet&) = delete;

  /// Threads: these from any thread.
  Runtime& runtime() { return *runtime_; }
  const Machine& machine() const { return machine_; }
  const NodeFacts& node() const { return facts_; }
  const Clock& clock() const { return clock_; }
  WorkerPtr find_pod(std::string_view ns, std::string_view name) const;
  /// A v1 PodList of what this node runs, with status.
  Json pod_list(bool only_running) const;
  bool is_stopping() const;

 private:
  void take_static(std::vector<PodPtr> pods);
  void take_server(const sdk::ObjectHandle& object, bool is_deleted);
  void put(const PodPtr& pod);
  void dispatch(const std::stop_token& stop);
  void sync_one(const std::string& uid);
  void settle(const std::string& uid, const WorkerPtr& worker, const SyncOutcome& outcome);
  bool has_forerunner(const Pod& pod) const;
  std::optional<ServerPod> resolve(const Pod& pod) const;

  // kubelet_watch.cpp
  void watch_runtime(const std::stop_token& stop);
  void relist();
  void sweep(const RuntimeLists& lists);
  void rotate_logs();
  void remove_orphan(const std::string& uid, const RuntimeLists& lists);
  void sweep_folders(const RuntimeLists& lists);
  bool knows_all_pods() const;

  const KubeletOptions options_;
  SystemClock clock_;
  Log& log_;
  const std::unique_ptr<Runtime> runtime_;
  const std::unique_ptr<Cluster> cluster_;
  const Machine machine_;
  NodeFacts facts_;
  const PodPaths paths_;
  const ObjectSource objects_;
  PodQueue queue_;
  BackOff crashes_;
  Executor executor_;
  Events events_;
  Images images_;
  Volumes volumes_;
  Prober prober_;
  const Parts parts_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, WorkerPtr> workers_;  // By uid. Guarded by mutex_, as what follows.
  bool static_known_ = false;
  bool server_known_ = false;
  bool is_stopping_ = false;

  // Of the watching thread alone:
  std::map<std::string, std::string> prints_;  // What the runtime had of each pod last.
  SteadyTime sweep_at_;
  std::string last_error_;

  std::unique_ptr<Mirrors> mirrors_;
  std::unique_ptr<StatusWriter> statuses_;
  std::unique_ptr<NodeAgent> node_agent_;
  std::unique_ptr<sdk::Informer> informer_;
  std::unique_ptr<PodSourceFile> folder_;
  std::jthread watcher_;
  std::jthread dispatcher_;
};

}  // namespace pintle::kubelet
