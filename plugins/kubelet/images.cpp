// Decides whether to pull, pulls on the executor, backs off.

#include "plugins/kubelet/images.hpp"

#include <algorithm>
#include <cstdio>

#include "core/base/concat.hpp"
#include "plugins/kubelet/env.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::chrono::seconds kAskAgain{5};

/// "1.234s", "85ms": as Go prints a rounded duration.
std::string took_text(std::chrono::milliseconds took) {
  if (took < std::chrono::seconds{1}) {
    return std::to_string(took.count()) + "ms";
  }
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03llds", static_cast<long long>(took.count() / 1000),
                static_cast<long long>(took.count() % 1000));
  std::string trimmed(text);
  const auto last = trimmed.find_last_not_of("0", trimmed.size() - 2);
  trimmed.erase(trimmed[last] == '.' ? last : last + 1);
  return trimmed + "s";
}

/// "https://index.docker.io/v1/" -> "index.docker.io", "host:5000/team" stays.
std::string registry_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) {
      key.remove_prefix(scheme.size());
    }
  }
  while (key.ends_with('/')) {
    key.remove_suffix(1);
  }
  for (const std::string_view version : {"/v1", "/v2"}) {
    if (key.ends_with(version)) {
      key.remove_suffix(version.size());
    }
  }
  return key == "index.docker.io" ? "docker.io" : std::string(key);
}

}  // namespace

std::optional<RegistryAuth> find_login(const Json& docker_config, std::string_view image) {
  const auto* auths = find_member(docker_config, "auths");
  const auto& entries = auths != nullptr ? *auths : docker_config;
  if (!entries.is_object()) {
    return std::nullopt;
  }
  const auto whole = whole_image_name(image);
  std::string best;
  std::optional<RegistryAuth> login;
  for (const auto& entry : entries.as_object()) {
    const auto key = registry_key(entry.key());
    const bool fits = whole == key || whole.starts_with(key + "/") || whole.starts_with(key + ":");
    if (!fits || key.size() < best.size()) {
      continue;
    }
    best = key;
    RegistryAuth found;
    found.username = std::string(text_at(entry.value(), {"username"}));
    found.password = std::string(text_at(entry.value(), {"password"}));
    found.identity_token = std::string(text_at(entry.value(), {"identitytoken"}));
    const auto both = decode_base64(text_at(entry.value(), {"auth"}));
    if (found.username.empty() && both && both.value().find(':') != std::string::npos) {
      const auto colon = both.value().find(':');
      found.username = both.value().substr(0, colon);
      found.password = both.value().substr(colon + 1);
    }
    login = std::move(found);
  }
  return login;
}

ImageAnswer Images::ready(const std::string& image) {
  auto found = runtime_.find_image(image);
  if (found && found.value()) {
    return {ImageAnswer::State::kReady, *found.value(), "", "", {}};
  }
  return {ImageAnswer::State::kFailed,
          {},
          "ImageInspectError",
          concat({"Failed to inspect image \"", image,
                  "\": ", found ? "it is gone" : found.error().message}),
          kAskAgain};
}

ImageAnswer Images::failed(const Request& request, std::string_view reason, std::string message,
                           std::chrono::milliseconds retry_after) {
  events_.record(*request.pod, name_of(request.container),
                 {true, "Failed", concat({"Error: ", reason})});
  return {ImageAnswer::State::kFailed, {}, std::string(reason), std::move(message), retry_after};
}

ImageAnswer Images::ensure(const Request& request) {
  const std::string image(text_at(request.container, {"image"}));
  const auto name = name_of(request.container);
  const auto key = concat({request.pod->uid, "/", name});
  {
    const std::lock_guard lock(mutex_);
    const auto pull = pulls_.find(key);
    if (pull != pulls_.end() && !pull->second.is_done) {
      return {ImageAnswer::State::kPulling, {}, "", "", {}};
    }
  }
  std::optional<Pull> ended;
  {
    const std::lock_guard lock(mutex_);
    if (const auto pull = pulls_.find(key); pull != pulls_.end()) {
      ended = pull->second;
      pulls_.erase(pull);
    }
  }
  if (ended) {
    if (ended->error.empty()) {
      return ready(image);
    }
    return failed(request, "ErrImagePull", ended->error,
                  back_off_.wait_of(concat({request.pod->uid, "/", image})));
  }
  auto policy = text_at(request.container, {"imagePullPolicy"});
  if (policy.empty()) {
    policy = is_latest_image(image) ? "Always" : "IfNotPresent";
  }
  if (policy == "Always") {
    return pull(request, key);
  }
  auto found = runtime_.find_image(image);
  if (!found) {
    return {ImageAnswer::State::kFailed,
            {},
            "ImageInspectError",
            concat({"Failed to inspect image \"", image, "\": ", found.error().message}),
            kAskAgain};
  }
  if (found.value()) {
    events_.record(
        *request.pod, name,
        {false, "Pulled", concat({"Container image \"", image, "\" already present on machine"})});
    return {ImageAnswer::State::kReady, *found.value(), "", "", {}};
  }
  if (policy == "Never") {
    const auto why =
        concat({"Container image \"", image, "\" is not present with pull policy of Never"});
    events_.record(*request.pod, name, {true, "ErrImageNeverPull", why});
    return failed(request, "ErrImageNeverPull", why, std::chrono::seconds{10});
  }
  return pull(request, key);
}

ImageAnswer Images::pull(const Request& request, const std::string& key) {
  const std::string image(text_at(request.container, {"image"}));
  const auto name = std::string(name_of(request.container));
  const auto image_key = concat({request.pod->uid, "/", image});
  if (const auto wait = back_off_.wait_of(image_key); wait.count() > 0) {
    const auto why = concat({"Back-off pulling image \"", image, "\""});
    events_.record(*request.pod, name, {false, "BackOff", why});
    std::string last;
    {
      const std::lock_guard lock(mutex_);
      last = errors_[image_key];
    }
    return failed(request, "ImagePullBackOff", concat({why, ": ErrImagePull: ", last}), wait);
  }
  events_.record(*request.pod, name, {false, "Pulling", concat({"Pulling image \"", image, "\""})});
  {
    const std::lock_guard lock(mutex_);
    pulls_[key] = {};
  }
  executor_.run([this, pod = request.pod, name, image, logins = request.logins,
                 sandbox = request.sandbox, key, done = request.done] {
    pull_now(pod, name, image, logins, sandbox, key);
    done();
  });
  return {ImageAnswer::State::kPulling, {}, "", "", {}};
}

void Images::pull_now(const PodPtr& pod, const std::string& container, const std::string& image,
                      const std::vector<RegistryAuth>& logins, const SandboxConfig& sandbox,
                      const std::string& key) {
  const auto began = clock_.steady();
  auto pulled = Result<std::string>(Error{Code::kInternalError, "not tried"});
  for (const auto& login : logins) {
    pulled = runtime_.pull_image(image, &login, sandbox);
    if (pulled) {
      break;
    }
  }
  if (!pulled) {
    pulled = runtime_.pull_image(image, nullptr, sandbox);
  }
  const auto image_key = concat({pod->uid, "/", image});
  if (pulled) {
    const auto took =
        took_text(std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - began));
    const auto info = runtime_.find_image(image);
    const auto size = info && info.value() ? info.value()->size_bytes : 0;
    events_.record(
        *pod, container,
        {false, "Pulled",
         concat({"Successfully pulled image \"", image, "\" in ", took, " (", took,
                 " including waiting). Image size: ", std::to_string(size), " bytes."})});
    back_off_.forget(image_key);
  } else {
    back_off_.failed(image_key, clock_.steady());
    events_.record(*pod, container,
                   {true, "Failed",
                    concat({"Failed to pull image \"", image, "\": ", pulled.error().message})});
  }
  const std::lock_guard lock(mutex_);
  pulls_[key] = {true, pulled ? "" : pulled.error().message};
  errors_[image_key] = pulled ? "" : pulled.error().message;
}

void Images::forget_pod(const std::string& uid) {
  back_off_.forget_all(uid + "/");
  const std::lock_guard lock(mutex_);
  std::erase_if(pulls_, [&](const auto& pull) {
    return pull.second.is_done && pull.first.starts_with(uid + "/");
  });
  std::erase_if(errors_, [&](const auto& error) { return error.first.starts_with(uid + "/"); });
}

}  // namespace pintle::kubelet
