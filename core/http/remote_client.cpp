// Poco's client sessions, verified against the kubeconfig's CA.

#include "core/http/remote_client.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPBasicCredentials.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>
#include <chrono>
#include <exception>
#include <istream>
#include <ostream>
#include <sstream>
#include <utility>

#include "core/base/concat.hpp"
#include "core/http/tls.hpp"

namespace pintle::http {
namespace {

constexpr std::size_t kMaxIdle = 8;
constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kAnswerTimeout{60};
// Shorter than the server keeps an idle connection, so that we are the ones who close it.
constexpr long kKeepAliveSeconds = 60;  // NOLINT: Poco's type.

Poco::Timespan to_timespan(std::chrono::seconds seconds) {
  return {static_cast<long>(seconds.count()), 0};  // NOLINT: Poco's type.
}

}  // namespace

Result<std::unique_ptr<RemoteClient>> RemoteClient::make(const auth::ClientConfig& config) {
  try {
    const Poco::URI url(config.server_url);
    if (url.getScheme() != "https" || url.getHost().empty()) {
      return Error{Code::kInvalid,
                   concat({"server ", config.server_url, ": the URL must begin with https://"})};
    }
    Poco::Net::Context::Params params;
    params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
    params.loadDefaultCAs = false;
    Poco::Net::Context::Ptr context(
        new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
    PINTLE_TRY_STATUS(
        set_up_client(context->sslContext(), {.ca_pem = config.ca_pem,
                                              .certificate_pem = config.certificate_pem,
                                              .key_pem = config.key_pem,
                                              .host = {}}));
    std::unique_ptr<RemoteClient> client(new RemoteClient(config, context));
    client->host_ = url.getHost();
    client->port_ = url.getPort();
    return client;
  } catch (const Poco::Exception& failure) {
    return Error{Code::kInvalid,
                 concat({"server ", config.server_url, ": ", failure.displayText()})};
  }
}

RemoteClient::RemoteClient(auth::ClientConfig config, Poco::Net::Context::Ptr context)
    : config_(std::move(config)), context_(std::move(context)) {}

RemoteClient::Session RemoteClient::make_session(std::chrono::seconds receive_timeout) const {
  auto session = std::make_unique<Poco::Net::HTTPSClientSession>(host_, port_, context_);
  session->setKeepAlive(true);
  session->setKeepAliveTimeout(Poco::Timespan(kKeepAliveSeconds, 0));
  session->setTimeout(to_timespan(kConnectTimeout), to_timespan(kAnswerTimeout),
                      to_timespan(receive_timeout));
  return session;
}

Poco::Net::HTTPRequest RemoteClient::make_request(std::string_view method,
                                                  std::string_view path) const {
  Poco::Net::HTTPRequest request(std::string(method), std::string(path),
                                 Poco::Net::HTTPMessage::HTTP_1_1);
  request.set("Accept", "application/json");
  request.set("User-Agent", "pintle");
  request.setKeepAlive(true);
  if (!config_.token.empty()) {
    request.set("Authorization", "Bearer " + config_.token);
  } else if (!config_.username.empty()) {
    Poco::Net::HTTPBasicCredentials(config_.username, config_.password).authenticate(request);
  }
  return request;
}

Error RemoteClient::unreachable() const {
  std::string why;
  try {
    throw;
  } catch (const Poco::Net::ConnectionRefusedException&) {
    why = "connection refused; is it running, and is this its address?";
  } catch (const Poco::TimeoutException&) {
    why = "it did not answer in time";
  } catch (const Poco::Exception& failure) {
    why = failure.displayText();
  } catch (const std::exception& failure) {
    why = failure.what();
  }
  return {Code::kServiceUnavailable,
          concat({"the server ", config_.server_url, " can't be reached: ", why})};
}

ClientAnswer RemoteClient::exchange(Poco::Net::HTTPSClientSession& session, std::string_view method,
                                    std::string_view path, Body body) const {
  auto request = make_request(method, path);
  if (!body.text.empty()) {
    request.setContentType(std::string(body.content_type));
  }
  if (!body.text.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    request.setContentLength(static_cast<std::streamsize>(body.text.size()));
  }
  auto& out = session.sendRequest(request);
  out.write(body.text.data(), static_cast<std::streamsize>(body.text.size()));
  out.flush();
  Poco::Net::HTTPResponse response;
  auto& in = session.receiveResponse(response);
  ClientAnswer answer;
  answer.status = response.getStatus();
  answer.content_type = response.getContentType();
  Poco::StreamCopier::copyToString(in, answer.body);
  if (in.bad()) {
    throw Poco::Net::NetException("the answer was cut off");
  }
  return answer;
}

RemoteClient::Session RemoteClient::take_session(bool& is_used) {
  const std::lock_guard lock(mutex_);
  is_used = !idle_.empty();
  if (!is_used) {
    return make_session(kAnswerTimeout);
  }
  auto session = std::move(idle_.back());
  idle_.pop_back();
  return session;
}

void RemoteClient::give_back(Session session) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) {
    idle_.push_back(std::move(session));
  }
}

Result<ClientAnswer> RemoteClient::request(std::string_view method, std::string_view path,
                                           Body body) {
  for (;;) {
    bool is_used = false;
    auto session = take_session(is_used);
    try {
      auto answer = exchange(*session, method, path, body);
      give_back(std::move(session));
      return answer;
    } catch (const std::exception&) {
      // A pooled connection may have died unseen; what only reads is asked for again.
      if (!is_used || method != "GET") {
        return unreachable();
      }
    }
  }
}

}  // namespace pintle::http
