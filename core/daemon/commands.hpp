// The commands that are no servers: each does one thing, says so, and gives its exit code.

#pragma once

#include <iosfwd>

#include "core/base/log.hpp"
#include "core/daemon/flags.hpp"

namespace pintle::daemon {

/// `pintle plugin list|load|unload|replace`: over the API of a running server.
int run_plugin(const CommandLine& line, std::ostream& out, std::ostream& err);

/// `pintle kubeconfig`: a new client certificate in a kubeconfig, on `out`.
int run_kubeconfig(const CommandLine& line, std::ostream& out, std::ostream& err);

/// `pintle user add|passwd|list`: edits a basic-auth file. Passwords come from `in`.
int run_user(const CommandLine& line, std::istream& in, std::ostream& out, std::ostream& err);

/// `pintle ps`: the kubelet plugin's command, run here.
int run_ps(const CommandLine& line, Log& log, std::ostream& out, std::ostream& err);

/// `pintle version`.
int run_version(const CommandLine& line, std::ostream& out);

}  // namespace pintle::daemon
