// One thread, one write at a time, the newest status of each pod.

#include "plugins/kubelet/status_writer.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLastRetry{30};

std::string path_of(const ServerPod& pod) {
  return concat({"/api/v1/namespaces/", pod.ns, "/pods/", pod.name});
}

}  // namespace

StatusWriter::StatusWriter(Cluster& cluster, const Clock& clock, Log& log, Resolve resolve,
                           Gone gone)
    : cluster_(cluster),
      clock_(clock),
      log_(log),
      resolve_(std::move(resolve)),
      gone_(std::move(gone)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StatusWriter::~StatusWriter() = default;

void StatusWriter::set(const PodPtr& pod, Json status) {
  {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_[pod->uid];
    entry.pod = pod;
    entry.is_dirty = true;
    entry.status = std::move(status);
  }
  changed_.notify_all();
}

void StatusWriter::confirm_gone(const PodPtr& pod, Json status) {
  {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_[pod->uid];
    entry.pod = pod;
    entry.status = std::move(status);
    entry.is_dirty = true;
    entry.wants_deletion = true;
  }
  changed_.notify_all();
}

void StatusWriter::touch(const std::string& uid) {
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(uid);
    if (entry == entries_.end()) {
      return;
    }
    entry->second.is_dirty = true;
    entry->second.written.clear();
  }
  changed_.notify_all();
}

void StatusWriter::forget(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  entries_.erase(uid);
}

std::optional<std::string> StatusWriter::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto now = clock_.steady();
    std::optional<SteadyTime> soonest;
    for (auto& [uid, entry] : entries_) {
      if (!entry.is_dirty) {
        continue;
      }
      if (entry.not_before <= now) {
        entry.is_dirty = false;
        return uid;
      }
      soonest = soonest ? std::min(*soonest, entry.not_before) : entry.not_before;
    }
    const auto is_due = [&] {
      return std::ranges::any_of(entries_, [&](const auto& entry) {
        return entry.second.is_dirty && entry.second.not_before <= clock_.steady();
      });
    };
    if (soonest) {
      changed_.wait_until(lock, stop, *soonest, is_due);
    } else {
      changed_.wait(lock, stop, is_due);
    }
  }
  return std::nullopt;
}

void StatusWriter::run(const std::stop_token& stop) {
  while (const auto uid = next(stop)) {
    write(*uid);
  }
}

Result<void> StatusWriter::patch(const ServerPod& target, const Json& status) {
  // The uid makes a patch meant for an older pod of the name fail.
  const JsonObject patch{{"metadata", JsonObject{{"uid", target.uid}}}, {"status", status}};
  PINTLE_TRY_STATUS(cluster_.request("PATCH", path_of(target) + "/status",
                                     "application/merge-patch+json", to_json(patch)));
  return {};
}

Result<void> StatusWriter::remove(const ServerPod& target) {
  const JsonObject options{{"apiVersion", "v1"},
                           {"kind", "DeleteOptions"},
                           {"gracePeriodSeconds", 0},
                           {"preconditions", JsonObject{{"uid", target.uid}}}};
  PINTLE_TRY_STATUS(
      cluster_.request("DELETE", path_of(target), "application/json", to_json(options)));
  return {};
}

void StatusWriter::write(const std::string& uid) {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(uid);
    if (known == entries_.end()) {
      return;
    }
    entry = known->second;
  }
  const auto target = resolve_(*entry.pod);
  Result<void> result;
  std::string written = entry.written;
  if (target) {
    const auto text = concat({target->uid, to_json(entry.status)});
    if (text != entry.written) {
      result = patch(*target, entry.status);
      written = text;
    }
    if (result && entry.wants_deletion) {
      result = remove(*target);
    }
  }
  // Gone, or another pod of the name: there is nothing left to tell.
  const bool is_gone =
      !result && (result.error().code == Code::kNotFound || result.error().code == Code::kConflict);
  if (entry.wants_deletion && (result || is_gone)) {
    forget(uid);
    gone_(uid);
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(uid);
  if (known == entries_.end()) {
    return;
  }
  if (result || is_gone) {
    known->second.failures = 0;
    known->second.written = written;
    return;
  }
  log_.warning("pod status not written",
               {{"pod", to_text(*entry.pod)}, {"error", result.error().message}});
  known->second.is_dirty = true;
  const auto wait = kFirstRetry * (1 << std::min(known->second.failures++, 5));
  known->second.not_before = clock_.steady() + std::min(wait, kLastRetry);
}

}  // namespace pintle::kubelet
