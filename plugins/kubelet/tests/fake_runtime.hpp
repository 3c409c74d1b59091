// FakeRuntime: a container runtime in memory, whose containers a test starts, ends and breaks.

#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet::test {

/// Threads: every method may be called from any thread.
class FakeRuntime final : public Runtime {
 public:
  struct Container {
    ContainerConfig config;
    ContainerStatus status;
  };

  // ---- what a test does and sees ---------------------------------------------------------------

  void add_image(const std::string& name) {
    const std::lock_guard lock(mutex_);
    images_[name] = {"sha256:" + name, {name}, {name + "@sha256:1"}, 1000, 0, ""};
  }
  /// Calls of `method` fail with `error` until it is "".
  void fail(const std::string& method, const std::string& error) {
    const std::lock_guard lock(mutex_);
    failures_[method] = error;
  }
  /// Ends the newest run of a container.
  void exit(const std::string& name, int code, std::int64_t at_ns) {
    const std::lock_guard lock(mutex_);
    for (auto container = containers_.rbegin(); container != containers_.rend(); ++container) {
      if (container->second.config.name == name &&
          container->second.status.state.phase == ContainerPhase::kRunning) {
        end(container->second, code, at_ns);
        return;
      }
    }
  }
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  bool has_call(const std::string& call) const {
    const std::lock_guard lock(mutex_);
    return std::find(calls_.begin(), calls_.end(), call) != calls_.end();
  }
  std::size_t running() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [id, container] : containers_) {
      count += container.status.state.phase == ContainerPhase::kRunning ? 1 : 0;
    }
    return count;
  }
  std::size_t sandboxes() const {
    const std::lock_guard lock(mutex_);
    return sandboxes_.size();
  }
  ContainerConfig last_config() const {
    const std::lock_guard lock(mutex_);
    return containers_.rbegin()->second.config;
  }
  void set_exec_code(int code) {
    const std::lock_guard lock(mutex_);
    exec_code_ = code;
  }
  void lose_sandbox() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, sandbox] : sandboxes_) {
      sandbox.ready = false;
    }
  }

  // ---- Runtime ---------------------------------------------------------------------------------

  void cancel() override {}
  Result<RuntimeVersion> version() override { return RuntimeVersion{"containerd", "1.6.20"}; }
  Result<RuntimeHealth> health() override { return RuntimeHealth{{true, "", ""}, {true, "", ""}}; }
  Result<void> set_pod_cidr(const std::string&) override { return {}; }

  Result<std::string> run_sandbox(const SandboxConfig& config) override {
    PINTLE_TRY_STATUS(note("run_sandbox", config.name));
    const std::lock_guard lock(mutex_);
    const auto id = "s" + std::to_string(++last_id_);
    SandboxState state;
    state.id = id;
    state.name = config.name;
    state.attempt = config.attempt;
    state.ready = true;
    state.created_at_ns = last_id_;
    state.labels = config.labels;
    sandboxes_[id] = state;
    return id;
  }
  Result<void> stop_sandbox(const std::string& id) override {
    PINTLE_TRY_STATUS(note("stop_sandbox", id));
    const std::lock_guard lock(mutex_);
    sandboxes_[id].ready = false;
    return {};
  }
  Result<void> remove_sandbox(const std::string& id) override {
    PINTLE_TRY_STATUS(note("remove_sandbox", id));
    const std::lock_guard lock(mutex_);
    sandboxes_.erase(id);
    std::erase_if(containers_,
                  [&](const auto& c) { return c.second.status.state.sandbox_id == id; });
    return {};
  }
  Result<std::vector<SandboxState>> list_sandboxes(const std::string& uid) override {
    const std::lock_guard lock(mutex_);
    std::vector<SandboxState> list;
    for (const auto& [id, sandbox] : sandboxes_) {
      if (uid.empty() || sandbox.labels.at(kPodUidLabel) == uid) {
        list.push_back(sandbox);
      }
    }
    return list;
  }
  Result<SandboxStatus> sandbox_status(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return SandboxStatus{sandboxes_.at(id), {"10.0.0.7"}};
  }

  Result<std::string> create_container(const std::string& sandbox_id, const ContainerConfig& config,
                                       const SandboxConfig&) override {
    PINTLE_TRY_STATUS(note("create_container", config.name));
    const std::lock_guard lock(mutex_);
    // Ids sort by age.
    const auto id = "c" + std::to_string(1000 + ++last_id_);
    auto& made = containers_[id];
    made.config = config;
    made.status.state = {
        id,       sandbox_id,    config.name,       config.attempt, ContainerPhase::kCreated,
        last_id_, config.labels, config.annotations};
    made.status.image = config.image;
    made.status.image_ref = config.image;
    return id;
  }
  Result<void> start_container(const std::string& id) override {
    PINTLE_TRY_STATUS(note("start_container", id));
    const std::lock_guard lock(mutex_);
    auto& container = containers_.at(id);
    container.status.state.phase = ContainerPhase::kRunning;
    container.status.started_at_ns = 1;
    return {};
  }
  Result<void> stop_container(const std::string& id, std::chrono::seconds grace) override {
    PINTLE_TRY_STATUS(note("stop_container", id + " " + std::to_string(grace.count())));
    const std::lock_guard lock(mutex_);
    const auto container = containers_.find(id);
    if (container != containers_.end()) {
      end(container->second, 143, 1);
    }
    return {};
  }
  Result<void> remove_container(const std::string& id) override {
    PINTLE_TRY_STATUS(note("remove_container", id));
    const std::lock_guard lock(mutex_);
    containers_.erase(id);
    return {};
  }
  Result<std::vector<ContainerState>> list_containers(const std::string& uid) override {
    const std::lock_guard lock(mutex_);
    std::vector<ContainerState> list;
    for (const auto& [id, container] : containers_) {
      if (uid.empty() || container.config.labels.at(kPodUidLabel) == uid) {
        list.push_back(container.status.state);
      }
    }
    return list;
  }
  Result<ContainerStatus> container_status(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    const auto found = containers_.find(id);
    if (found == containers_.end()) {
      return Error{Code::kNotFound, "no such container"};
    }
    return found->second.status;
  }
  Result<void> reopen_log(const std::string&) override { return {}; }

  Result<ExecResult> exec_sync(const std::string& id, const std::vector<std::string>& command,
                               std::chrono::seconds) override {
    PINTLE_TRY_STATUS(note("exec_sync", id + " " + (command.empty() ? "" : command.front())));
    const std::lock_guard lock(mutex_);
    return ExecResult{"", "", exec_code_};
  }
  Result<std::string> exec_url(const StreamOptions&) override { return no_streams(); }
  Result<std::string> attach_url(const StreamOptions&) override { return no_streams(); }
  Result<std::string> port_forward_url(const std::string&,
                                       const std::vector<std::int32_t>&) override {
    return no_streams();
  }

  Result<std::vector<ImageInfo>> list_images() override {
    const std::lock_guard lock(mutex_);
    std::vector<ImageInfo> list;
    for (const auto& [name, image] : images_) {
      list.push_back(image);
    }
    return list;
  }
  Result<std::optional<ImageInfo>> find_image(const std::string& image) override {
    const std::lock_guard lock(mutex_);
    const auto found = images_.find(image);
    return found == images_.end() ? std::optional<ImageInfo>() : std::optional(found->second);
  }
  Result<std::string> pull_image(const std::string& image, const RegistryAuth*,
                                 const SandboxConfig&) override {
    PINTLE_TRY_STATUS(note("pull_image", image));
    add_image(image);
    return image;
  }
  Result<void> remove_image(const std::string&) override { return {}; }

 private:
  static Result<std::string> no_streams() {
    return Error{Code::kInternalError, "this runtime has no streams"};
  }

  Result<void> note(const std::string& method, const std::string& what) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(method + " " + what);
    const auto failure = failures_.find(method);
    if (failure != failures_.end() && !failure->second.empty()) {
      return Error{Code::kInternalError, failure->second};
    }
    return {};
  }

  static void end(Container& container, int code, std::int64_t at_ns) {
    container.status.state.phase = ContainerPhase::kExited;
    container.status.exit_code = code;
    container.status.finished_at_ns = at_ns;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> failures_;
  std::map<std::string, SandboxState> sandboxes_;
  std::map<std::string, Container> containers_;
  std::map<std::string, ImageInfo> images_;
  std::vector<std::string> calls_;
  std::int64_t last_id_ = 0;
  int exec_code_ = 0;
};

}  // namespace pintle::kubelet::test
