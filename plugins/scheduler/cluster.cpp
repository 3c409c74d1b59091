// Keeping the rows, which informers' events change.

#include "plugins/scheduler/cluster.hpp"

#include <algorithm>

namespace pintle::scheduler {

std::size_t Cluster::row_for(const std::string& name) {
  const auto [place, made] = row_of_.try_emplace(name, rows_.size());
  if (made) {
    rows_.emplace_back();
    cold_.emplace_back().name = name;
  }
  return place->second;
}

/// Works the row out from the node and what its pods ask for.
void Cluster::recount(std::size_t index) {
  Row& row = rows_[index];
  const NodePods& pods = cold_[index];
  const Amounts none;
  const Amounts& offered = row.node ? row.node->allocatable : none;
  row.free_cpu_millis = offered.cpu_millis - pods.requested.cpu_millis;
  row.free_memory_bytes = offered.memory_bytes - pods.requested.memory_bytes;
  row.free_storage_bytes = offered.storage_bytes - pods.requested.storage_bytes;
  row.free_pods =
      (row.node ? row.node->allocatable_pods : 0) - static_cast<std::int64_t>(pods.pods.size());
}

void Cluster::drop_if_empty(const std::string& name) {
  const auto place = row_of_.find(name);
  if (place == row_of_.end() || rows_[place->second].node || !cold_[place->second].pods.empty()) {
    return;
  }
  const std::size_t index = place->second;
  row_of_.erase(place);
  if (index + 1 != rows_.size()) {
    rows_[index] = std::move(rows_.back());
    cold_[index] = std::move(cold_.back());
    row_of_[cold_[index].name] = index;
  }
  rows_.pop_back();
  cold_.pop_back();
}

void Cluster::count_images(const Node& node, std::int64_t sign) {
  for (const auto& [image, bytes] : node.image_bytes) {
    const auto place = images_.try_emplace(image, 0).first;
    place->second += sign;
    if (place->second <= 0) {
      images_.erase(place);
    }
  }
}

bool Cluster::set_node(NodePtr node) {
  const std::size_t index = row_for(node->name);
  Row& row = rows_[index];
  const bool same = row.node && row.node->offers_the_same_as(*node);
  if (row.node) {
    count_images(*row.node, -1);
  } else {
    ++node_count_;
  }
  count_images(*node, +1);
  row.node = std::move(node);
  if (!same) {
    row.version = ++last_version_;
    recount(index);
  }
  return !same;
}

void Cluster::remove_node(const std::string& name) {
  const auto place = row_of_.find(name);
  if (place == row_of_.end() || !rows_[place->second].node) {
    return;
  }
  Row& row = rows_[place->second];
  count_images(*row.node, -1);
  row.node = nullptr;
  row.version = ++last_version_;
  --node_count_;
  drop_if_empty(name);
}

void Cluster::add_pod(const PodPtr& pod, const std::string& node_name) {
  remove_pod(pod->uid);
  const std::size_t index = row_for(node_name);
  NodePods& pods = cold_[index];
  pods.requested += pod->requests;
  pods.ports.insert(pods.ports.end(), pod->ports.begin(), pod->ports.end());
  pods.pods.emplace(pod->uid, pod);
  rows_[index].scored_cpu_millis += pod->scored_cpu_millis;
  rows_[index].scored_memory_bytes += pod->scored_memory_bytes;
  recount(index);
  node_of_pod_[pod->uid] = node_name;
}

std::optional<std::string> Cluster::remove_pod(const std::string& uid) {
  const auto place = node_of_pod_.find(uid);
  if (place == node_of_pod_.end()) {
    return std::nullopt;
  }
  std::string name = std::move(place->second);
  node_of_pod_.erase(place);
  const std::size_t index = row_of_.at(name);
  NodePods& pods = cold_[index];
  const auto entry = pods.pods.find(uid);
  const PodPtr pod = entry->second;
  pods.pods.erase(entry);
  pods.requested -= pod->requests;
  for (const auto& port : pod->ports) {
    pods.ports.erase(std::ranges::find(pods.ports, port));
  }
  rows_[index].scored_cpu_millis -= pod->scored_cpu_millis;
  rows_[index].scored_memory_bytes -= pod->scored_memory_bytes;
  recount(index);
  drop_if_empty(name);
  return name;
}

const std::string* Cluster::node_of(const std::string& uid) const {
  const auto place = node_of_pod_.find(uid);
  return place != node_of_pod_.end() ? &place->second : nullptr;
}

bool Cluster::counts_alike(const Pod& pod) const {
  const Pod& before = *cold_[row_of_.at(node_of_pod_.at(pod.uid))].pods.at(pod.uid);
  return before.requests == pod.requests && before.ports == pod.ports &&
         before.priority == pod.priority;
}

}  // namespace pintle::scheduler
