// The strategies by kind: each `make_*`-free accessor gives the one const instance of its file.

#pragma once

#include "core/registry/strategy.hpp"

namespace pintle::registry {

const Strategy& plain_strategy();

}  // namespace pintle::registry
