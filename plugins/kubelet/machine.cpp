// Reads the machine's facts.

#include "plugins/kubelet/machine.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fstream>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace pintle::kubelet {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// A line "MemTotal:  123 kB" of /proc/meminfo, in bytes.
std::int64_t meminfo(const std::string& name) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) {
      return std::stoll(line.substr(name.size() + 1)) * 1024;
    }
  }
  return 0;
}

std::string os_image() {
  std::ifstream file("/etc/os-release");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("PRETTY_NAME=")) {
      auto name = line.substr(12);
      std::erase(name, '"');
      return name;
    }
  }
  return "Linux";
}

std::string go_architecture(const std::string& machine) {
  if (machine == "x86_64") {
    return "amd64";
  }
  if (machine == "aarch64") {
    return "arm64";
  }
  return machine.starts_with("armv") ? "arm" : machine;
}

/// The interface of the default route; "" if there is none.
std::string default_interface() {
  std::ifstream routes("/proc/net/route");
  std::string line;
  std::getline(routes, line);
  while (std::getline(routes, line)) {
    std::istringstream words(line);
    std::string name;
    std::string destination;
    words >> name >> destination;
    if (destination == "00000000") {
      return name;
    }
  }
  return "";
}

}  // namespace

Machine read_machine(const std::filesystem::path& root) {
  Machine machine;
  machine.cpu_count = std::max<std::int64_t>(1, ::sysconf(_SC_NPROCESSORS_ONLN));
  machine.memory_bytes = meminfo("MemTotal");
  machine.ephemeral_bytes = read_room(root).disk_total_bytes;
  machine.machine_id = first_line("/etc/machine-id");
  machine.system_uuid = first_line("/sys/class/dmi/id/product_uuid");
  if (machine.system_uuid.empty()) {
    machine.system_uuid = machine.machine_id;
  }
  machine.boot_id = first_line("/proc/sys/kernel/random/boot_id");
  utsname names{};
  if (::uname(&names) == 0) {
    machine.kernel_version = names.release;
    machine.architecture = go_architecture(names.machine);
  }
  machine.os_image = os_image();
  return machine;
}

MachineRoom read_room(const std::filesystem::path& root) {
  MachineRoom room;
  room.memory_available_bytes = meminfo("MemAvailable");
  struct statvfs disk {};
  if (::statvfs(root.c_str(), &disk) == 0) {
    room.disk_available_bytes = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
    room.disk_total_bytes = static_cast<std::int64_t>(disk.f_blocks * disk.f_frsize);
  }
  std::ifstream pid_max("/proc/sys/kernel/pid_max");
  std::int64_t most = 0;
  pid_max >> most;
  // "0.00 0.01 0.05 1/123 4567": the number after the slash counts all threads.
  std::ifstream load("/proc/loadavg");
  std::string word;
  load >> word >> word >> word >> word;
  const auto slash = word.find('/');
  const auto used = slash == std::string::npos ? 0 : std::stoll(word.substr(slash + 1));
  room.pids_available = most - used;
  return room;
}

std::string detect_node_ip() {
  const auto wanted = default_interface();
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) {
    return "";
  }
  std::string best;
  for (const auto* address = list; address != nullptr; address = address->ifa_next) {
    if (address->ifa_addr == nullptr || address->ifa_addr->sa_family != AF_INET ||
        (address->ifa_flags & IFF_LOOPBACK) != 0 || (address->ifa_flags & IFF_UP) == 0) {
      continue;
    }
    char text[INET_ADDRSTRLEN];
    const auto* inet = reinterpret_cast<const sockaddr_in*>(address->ifa_addr);
    ::inet_ntop(AF_INET, &inet->sin_addr, text, sizeof text);
    if (best.empty() || wanted == address->ifa_name) {
      best = text;
    }
    if (wanted == address->ifa_name) {
      break;
    }
  }
  ::freeifaddrs(list);
  return best;
}

}  // namespace pintle::kubelet
