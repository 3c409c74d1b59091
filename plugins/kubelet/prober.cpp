// One thread keeps the time; the executor runs the probes.

#include "plugins/kubelet/prober.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::kubelet {
namespace {

/// A program that has just started is not asked in its first moment: an answer of "refused" then
/// would cost it a whole period.
constexpr std::chrono::seconds kFirstProbe{1};

std::chrono::seconds seconds_at(const Json& probe, std::string_view key, std::int64_t otherwise) {
  return std::chrono::seconds(
      std::max<std::int64_t>(0, integer_at(probe, {key}).value_or(otherwise)));
}

const char* key_of(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kStartup:
      return "startupProbe";
    case ProbeKind::kLiveness:
      return "livenessProbe";
    case ProbeKind::kReadiness:
      return "readinessProbe";
  }
  return "";
}

const char* word_of(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kStartup:
      return "Startup";
    case ProbeKind::kLiveness:
      return "Liveness";
    case ProbeKind::kReadiness:
      return "Readiness";
  }
  return "";
}

}  // namespace

ProbeSettings probe_settings_of(const Json& probe) {
  ProbeSettings settings;
  settings.initial_delay = seconds_at(probe, "initialDelaySeconds", 0);
  settings.period = std::max(std::chrono::seconds{1}, seconds_at(probe, "periodSeconds", 10));
  settings.timeout = std::max(std::chrono::seconds{1}, seconds_at(probe, "timeoutSeconds", 1));
  settings.success_threshold = static_cast<int>(
      std::max<std::int64_t>(1, integer_at(probe, {"successThreshold"}).value_or(1)));
  settings.failure_threshold = static_cast<int>(
      std::max<std::int64_t>(1, integer_at(probe, {"failureThreshold"}).value_or(3)));
  return settings;
}

bool ProbeRecord::add(bool success) {
  run_ = run_ > 0 && last_ == success ? run_ + 1 : 1;
  last_ = success;
  if (run_ < (success ? settings_.success_threshold : settings_.failure_threshold)) {
    return false;
  }
  const bool changed = passes_ != success || (!success && !failed_);
  passes_ = success;
  failed_ = failed_ || !success;
  return changed;
}

struct Prober::Probe {
  ProbeKind kind;
  PodPtr pod;
  std::string container;
  HandlerTarget target;
  Json spec;
  Json container_json;
  ProbeSettings settings;
  ProbeRecord record;
  bool is_forgotten = false;
};

Prober::Prober(Runtime& runtime, Executor& executor, Events& events, const Clock& clock,
               Changed changed)
    : runtime_(runtime),
      executor_(executor),
      events_(events),
      clock_(clock),
      changed_(std::move(changed)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Prober::~Prober() = default;

void Prober::watch(const PodPtr& pod, const Json& container, const HandlerTarget& target) {
  const std::lock_guard lock(mutex_);
  const auto [known, is_new] = watched_.try_emplace(target.container_id);
  if (!is_new) {
    return;
  }
  known->second.uid = pod->uid;
  for (const auto kind : {ProbeKind::kStartup, ProbeKind::kLiveness, ProbeKind::kReadiness}) {
    const auto* spec = find_member(container, key_of(kind));
    if (spec == nullptr || !spec->is_object()) {
      continue;
    }
    const auto settings = probe_settings_of(*spec);
    const auto probe = std::make_shared<Probe>(
        Probe{kind, pod, std::string(name_of(container)), target, *spec, container, settings,
              ProbeRecord(settings, kind == ProbeKind::kLiveness)});
    known->second.probes.emplace(kind, probe);
    timeline_.emplace(clock_.steady() + std::max(settings.initial_delay, kFirstProbe), probe);
  }
  wake_.notify_all();
}

void Prober::forget(const std::string& container_id) {
  const std::lock_guard lock(mutex_);
  const auto known = watched_.find(container_id);
  if (known == watched_.end()) {
    return;
  }
  for (const auto& [kind, probe] : known->second.probes) {
    probe->is_forgotten = true;
  }
  watched_.erase(known);
  std::erase_if(timeline_, [](const auto& turn) { return turn.second->is_forgotten; });
}

void Prober::forget_pod(const std::string& uid) {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, watched] : watched_) {
      if (watched.uid == uid) {
        ids.push_back(id);
      }
    }
  }
  for (const auto& id : ids) {
    forget(id);
  }
}

bool Prober::is_started_locked(const Watched& watched) const {
  const auto probe = watched.probes.find(ProbeKind::kStartup);
  return probe == watched.probes.end() || probe->second->record.passes();
}

bool Prober::is_started(const std::string& container_id) const {
  const std::lock_guard lock(mutex_);
  const auto known = watched_.find(container_id);
  return known != watched_.end() && is_started_locked(known->second);
}

bool Prober::is_ready(const std::string& container_id) const {
  const std::lock_guard lock(mutex_);
  const auto known = watched_.find(container_id);
  if (known == watched_.end() || !is_started_locked(known->second)) {
    return false;
  }
  const auto probe = known->second.probes.find(ProbeKind::kReadiness);
  return probe == known->second.probes.end() || probe->second->record.passes();
}

std::string Prober::verdict_of(const std::string& container_id) const {
  const std::lock_guard lock(mutex_);
  const auto known = watched_.find(container_id);
  if (known == watched_.end()) {
    return "";
  }
  const auto failed = [&](ProbeKind kind) {
    const auto probe = known->second.probes.find(kind);
    return probe != known->second.probes.end() && probe->second->record.failed();
  };
  if (failed(ProbeKind::kStartup)) {
    return "failed startup probe";
  }
  return failed(ProbeKind::kLiveness) ? "failed liveness probe" : "";
}

bool Prober::must_wait(const Probe& probe) const {
  const auto known = watched_.find(probe.target.container_id);
  return probe.kind != ProbeKind::kStartup && known != watched_.end() &&
         !is_started_locked(known->second);
}

void Prober::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (timeline_.empty()) {
      wake_.wait(lock, stop, [this] { return !timeline_.empty(); });
      continue;
    }
    const auto due = timeline_.begin()->first;
    if (due > clock_.steady()) {
      wake_.wait_until(lock, stop, due,
                       [&] { return timeline_.empty() || timeline_.begin()->first < due; });
      continue;
    }
    const auto probe = timeline_.begin()->second;
    timeline_.erase(timeline_.begin());
    if (must_wait(*probe)) {
      timeline_.emplace(clock_.steady() + std::chrono::seconds{1}, probe);
      continue;
    }
    executor_.run([this, probe] { probe_once(probe); });
  }
}

void Prober::probe_once(const ProbePtr& probe) {
  auto answer = run_handler(runtime_, probe->spec, probe->container_json, probe->target,
                            probe->settings.timeout);
  finish(probe, answer);
}

void Prober::finish(const ProbePtr& probe, const Result<void>& answer) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    if (probe->is_forgotten) {
      return;
    }
    changed = probe->record.add(answer.ok());
    // A startup probe that passed has done its work, as has one that condemned the container.
    const bool is_over =
        probe->kind == ProbeKind::kStartup && (probe->record.passes() || probe->record.failed());
    if (!is_over) {
      timeline_.emplace(clock_.steady() + probe->settings.period, probe);
    }
    wake_.notify_all();
  }
  if (!answer) {
    events_.record(*probe->pod, probe->container,
                   {true, "Unhealthy",
                    concat({word_of(probe->kind), " probe failed: ", answer.error().message})});
  }
  if (changed) {
    changed_(probe->pod->uid);
  }
}

}  // namespace pintle::kubelet
