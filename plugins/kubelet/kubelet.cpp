// Puts the agent together and gives every pod its worker.

#include "plugins/kubelet/kubelet.hpp"

#include <charconv>
#include <unistd.h>

#include "core/base/concat.hpp"
#include "core/sdk/path.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::size_t kMaxJobs = 64;  // Threads that wait for the runtime at once.

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  std::string text(name);
  for (auto& c : text) {
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return text;
}

Result<std::int64_t> number_setting(const sdk::Host& host, std::string_view name,
                                    std::int64_t otherwise) {
  const auto text = host.setting(name);
  if (text.empty()) {
    return otherwise;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return Error{Code::kInvalid, concat({"the setting ", name, " is no number: ", text})};
  }
  return number;
}

NodeFacts make_facts(const KubeletOptions& options, const Machine& machine) {
  constexpr std::int64_t kReservedMemoryBytes = 100LL * 1024 * 1024;
  NodeFacts facts;
  facts.name = options.node_name;
  facts.ip = options.node_ip;
  facts.allocatable_cpu_millis = machine.cpu_count * 1000;
  facts.allocatable_memory_bytes =
      std::max<std::int64_t>(0, machine.memory_bytes - kReservedMemoryBytes);
  facts.allocatable_ephemeral_bytes = machine.ephemeral_bytes / 10 * 9;
  facts.cluster_dns = options.cluster_dns;
  facts.cluster_domain = options.cluster_domain;
  return facts;
}

}  // namespace

Result<KubeletOptions> read_options(const sdk::Host& host) {
  KubeletOptions options;
  options.node_name = host.setting("node-name", host_name());
  options.node_ip = host.setting("node-ip");
  if (options.node_ip.empty()) {
    options.node_ip = detect_node_ip();
  }
  options.root = host.setting("root-dir", options.root);
  options.log_root = host.setting("pod-log-dir", options.log_root);
  options.manifest_path = host.setting("pod-manifest-path");
  options.runtime_endpoint = host.setting("container-runtime-endpoint", options.runtime_endpoint);
  options.cluster_dns = host.setting("cluster-dns");
  options.cluster_domain = host.setting("cluster-domain", options.cluster_domain);
  options.cgroup_root = host.setting("cgroup-root");
  options.node.pod_cidr = host.setting("pod-cidr");
  options.node.registers = host.setting("register-node", "true") != "false";
  PINTLE_TRY(options.node.max_pods, number_setting(host, "max-pods", 110));
  PINTLE_TRY(const auto port, number_setting(host, "kubelet-port", 10250));
  options.node.kubelet_port = static_cast<int>(port);
  return options;
}

Kubelet::Kubelet(sdk::Host& host, KubeletOptions options, std::unique_ptr<Runtime> runtime)
    : options_(std::move(options)),
      log_(host.log()),
      runtime_(std::move(runtime)),
      cluster_(make_cluster(host)),
      machine_(read_machine(options_.root)),
      facts_(make_facts(options_, machine_)),
      paths_{options_.root, options_.log_root},
      objects_(make_object_source(cluster_.get())),
      queue_(clock_),
      crashes_(clock_),
      executor_(kMaxJobs),
      events_(options_.node_name, cluster_.get(), clock_, log_),
      images_(*runtime_, executor_, events_, clock_),
      volumes_(paths_, facts_, objects_, cluster_.get(), clock_),
      prober_(*runtime_, executor_, events_, clock_,
              [this](const std::string& uid) { queue_.add(uid); }),
      parts_{*runtime_, executor_, queue_,   events_,  images_,
             volumes_,  prober_,   crashes_, objects_, cluster_.get(),
             facts_,    paths_,    clock_,   log_,     options_.cgroup_root} {
  static_known_ = options_.manifest_path.empty();
  server_known_ = cluster_ == nullptr;
  if (cluster_ != nullptr) {
    mirrors_ = std::make_unique<Mirrors>(*cluster_, options_.node_name, log_);
    statuses_ = std::make_unique<StatusWriter>(
        *cluster_, clock_, log_, [this](const Pod& pod) { return resolve(pod); },
        [this](const std::string& uid) { queue_.add(uid); });
    node_agent_ = std::make_unique<NodeAgent>(*cluster_, *runtime_, events_, facts_, machine_,
                                              options_.node, options_.root, clock_, log_);
    const sdk::Path mine{
        .resource = "pods",
        .query = "fieldSelector=" + sdk::query_escaped("spec.nodeName=" + options_.node_name)};
    informer_ = std::make_unique<sdk::Informer>(
        host, mine,
        sdk::InformerHandlers{
            .added = [this](const auto& object) { take_server(object, false); },
            .modified = [this](const auto&, const auto& now) { take_server(now, false); },
            .deleted = [this](const auto& object) { take_server(object, true); },
            .synced =
                [this] {
                  const std::lock_guard lock(mutex_);
                  server_known_ = true;
                }});
    informer_->start();
  }
  if (!options_.manifest_path.empty()) {
    folder_ = std::make_unique<PodSourceFile>(
        options_.manifest_path, options_.node_name, log_,
        [this](std::vector<PodPtr> pods) { take_static(std::move(pods)); });
  }
  watcher_ = std::jthread([this](const std::stop_token& stop) { watch_runtime(stop); });
  dispatcher_ = std::jthread([this](const std::stop_token& stop) { dispatch(stop); });
}

Kubelet::~Kubelet() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  // Sources first, then those who act on them; containers are left running.
  folder_.reset();
  informer_.reset();
  watcher_.request_stop();
  dispatcher_.request_stop();
  runtime_->cancel();
  watcher_ = {};
  dispatcher_ = {};
  executor_.stop();
  node_agent_.reset();
  statuses_.reset();
}

bool Kubelet::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return is_stopping_;
}

void Kubelet::put(const PodPtr& pod) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = workers_.find(pod->uid);
    if (known != workers_.end()) {
      known->second->update(pod);
    } else {
      workers_.emplace(pod->uid, std::make_shared<PodWorker>(parts_, pod));
    }
  }
  queue_.add(pod->uid);
}

void Kubelet::take_static(std::vector<PodPtr> pods) {
  std::map<std::string, PodPtr> wanted;
  for (auto& pod : pods) {
    wanted.emplace(pod->uid, std::move(pod));
  }
  std::vector<std::string> removed;
  std::vector<PodPtr> added;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [uid, worker] : workers_) {
      if (worker->pod()->is_static && !worker->is_removed() && !wanted.contains(uid)) {
        worker->remove();
        removed.push_back(uid);
      }
    }
    for (const auto& [uid, pod] : wanted) {
      const auto known = workers_.find(uid);
      if (known == workers_.end() || known->second->is_removed()) {
        added.push_back(pod);
      }
    }
    static_known_ = true;
  }
  for (const auto& uid : removed) {
    queue_.add(uid);
  }
  for (const auto& pod : added) {
    put(pod);
  }
}

void Kubelet::take_server(const sdk::ObjectHandle& object, bool is_deleted) {
  const auto pod = make_pod(object.to_json(), false);
  if (!annotation_of(pod->json(), kConfigMirror).empty()) {
    if (is_deleted) {
      mirrors_->gone(*pod);
    } else {
      mirrors_->seen(*pod);
    }
    std::vector<std::string> shown;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [uid, worker] : workers_) {
        const auto its = worker->pod();
        if (its->is_static && its->ns == pod->ns && its->name == pod->name) {
          shown.push_back(uid);
        }
      }
    }
    for (const auto& uid : shown) {
      queue_.add(uid);
    }
    return;
  }
  if (!is_deleted) {
    put(pod);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    const auto known = workers_.find(pod->uid);
    if (known == workers_.end()) {
      return;
    }
    known->second->remove();
  }
  queue_.add(pod->uid);
}

void Kubelet::dispatch(const std::stop_token& stop) {
  while (const auto uid = queue_.pop(stop)) {
    executor_.run([this, uid = *uid] {
      sync_one(uid);
      queue_.done(uid);
    });
  }
}

bool Kubelet::has_forerunner(const Pod& pod) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [uid, worker] : workers_) {
    const auto other = worker->pod();
    if (uid != pod.uid && other->ns == pod.ns && other->name == pod.name && worker->is_removed()) {
      return true;
    }
  }
  return false;
}

void Kubelet::sync_one(const std::string& uid) {
  WorkerPtr worker;
  {
    const std::lock_guard lock(mutex_);
    const auto known = workers_.find(uid);
    if (known == workers_.end()) {
      return;
    }
    worker = known->second;
  }
  const auto pod = worker->pod();
  // A pod of the same name that is still going goes first: they share names in the runtime.
  if (!worker->is_removed() && has_forerunner(*pod)) {
    queue_.add(uid, clock_.steady() + std::chrono::milliseconds{200});
    return;
  }
  settle(uid, worker, worker->sync());
}

void Kubelet::settle(const std::string& uid, const WorkerPtr& worker, const SyncOutcome& outcome) {
  const auto pod = worker->pod();
  if (outcome.is_torn_down && worker->is_removed()) {
    {
      const std::lock_guard lock(mutex_);
      workers_.erase(uid);
    }
    if (statuses_ != nullptr) {
      statuses_->forget(uid);
    }
    if (pod->is_static && mirrors_ != nullptr) {
      mirrors_->remove(*pod);
    }
    return;
  }
  if (outcome.again) {
    queue_.add(uid, clock_.steady() + *outcome.again);
  }
  if (statuses_ == nullptr || worker->is_removed()) {
    return;
  }
  if (outcome.is_torn_down) {
    statuses_->confirm_gone(pod, worker->status());
    return;
  }
  if (pod->is_static) {
    mirrors_->ensure(*pod, node_agent_->uid());
  }
  statuses_->set(pod, worker->status());
}

std::optional<ServerPod> Kubelet::resolve(const Pod& pod) const {
  if (pod.is_static) {
    return mirrors_->find(pod);
  }
  return ServerPod{pod.ns, pod.name, pod.uid};
}

Kubelet::WorkerPtr Kubelet::find_pod(std::string_view ns, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  WorkerPtr leaving;
  for (const auto& [uid, worker] : workers_) {
    const auto pod = worker->pod();
    if (pod->ns != ns || pod->name != name) {
      continue;
    }
    if (!worker->is_removed()) {
      return worker;
    }
    leaving = worker;
  }
  return leaving;
}

Json Kubelet::pod_list(bool only_running) const {
  std::vector<WorkerPtr> workers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [uid, worker] : workers_) {
      workers.push_back(worker);
    }
  }
  JsonArray items;
  for (const auto& worker : workers) {
    auto pod = worker->pod()->json();
    auto status = worker->status();
    if (only_running && text_at(status, {"phase"}) != "Running") {
      continue;
    }
    pod.as_object()["status"] = status.is_null() ? Json(JsonObject{}) : std::move(status);
    items.push_back(std::move(pod));
  }
  return JsonObject{{"kind", "PodList"},
                    {"apiVersion", "v1"},
                    {"metadata", JsonObject{}},
                    {"items", std::move(items)}};
}

}  // namespace pintle::kubelet
