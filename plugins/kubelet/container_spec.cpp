// Builds the configs of containers.

#include "plugins/kubelet/container_spec.hpp"

#include <algorithm>
#include <vector>

#include "core/base/concat.hpp"
#include "core/base/ids.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/security.hpp"
#include "plugins/kubelet/volumes/subpath.hpp"

namespace pintle::kubelet {
namespace {

bool flag_at(const Json& object, std::string_view key) {
  const auto* member = find_member(object, key);
  return member != nullptr && member->is_bool() && member->as_bool();
}

std::vector<std::string> expanded(const Json& container, std::string_view key,
                                  const EnvPairs& envs) {
  std::vector<std::string> words;
  for (const auto& word : array_at(container, {key})) {
    words.push_back(word.is_string() ? expand(std::string_view(word.as_string()), envs) : "");
  }
  return words;
}

Result<int> propagation_of(const Json& mount, const Json& container) {
  const auto mode = text_at(mount, {"mountPropagation"});
  if (mode.empty() || mode == "None") {
    return 0;
  }
  if (mode == "HostToContainer") {
    return 1;
  }
  const auto* privileged = find_path(container, {"securityContext", "privileged"});
  const bool is_privileged =
      privileged != nullptr && privileged->is_bool() && privileged->as_bool();
  if (mode == "Bidirectional" && is_privileged) {
    return 2;
  }
  return Error{Code::kInvalid,
               concat({"mountPropagation ", mode, " is for privileged containers only"})};
}

/// The path on the node that a volumeMount shows: the volume, or a part of it, bound.
Result<std::string> source_of(const ContainerInput& input, const Json& mount, std::size_t index) {
  const std::string volume(text_at(mount, {"name"}));
  const auto found = input.volumes.find(volume);
  if (found == input.volumes.end()) {
    return Error{Code::kInvalid,
                 concat({"cannot find volume \"", volume, "\" to mount into container \"",
                         name_of(input.container), "\""})};
  }
  std::string subpath(text_at(mount, {"subPath"}));
  if (const auto expression = text_at(mount, {"subPathExpr"}); !expression.empty()) {
    subpath = expand(expression, input.envs);
  }
  if (subpath.empty()) {
    return found->second;
  }
  const auto target = input.paths.of_subpaths(input.pod.uid) / volume / name_of(input.container) /
                      std::to_string(index);
  return bind_subpath(found->second, subpath, target);
}

Result<std::vector<RuntimeMount>> make_mounts(const ContainerInput& input) {
  std::vector<RuntimeMount> mounts;
  std::size_t index = 0;
  for (const auto& mount : array_at(input.container, {"volumeMounts"})) {
    if (text_at(mount, {"recursiveReadOnly"}) == "Enabled") {
      return Error{Code::kInvalid, "recursiveReadOnly Enabled is not supported by this node"};
    }
    RuntimeMount made;
    made.container_path = std::string(text_at(mount, {"mountPath"}));
    if (!made.container_path.starts_with("/")) {
      made.container_path = "/" + made.container_path;
    }
    PINTLE_TRY(made.host_path, source_of(input, mount, index++));
    made.readonly = flag_at(mount, "readOnly");
    PINTLE_TRY(made.propagation, propagation_of(mount, input.container));
    mounts.push_back(std::move(made));
  }
  return mounts;
}

bool mounts_at(const std::vector<RuntimeMount>& mounts, std::string_view path) {
  return std::ranges::any_of(mounts,
                             [&](const auto& mount) { return mount.container_path == path; });
}

Result<void> add_hosts_mount(std::vector<RuntimeMount>& mounts, const ContainerInput& input) {
  // A pod on the host's network keeps the host's file, unless it has names of its own.
  const bool wants_file = !is_on_host_network(input.pod.json()) ||
                          !array_at(input.pod.json(), {"spec", "hostAliases"}).empty();
  if (!wants_file || mounts_at(mounts, "/etc/hosts")) {
    return {};
  }
  const auto path = input.paths.of_hosts_file(input.pod.uid);
  auto text = hosts_file(input.pod.json(), input.ips, input.node.cluster_domain);
  if (is_on_host_network(input.pod.json())) {
    PINTLE_TRY(const auto of_host, read_file("/etc/hosts", 1024 * 1024));
    text = of_host + text;
  }
  PINTLE_TRY_STATUS(write_file(path, text, 0644));
  mounts.push_back({"/etc/hosts", path.native(), false, 0});
  return {};
}

Result<std::string> add_termination_mount(std::vector<RuntimeMount>& mounts,
                                          const ContainerInput& input) {
  const auto place = text_at(input.container, {"terminationMessagePath"});
  const auto folder = input.paths.of_container(input.pod.uid, name_of(input.container));
  PINTLE_TRY_STATUS(make_folders(folder, 0750));
  const auto path = folder / make_name_suffix(8);
  // World-writable: whoever the container runs as may leave a word. The folders above are not.
  PINTLE_TRY_STATUS(write_file(path, "", 0666));
  mounts.push_back(
      {place.empty() ? "/dev/termination-log" : std::string(place), path.native(), false, 0});
  return path.native();
}

std::string search_domains(const Json& pod, const NodeFacts& node) {
  return concat({text_at(pod, {"metadata", "namespace"}), ".svc.", node.cluster_domain});
}

/// The node's own resolver, as Default and hostNetwork pods get it.
DnsConfig host_dns() {
  DnsConfig dns;
  const auto text = read_file("/etc/resolv.conf", 64 * 1024);
  if (!text) {
    return dns;
  }
  std::string word;
  std::string first;
  const auto take = [&] {
    if (word.empty()) {
      return;
    }
    if (first.empty()) {
      first = word;
    } else if (first == "nameserver") {
      dns.servers.push_back(word);
    } else if (first == "search") {
      dns.searches.push_back(word);
    } else if (first == "options") {
      dns.options.push_back(word);
    }
    word.clear();
  };
  for (const char c : text.value() + "\n") {
    if (c == '\n' || c == ' ' || c == '\t') {
      take();
      first = c == '\n' ? "" : first;
    } else {
      word += c;
    }
  }
  return dns;
}

void append_texts(std::vector<std::string>& to, const JsonArray& from) {
  for (const auto& text : from) {
    const std::string value(text.is_string() ? text.as_string().c_str() : "");
    if (std::ranges::find(to, value) == to.end()) {
      to.push_back(value);
    }
  }
}

DnsConfig make_dns(const Json& pod, const NodeFacts& node) {
  DnsConfig dns;
  const auto policy = text_at(pod, {"spec", "dnsPolicy"});
  const bool on_host = is_on_host_network(pod);
  const bool by_cluster =
      !node.cluster_dns.empty() && ((policy != "Default" && policy != "None" && !on_host) ||
                                    policy == "ClusterFirstWithHostNet");
  if (by_cluster) {
    dns.servers = {node.cluster_dns};
    dns.searches = {search_domains(pod, node), "svc." + node.cluster_domain, node.cluster_domain};
    append_texts(dns.searches, [] {
      JsonArray searches;
      for (const auto& search : host_dns().searches) {
        searches.emplace_back(search);
      }
      return searches;
    }());
    dns.options = {"ndots:5"};
  } else if (policy != "None") {
    dns = host_dns();
  }
  append_texts(dns.servers, array_at(pod, {"spec", "dnsConfig", "nameservers"}));
  append_texts(dns.searches, array_at(pod, {"spec", "dnsConfig", "searches"}));
  for (const auto& option : array_at(pod, {"spec", "dnsConfig", "options"})) {
    const auto value = text_at(option, {"value"});
    const std::string name(name_of(option));
    std::erase_if(dns.options, [&](const auto& known) {
      return known == name || known.starts_with(name + ":");
    });
    dns.options.push_back(value.empty() ? name : concat({name, ":", value}));
  }
  return dns;
}

std::vector<PortMapping> make_ports(const Json& pod) {
  std::vector<PortMapping> ports;
  if (is_on_host_network(pod)) {
    return ports;
  }
  for (const auto* list : {&init_containers_of(pod), &containers_of(pod)}) {
    for (const auto& container : *list) {
      if (list == &init_containers_of(pod) && !is_sidecar(container)) {
        continue;
      }
      for (const auto& port : array_at(container, {"ports"})) {
        PortMapping mapping;
        const auto protocol = text_at(port, {"protocol"});
        mapping.protocol = protocol.empty() ? "TCP" : std::string(protocol);
        mapping.container_port =
            static_cast<std::int32_t>(integer_at(port, {"containerPort"}).value_or(0));
        mapping.host_port = static_cast<std::int32_t>(integer_at(port, {"hostPort"}).value_or(0));
        mapping.host_ip = std::string(text_at(port, {"hostIP"}));
        ports.push_back(std::move(mapping));
      }
    }
  }
  return ports;
}

}  // namespace

std::string hostname_of(const Json& pod) {
  const auto wanted = text_at(pod, {"spec", "hostname"});
  auto name = std::string(wanted.empty() ? text_at(pod, {"metadata", "name"}) : wanted);
  constexpr std::size_t kMaxHostname = 63;
  if (name.size() > kMaxHostname) {
    name.resize(kMaxHostname);
    while (name.ends_with('-') || name.ends_with('.')) {
      name.pop_back();
    }
  }
  return name;
}

std::string hosts_file(const Json& pod, const std::vector<std::string>& ips,
                       std::string_view cluster_domain) {
  std::string text;
  if (!is_on_host_network(pod)) {
    text =
        "# Kubernetes-managed hosts file.\n"
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::0\tip6-localnet\n"
        "fe00::0\tip6-mcastprefix\n"
        "fe00::1\tip6-allnodes\n"
        "fe00::2\tip6-allrouters\n";
    const auto name = hostname_of(pod);
    const auto subdomain = text_at(pod, {"spec", "subdomain"});
    for (const auto& ip : ips) {
      text += concat({ip, "\t"});
      if (!subdomain.empty() && !cluster_domain.empty()) {
        text += concat({name, ".", subdomain, ".", text_at(pod, {"metadata", "namespace"}), ".svc.",
                        cluster_domain, "\t"});
      }
      text += name + "\n";
    }
  }
  const auto& aliases = array_at(pod, {"spec", "hostAliases"});
  if (!aliases.empty()) {
    text += "\n# Entries added by HostAliases.\n";
  }
  for (const auto& alias : aliases) {
    text += text_at(alias, {"ip"});
    for (const auto& name : array_at(alias, {"hostnames"})) {
      text += concat({"\t", name.is_string() ? name.as_string().c_str() : ""});
    }
    text += "\n";
  }
  return text;
}

Result<SandboxConfig> make_sandbox_config(const SandboxInput& input) {
  const auto& pod = input.pod.json();
  PINTLE_TRY_STATUS(check_supported(pod));
  SandboxConfig config;
  config.name = input.pod.name;
  config.ns = input.pod.ns;
  config.uid = input.pod.uid;
  config.attempt = input.attempt;
  config.hostname = is_on_host_network(pod) ? "" : hostname_of(pod);
  config.log_directory = input.paths.of_logs(input.pod).native();
  config.dns = make_dns(pod, input.node);
  config.port_mappings = make_ports(pod);
  for (const auto& [key, value] : object_at(pod, {"metadata", "labels"})) {
    config.labels.emplace(key, value.is_string() ? value.as_string().c_str() : "");
  }
  config.labels[kPodNameLabel] = config.name;
  config.labels[kPodNamespaceLabel] = config.ns;
  config.labels[kPodUidLabel] = config.uid;
  for (const auto& [key, value] : object_at(pod, {"metadata", "annotations"})) {
    config.annotations.emplace(key, value.is_string() ? value.as_string().c_str() : "");
  }
  if (!input.cgroup_root.empty()) {
    const auto qos = qos_class_of(pod);
    const auto group = qos == "Guaranteed" ? "" : qos == "Burstable" ? "/burstable" : "/besteffort";
    config.cgroup_parent = concat({input.cgroup_root, "/kubepods", group, "/pod", config.uid});
  }
  PINTLE_TRY_STATUS(fill_sandbox_security(config, pod));
  return config;
}

Result<ContainerConfig> make_container_config(const ContainerInput& input) {
  const auto& container = input.container;
  PINTLE_TRY_STATUS(check_supported_container(container));
  ContainerConfig config;
  config.name = std::string(name_of(container));
  config.attempt = input.attempt;
  config.image = input.image.id;
  config.command = expanded(container, "command", input.envs);
  config.args = expanded(container, "args", input.envs);
  config.working_dir = expand(text_at(container, {"workingDir"}), input.envs);
  config.envs = input.envs;
  PINTLE_TRY(config.mounts, make_mounts(input));
  PINTLE_TRY_STATUS(add_hosts_mount(config.mounts, input));
  PINTLE_TRY(const auto log, add_termination_mount(config.mounts, input));
  config.labels = {{kPodNameLabel, input.pod.name},
                   {kPodNamespaceLabel, input.pod.ns},
                   {kPodUidLabel, input.pod.uid},
                   {kContainerNameLabel, config.name}};
  const auto policy = text_at(container, {"terminationMessagePolicy"});
  config.annotations = {
      {kContainerHash, hash_of_container(container)},
      {kRestartCount, std::to_string(input.attempt)},
      {kTerminationPath, std::string(text_at(container, {"terminationMessagePath"}))},
      {kTerminationPolicy, policy.empty() ? "File" : std::string(policy)},
      {kTerminationLog, log},
      {kPodGracePeriod, std::to_string(grace_period_of(input.pod.json()).count())}};
  config.log_path = concat({config.name, "/", std::to_string(input.attempt), ".log"});
  config.stdin_open = flag_at(container, "stdin");
  config.stdin_once = flag_at(container, "stdinOnce");
  config.tty = flag_at(container, "tty");
  config.resources =
      make_resources(input.pod.json(), container, input.node.allocatable_memory_bytes);
  PINTLE_TRY(config.security, make_security(input.pod.json(), container, input.image));
  return config;
}

}  // namespace pintle::kubelet
