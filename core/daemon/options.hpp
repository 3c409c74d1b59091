// Options: what the flags and the configuration file say, as plain values.
//
// Names and defaults are those of the Kubernetes tools where they have them. Empty means "not set".

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pintle::daemon {

struct LogOptions {
  std::string format = "text";  // "text" (klog lines) or "json".
  int verbosity = 0;            // 0: info and above; 4 and more: debug.
};

struct PluginOptions {
  std::filesystem::path directory;            // Of the .so files.
  std::vector<std::string> names;             // What to load, in order; "NAME?" may be missing.
  std::map<std::string, std::string> config;  // Per plugin: JSON text.
};

struct ApiserverOptions {
  std::string bind_address = "0.0.0.0";
  std::uint16_t secure_port = 6443;  // 0 picks a free one.
  std::string advertise_address;     // The machine's own, if empty.
  std::filesystem::path cert_dir;
  std::filesystem::path data_dir;
  std::vector<std::string> etcd_servers;
  std::string service_cluster_ip_range = "10.0.0.0/16";
  std::vector<std::string> authorization_modes = {"RBAC"};
  std::filesystem::path basic_auth_file;
  std::filesystem::path token_auth_file;
  std::filesystem::path client_ca_file;
  std::filesystem::path tls_cert_file;
  std::filesystem::path tls_private_key_file;
  bool anonymous_auth = true;
  std::string service_account_issuer = "https://kubernetes.default.svc.cluster.local";
  std::vector<std::string> api_audiences;
  std::string event_ttl = "1h0m0s";                    // As Go writes durations.
  std::string audit_log_path;                          // "-" is standard output; empty is none.
  std::vector<std::string> enable_admission_plugins;   // By their Kubernetes names.
  std::vector<std::string> disable_admission_plugins;  // By their Kubernetes names.
};

struct KubeletOptions {
  std::filesystem::path kubeconfig;         // Empty: runs alone.
  std::filesystem::path pod_manifest_path;  // Empty: no static pods.
  std::string hostname_override;            // The machine's name, if empty.
  std::string node_ip;                      // The machine's own, if empty.
  std::string address = "0.0.0.0";
  std::uint16_t port = 10250;
  std::uint16_t read_only_port = 0;  // 0: off.
  std::filesystem::path root_dir = "/var/lib/pintle/kubelet";
  std::filesystem::path pod_log_dir = "/var/log/pods";
  std::string container_runtime_endpoint = "unix:///run/containerd/containerd.sock";
  std::vector<std::string> cluster_dns;
  std::string cluster_domain = "cluster.local";
  bool register_node = true;
  int max_pods = 110;
  std::filesystem::path client_ca_file;  // Who may call the kubelet; from the kubeconfig, if empty.
  std::filesystem::path tls_cert_file;
  std::filesystem::path tls_private_key_file;
};

/// Everything one command line can say.
struct Options {
  LogOptions log;
  PluginOptions plugins;
  ApiserverOptions apiserver;
  KubeletOptions kubelet;
  std::filesystem::path config_file;
};

}  // namespace pintle::daemon
