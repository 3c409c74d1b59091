// Routes: HTTP paths that a plugin answers; see route.hpp.

#include "core/sdk/route.hpp"

#include <cstddef>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"

namespace pintle::sdk {

std::string_view Exchange::query() const {
  const auto whole = target();
  const auto mark = whole.find('?');
  return mark == std::string_view::npos ? std::string_view() : whole.substr(mark + 1);
}

void Exchange::answer(std::uint32_t status, std::string_view content_type, std::string_view body) {
  begin(status, concat({"Content-Type: ", content_type,
                        "\r\nContent-Length: ", std::to_string(body.size()), "\r\n"}));
  write(body);
}

void Exchange::answer(const Error& error) {
  answer(static_cast<std::uint32_t>(http_status_of(error.code)), "application/json",
         to_status_json(error));
}

void Exchange::begin(std::uint32_t status, std::string_view headers) {
  answered_ = true;
  table_->begin(exchange_, status, to_c(headers));
}

bool Exchange::client_gone() const {
  // A host that is older than this function never says so; the next write tells.
  const bool known = table_->size > offsetof(pintle_exchange_table, client_gone);
  return known && table_->client_gone != nullptr && table_->client_gone(exchange_) != 0;
}

void Exchange::tunnel(int backend_fd, std::string_view backend_host,
                      std::string_view backend_target) {
  answered_ = true;
  table_->tunnel(exchange_, backend_fd, to_c(backend_host), to_c(backend_target));
}

RouteOffer::RouteOffer(RouteHandler& handler, std::string prefixes, std::string listener)
    : handler_(handler), prefixes_(std::move(prefixes)), listener_(std::move(listener)) {
  table_.size = sizeof(table_);
  table_.prefixes = to_c(std::string_view(prefixes_));
  table_.listener = to_c(std::string_view(listener_));
  table_.handle = &RouteOffer::handle;
}

Result<void> RouteOffer::provide(Host& host) {
  exchanges_ = static_cast<const pintle_exchange_table*>(host.table("pintle.exchange/1"));
  if (exchanges_ == nullptr) {
    return Error(Code::kInternalError, "this host serves no routes: it has no pintle.exchange/1");
  }
  return host.provide("pintle.route/1", &table_, this);
}

void RouteOffer::handle(void* self, pintle_exchange* raw) {
  auto& offer = *static_cast<RouteOffer*>(self);
  Exchange exchange(offer.exchanges_, raw);
  std::string fault = "the route gave no answer";
  try {
    offer.handler_.handle(exchange);
  } catch (...) {
    fault = "the route threw: " + describe_exception();
  }
  if (!exchange.answered()) {
    exchange.answer(Error(Code::kInternalError, fault));
  }
}

}  // namespace pintle::sdk
