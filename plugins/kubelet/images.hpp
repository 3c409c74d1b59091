// Images: whether a container's is there, and fetching it when it is not, without anybody waiting.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/kubelet/back_off.hpp"
#include "plugins/kubelet/events.hpp"
#include "plugins/kubelet/executor.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

struct ImageAnswer {
  enum class State { kReady, kPulling, kFailed };
  State state = State::kReady;
  ImageInfo image;     // Where kReady.
  std::string reason;  // Where kFailed: "ErrImagePull", "ImagePullBackOff", ...
  std::string message;
  std::chrono::milliseconds retry_after{0};
};

/// The login for `image` in the text of a kubernetes.io/dockerconfigjson (or older dockercfg)
/// secret; the longest key that fits its registry and path. Null if none fits.
std::optional<RegistryAuth> find_login(const Json& docker_config, std::string_view image);

/// Threads: every method may be called from any thread.
class Images {
 public:
  Images(Runtime& runtime, Executor& executor, Events& events, const Clock& clock)
      : runtime_(runtime), executor_(executor), events_(events), clock_(clock), back_off_(clock) {}

  struct Request {
    PodPtr pod;
    const Json& container;
    const SandboxConfig& sandbox;
    std::vector<RegistryAuth> logins;
    std::function<void()> done;  // Called when a pull ends: ask again.
  };

  /// As the pull policy has it. Source: kubelet images.EnsureImageExists.
  ImageAnswer ensure(const Request& request);
  void forget_pod(const std::string& uid);

 private:
  struct Pull {
    bool is_done = false;
    std::string error;  // Empty if it went well.
  };

  ImageAnswer ready(const std::string& image);
  ImageAnswer failed(const Request& request, std::string_view reason, std::string message,
                     std::chrono::milliseconds retry_after);
  ImageAnswer pull(const Request& request, const std::string& key);
  void pull_now(const PodPtr& pod, const std::string& container, const std::string& image,
                const std::vector<RegistryAuth>& logins, const SandboxConfig& sandbox,
                const std::string& key);

  Runtime& runtime_;
  Executor& executor_;
  Events& events_;
  const Clock& clock_;
  BackOff back_off_;
  std::mutex mutex_;
  std::map<std::string, Pull> pulls_;          // By pod and container. Guarded by mutex_.
  std::map<std::string, std::string> errors_;  // What went wrong last, by pod and image. Likewise.
};

}  // namespace pintle::kubelet
