// Closed-loop load: so many connections, each sending its next request when its last is answered.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/connection.hpp"

namespace pintle::bench {

struct Load {
  std::size_t connections = 1;
  std::size_t requests = 1000;
  /// The whole request number `i`, head and body.
  std::function<std::string(std::size_t i)> request;
  int wanted_status = 200;
};

struct Outcome {
  double seconds = 0;
  std::size_t requests = 0;
  std::size_t wrong = 0;  // Answers with another status.
  std::uint64_t bytes = 0;
  std::vector<double> latencies_ms;  // Sorted.

  double rate() const { return static_cast<double>(requests) / seconds; }
  double percentile(double p) const;
};

Outcome run(const Target& target, const TlsClient& tls, const Load& load);

/// "GET /path HTTP/1.1..." with credentials; a body gets Content-Length and JSON's type.
std::string make_request(const Target& target, const std::string& method, const std::string& path,
                         const std::string& body = "");

/// A ConfigMap whose JSON is about `bytes` long.
std::string config_map(const std::string& name, std::size_t bytes);

/// The server's process, where its pid is known: what it used.
struct Usage {
  double cpu_seconds = 0;
  double resident_mb = 0;
  double peak_mb = 0;
  int threads = 0;
};
Usage usage_of(int pid);

}  // namespace pintle::bench
