// The rows of the targets page that one server can be asked for, each printing one JSON line.

#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/bench/load.hpp"

namespace pintle::bench {

struct Bench {
  const Target& target;
  const TlsClient& tls;
  int pid = 0;         // The server's, or 0: then no CPU and memory figures.
  double scale = 1.0;  // Of the number of requests: 0.1 for a quick look.
  std::string ns = "bench";
};

/// "B1" -> what measures it. Rows that need objects make them, in the namespace `ns`.
const std::map<std::string, std::function<void(const Bench&)>>& rows();

/// Makes the namespace; deletes what an earlier run left in it.
void prepare(const Bench& bench);

}  // namespace pintle::bench
