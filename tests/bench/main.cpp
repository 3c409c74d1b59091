// pintle_bench: measures any server that speaks the API; one JSON line a row.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "tests/bench/rows.hpp"

namespace {

using namespace pintle::bench;

void set_server(Target& target, const std::string& url) {
  const auto start = url.find("://");
  const auto host = start == std::string::npos ? url : url.substr(start + 3);
  const auto colon = host.rfind(':');
  target.host = host.substr(0, colon);
  target.port = colon == std::string::npos ? "443" : host.substr(colon + 1);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures a server, row by row; one JSON line each"};
  std::string kubeconfig;
  std::string server;
  std::string token;
  std::string user;
  std::vector<std::string> wanted;
  int pid = 0;
  double scale = 1.0;
  app.add_option("--kubeconfig", kubeconfig, "Server and credentials");
  app.add_option("--server", server, "https://host:port, instead of the kubeconfig's");
  app.add_option("--token", token, "A bearer token");
  app.add_option("--user", user, "name:password, for basic auth");
  app.add_option("--pid", pid, "The server's process, for CPU and memory");
  app.add_option("--scale", scale, "Of the number of requests: 0.1 for a quick look");
  app.add_option("ROW", wanted, "B1 B2 ...; all if none is named");
  CLI11_PARSE(app, argc, argv);
  try {
    Target target;
    if (!kubeconfig.empty()) {
      auto config = pintle::auth::read_kubeconfig(kubeconfig);
      if (!config.ok()) {
        std::fprintf(stderr, "pintle_bench: %s\n", config.error().message.c_str());
        return 2;
      }
      target.config = std::move(config).value();
    }
    if (!token.empty()) {
      target.config.token = token;
    }
    if (!user.empty()) {
      target.config.username = user.substr(0, user.find(':'));
      target.config.password = user.substr(user.find(':') + 1);
    }
    set_server(target, server.empty() ? target.config.server_url : server);
    const TlsClient tls(target);
    const Bench bench{.target = target, .tls = tls, .pid = pid, .scale = scale};
    prepare(bench);
    for (const auto& [name, measure] : rows()) {
      if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
        measure(bench);
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pintle_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
