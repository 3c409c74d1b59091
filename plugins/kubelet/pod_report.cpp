// The worker reports: the pod's status, for the server and for those who ask the node.

#include "core/base/concat.hpp"
#include "plugins/kubelet/container_spec.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/logs.hpp"
#include "plugins/kubelet/pod_worker.hpp"

namespace pintle::kubelet {
namespace {

/// Source: kubelet MaxContainerTerminationMessageLength, ...LogLength, ...LogLines.
constexpr std::size_t kMaxMessageBytes = 4096;
constexpr std::size_t kMaxLogBytes = 2048;
constexpr std::int64_t kMaxLogLines = 80;

std::string annotation(const ContainerStatus& run, const char* key) {
  const auto found = run.state.annotations.find(key);
  return found == run.state.annotations.end() ? "" : found->second;
}

}  // namespace

void PodWorker::wait_for(std::string_view container, std::string reason, std::string message) {
  waiting_.insert_or_assign(std::string(container), Waiting{std::move(reason), std::move(message)});
}

std::string PodWorker::termination_message(const Pod&, const ContainerStatus& run) {
  const auto known = messages_.find(run.state.id);
  if (known != messages_.end()) {
    return known->second;
  }
  std::string message;
  // A link, a pipe or a device in the file's place is not followed or waited for (T-K06).
  if (const auto path = annotation(run, kTerminationLog); !path.empty()) {
    auto text = read_file_tail(path, kMaxMessageBytes);
    message = text ? std::move(text).value() : "";
  }
  const bool wants_log =
      annotation(run, kTerminationPolicy) == "FallbackToLogsOnError" && run.exit_code != 0;
  if (message.empty() && wants_log) {
    message = log_tail(run.log_path, kMaxLogLines, kMaxLogBytes);
  }
  messages_[run.state.id] = message;
  return message;
}

void PodWorker::report(const PodPtr& pod, const PodView& view, bool is_terminated) {
  const auto previous = status();
  StatusInput input{*pod,
                    view,
                    parts_.node,
                    waiting_,
                    [this](const std::string& id) { return parts_.prober.is_started(id); },
                    [this](const std::string& id) { return parts_.prober.is_ready(id); },
                    [&](const ContainerStatus& run) { return termination_message(*pod, run); },
                    previous,
                    parts_.clock.now(),
                    start_time_,
                    is_terminating(*pod),
                    is_terminated,
                    failure_};
  auto made = make_status(input);
  const std::lock_guard lock(mutex_);
  status_ = std::move(made);
  seen_ = view;
}

}  // namespace pintle::kubelet
