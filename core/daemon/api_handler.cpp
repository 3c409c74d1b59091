// Slow routes wait on their worker for the gate's word, then serve.

#include "core/daemon/api_handler.hpp"

#include <future>
#include <optional>
#include <string_view>
#include <variant>

#include "core/gate/plugin_api.hpp"

namespace pintle::daemon {
namespace {

thread_local bool on_worker = false;

struct OnWorker {
  OnWorker() { on_worker = true; }
  ~OnWorker() { on_worker = false; }
  OnWorker(const OnWorker&) = delete;
  OnWorker& operator=(const OnWorker&) = delete;
};

std::string_view path_of(const gate::Request& request) {
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

/// Cheap and too generous: what it lets through is parsed.
bool may_be_slow(std::string_view path) {
  return path.starts_with("/apis/pintle.dev/") || path.find("/log") != std::string_view::npos ||
         path.find("/exec") != std::string_view::npos ||
         path.find("/attach") != std::string_view::npos ||
         path.find("/portforward") != std::string_view::npos ||
         path.find("/proxy") != std::string_view::npos;
}

void send(http::Exchange& exchange, gate::Response response) {
  auto headers = std::move(response.headers);
  const auto* text = std::get_if<std::string>(&response.body);
  headers.emplace_back("Content-Type", response.content_type);
  headers.emplace_back("Content-Length", std::to_string(text == nullptr ? 0 : text->size()));
  exchange.begin(response.status, headers);
  if (text != nullptr) {
    exchange.write(*text);
  }
}

}  // namespace

bool is_on_worker() {
  return on_worker;
}

void ApiHandler::handle(gate::Request request, gate::Respond respond) {
  parts_.gate->handle(std::move(request), std::move(respond));
}

bool ApiHandler::is_slow(const gate::Request& request) const {
  const auto path = path_of(request);
  if (parts_.routes != nullptr && parts_.routes->matches(path)) {
    return true;
  }
  if (!may_be_slow(path)) {
    return false;
  }
  const auto info = gate::parse_request_info(request.method, request.target);
  return info.ok() && (gate::is_plugin_api(info.value()) || http::is_node_route(info.value()) ||
                       http::is_proxy_route(info.value()));
}

void ApiHandler::serve(const gate::Admitted& admitted, http::Exchange& exchange) const {
  if (gate::is_plugin_api(admitted.info)) {
    return send(exchange,
                gate::answer_plugin_api(*parts_.loader, admitted.info, exchange.request()));
  }
  if (http::is_node_route(admitted.info)) {
    return parts_.node_proxy->serve(admitted.info, exchange);
  }
  if (http::is_proxy_route(admitted.info)) {
    return parts_.api_proxy->serve(admitted.info, exchange);
  }
  parts_.routes->serve(admitted.who.user, exchange);
}

void ApiHandler::handle_slow(http::Exchange& exchange) {
  const OnWorker here;
  using Outcome = std::variant<gate::Admitted, gate::Response>;
  // Shared: the gate may answer after a client that went away let this function return early.
  const auto outcome = std::make_shared<std::promise<Outcome>>();
  auto decided = outcome->get_future();
  parts_.gate->admit(
      exchange.request(),
      [outcome](gate::Admitted admitted) { outcome->set_value(Outcome(std::move(admitted))); },
      [outcome](gate::Response response) { outcome->set_value(Outcome(std::move(response))); });
  auto result = decided.get();
  if (auto* admitted = std::get_if<gate::Admitted>(&result)) {
    return serve(*admitted, exchange);
  }
  send(exchange, std::move(std::get<gate::Response>(result)));
}

}  // namespace pintle::daemon
