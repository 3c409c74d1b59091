// Pending: writes whose change the cache doesn't show yet; see pending.hpp.

#include "plugins/controller_replica_set/pending.hpp"

#include "core/sdk/pods.hpp"

namespace pintle::controller_replica_set {

void Pending::add(const std::string& owner, Write write) {
  write.at = clock_.steady();
  const std::lock_guard lock(mutex_);
  writes_[owner].push_back(std::move(write));
}

void Pending::made(const std::string& owner, std::string pod, Revision revision) {
  add(owner, {.pod = std::move(pod), .revision = revision, .uid = "", .at = {}});
}

void Pending::deleted(const std::string& owner, std::string pod, std::string uid) {
  add(owner, {.pod = std::move(pod), .revision = 0, .uid = std::move(uid), .at = {}});
}

bool Pending::shows_in(const sdk::Informer& pods, const std::string& owner) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  const auto held = writes_.find(owner);
  if (held == writes_.end()) {
    return true;
  }
  const Revision seen = pods.seen();
  std::erase_if(held->second, [&](const Write& write) {
    if (now - write.at >= kPendingTimeout || (write.uid.empty() && write.revision <= seen)) {
      return true;
    }
    const auto pod = pods.find(write.pod);
    if (!write.uid.empty()) {
      return !pod || pod.uid() != write.uid || sdk::is_terminating(pod.root());
    }
    return pod && pod.revision() >= write.revision;
  });
  if (!held->second.empty()) {
    return false;
  }
  writes_.erase(held);
  return true;
}

void Pending::forget(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  writes_.erase(owner);
}

std::vector<std::string> Pending::owners() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [owner, writes] : writes_) {
    all.push_back(owner);
  }
  return all;
}

}  // namespace pintle::controller_replica_set
