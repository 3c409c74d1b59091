// Runs handlers of probes and hooks.

#include "plugins/kubelet/handlers.hpp"

#include "core/base/concat.hpp"
#include "plugins/kubelet/cri_client.hpp"
#include "plugins/kubelet/http_probe.hpp"

namespace pintle::kubelet {
namespace {

/// A port by number, or by the name it has in the container's ports.
Result<int> port_of(const Json& handler, const Json& container) {
  if (const auto number = integer_at(handler, {"port"})) {
    return static_cast<int>(*number);
  }
  const auto name = text_at(handler, {"port"});
  for (const auto& port : array_at(container, {"ports"})) {
    if (name_of(port) == name) {
      return static_cast<int>(integer_at(port, {"containerPort"}).value_or(0));
    }
  }
  return Error{Code::kInvalid, concat({"couldn't find port: ", name})};
}

Result<void> run_exec(Runtime& runtime, const Json& exec, const HandlerTarget& target,
                      std::chrono::seconds timeout) {
  std::vector<std::string> command;
  for (const auto& word : array_at(exec, {"command"})) {
    command.emplace_back(word.is_string() ? word.as_string().c_str() : "");
  }
  const auto result = runtime.exec_sync(target.container_id, command, timeout);
  if (!result) {
    if (result.error().code == Code::kTimeout) {
      return Error{Code::kTimeout, concat({"command timed out: ", result.error().message})};
    }
    return result.error();
  }
  if (result.value().exit_code != 0) {
    constexpr std::size_t kMaxShown = 10 * 1024;
    const auto said = (result.value().out + result.value().err).substr(0, kMaxShown);
    return Error{Code::kInternalError, said.empty() ? "command failed with exit code " +
                                                          std::to_string(result.value().exit_code)
                                                    : said};
  }
  return {};
}

Result<void> run_http(const Json& http, const Json& container, const HandlerTarget& target,
                      std::chrono::seconds timeout) {
  HttpGet request;
  const auto host = text_at(http, {"host"});
  request.host = host.empty() ? target.ip : std::string(host);
  PINTLE_TRY(request.port, port_of(http, container));
  const auto path = text_at(http, {"path"});
  request.path = path.empty() ? "/" : std::string(path);
  for (const auto& header : array_at(http, {"httpHeaders"})) {
    request.headers.emplace_back(name_of(header), text_at(header, {"value"}));
  }
  const auto answer = http_get(request, timeout);
  if (!answer) {
    return Error{answer.error().code,
                 concat({"Get \"http://", request.host, ":", std::to_string(request.port),
                         request.path, "\": ", answer.error().message})};
  }
  if (answer.value().status < 200 || answer.value().status >= 400) {
    return Error{Code::kInternalError,
                 "HTTP probe failed with statuscode: " + std::to_string(answer.value().status)};
  }
  return {};
}

}  // namespace

Result<void> run_handler(Runtime& runtime, const Json& handler, const Json& container,
                         const HandlerTarget& target, std::chrono::seconds timeout) {
  if (const auto* exec = find_member(handler, "exec")) {
    return run_exec(runtime, *exec, target, timeout);
  }
  if (const auto* http = find_member(handler, "httpGet")) {
    return run_http(*http, container, target, timeout);
  }
  if (const auto* tcp = find_member(handler, "tcpSocket")) {
    PINTLE_TRY(const auto port, port_of(*tcp, container));
    const auto host = text_at(*tcp, {"host"});
    PINTLE_TRY_STATUS(connect_tcp(host.empty() ? target.ip : std::string(host), port, timeout));
    return {};
  }
  if (const auto* grpc = find_member(handler, "grpc")) {
    PINTLE_TRY(const auto port, port_of(*grpc, container));
    return check_grpc_health(concat({target.ip, ":", std::to_string(port)}),
                             std::string(text_at(*grpc, {"service"})), timeout);
  }
  return Error{Code::kInvalid, concat({"the handler ", to_json(handler), " is not supported"})};
}

}  // namespace pintle::kubelet
