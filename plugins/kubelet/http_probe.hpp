// The network half of probes and hooks: one TCP connect, one plain HTTP GET, each with a deadline.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/kubelet/files.hpp"

namespace pintle::kubelet {

/// A connected socket. `host` is an address or a name. Errors: kServiceUnavailable worded
/// `dial tcp 10.0.0.1:80: connect: connection refused`; kTimeout.
Result<FileDescriptor> connect_tcp(const std::string& host, int port,
                                   std::chrono::milliseconds timeout);

struct HttpGet {
  std::string host;
  int port = 80;
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
};

struct HttpAnswer {
  int status = 0;
  std::string location;
  std::string body;  // The first 10 KiB.
};

/// One request on a connection of its own; redirects are not followed. Errors: as connect_tcp;
/// kInternalError for what is no HTTP.
Result<HttpAnswer> http_get(const HttpGet& request, std::chrono::milliseconds timeout);

}  // namespace pintle::kubelet
