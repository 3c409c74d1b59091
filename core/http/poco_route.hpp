// Poco routes: a Poco::Net::HTTPRequestHandler mounted as a slow route. Whoever knows Poco can
// write one.

#pragma once

#include <Poco/Net/HTTPRequestHandler.h>
#include <functional>
#include <memory>

#include "core/http/server.hpp"

namespace pintle::http {

/// Has `handler` answer the exchange, on its worker. It sees the request's method, target, headers
/// and whole body; what it sends is streamed to the client. An exception it throws before sending
/// becomes a 500, one after cuts the connection.
void serve_with_poco(Poco::Net::HTTPRequestHandler& handler, Exchange& exchange);

}  // namespace pintle::http
