// find_strategy: which storage name has which strategy. One row a kind.

#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {

const Strategy& plain_strategy() {
  static const Strategy strategy;
  return strategy;
}

const Strategy& find_strategy(std::string_view /*storage*/) { return plain_strategy(); }

}  // namespace pintle::registry
