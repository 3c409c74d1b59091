// The machine: what it has and what runs on it, read from /proc and /sys.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pintle::kubelet {

struct Machine {
  std::int64_t cpu_count = 1;
  std::int64_t memory_bytes = 0;
  std::int64_t ephemeral_bytes = 0;  // Of the file system under the root folder.
  std::string machine_id;
  std::string system_uuid;
  std::string boot_id;
  std::string kernel_version;
  std::string os_image;
  std::string architecture;  // As Go names it: "amd64".
};

Machine read_machine(const std::filesystem::path& root);

/// What is left, for the node's pressure conditions.
struct MachineRoom {
  std::int64_t memory_available_bytes = 0;
  std::int64_t disk_available_bytes = 0;
  std::int64_t disk_total_bytes = 0;
  std::int64_t pids_available = 0;
};

MachineRoom read_room(const std::filesystem::path& root);

/// The address that packets to the world leave from; "" on a machine without a network.
std::string detect_node_ip();

/// How the node is known to pods and users.
struct NodeFacts {
  std::string name;
  std::string ip;
  std::int64_t allocatable_cpu_millis = 0;
  std::int64_t allocatable_memory_bytes = 0;
  std::int64_t allocatable_ephemeral_bytes = 0;
  std::string cluster_dns;  // Empty: pods use the node's resolver.
  std::string cluster_domain;
};

}  // namespace pintle::kubelet
