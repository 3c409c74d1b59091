// Builds the Node object and its status.

#include <algorithm>

#include "core/base/concat.hpp"
#include "plugins/kubelet/node.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
/// Kept free of pods; below it the node is under pressure. Source: kubelet hard eviction defaults.
constexpr std::int64_t kReservedMemoryBytes = 100 * kMiB;
constexpr std::int64_t kDiskFloorPercent = 10;
constexpr std::int64_t kLeastPids = 1000;
constexpr std::size_t kMaxImages = 50;

std::string kibibytes(std::int64_t bytes) {
  return std::to_string(bytes / kKiB) + "Ki";
}

struct NodeCondition {
  std::string_view type;
  bool is_true;
  std::string_view reason;
  std::string message;
};

Json to_json(const NodeCondition& condition, const NodeStatusInput& input) {
  const auto* status = condition.is_true ? "True" : "False";
  const auto now = to_rfc3339(input.now);
  auto changed = now;
  for (const auto& before : array_at(input.previous, {"conditions"})) {
    if (text_at(before, {"type"}) == condition.type && text_at(before, {"status"}) == status) {
      changed = text_at(before, {"lastTransitionTime"});
    }
  }
  return JsonObject{{"type", condition.type},     {"status", status},
                    {"lastHeartbeatTime", now},   {"lastTransitionTime", changed},
                    {"reason", condition.reason}, {"message", condition.message}};
}

JsonArray make_conditions(const NodeStatusInput& input) {
  const auto& room = input.room;
  const bool lacks_memory = room.memory_available_bytes < kReservedMemoryBytes;
  const bool lacks_disk =
      room.disk_available_bytes * 100 < room.disk_total_bytes * kDiskFloorPercent;
  const bool lacks_pids = room.pids_available < kLeastPids;
  const bool is_ready = input.complaint.empty();
  const NodeCondition conditions[] = {
      {"MemoryPressure", lacks_memory,
       lacks_memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
       lacks_memory ? "kubelet has insufficient memory available"
                    : "kubelet has sufficient memory available"},
      {"DiskPressure", lacks_disk,
       lacks_disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
       lacks_disk ? "kubelet has disk pressure" : "kubelet has no disk pressure"},
      {"PIDPressure", lacks_pids,
       lacks_pids ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID",
       lacks_pids ? "kubelet has insufficient PID available"
                  : "kubelet has sufficient PID available"},
      {"Ready", is_ready, is_ready ? "KubeletReady" : "KubeletNotReady",
       is_ready ? "kubelet is posting ready status" : input.complaint}};
  JsonArray list;
  for (const auto& before : array_at(input.previous, {"conditions"})) {
    const auto type = text_at(before, {"type"});
    if (std::ranges::find(conditions, type, &NodeCondition::type) == std::end(conditions)) {
      list.push_back(before);
    }
  }
  for (const auto& condition : conditions) {
    list.push_back(to_json(condition, input));
  }
  return list;
}

JsonArray make_images(const std::vector<ImageInfo>& images) {
  auto sorted = images;
  std::ranges::sort(sorted, std::ranges::greater{}, &ImageInfo::size_bytes);
  JsonArray list;
  for (const auto& image : sorted) {
    JsonArray names;
    for (const auto* part : {&image.digests, &image.tags}) {
      for (const auto& name : *part) {
        names.push_back(Json(name));
      }
    }
    if (!names.empty() && list.size() < kMaxImages) {
      list.push_back(JsonObject{{"names", std::move(names)},
                                {"sizeBytes", static_cast<std::int64_t>(image.size_bytes)}});
    }
  }
  return list;
}

JsonObject labels_of(const NodeFacts& facts, const Machine& machine) {
  return {{"beta.kubernetes.io/arch", machine.architecture},
          {"beta.kubernetes.io/os", "linux"},
          {"kubernetes.io/arch", machine.architecture},
          {"kubernetes.io/hostname", facts.name},
          {"kubernetes.io/os", "linux"}};
}

}  // namespace

void RuntimeWatch::note(const Result<RuntimeHealth>& health, SteadyTime now) {
  if (!health) {
    last_error_ = health.error().message;
    return;
  }
  last_good_ = now;
  health_ = health.value();
}

std::string RuntimeWatch::complaint(SteadyTime now) const {
  constexpr std::chrono::seconds kPatience{30};
  if (!last_good_) {
    return concat({"container runtime status check may not have completed yet: ", last_error_});
  }
  if (now - *last_good_ > kPatience) {
    return concat({"container runtime is down: ", last_error_});
  }
  const auto describe = [](std::string_view type, const RuntimeCondition& condition) {
    return concat({"container runtime ", type == "NetworkReady" ? "network " : "", "not ready: ",
                   type, "=false reason:", condition.reason, " message:", condition.message});
  };
  if (!health_->runtime.ok) {
    return describe("RuntimeReady", health_->runtime);
  }
  return health_->network.ok ? "" : describe("NetworkReady", health_->network);
}

Json make_node_status(const NodeStatusInput& input) {
  const auto& machine = input.machine;
  const auto& facts = input.facts;
  JsonArray addresses;
  if (!facts.ip.empty()) {
    addresses.push_back(JsonObject{{"type", "InternalIP"}, {"address", facts.ip}});
  }
  addresses.push_back(JsonObject{{"type", "Hostname"}, {"address", facts.name}});
  const auto pods = std::to_string(input.options.max_pods);
  const auto cpus = std::to_string(machine.cpu_count);
  return JsonObject{
      {"addresses", std::move(addresses)},
      {"capacity", JsonObject{{"cpu", cpus},
                              {"ephemeral-storage", kibibytes(machine.ephemeral_bytes)},
                              {"memory", kibibytes(machine.memory_bytes)},
                              {"pods", pods}}},
      {"allocatable",
       JsonObject{{"cpu", cpus},
                  {"ephemeral-storage", std::to_string(facts.allocatable_ephemeral_bytes)},
                  {"memory", kibibytes(facts.allocatable_memory_bytes)},
                  {"pods", pods}}},
      {"conditions", make_conditions(input)},
      {"daemonEndpoints",
       JsonObject{{"kubeletEndpoint", JsonObject{{"Port", input.options.kubelet_port}}}}},
      {"nodeInfo", JsonObject{{"architecture", machine.architecture},
                              {"bootID", machine.boot_id},
                              {"containerRuntimeVersion",
                               concat({input.runtime.name, "://", input.runtime.version})},
                              {"kernelVersion", machine.kernel_version},
                              {"kubeProxyVersion", ""},
                              {"kubeletVersion", "v1.33.0+pintle"},
                              {"machineID", machine.machine_id},
                              {"operatingSystem", "linux"},
                              {"osImage", machine.os_image},
                              {"systemUUID", machine.system_uuid}}},
      {"images", make_images(input.images)}};
}

Json make_node(const NodeFacts& facts, const Machine& machine, const NodeOptions& options) {
  JsonObject spec;
  if (!options.pod_cidr.empty()) {
    spec["podCIDR"] = options.pod_cidr;
    spec["podCIDRs"] = JsonArray{Json(options.pod_cidr)};
  }
  return JsonObject{
      {"apiVersion", "v1"},
      {"kind", "Node"},
      {"metadata", JsonObject{{"name", facts.name}, {"labels", labels_of(facts, machine)}}},
      {"spec", std::move(spec)}};
}

}  // namespace pintle::kubelet
