// Answers requests to the node.

#include "plugins/kubelet/routes.hpp"

#include <charconv>

#include "core/base/concat.hpp"
#include "core/sdk/path.hpp"
#include "plugins/kubelet/http_probe.hpp"
#include "plugins/kubelet/logs.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::string_view kAllRoutes =
    "/containerLogs/ /exec/ /attach/ /portForward/ /pods /runningpods /healthz /spec";
constexpr std::string_view kReadOnlyRoutes = "/pods /healthz /spec";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";

/// Every value of `name` in the query, in order.
std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (sdk::query_unescaped(pair.substr(0, equals)) == name) {
      values.push_back(
          equals == std::string_view::npos ? "" : sdk::query_unescaped(pair.substr(equals + 1)));
    }
  }
  return values;
}

/// Source: kubelet remotecommand.NewOptions: "1" from servers, "true" from people.
bool has_flag(std::string_view query, std::string_view short_name, std::string_view long_name) {
  for (const auto name : {short_name, long_name}) {
    const auto value = sdk::query_value(query, name);
    if (value && (*value == "1" || *value == "true")) {
      return true;
    }
  }
  return false;
}

void answer_text(sdk::Exchange& exchange, const Error& error) {
  exchange.answer(static_cast<std::uint32_t>(http_status_of(error.code)), kText, error.message);
}

struct StreamUrl {
  std::string host;
  int port = 80;
  std::string target;
};

/// "http://127.0.0.1:41234/exec/abc" in parts.
Result<StreamUrl> parse_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const auto slash = url.find('/', kScheme.size());
  if (!url.starts_with(kScheme) || slash == std::string::npos) {
    return Error{Code::kInternalError, "the runtime's streaming URL is not understood: " + url};
  }
  const auto authority = url.substr(kScheme.size(), slash - kScheme.size());
  const auto colon = authority.rfind(':');
  StreamUrl parsed;
  parsed.host = authority.substr(0, colon);
  parsed.target = url.substr(slash);
  if (colon != std::string::npos) {
    std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), parsed.port);
  }
  if (parsed.host.starts_with("[") && parsed.host.ends_with("]")) {
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  }
  return parsed;
}

}  // namespace

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) {
      parts.push_back(sdk::query_unescaped(path.substr(0, slash)));
    }
    path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  }
  return parts;
}

Result<void> Routes::provide(sdk::Host& host) {
  offers_.push_back(std::make_unique<sdk::RouteOffer>(*this, std::string(kAllRoutes), "kubelet"));
  offers_.push_back(
      std::make_unique<sdk::RouteOffer>(*this, std::string(kReadOnlyRoutes), "kubelet-read-only"));
  for (const auto& offer : offers_) {
    PINTLE_TRY_STATUS(offer->provide(host));
  }
  return {};
}

void Routes::handle(sdk::Exchange& exchange) {
  const auto parts = path_parts(exchange.path());
  const auto first = parts.empty() ? "" : parts.front();
  if (first == "containerLogs") {
    send_logs(exchange, parts);
  } else if (first == "exec" || first == "attach" || first == "portForward") {
    send_stream(exchange, parts);
  } else if (first == "healthz") {
    exchange.answer(200, kText, "ok");
  } else if (first == "pods" || first == "runningpods") {
    exchange.answer(200, kJson, to_json(kubelet_.pod_list(first == "runningpods")));
  } else if (first == "spec") {
    send_spec(exchange);
  } else {
    exchange.answer(404, kText, "404 page not found\n");
  }
}

Result<Kubelet::WorkerPtr> Routes::find_pod(const std::vector<std::string>& parts) const {
  if (parts.size() < 3) {
    return Error{Code::kNotFound, "404 page not found"};
  }
  auto worker = kubelet_.find_pod(parts[1], parts[2]);
  if (worker == nullptr) {
    return Error{Code::kNotFound, concat({"pod \"", parts[2], "\" not found"})};
  }
  return worker;
}

void Routes::send_logs(sdk::Exchange& exchange, const std::vector<std::string>& parts) {
  const auto worker = find_pod(parts);
  if (!worker || parts.size() != 4) {
    answer_text(exchange, worker ? Error{Code::kNotFound, "404 page not found"} : worker.error());
    return;
  }
  const auto& [name, container] = std::pair(parts[2], parts[3]);
  if (find_container(worker.value()->pod()->json(), container) == nullptr) {
    answer_text(exchange, {Code::kNotFound, concat({"container \"", container,
                                                    "\" not found in pod \"", name, "\""})});
    return;
  }
  const auto options = parse_log_options(exchange.query(), kubelet_.clock().now());
  if (!options) {
    answer_text(exchange, {Code::kBadRequest, options.error().message});
    return;
  }
  const auto run = worker.value()->find_run(container, options.value().previous);
  if (!run || run.value().id.empty()) {
    const auto waiting = run ? run.value().waiting : "";
    const auto why =
        options.value().previous
            ? concat({"previous terminated container \"", container, "\" in pod \"", name,
                      "\" not found"})
            : concat({"container \"", container, "\" in pod \"", name,
                      "\" is waiting to start: ", waiting.empty() ? "ContainerCreating" : waiting});
    answer_text(exchange, {Code::kBadRequest, why});
    return;
  }
  const auto& place = run.value();
  bool has_begun = false;
  const auto begin = [&] {
    if (!has_begun) {
      has_begun = true;
      exchange.begin(200, "Content-Type: text/plain\r\n");
    }
  };
  const auto is_over = [&] {
    // Followers get their head before the first line, as there may be none for long.
    begin();
    if (kubelet_.is_stopping() || exchange.client_gone()) {
      return true;
    }
    const auto status = kubelet_.runtime().container_status(place.id);
    return !status || status.value().state.phase != ContainerPhase::kRunning;
  };
  const auto read = read_log(
      place.log_path, options.value(),
      [&](std::string_view part) {
        begin();
        return exchange.write(part);
      },
      is_over);
  if (!read && !has_begun) {
    answer_text(exchange, read.error());
    return;
  }
  begin();
}

Result<std::string> Routes::stream_url(sdk::Exchange& exchange,
                                       const std::vector<std::string>& parts) {
  PINTLE_TRY(const auto worker, find_pod(parts));
  const auto query = exchange.query();
  if (parts[0] == "portForward") {
    PINTLE_TRY(const auto sandbox, worker->find_sandbox());
    std::vector<std::int32_t> ports;
    for (const auto& text : query_values(query, "port")) {
      std::int32_t port = 0;
      std::from_chars(text.data(), text.data() + text.size(), port);
      if (port < 1 || port > 65535) {
        return Error{Code::kBadRequest, concat({"port \"", text, "\" must be > 0 and <= 65535"})};
      }
      ports.push_back(port);
    }
    return kubelet_.runtime().port_forward_url(sandbox, ports);
  }
  // The pod's uid may stand before the container: its own must match then.
  const bool has_uid = parts.size() == 5;
  if (parts.size() != 4 && !has_uid) {
    return Error{Code::kNotFound, "404 page not found"};
  }
  if (has_uid && worker->pod()->uid != parts[3]) {
    return Error{Code::kNotFound, concat({"pod \"", parts[2], "\" not found"})};
  }
  const auto& container = parts.back();
  PINTLE_TRY(const auto run, worker->find_run(container, false));
  if (run.id.empty() || !run.is_running) {
    return Error{Code::kNotFound, concat({"container not found (\"", container, "\")"})};
  }
  StreamOptions options;
  options.container_id = run.id;
  options.command = query_values(query, "command");
  options.tty = has_flag(query, "tty", "tty");
  options.with_stdin = has_flag(query, "input", "stdin");
  options.with_stdout = has_flag(query, "output", "stdout");
  // A terminal has one stream out.
  options.with_stderr = !options.tty && has_flag(query, "error", "stderr");
  if (!options.with_stdin && !options.with_stdout && !options.with_stderr) {
    return Error{Code::kBadRequest, "you must specify at least 1 of stdin, stdout, stderr"};
  }
  if (parts[0] == "exec") {
    return kubelet_.runtime().exec_url(options);
  }
  const auto* spec = find_container(worker->pod()->json(), container);
  const auto* tty = spec == nullptr ? nullptr : find_member(*spec, "tty");
  options.tty = tty != nullptr && tty->is_bool() && tty->as_bool();
  options.with_stderr = options.with_stderr && !options.tty;
  return kubelet_.runtime().attach_url(options);
}

void Routes::send_stream(sdk::Exchange& exchange, const std::vector<std::string>& parts) {
  const auto url = stream_url(exchange, parts);
  if (!url) {
    answer_text(exchange, url.error());
    return;
  }
  const auto parsed = parse_url(url.value());
  if (!parsed) {
    answer_text(exchange, parsed.error());
    return;
  }
  const auto& to = parsed.value();
  auto socket = connect_tcp(to.host, to.port, std::chrono::seconds{10});
  if (!socket) {
    answer_text(exchange, {Code::kBadGateway, socket.error().message});
    return;
  }
  exchange.tunnel(socket.value().release(), concat({to.host, ":", std::to_string(to.port)}),
                  to.target);
}

void Routes::send_spec(sdk::Exchange& exchange) {
  const auto& machine = kubelet_.machine();
  const JsonObject spec{
      {"num_cores", machine.cpu_count},    {"memory_capacity", machine.memory_bytes},
      {"machine_id", machine.machine_id},  {"system_uuid", machine.system_uuid},
      {"boot_id", machine.boot_id},        {"kernel_version", machine.kernel_version},
      {"os_image", machine.os_image},      {"architecture", machine.architecture},
      {"node_name", kubelet_.node().name}, {"node_ip", kubelet_.node().ip}};
  exchange.answer(200, kJson, to_json(spec));
}

}  // namespace pintle::kubelet
