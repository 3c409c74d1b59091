// Remote: a cluster spoken to over HTTPS, for plugins that run outside the server, and for the
// commands. Poco's HTTPSClientSession inside.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/auth/pki.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/loader/loader.hpp"

namespace pintle::http {

struct ClientAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// One request over a fresh connection; verified against the config's CA.
/// Errors: kServiceUnavailable naming the server and why it can't be reached.
Result<ClientAnswer> request_once(const auth::ClientConfig& config, std::string_view method,
                                  std::string_view path, std::string_view content_type,
                                  std::string_view body);

/// A loader backend over HTTPS: requests on pooled connections, subscriptions as list and watch
/// with back-off, resumed by resourceVersion, relisted on 410.
std::unique_ptr<loader::Backend> make_remote_backend(auth::ClientConfig config, Log& log);

}  // namespace pintle::http
