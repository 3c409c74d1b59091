// Routes: HTTP paths that a plugin answers on the host's server. Derive from RouteHandler.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/pintle_plugin.h"
#include "core/sdk/text.hpp"

namespace pintle::sdk {

/// One request under way, on a worker thread; writes wait while the client is slow.
class Exchange {
 public:
  Exchange(const pintle_exchange_table* table, pintle_exchange* exchange)
      : table_(table), exchange_(exchange) {}

  /// These live as long as the exchange.
  std::string_view method() const { return to_view(table_->method(exchange_)); }
  std::string_view target() const { return to_view(table_->target(exchange_)); }
  std::string_view path() const { return target().substr(0, target().find('?')); }
  std::string_view query() const;  // Without the '?'.
  std::string_view header(std::string_view name) const {
    return to_view(table_->header(exchange_, to_c(name)));
  }
  std::string_view body() const { return to_view(table_->body(exchange_)); }
  std::string_view user() const { return to_view(table_->user(exchange_)); }

  /// Sends a whole answer.
  void answer(std::uint32_t status, std::string_view content_type, std::string_view body);
  /// Sends `error` as a v1 Status.
  void answer(const Error& error);

  /// Sends the head; the body follows in parts. `headers` is "Name: value\r\n" lines.
  void begin(std::uint32_t status, std::string_view headers);
  /// False once the client is gone.
  bool write(std::string_view part) { return table_->write(exchange_, to_c(part)) == 0; }
  bool client_gone() const;
  /// Instead of begin: see pintle_exchange_table.tunnel. `backend_fd` is the host's from here on.
  void tunnel(int backend_fd, std::string_view backend_host, std::string_view backend_target);

  bool answered() const { return answered_; }

 private:
  const pintle_exchange_table* table_;
  pintle_exchange* exchange_;
  bool answered_ = false;
};

/// Threads: handle is called from many threads at once.
class RouteHandler {
 public:
  virtual ~RouteHandler() = default;
  /// One that throws, or answers nothing, gives the client a 500.
  virtual void handle(Exchange& exchange) = 0;
};

/// Offers `handler` under path prefixes of one listener, for as long as the plugin runs.
class RouteOffer {
 public:
  /// `prefixes` are space-separated: "/exec/ /pods". `listener` is "kubelet", "kubelet-read-only"
  /// or "apiserver".
  RouteOffer(RouteHandler& handler, std::string prefixes, std::string listener);
  RouteOffer(const RouteOffer&) = delete;
  RouteOffer& operator=(const RouteOffer&) = delete;

  /// Errors: kInternalError where the host serves no routes.
  Result<void> provide(Host& host);

 private:
  static void handle(void* self, pintle_exchange* exchange);

  RouteHandler& handler_;
  const pintle_exchange_table* exchanges_ = nullptr;
  std::string prefixes_;
  std::string listener_;
  pintle_route_table table_{};
};

}  // namespace pintle::sdk
