// Reads sandboxes and containers of a pod from the runtime.

#include "plugins/kubelet/pod_view.hpp"

#include <algorithm>
#include <charconv>

#include "plugins/kubelet/container_spec.hpp"

namespace pintle::kubelet {
namespace {

std::string text_of(const TextMap& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() ? "" : found->second;
}

/// Containers made by something else than an agent carry no pod's uid and are nobody's.
template <typename State>
void add(std::map<std::string, std::vector<State>>& to, State state) {
  const auto uid = text_of(state.labels, kPodUidLabel);
  if (!uid.empty()) {
    to[uid].push_back(std::move(state));
  }
}

template <typename State>
void sort_newest_first(std::vector<State>& states) {
  std::ranges::sort(states,
                    [](const auto& a, const auto& b) { return a.created_at_ns > b.created_at_ns; });
}

}  // namespace

const ContainerStatus* PodView::newest(std::string_view name) const {
  const auto found = runs.find(name);
  return found == runs.end() || found->second.empty() ? nullptr : &found->second.front();
}

const ContainerStatus* PodView::newest_here(std::string_view name) const {
  const auto* run = newest(name);
  if (run == nullptr || !current) {
    return nullptr;
  }
  const auto sandbox = sandbox_of.find(run->state.id);
  return sandbox != sandbox_of.end() && sandbox->second == current->state.id ? run : nullptr;
}

bool PodView::has_running() const {
  return std::ranges::any_of(runs, [](const auto& named) {
    return std::ranges::any_of(named.second, [](const auto& run) { return is_running(&run); });
  });
}

std::vector<std::string> PodView::ips() const {
  return current ? current->ips : std::vector<std::string>();
}

bool is_running(const ContainerStatus* run) {
  return run != nullptr && run->state.phase == ContainerPhase::kRunning;
}

bool has_exited(const ContainerStatus* run) {
  return run != nullptr && run->state.phase == ContainerPhase::kExited;
}

std::uint32_t restarts_of(const ContainerStatus& run) {
  const auto text = text_of(run.state.annotations, kRestartCount);
  std::uint32_t count = run.state.attempt;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

Result<RuntimeLists> list_runtime(Runtime& runtime) {
  RuntimeLists lists;
  PINTLE_TRY(auto sandboxes, runtime.list_sandboxes(""));
  for (auto& sandbox : sandboxes) {
    add(lists.sandboxes, std::move(sandbox));
  }
  PINTLE_TRY(auto containers, runtime.list_containers(""));
  for (auto& container : containers) {
    add(lists.containers, std::move(container));
  }
  return lists;
}

Result<PodView> view_pod(Runtime& runtime, const std::string& uid, ExitedRuns& exited,
                         bool is_ending) {
  PodView view;
  PINTLE_TRY(view.sandboxes, runtime.list_sandboxes(uid));
  sort_newest_first(view.sandboxes);
  if (!view.sandboxes.empty()) {
    auto status = runtime.sandbox_status(view.sandboxes.front().id);
    if (status) {
      view.current = std::move(status).value();
    } else if (is_ending && status.error().code == Code::kInternalError) {
      view.current = SandboxStatus{view.sandboxes.front(), {}};
    } else if (status.error().code != Code::kNotFound) {
      return std::move(status).error();
    }
  }
  PINTLE_TRY(auto containers, runtime.list_containers(uid));
  sort_newest_first(containers);
  for (const auto& container : containers) {
    const auto name = text_of(container.labels, kContainerNameLabel);
    if (name.empty()) {
      continue;
    }
    view.sandbox_of[container.id] = container.sandbox_id;
    const auto known = exited.find(container.id);
    if (known != exited.end()) {
      view.runs[name].push_back(known->second);
      continue;
    }
    auto status = runtime.container_status(container.id);
    if (!status && status.error().code == Code::kNotFound) {
      continue;
    }
    PINTLE_TRY(auto run, std::move(status));
    if (run.state.phase == ContainerPhase::kExited) {
      exited.emplace(container.id, run);
    }
    view.runs[name].push_back(std::move(run));
  }
  std::erase_if(exited, [&](const auto& run) { return !view.sandbox_of.contains(run.first); });
  return view;
}

}  // namespace pintle::kubelet
