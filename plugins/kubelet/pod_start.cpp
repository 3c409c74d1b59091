// The worker starts a container: back-off, image, config, create, start, postStart.

#include <unistd.h>

#include "core/base/concat.hpp"
#include "plugins/kubelet/container_spec.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/log_rotation.hpp"
#include "plugins/kubelet/pod_worker.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::chrono::seconds kRetry{5};

void sooner(SyncOutcome& outcome, std::chrono::milliseconds wait) {
  outcome.again = outcome.again ? std::min(*outcome.again, wait) : wait;
}

}  // namespace

bool PodWorker::in_crash_back_off(const PodPtr& pod, const ContainerStart& start,
                                  SyncOutcome& outcome) {
  if (start.last == nullptr || !has_exited(start.last)) {
    return false;
  }
  const auto key = concat({pod->uid, "/", start.name});
  const auto ended = std::chrono::nanoseconds(start.last->finished_at_ns);
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(parts_.clock.now().time_since_epoch());
  const auto at = parts_.clock.steady() - std::max(now - ended, std::chrono::nanoseconds{0});
  const auto wait = parts_.crashes.wait_since(key, at);
  if (wait.count() == 0) {
    parts_.crashes.failed(key, at);
    return false;
  }
  const auto who = concat({start.name, " in pod ", to_text(*pod)});
  if (const auto known = waiting_.find(start.name);
      known == waiting_.end() || known->second.reason != "CrashLoopBackOff") {
    parts_.events.record(*pod, start.name,
                         {true, "BackOff", "Back-off restarting failed container " + who});
  }
  wait_for(start.name, "CrashLoopBackOff",
           concat({"back-off ", duration_text(parts_.crashes.length_of(key)),
                   " restarting failed container=", start.name, " pod=", to_text(*pod)}));
  sooner(outcome, wait);
  return true;
}

Result<EnvPairs> PodWorker::services_of(const Pod& pod) {
  if (parts_.cluster == nullptr) {
    return EnvPairs{};
  }
  JsonArray services;
  const auto* links = find_path(pod.json(), {"spec", "enableServiceLinks"});
  const bool wants_links = links == nullptr || !links->is_bool() || links->as_bool();
  if (wants_links) {
    PINTLE_TRY(const auto list,
               parts_.cluster->get(concat({"/api/v1/namespaces/", pod.ns, "/services"})));
    services = array_at(list, {"items"});
  }
  auto master = parts_.cluster->get("/api/v1/namespaces/default/services/kubernetes");
  if (master) {
    services.push_back(std::move(master).value());
  } else if (master.error().code != Code::kNotFound) {
    return std::move(master).error();
  }
  return service_envs(services);
}

std::vector<RegistryAuth> PodWorker::logins_of(const Pod& pod) {
  std::vector<RegistryAuth> logins;
  for (const auto& reference : array_at(pod.json(), {"spec", "imagePullSecrets"})) {
    const auto secret = parts_.objects.secret(pod.ns, name_of(reference));
    if (!secret) {
      parts_.events.record(
          pod, "",
          {true, "FailedToRetrieveImagePullSecret",
           concat({"Unable to retrieve some image pull secrets (", name_of(reference),
                   "); attempting to pull the image may not succeed."})});
      continue;
    }
    for (const auto* key : {".dockerconfigjson", ".dockercfg"}) {
      const auto text = value_in(secret.value(), key);
      if (!text || !text.value()) {
        continue;
      }
      const auto config = parse_json(*text.value());
      for (const auto& container : containers_of(pod.json())) {
        auto login =
            config ? find_login(config.value().value, text_at(container, {"image"})) : std::nullopt;
        if (login) {
          logins.push_back(std::move(*login));
        }
      }
    }
  }
  return logins;
}

void PodWorker::start(const PodPtr& pod, const PodView& view, const ContainerStart& start,
                      SyncOutcome& outcome) {
  const auto* container = find_container(pod->json(), start.name);
  if (container == nullptr) {
    return;
  }
  // A pull under way was paid for already.
  const auto known = waiting_.find(start.name);
  const bool is_pulling = known != waiting_.end() && known->second.reason == "ContainerCreating";
  if (!is_pulling && in_crash_back_off(pod, start, outcome)) {
    return;
  }
  const auto image =
      parts_.images.ensure({pod, *container, sandbox_, logins_of(*pod),
                            [queue = &parts_.queue, uid = pod->uid] { queue->add(uid); }});
  if (image.state == ImageAnswer::State::kPulling) {
    wait_for(start.name, "ContainerCreating", "");
    return;
  }
  if (image.state == ImageAnswer::State::kFailed) {
    wait_for(start.name, image.reason, image.message);
    sooner(outcome, image.retry_after);
    return;
  }
  auto config = configure(pod, view, *container, image.image, start.attempt);
  if (!config) {
    parts_.events.record(*pod, start.name, {true, "Failed", "Error: " + config.error().message});
    wait_for(start.name, "CreateContainerConfigError", config.error().message);
    sooner(outcome, kRetry);
    return;
  }
  create_and_start(pod, view, *container, config.value(), outcome);
}

Result<ContainerConfig> PodWorker::configure(const PodPtr& pod, const PodView& view,
                                             const Json& container, const ImageInfo& image,
                                             std::uint32_t attempt) {
  auto services = services_of(*pod);
  if (!services && !pod->is_static) {
    return Error{services.error().code,
                 "services have not yet been read at least once, cannot construct envvars: " +
                     services.error().message};
  }
  auto ips = view.ips();
  if (is_on_host_network(pod->json())) {
    ips = {parts_.node.ip};
  }
  const EnvPairs service_pairs = services ? services.value() : EnvPairs{};
  PINTLE_TRY(const auto envs,
             make_env({pod->json(), container, parts_.node, ips, parts_.objects, service_pairs}));
  return make_container_config(
      {*pod, container, parts_.node, parts_.paths, volumes_, ips, envs, image, attempt});
}

void PodWorker::create_and_start(const PodPtr& pod, const PodView& view, const Json& container,
                                 const ContainerConfig& config, SyncOutcome& outcome) {
  const auto failed = [&](const char* reason, const std::string& why) {
    parts_.events.record(*pod, config.name, {true, "Failed", "Error: " + why});
    wait_for(config.name, reason, why);
    sooner(outcome, kRetry);
  };
  const auto log_folder = parts_.paths.of_logs(*pod) / config.name;
  if (auto made = make_folders(log_folder, 0755); !made) {
    failed("CreateContainerError", made.error().message);
    return;
  }
  auto created = parts_.runtime.create_container(view.current->state.id, config, sandbox_);
  if (!created) {
    failed("CreateContainerError", created.error().message);
    return;
  }
  parts_.events.record(*pod, config.name, {false, "Created", "Created container: " + config.name});
  if (auto started = parts_.runtime.start_container(created.value()); !started) {
    failed("RunContainerError", started.error().message);
    return;
  }
  parts_.events.record(*pod, config.name, {false, "Started", "Started container " + config.name});
  waiting_.erase(config.name);
  // The run that just ended is kept for its log; older ones go.
  remove_old_runs(view, config.name, 1);
  run_post_start(pod, view, container, created.value());
  sooner(outcome, std::chrono::milliseconds{0});
}

void PodWorker::run_post_start(const PodPtr& pod, const PodView& view, const Json& container,
                               const std::string& id) {
  const auto* hook = find_path(container, {"lifecycle", "postStart"});
  if (hook == nullptr || !hook->is_object()) {
    return;
  }
  const auto ips = view.ips();
  const HandlerTarget target{id, ips.empty() ? parts_.node.ip : ips.front()};
  constexpr std::chrono::seconds kLongest{300};
  const auto ran = run_hook(*hook, container, target, kLongest);
  if (ran) {
    return;
  }
  parts_.events.record(
      *pod, name_of(container),
      {true, "FailedPostStartHook", "PostStartHook failed: " + ran.error().message});
  kill(pod, view,
       {id, std::string(name_of(container)), "FailedPostStartHook", grace_period_of(pod->json())});
}

void PodWorker::remove_old_runs(const PodView& view, const std::string& name, std::size_t keep) {
  const auto found = view.runs.find(name);
  if (found == view.runs.end()) {
    return;
  }
  for (std::size_t i = keep; i < found->second.size(); ++i) {
    const auto& run = found->second[i];
    if (is_running(&run) || !parts_.runtime.remove_container(run.state.id)) {
      continue;
    }
    remove_log(run.log_path);
    const auto message = run.state.annotations.find(kTerminationLog);
    if (message != run.state.annotations.end()) {
      ::unlink(message->second.c_str());
    }
    messages_.erase(run.state.id);
  }
}

}  // namespace pintle::kubelet
