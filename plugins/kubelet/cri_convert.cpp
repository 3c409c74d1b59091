// Builds CRI's messages from our structs, field by field, and reads them back.

#include "plugins/kubelet/cri_convert.hpp"

namespace pintle::kubelet {
namespace {

template <typename Map>
void fill(Map& to, const TextMap& from) {
  for (const auto& [key, value] : from) {
    to[key] = value;
  }
}

template <typename Map>
TextMap texts_of(const Map& from) {
  TextMap to;
  for (const auto& [key, value] : from) {
    to.emplace(key, value);
  }
  return to;
}

cri::Protocol protocol_of(const std::string& protocol) {
  if (protocol == "UDP") {
    return cri::UDP;
  }
  return protocol == "SCTP" ? cri::SCTP : cri::TCP;
}

cri::NamespaceMode mode_of(NamespaceMode mode) {
  switch (mode) {
    case NamespaceMode::kPod:
      return cri::POD;
    case NamespaceMode::kContainer:
      return cri::CONTAINER;
    case NamespaceMode::kNode:
      return cri::NODE;
  }
  return cri::POD;
}

void fill(cri::NamespaceOption& to, const Namespaces& from) {
  to.set_network(mode_of(from.network));
  to.set_pid(mode_of(from.pid));
  to.set_ipc(mode_of(from.ipc));
}

void fill(cri::SecurityProfile& to, const SecurityProfile& from) {
  switch (from.type) {
    case SecurityProfile::Type::kRuntimeDefault:
      to.set_profile_type(cri::SecurityProfile::RuntimeDefault);
      break;
    case SecurityProfile::Type::kUnconfined:
      to.set_profile_type(cri::SecurityProfile::Unconfined);
      break;
    case SecurityProfile::Type::kLocalhost:
      to.set_profile_type(cri::SecurityProfile::Localhost);
      to.set_localhost_ref(from.localhost_ref);
      break;
  }
}

template <typename Context, typename Ours>
void fill_identity(Context& to, const Ours& from) {
  fill(*to.mutable_namespace_options(), from.namespaces);
  to.set_privileged(from.privileged);
  if (from.run_as_user) {
    to.mutable_run_as_user()->set_value(*from.run_as_user);
  }
  if (from.run_as_group) {
    to.mutable_run_as_group()->set_value(*from.run_as_group);
  }
  for (const auto group : from.supplemental_groups) {
    to.add_supplemental_groups(group);
  }
  if (from.seccomp) {
    fill(*to.mutable_seccomp(), *from.seccomp);
  }
}

void fill(cri::LinuxContainerSecurityContext& to, const LinuxSecurity& from) {
  fill_identity(to, from);
  to.set_run_as_username(from.run_as_username);
  to.set_readonly_rootfs(from.readonly_rootfs);
  to.set_no_new_privs(from.no_new_privileges);
  for (const auto& capability : from.add_capabilities) {
    to.mutable_capabilities()->add_add_capabilities(capability);
  }
  for (const auto& capability : from.drop_capabilities) {
    to.mutable_capabilities()->add_drop_capabilities(capability);
  }
  for (const auto& path : from.masked_paths) {
    to.add_masked_paths(path);
  }
  for (const auto& path : from.readonly_paths) {
    to.add_readonly_paths(path);
  }
}

ContainerPhase phase_of(cri::ContainerState state) {
  switch (state) {
    case cri::CONTAINER_CREATED:
      return ContainerPhase::kCreated;
    case cri::CONTAINER_RUNNING:
      return ContainerPhase::kRunning;
    case cri::CONTAINER_EXITED:
      return ContainerPhase::kExited;
    default:
      return ContainerPhase::kUnknown;
  }
}

template <typename Message>
SandboxState sandbox_state_of(const Message& sandbox) {
  SandboxState state;
  state.id = sandbox.id();
  state.name = sandbox.metadata().name();
  state.ns = sandbox.metadata().namespace_();
  state.uid = sandbox.metadata().uid();
  state.attempt = sandbox.metadata().attempt();
  state.ready = sandbox.state() == cri::SANDBOX_READY;
  state.created_at_ns = sandbox.created_at();
  state.labels = texts_of(sandbox.labels());
  state.annotations = texts_of(sandbox.annotations());
  return state;
}

template <typename Message>
ContainerState container_state_of(const Message& container) {
  ContainerState state;
  state.id = container.id();
  state.name = container.metadata().name();
  state.attempt = container.metadata().attempt();
  state.phase = phase_of(container.state());
  state.created_at_ns = container.created_at();
  state.labels = texts_of(container.labels());
  state.annotations = texts_of(container.annotations());
  return state;
}

}  // namespace

cri::PodSandboxConfig to_cri(const SandboxConfig& config) {
  cri::PodSandboxConfig to;
  to.mutable_metadata()->set_name(config.name);
  to.mutable_metadata()->set_namespace_(config.ns);
  to.mutable_metadata()->set_uid(config.uid);
  to.mutable_metadata()->set_attempt(config.attempt);
  to.set_hostname(config.hostname);
  to.set_log_directory(config.log_directory);
  if (config.dns) {
    auto& dns = *to.mutable_dns_config();
    for (const auto& server : config.dns->servers) {
      dns.add_servers(server);
    }
    for (const auto& search : config.dns->searches) {
      dns.add_searches(search);
    }
    for (const auto& option : config.dns->options) {
      dns.add_options(option);
    }
  }
  for (const auto& port : config.port_mappings) {
    auto& mapping = *to.add_port_mappings();
    mapping.set_protocol(protocol_of(port.protocol));
    mapping.set_container_port(port.container_port);
    mapping.set_host_port(port.host_port);
    mapping.set_host_ip(port.host_ip);
  }
  fill(*to.mutable_labels(), config.labels);
  fill(*to.mutable_annotations(), config.annotations);
  auto& linux_part = *to.mutable_linux();
  linux_part.set_cgroup_parent(config.cgroup_parent);
  fill(*linux_part.mutable_sysctls(), config.sysctls);
  fill_identity(*linux_part.mutable_security_context(), config);
  return to;
}

cri::ContainerConfig to_cri(const ContainerConfig& config) {
  cri::ContainerConfig to;
  to.mutable_metadata()->set_name(config.name);
  to.mutable_metadata()->set_attempt(config.attempt);
  to.mutable_image()->set_image(config.image);
  for (const auto& word : config.command) {
    to.add_command(word);
  }
  for (const auto& word : config.args) {
    to.add_args(word);
  }
  to.set_working_dir(config.working_dir);
  for (const auto& [name, value] : config.envs) {
    auto& env = *to.add_envs();
    env.set_key(name);
    env.set_value(value);
  }
  for (const auto& mount : config.mounts) {
    auto& made = *to.add_mounts();
    made.set_container_path(mount.container_path);
    made.set_host_path(mount.host_path);
    made.set_readonly(mount.readonly);
    made.set_propagation(static_cast<cri::MountPropagation>(mount.propagation));
  }
  fill(*to.mutable_labels(), config.labels);
  fill(*to.mutable_annotations(), config.annotations);
  to.set_log_path(config.log_path);
  to.set_stdin(config.stdin_open);
  to.set_stdin_once(config.stdin_once);
  to.set_tty(config.tty);
  auto& resources = *to.mutable_linux()->mutable_resources();
  resources.set_cpu_period(config.resources.cpu_period);
  resources.set_cpu_quota(config.resources.cpu_quota);
  resources.set_cpu_shares(config.resources.cpu_shares);
  resources.set_memory_limit_in_bytes(config.resources.memory_limit_bytes);
  resources.set_oom_score_adj(config.resources.oom_score_adj);
  fill(*to.mutable_linux()->mutable_security_context(), config.security);
  return to;
}

SandboxState from_cri(const cri::PodSandbox& sandbox) {
  return sandbox_state_of(sandbox);
}

SandboxStatus from_cri(const cri::PodSandboxStatus& status) {
  SandboxStatus from;
  from.state = sandbox_state_of(status);
  if (!status.network().ip().empty()) {
    from.ips.push_back(status.network().ip());
  }
  for (const auto& address : status.network().additional_ips()) {
    from.ips.push_back(address.ip());
  }
  return from;
}

ContainerState from_cri(const cri::Container& container) {
  auto state = container_state_of(container);
  state.sandbox_id = container.pod_sandbox_id();
  return state;
}

ContainerStatus from_cri(const cri::ContainerStatus& status) {
  ContainerStatus from;
  from.state = container_state_of(status);
  from.started_at_ns = status.started_at();
  from.finished_at_ns = status.finished_at();
  from.exit_code = status.exit_code();
  from.image = status.image().image();
  from.image_ref = status.image_ref();
  from.reason = status.reason();
  from.message = status.message();
  from.log_path = status.log_path();
  return from;
}

ImageInfo from_cri(const cri::Image& image) {
  ImageInfo info;
  info.id = image.id();
  info.tags.assign(image.repo_tags().begin(), image.repo_tags().end());
  info.digests.assign(image.repo_digests().begin(), image.repo_digests().end());
  info.size_bytes = image.size();
  if (image.has_uid()) {
    info.uid = image.uid().value();
  }
  info.username = image.username();
  return info;
}

}  // namespace pintle::kubelet
