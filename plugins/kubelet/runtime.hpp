// The container runtime as the node agent sees it: CRI in our own words, so that nothing but
// cri_client.cpp knows gRPC, and so that tests can put a runtime of their own here.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace pintle::kubelet {

using TextMap = std::map<std::string, std::string>;

/// Labels on sandboxes and containers by which a restarted agent knows its own again.
/// Source: kubelet types.
inline constexpr const char* kPodNameLabel = "io.kubernetes.pod.name";
inline constexpr const char* kPodNamespaceLabel = "io.kubernetes.pod.namespace";
inline constexpr const char* kPodUidLabel = "io.kubernetes.pod.uid";
inline constexpr const char* kContainerNameLabel = "io.kubernetes.container.name";

struct PortMapping {
  std::string protocol = "TCP";  // "TCP", "UDP", "SCTP".
  std::int32_t container_port = 0;
  std::int32_t host_port = 0;
  std::string host_ip;
};

struct DnsConfig {
  std::vector<std::string> servers;
  std::vector<std::string> searches;
  std::vector<std::string> options;
};

/// Whose namespaces a container uses: the pod's, its own, or the node's.
enum class NamespaceMode { kPod, kContainer, kNode };

struct Namespaces {
  NamespaceMode network = NamespaceMode::kPod;
  NamespaceMode pid = NamespaceMode::kContainer;
  NamespaceMode ipc = NamespaceMode::kPod;
};

struct SecurityProfile {
  enum class Type { kRuntimeDefault, kUnconfined, kLocalhost };
  Type type = Type::kUnconfined;
  std::string localhost_ref;
};

struct SandboxConfig {
  std::string name;
  std::string ns;
  std::string uid;
  std::uint32_t attempt = 0;
  std::string hostname;
  std::string log_directory;
  std::optional<DnsConfig> dns;
  std::vector<PortMapping> port_mappings;
  TextMap labels;
  TextMap annotations;
  std::string cgroup_parent;  // Empty: the runtime's own choice.
  TextMap sysctls;
  Namespaces namespaces;
  bool privileged = false;
  std::optional<std::int64_t> run_as_user;
  std::optional<std::int64_t> run_as_group;
  std::vector<std::int64_t> supplemental_groups;
  std::optional<SecurityProfile> seccomp;
};

struct RuntimeMount {
  std::string container_path;
  std::string host_path;
  bool readonly = false;
  int propagation = 0;  // 0 private, 1 host to container, 2 both ways.
};

struct LinuxResources {
  std::int64_t cpu_period = 0;  // Microseconds.
  std::int64_t cpu_quota = 0;   // Microseconds a period; 0 is no limit.
  std::int64_t cpu_shares = 0;
  std::int64_t memory_limit_bytes = 0;  // 0 is no limit.
  std::int64_t oom_score_adj = 0;
};

struct LinuxSecurity {
  bool privileged = false;
  bool readonly_rootfs = false;
  bool no_new_privileges = false;
  std::vector<std::string> add_capabilities;
  std::vector<std::string> drop_capabilities;
  Namespaces namespaces;
  std::optional<std::int64_t> run_as_user;
  std::optional<std::int64_t> run_as_group;
  std::string run_as_username;
  std::vector<std::int64_t> supplemental_groups;
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
  std::optional<SecurityProfile> seccomp;
};

struct ContainerConfig {
  std::string name;
  std::uint32_t attempt = 0;
  std::string image;  // What the runtime starts: an image id.
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::vector<std::pair<std::string, std::string>> envs;
  std::vector<RuntimeMount> mounts;
  TextMap labels;
  TextMap annotations;
  std::string log_path;  // Under the sandbox's log directory.
  bool stdin_open = false;
  bool stdin_once = false;
  bool tty = false;
  LinuxResources resources;
  LinuxSecurity security;
};

struct SandboxState {
  std::string id;
  std::string name;
  std::string ns;
  std::string uid;
  std::uint32_t attempt = 0;
  bool ready = false;
  std::int64_t created_at_ns = 0;  // Since the epoch.
  TextMap labels;
  TextMap annotations;
};

struct SandboxStatus {
  SandboxState state;
  std::vector<std::string> ips;  // Primary first; empty on the host's network.
};

enum class ContainerPhase { kCreated, kRunning, kExited, kUnknown };

/// What a list of containers tells of each.
struct ContainerState {
  std::string id;
  std::string sandbox_id;
  std::string name;
  std::uint32_t attempt = 0;
  ContainerPhase phase = ContainerPhase::kUnknown;
  std::int64_t created_at_ns = 0;
  TextMap labels;
  TextMap annotations;
};

struct ContainerStatus {
  ContainerState state;
  std::int64_t started_at_ns = 0;
  std::int64_t finished_at_ns = 0;
  int exit_code = 0;
  std::string image;      // As asked for.
  std::string image_ref;  // As resolved: "…@sha256:…" or an id.
  std::string reason;
  std::string message;
  std::string log_path;
};

struct ImageInfo {
  std::string id;
  std::vector<std::string> tags;
  std::vector<std::string> digests;
  std::uint64_t size_bytes = 0;
  std::optional<std::int64_t> uid;
  std::string username;
};

struct RegistryAuth {
  std::string username;
  std::string password;
  std::string auth;  // Base64 of "user:password", where that was given.
  std::string server;
  std::string identity_token;
};

struct ExecResult {
  std::string out;
  std::string err;
  int exit_code = 0;
};

struct RuntimeCondition {
  bool ok = false;
  std::string reason;
  std::string message;
};

struct RuntimeHealth {
  RuntimeCondition runtime;
  RuntimeCondition network;
};

struct RuntimeVersion {
  std::string name;     // "containerd".
  std::string version;  // "1.6.20".
};

/// What a streaming request asks for.
struct StreamOptions {
  std::string container_id;
  std::vector<std::string> command;  // Of exec.
  bool tty = false;
  bool with_stdin = false;
  bool with_stdout = false;
  bool with_stderr = false;
};

/// Threads: every method may be called from any thread; each waits for the runtime.
/// Errors, of all: kServiceUnavailable if the runtime can't be reached, kTimeout, kNotFound for ids
/// it does not know, kInternalError with the runtime's own words.
class Runtime {
 public:
  virtual ~Runtime() = default;

  /// Ends the calls under way, and every later one, with kCancelled: the agent is stopping.
  virtual void cancel() = 0;

  virtual Result<RuntimeVersion> version() = 0;
  virtual Result<RuntimeHealth> health() = 0;
  virtual Result<void> set_pod_cidr(const std::string& cidr) = 0;

  virtual Result<std::string> run_sandbox(const SandboxConfig& config) = 0;
  virtual Result<void> stop_sandbox(const std::string& id) = 0;
  virtual Result<void> remove_sandbox(const std::string& id) = 0;
  /// Those of the pod `uid`, or all where it is "".
  virtual Result<std::vector<SandboxState>> list_sandboxes(const std::string& uid) = 0;
  virtual Result<SandboxStatus> sandbox_status(const std::string& id) = 0;

  virtual Result<std::string> create_container(const std::string& sandbox_id,
                                               const ContainerConfig& config,
                                               const SandboxConfig& sandbox) = 0;
  virtual Result<void> start_container(const std::string& id) = 0;
  /// SIGTERM, and SIGKILL after `grace`; returns once it has ended.
  virtual Result<void> stop_container(const std::string& id, std::chrono::seconds grace) = 0;
  virtual Result<void> remove_container(const std::string& id) = 0;
  virtual Result<std::vector<ContainerState>> list_containers(const std::string& uid) = 0;
  virtual Result<ContainerStatus> container_status(const std::string& id) = 0;
  virtual Result<void> reopen_log(const std::string& id) = 0;

  /// Errors: kTimeout where the command outlasts `timeout`.
  virtual Result<ExecResult> exec_sync(const std::string& id,
                                       const std::vector<std::string>& command,
                                       std::chrono::seconds timeout) = 0;
  /// URLs of the runtime's streaming server, each good for one use.
  virtual Result<std::string> exec_url(const StreamOptions& options) = 0;
  virtual Result<std::string> attach_url(const StreamOptions& options) = 0;
  virtual Result<std::string> port_forward_url(const std::string& sandbox_id,
                                               const std::vector<std::int32_t>& ports) = 0;

  virtual Result<std::vector<ImageInfo>> list_images() = 0;
  /// Nothing if the image is not there.
  virtual Result<std::optional<ImageInfo>> find_image(const std::string& image) = 0;
  /// The reference of the image pulled.
  virtual Result<std::string> pull_image(const std::string& image, const RegistryAuth* auth,
                                         const SandboxConfig& sandbox) = 0;
  virtual Result<void> remove_image(const std::string& image) = 0;
};

}  // namespace pintle::kubelet
