// What a pod asks for is summed here, init containers and sidecars included.
//
// Source: component-helpers resource.PodRequests; kube-scheduler's GetNonzeroRequests and
// normalizedImageName.

#include "plugins/scheduler/reader.hpp"

#include <algorithm>

#include "core/object/quantity.hpp"
#include "plugins/scheduler/placement.hpp"

namespace pintle::scheduler {
namespace {

/// What a container that asks for nothing is counted with in scores.
constexpr std::int64_t kAssumedCpuMillis = 100;
constexpr std::int64_t kAssumedMemoryBytes = 200 * 1024 * 1024;

Quantity quantity_of(const sdk::Value& value) {
  if (value.is_integer()) {
    return Quantity::of_units(value.integer());
  }
  const auto parsed = parse_quantity(value.text());
  return parsed.ok() ? parsed.value() : Quantity();
}

/// A list of resources; "pods" is no amount of a pod's and is left out.
Amounts read_amounts(const sdk::Value& list) {
  Amounts amounts;
  for (const auto& [name, value] : list.members()) {
    const Quantity quantity = quantity_of(value);
    if (name == "cpu") {
      amounts.cpu_millis = quantity.millis();
    } else if (name == "memory") {
      amounts.memory_bytes = quantity.units();
    } else if (name == "ephemeral-storage") {
      amounts.storage_bytes = quantity.units();
    } else if (name != "pods" && !quantity.is_zero()) {
      amounts.others.emplace_back(name, quantity.units());
    }
  }
  std::ranges::sort(amounts.others);
  return amounts;
}

enum class Missing { kIsNothing, kIsAssumed };

Amounts requests_of(const sdk::Value& container, Missing missing) {
  const auto requests = container.at("resources", "requests");
  Amounts amounts = read_amounts(requests);
  if (missing == Missing::kIsAssumed) {
    amounts.cpu_millis = requests.has("cpu") ? amounts.cpu_millis : kAssumedCpuMillis;
    amounts.memory_bytes = requests.has("memory") ? amounts.memory_bytes : kAssumedMemoryBytes;
  }
  return amounts;
}

bool is_sidecar(const sdk::Value& init_container) {
  return init_container.text("restartPolicy") == "Always";
}

/// The most that runs at any one time: sidecars stay beside all that start after them.
Amounts pod_requests(const sdk::Value& spec, Missing missing) {
  Amounts total;
  for (const auto container : spec.at("containers")) {
    total += requests_of(container, missing);
  }
  Amounts sidecars;
  Amounts starting;
  for (const auto container : spec.at("initContainers")) {
    Amounts asked = requests_of(container, missing);
    if (is_sidecar(container)) {
      total += asked;
      sidecars += asked;
      starting.raise_to(sidecars);
    } else {
      asked += sidecars;
      starting.raise_to(asked);
    }
  }
  total.raise_to(starting);
  total += read_amounts(spec.at("overhead"));
  return total;
}

LabelRequirement read_requirement(const sdk::Value& expression) {
  using Operator = LabelRequirement::Operator;
  static const std::pair<std::string_view, Operator> kOperators[] = {
      {"In", Operator::kIn},          {"NotIn", Operator::kNotIn},
      {"Exists", Operator::kExists},  {"DoesNotExist", Operator::kDoesNotExist},
      {"Gt", Operator::kGreaterThan}, {"Lt", Operator::kLessThan}};
  LabelRequirement requirement;
  requirement.key = expression.text("key");
  for (const auto& [name, op] : kOperators) {
    if (expression.text("operator") == name) {
      requirement.op = op;
    }
  }
  for (const auto value : expression.at("values")) {
    requirement.values.emplace_back(value.text());
  }
  std::ranges::sort(requirement.values);
  return requirement;
}

NodeTerm read_term(const sdk::Value& term) {
  NodeTerm read;
  for (const auto expression : term.at("matchExpressions")) {
    read.labels.push_back(read_requirement(expression));
  }
  for (const auto expression : term.at("matchFields")) {
    read.fields.push_back(read_requirement(expression));
  }
  return read;
}

TextPairs read_texts(const sdk::Value& map) {
  TextPairs pairs;
  for (const auto& [key, value] : map.members()) {
    pairs.emplace_back(key, value.text());
  }
  std::ranges::sort(pairs);
  return pairs;
}

/// "nginx" is "nginx:latest"; a name with a tag or a digest stays.
std::string full_image_name(std::string_view image) {
  const auto colon = image.rfind(':');
  const auto slash = image.rfind('/');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return std::string(image) + (tagged ? "" : ":latest");
}

Placement read_placement(const sdk::Value& spec) {
  Placement placement;
  placement.node_selector = read_texts(spec.at("nodeSelector"));
  const auto affinity = spec.at("affinity", "nodeAffinity");
  if (const auto required = affinity.at("requiredDuringSchedulingIgnoredDuringExecution")) {
    placement.required.emplace();
    for (const auto term : required.at("nodeSelectorTerms")) {
      placement.required->push_back(read_term(term));
    }
  }
  for (const auto preferred : affinity.at("preferredDuringSchedulingIgnoredDuringExecution")) {
    placement.preferred.push_back(
        {static_cast<int>(preferred.integer("weight")), read_term(preferred.at("preference"))});
  }
  for (const auto toleration : spec.at("tolerations")) {
    placement.tolerations.push_back(
        {std::string(toleration.text("key")), toleration.text("operator") == "Exists",
         std::string(toleration.text("value")), std::string(toleration.text("effect"))});
  }
  for (const char* list : {"initContainers", "containers"}) {
    for (const auto container : spec.at(list)) {
      placement.images.push_back(full_image_name(container.text("image")));
      ++placement.container_count;
    }
  }
  return placement;
}

void read_ports(const sdk::Value& container, std::vector<HostPort>& ports) {
  for (const auto port : container.at("ports")) {
    const auto number = port.integer("hostPort");
    if (number <= 0) {
      continue;
    }
    const auto ip = port.text("hostIP");
    const auto protocol = port.text("protocol");
    ports.push_back({std::string(ip.empty() ? "0.0.0.0" : ip),
                     std::string(protocol.empty() ? "TCP" : protocol), number});
  }
}

void read_condition(const sdk::Value& status, Pod& pod) {
  for (const auto condition : status.at("conditions")) {
    if (condition.text("type") == "PodScheduled" && condition.text("status") == "False") {
      pod.unscheduled_reason = condition.text("reason");
      pod.unscheduled_message = condition.text("message");
    }
  }
}

}  // namespace

std::shared_ptr<Pod> read_pod(const sdk::ObjectHandle& object) {
  const auto root = object.root();
  const auto metadata = root.at("metadata");
  const auto spec = root.at("spec");
  const auto phase = root.text("status", "phase");
  auto pod = std::make_shared<Pod>();
  pod->object = object;
  pod->uid = metadata.text("uid");
  pod->ns = metadata.text("namespace");
  pod->name = metadata.text("name");
  pod->scheduler_name = spec.text("schedulerName");
  pod->node_name = spec.text("nodeName");
  pod->priority = spec.integer("priority");
  pod->may_preempt = spec.text("preemptionPolicy") != "Never";
  pod->gated = !spec.at("schedulingGates").empty();
  pod->terminating = metadata.has("deletionTimestamp");
  pod->finished = phase == "Succeeded" || phase == "Failed";
  pod->requests = pod_requests(spec, Missing::kIsNothing);
  const Amounts scored = pod_requests(spec, Missing::kIsAssumed);
  pod->scored_cpu_millis = scored.cpu_millis;
  pod->scored_memory_bytes = scored.memory_bytes;
  for (const auto container : spec.at("containers")) {
    read_ports(container, pod->ports);
  }
  for (const auto container : spec.at("initContainers")) {
    if (is_sidecar(container)) {
      read_ports(container, pod->ports);
    }
  }
  if (pod->node_name.empty()) {
    pod->placement = read_placement(spec);
    pod->placement_key = key_of(pod->placement);
    read_condition(root.at("status"), *pod);
  }
  return pod;
}

std::shared_ptr<Node> read_node(const sdk::ObjectHandle& object) {
  const auto root = object.root();
  auto node = std::make_shared<Node>();
  node->object = object;
  node->name = root.text("metadata", "name");
  node->labels = read_texts(root.at("metadata", "labels"));
  node->unschedulable = root.boolean("spec", "unschedulable");
  for (const auto taint : root.at("spec", "taints")) {
    node->taints.push_back({std::string(taint.text("key")), std::string(taint.text("value")),
                            std::string(taint.text("effect"))});
  }
  const auto allocatable = root.at("status", "allocatable");
  node->allocatable = read_amounts(allocatable);
  node->allocatable_pods = quantity_of(allocatable.at("pods")).units();
  for (const auto image : root.at("status", "images")) {
    for (const auto name : image.at("names")) {
      node->image_bytes.emplace(name.text(), image.integer("sizeBytes"));
    }
  }
  return node;
}

}  // namespace pintle::scheduler
