// Reading pods and nodes out of their objects.

#pragma once

#include "core/sdk/object.hpp"
#include "plugins/scheduler/model.hpp"

namespace pintle::scheduler {

std::shared_ptr<Pod> read_pod(const sdk::ObjectHandle& object);
std::shared_ptr<Node> read_node(const sdk::ObjectHandle& object);

}  // namespace pintle::scheduler
