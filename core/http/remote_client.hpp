// RemoteClient: requests to a Kubernetes server over pooled HTTPSClientSessions.

#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/pki.hpp"
#include "core/base/result.hpp"
#include "core/http/remote.hpp"

namespace pintle::http {

/// Threads: every method may be called from any thread.
class RemoteClient {
 public:
  using Session = std::unique_ptr<Poco::Net::HTTPSClientSession>;

  /// Errors: kInvalid for a server URL or certificates that can't be used.
  static Result<std::unique_ptr<RemoteClient>> make(const auth::ClientConfig& config);

  struct Body {
    std::string_view content_type;
    std::string_view text;
  };
  /// Errors: kServiceUnavailable naming the server and why it can't be reached.
  Result<ClientAnswer> request(std::string_view method, std::string_view path, Body body);

  /// A session of the caller's own, for an answer without end; not yet connected.
  Session make_session(std::chrono::seconds receive_timeout) const;
  /// A request with the credentials on it.
  Poco::Net::HTTPRequest make_request(std::string_view method, std::string_view path) const;
  /// What went wrong with the exception in flight. REQUIRES: called in a catch block.
  Error unreachable() const;

 private:
  RemoteClient(auth::ClientConfig config, Poco::Net::Context::Ptr context);

  ClientAnswer exchange(Poco::Net::HTTPSClientSession& session, std::string_view method,
                        std::string_view path, Body body) const;
  Session take_session(bool& is_used);
  void give_back(Session session);

  const auth::ClientConfig config_;
  const Poco::Net::Context::Ptr context_;
  std::string host_;
  std::uint16_t port_ = 443;
  std::mutex mutex_;
  std::vector<Session> idle_;  // Guarded by mutex_.
};

}  // namespace pintle::http
