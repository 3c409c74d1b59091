// The long-running commands, and the switch over all of them.

#include "core/daemon/run.hpp"

#include <iostream>
#include <memory>

#include "core/base/clock.hpp"
#include "core/daemon/commands.hpp"
#include "core/daemon/control_plane.hpp"
#include "core/daemon/log_channel.hpp"
#include "core/daemon/machine.hpp"
#include "core/daemon/node.hpp"

namespace pintle::daemon {
namespace {

int fail(const std::string& command, const Error& error) {
  std::cerr << "pintle " << command << ": " << error.message << '\n';
  return 1;
}

int run_apiserver(const Options& options, const Clock& clock, Log& log) {
  const auto no_more = [](const auth::CertDir&) -> Result<std::map<std::string, std::string>> {
    return std::map<std::string, std::string>();
  };
  auto server = ControlPlane::make(options, no_more, clock, log);
  if (!server.ok()) {
    return fail("apiserver", server.error());
  }
  const auto started = server.value()->start();
  if (!started.ok()) {
    return fail("apiserver", started.error());
  }
  std::cout << "listening on " << server.value()->url() << std::endl;
  notify_service_manager("READY=1");
  wait_for_signal();
  notify_service_manager("STOPPING=1");
  server.value()->stop();
  return 0;
}

int run_up(const Options& options, const Clock& clock, Log& log) {
  std::unique_ptr<NodeListeners> listeners;
  const auto node_settings =
      [&](const auth::CertDir& cert_dir) -> Result<std::map<std::string, std::string>> {
    PINTLE_TRY(auto files, issue_node_files(cert_dir, options.kubelet,
                                            options.kubelet.root_dir / "pki", clock));
    PINTLE_TRY(listeners, NodeListeners::make(options.kubelet, std::move(files), clock, log));
    return kubelet_settings(options.kubelet, listeners->port());
  };
  auto server = ControlPlane::make(options, node_settings, clock, log);
  if (!server.ok()) {
    return fail("up", server.error());
  }
  listeners->start(server.value()->loader());
  const auto started = server.value()->start();
  if (!started.ok()) {
    return fail("up", started.error());
  }
  std::cout << "listening on " << server.value()->url() << std::endl;
  notify_service_manager("READY=1");
  wait_for_signal();
  notify_service_manager("STOPPING=1");
  listeners->stop();
  server.value()->stop();
  return 0;
}

}  // namespace

int run(const CommandLine& line) {
  if (line.command == "version") {
    return run_version(line, std::cout);
  }
  if (line.command == "plugin") {
    return run_plugin(line, std::cout, std::cerr);
  }
  if (line.command == "kubeconfig") {
    return run_kubeconfig(line, std::cout, std::cerr);
  }
  if (line.command == "user") {
    return run_user(line, std::cin, std::cout, std::cerr);
  }
  if (line.command == "ps") {
    return run_ps(line, null_log(), std::cout, std::cerr);
  }
  take_signals();
  raise_file_limit();
  const SystemClock clock;
  const auto log = make_log(line.options.log);
  if (line.command == "kubelet") {
    return run_kubelet(line.options, clock, *log);
  }
  return line.command == "up" ? run_up(line.options, clock, *log)
                              : run_apiserver(line.options, clock, *log);
}

}  // namespace pintle::daemon
