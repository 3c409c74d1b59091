// Watches the runtime: what changed wakes its pod; what belongs to nobody is cleared away.

#include <algorithm>
#include <set>

#include "core/base/concat.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/kubelet.hpp"
#include "plugins/kubelet/log_rotation.hpp"

namespace pintle::kubelet {
namespace {

/// Source: kubelet relistPeriod. A node without pods looks less often: nothing can have died.
constexpr std::chrono::seconds kPeriod{1};
constexpr std::chrono::seconds kIdlePeriod{5};
constexpr std::chrono::seconds kSweepPeriod{30};
constexpr std::chrono::seconds kOrphanGrace{30};

/// What the runtime has of a pod, so that a change shows.
std::string print_of(const RuntimeLists& lists, const std::string& uid) {
  std::string print;
  if (const auto found = lists.sandboxes.find(uid); found != lists.sandboxes.end()) {
    for (const auto& sandbox : found->second) {
      print += concat({sandbox.id, sandbox.ready ? "+" : "-"});
    }
  }
  if (const auto found = lists.containers.find(uid); found != lists.containers.end()) {
    for (const auto& container : found->second) {
      print += concat({container.id, std::to_string(static_cast<int>(container.phase))});
    }
  }
  return print;
}

std::set<std::string> uids_of(const RuntimeLists& lists) {
  std::set<std::string> uids;
  for (const auto& [uid, sandboxes] : lists.sandboxes) {
    uids.insert(uid);
  }
  for (const auto& [uid, containers] : lists.containers) {
    uids.insert(uid);
  }
  return uids;
}

}  // namespace

void Kubelet::watch_runtime(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    relist();
    std::unique_lock lock(mutex_);
    const bool is_idle = workers_.empty() && prints_.empty();
    wake_.wait_for(lock, stop, is_idle ? kIdlePeriod : kPeriod, [] { return false; });
  }
}

void Kubelet::relist() {
  const auto lists = list_runtime(*runtime_);
  if (!lists) {
    if (last_error_ != lists.error().message) {
      last_error_ = lists.error().message;
      log_.error("the container runtime does not answer",
                 {{"endpoint", options_.runtime_endpoint}, {"error", last_error_}});
    }
    return;
  }
  if (!last_error_.empty()) {
    log_.info("the container runtime answers again", {{"endpoint", options_.runtime_endpoint}});
    last_error_.clear();
  }
  std::map<std::string, std::string> prints;
  for (const auto& uid : uids_of(lists.value())) {
    prints[uid] = print_of(lists.value(), uid);
  }
  for (const auto& [uid, print] : prints) {
    const auto before = prints_.find(uid);
    if (before == prints_.end() || before->second != print) {
      queue_.add(uid);
    }
  }
  for (const auto& [uid, print] : prints_) {
    if (!prints.contains(uid)) {
      queue_.add(uid);
    }
  }
  prints_ = std::move(prints);
  sweep(lists.value());
}

void Kubelet::rotate_logs() {
  std::vector<WorkerPtr> workers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [uid, worker] : workers_) {
      workers.push_back(worker);
    }
  }
  for (const auto& worker : workers) {
    for (const auto& run : worker->running()) {
      const auto rotated =
          rotate_log(run.log_path, {}, clock_.now(), [&] { return runtime_->reopen_log(run.id); });
      if (!rotated) {
        log_.warning("log not rotated",
                     {{"log", run.log_path}, {"error", rotated.error().message}});
      }
    }
  }
}

bool Kubelet::knows_all_pods() const {
  const std::lock_guard lock(mutex_);
  return static_known_ && server_known_;
}

void Kubelet::sweep(const RuntimeLists& lists) {
  // Until every source has spoken, what looks like nobody's may be somebody's.
  if (!knows_all_pods() || clock_.steady() < sweep_at_) {
    return;
  }
  sweep_at_ = clock_.steady() + kSweepPeriod;
  rotate_logs();
  std::set<std::string> known;
  std::set<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [uid, worker] : workers_) {
      known.insert(uid);
      const auto pod = worker->pod();
      names.insert(concat({pod->ns, "/", pod->name}));
    }
  }
  for (const auto& uid : uids_of(lists)) {
    if (!known.contains(uid)) {
      executor_.run([this, uid, lists] { remove_orphan(uid, lists); });
    }
  }
  sweep_folders(lists);
  if (mirrors_ != nullptr) {
    mirrors_->remove_strays([&](const std::string& key) { return names.contains(key); });
  }
}

void Kubelet::remove_orphan(const std::string& uid, const RuntimeLists& lists) {
  {
    const std::lock_guard lock(mutex_);
    if (workers_.contains(uid)) {
      return;
    }
  }
  log_.info("clearing away a pod that no source knows", {{"uid", uid}});
  if (const auto found = lists.containers.find(uid); found != lists.containers.end()) {
    for (const auto& container : found->second) {
      if (container.phase == ContainerPhase::kRunning) {
        [[maybe_unused]] const auto stopped = runtime_->stop_container(container.id, kOrphanGrace);
      }
    }
  }
  const auto found = lists.sandboxes.find(uid);
  if (found == lists.sandboxes.end()) {
    for (const auto& container : lists.containers.at(uid)) {
      [[maybe_unused]] const auto removed = runtime_->remove_container(container.id);
    }
    return;
  }
  for (const auto& sandbox : found->second) {
    auto gone = runtime_->stop_sandbox(sandbox.id);
    if (gone) {
      gone = runtime_->remove_sandbox(sandbox.id);
    }
    if (!gone) {
      log_.warning("sandbox not removed",
                   {{"sandbox", sandbox.id}, {"error", gone.error().message}});
    }
  }
}

void Kubelet::sweep_folders(const RuntimeLists& lists) {
  const auto is_known = [&](const std::string& uid) {
    const std::lock_guard lock(mutex_);
    return workers_.contains(uid) || lists.sandboxes.contains(uid) ||
           lists.containers.contains(uid);
  };
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(options_.root) / "pods", error)) {
    const auto uid = entry.path().filename().native();
    if (is_known(uid)) {
      continue;
    }
    if (const auto cleared = volumes_.tear_down(uid); !cleared) {
      log_.warning("a pod's folder is not gone",
                   {{"uid", uid}, {"error", cleared.error().message}});
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(options_.log_root, error)) {
    // "namespace_name_uid".
    const auto name = entry.path().filename().native();
    const auto bar = name.rfind('_');
    if (bar == std::string::npos || is_known(name.substr(bar + 1))) {
      continue;
    }
    [[maybe_unused]] const auto removed = remove_tree(entry.path());
  }
}

}  // namespace pintle::kubelet
