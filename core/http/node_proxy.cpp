// From a pod's subresource to its kubelet's URL.

#include "core/http/node_proxy.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/concat.hpp"
#include "core/http/dial.hpp"
#include "core/object/json.hpp"
#include "core/object/status.hpp"
#include "core/registry/query.hpp"

namespace pintle::http {
namespace {

using registry::Query;

Error bad_request(std::string message) {
  return {Code::kBadRequest, std::move(message)};
}

std::string names_of(const JsonArray& containers) {
  std::string names;
  for (const auto& container : containers) {
    names += names.empty() ? "" : " ";
    names += text_at(container, {"name"});
  }
  return names;
}

bool has_container(const Json& pod, std::string_view field, std::string_view name) {
  for (const auto& container : array_at(pod, {"spec", field})) {
    if (text_at(container, {"name"}) == name) {
      return true;
    }
  }
  return false;
}

/// The container asked for, or the only one there is.
Result<std::string> choose_container(const Json& pod, std::string_view asked) {
  const std::string pod_name(text_at(pod, {"metadata", "name"}));
  if (!asked.empty()) {
    for (const std::string_view field : {"containers", "initContainers", "ephemeralContainers"}) {
      if (has_container(pod, field, asked)) {
        return std::string(asked);
      }
    }
    return bad_request(concat({"container ", asked, " is not valid for pod ", pod_name}));
  }
  const auto& containers = array_at(pod, {"spec", "containers"});
  if (containers.size() == 1) {
    return std::string(text_at(containers[0], {"name"}));
  }
  std::string message = concat({"a container name must be specified for pod ", pod_name});
  if (!containers.empty()) {
    message += concat({", choose one of: [", names_of(containers), "]"});
    if (const auto& inits = array_at(pod, {"spec", "initContainers"}); !inits.empty()) {
      message += concat({" or one of the init containers: [", names_of(inits), "]"});
    }
  }
  return bad_request(std::move(message));
}

/// Collects a query for the kubelet.
class KubeletQuery {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? "?" : "&";
    text_ += name;
    text_ += "=";
    for (const char c : value) {
      append_escaped(c);
    }
  }
  const std::string& text() const { return text_; }

 private:
  void append_escaped(char c) {
    constexpr std::string_view kPlain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (kPlain.find(c) != std::string_view::npos) {
      text_ += c;
      return;
    }
    const auto byte = static_cast<unsigned char>(c);
    text_ += '%';
    text_ += kDigits[byte / 16];
    text_ += kDigits[byte % 16];
  }

  std::string text_;
};

/// Source: core/validation ValidatePodLogOptions.
Result<KubeletQuery> log_query(const Query& query, std::string_view pod) {
  KubeletQuery out;
  for (const std::string_view name : {"follow", "previous", "timestamps"}) {
    if (query.boolean(name).value_or(false)) {
      out.add(name, "true");
    }
  }
  struct Bound {
    std::string_view name;
    std::int64_t least;
    std::string_view why;
  };
  constexpr std::array kBounds = {
      Bound{"tailLines", 0, "must be greater than or equal to 0"},
      Bound{"limitBytes", 1, "must be greater than 0"},
      Bound{"sinceSeconds", 1, "must be greater than 0"},
  };
  std::vector<Cause> causes;
  for (const auto& bound : kBounds) {
    PINTLE_TRY(const auto value, query.integer(bound.name));
    if (!value) {
      continue;
    }
    const auto shown = std::to_string(*value);
    if (*value < bound.least) {
      causes.push_back(invalid_value(std::string(bound.name), shown, bound.why));
    }
    out.add(bound.name, shown);
  }
  if (const auto* since = query.find("sinceTime"); since != nullptr && !since->empty()) {
    if (query.find("sinceSeconds") != nullptr) {
      causes.push_back(
          forbidden_value("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    out.add("sinceTime", *since);
  }
  if (!causes.empty()) {
    return invalid("", "PodLogOptions", pod, std::move(causes));
  }
  return out;
}

/// Source: pkg/registry/core/pod/strategy.go streamParams.
Result<KubeletQuery> stream_query(const Query& query, bool wants_command) {
  struct Stream {
    std::string_view asked;
    std::string_view sent;
  };
  constexpr std::array kStreams = {Stream{"stdin", "input"}, Stream{"stdout", "output"},
                                   Stream{"stderr", "error"}};
  KubeletQuery out;
  bool has_stream = false;
  for (const auto& stream : kStreams) {
    if (query.boolean(stream.asked).value_or(false)) {
      has_stream = true;
      out.add(stream.sent, "1");
    }
  }
  if (!has_stream) {
    return bad_request("you must specify at least 1 of stdin, stdout, stderr");
  }
  if (query.boolean("tty").value_or(false)) {
    out.add("tty", "1");
  }
  const auto command = query.all("command");
  if (wants_command && command.empty()) {
    return bad_request("you must specify at least one command for the container");
  }
  for (const auto& word : command) {
    out.add("command", word);
  }
  return out;
}

/// The kubelet's path and query.
Result<std::string> kubelet_target(const gate::RequestInfo& info, const Json& pod) {
  const Query query(info.query);
  const auto& what = info.attributes;
  const std::string place = concat({"/", what.ns, "/", what.name});
  if (what.subresource == "portforward") {
    KubeletQuery out;
    for (const auto& port : query.all("ports")) {
      out.add("port", port);
    }
    return concat({"/portForward", place, out.text()});
  }
  if (what.subresource == "log") {
    PINTLE_TRY(const auto options, log_query(query, what.name));
    PINTLE_TRY(const auto container, choose_container(pod, query.text("container")));
    return concat({"/containerLogs", place, "/", container, options.text()});
  }
  const bool is_exec = what.subresource == "exec";
  PINTLE_TRY(const auto options, stream_query(query, is_exec));
  PINTLE_TRY(const auto container, choose_container(pod, query.text("container")));
  return concat({is_exec ? "/exec" : "/attach", place, "/", container, options.text()});
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Result<NodeAddress> address_of_node(const Json& node, std::uint16_t own_port) {
  const auto port = integer_at(node, {"status", "daemonEndpoints", "kubeletEndpoint", "Port"});
  for (const std::string_view type : {"InternalIP", "Hostname"}) {
    for (const auto& address : array_at(node, {"status", "addresses"})) {
      if (text_at(address, {"type"}) == type) {
        return NodeAddress{.host = std::string(text_at(address, {"address"})),
                           .port = static_cast<std::uint16_t>(port.value_or(10250)),
                           .may_be_loopback = type == "InternalIP",
                           .own_port = own_port};
      }
    }
  }
  return Error{Code::kInternalError, "no preferred addresses found; known addresses: []"};
}

void add_kubelet_credentials(const auth::CertDir& cert_dir, Exchange::Backend& backend) {
  backend.ca_pem = read_text(cert_dir.ca_certificate());
  backend.certificate_pem = read_text(cert_dir.kubelet_client_certificate());
  backend.key_pem = read_text(cert_dir.kubelet_client_key());
}

bool is_node_route(const gate::RequestInfo& info) {
  const auto& what = info.attributes;
  return what.is_resource && what.group.empty() && what.resource == "pods" && !what.name.empty() &&
         (what.subresource == "log" || what.subresource == "exec" || what.subresource == "attach" ||
          what.subresource == "portforward");
}

void answer_error(Exchange& exchange, const Error& error) {
  gate::Headers headers{{"Content-Type", "application/json"}};
  if (error.details && error.details->retry_after_seconds > 0) {
    headers.emplace_back("Retry-After", std::to_string(error.details->retry_after_seconds));
  }
  const std::string body = to_status_json(error);
  headers.emplace_back("Content-Length", std::to_string(body.size()));
  exchange.begin(http_status_of(error.code), headers);
  exchange.write(body);
}

NodeProxy::NodeProxy(NodeProxyParts parts) : parts_(std::move(parts)) {}

void NodeProxy::serve(const gate::RequestInfo& info, Exchange& exchange) const {
  if (const auto done = connect(info, exchange); !done.ok()) {
    answer_error(exchange, done.error());
  }
}

Result<void> NodeProxy::connect(const gate::RequestInfo& info, Exchange& exchange) const {
  const auto& what = info.attributes;
  const bool is_log = what.subresource == "log";
  const auto& method = exchange.request().method;
  if (is_log ? method != "GET" : (method != "GET" && method != "POST")) {
    return Error{Code::kMethodNotAllowed,
                 "the server does not allow this method on the requested resource"};
  }
  const auto pod = parts_.store.get({"pods", what.ns, what.name});
  if (!pod) {
    return not_found("pods", what.name);
  }
  PINTLE_TRY(const auto target, kubelet_target(info, pod->tree()));
  const std::string node_name(text_at(pod->tree(), {"spec", "nodeName"}));
  if (node_name.empty() && is_log) {
    exchange.begin(200, {{"Content-Type", "text/plain"}, {"Content-Length", "0"}});
    return {};
  }
  if (node_name.empty()) {
    return bad_request(concat({"pod ", what.name, " does not have a host assigned"}));
  }
  const auto node = parts_.store.get({"nodes", "", node_name});
  if (!node) {
    return not_found("nodes", node_name);
  }
  PINTLE_TRY(const auto address, address_of_node(node->tree(), parts_.own_port));
  auto dialled = dial(address);
  if (!dialled.ok() && dialled.error().code == Code::kBadRequest) {
    return dialled.error();
  }
  if (!dialled.ok()) {
    const std::string& why = dialled.error().message;
    return Error{Code::kInternalError,
                 is_log ? concat({"Get \"https://", authority_of(address), target, "\": ", why})
                        : concat({"Internal error occurred: error dialing backend: ", why})};
  }
  Exchange::Backend backend{.fd = dialled.value(),
                            .tls = true,
                            .ca_pem = {},
                            .certificate_pem = {},
                            .key_pem = {},
                            .host = authority_of(address),
                            .target = target,
                            .words_errors = is_log,
                            .prefix = {}};
  add_kubelet_credentials(parts_.cert_dir, backend);
  exchange.relay(std::move(backend), /*upgrade=*/!is_log);
  return {};
}

}  // namespace pintle::http
