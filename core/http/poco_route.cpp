// Poco's request and response interfaces over an Exchange.

#include "core/http/poco_route.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <array>
#include <fstream>
#include <istream>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>

namespace pintle::http {
namespace {

/// Collects what is streamed and hands it on in parts.
class ExchangeBuffer final : public std::streambuf {
 public:
  explicit ExchangeBuffer(Exchange& exchange) : exchange_(exchange) {
    setp(part_.data(), part_.data() + part_.size());
  }

 protected:
  int_type overflow(int_type c) override {
    if (sync() != 0) {
      return traits_type::eof();
    }
    if (!traits_type::eq_int_type(c, traits_type::eof())) {
      *pptr() = traits_type::to_char_type(c);
      pbump(1);
    }
    return traits_type::not_eof(c);
  }

  int sync() override {
    const bool goes = exchange_.write({pbase(), static_cast<std::size_t>(pptr() - pbase())});
    setp(part_.data(), part_.data() + part_.size());
    return goes ? 0 : -1;
  }

 private:
  Exchange& exchange_;
  std::array<char, 8192> part_{};
};

class PocoResponse final : public Poco::Net::HTTPServerResponse {
 public:
  explicit PocoResponse(Exchange& exchange)
      : exchange_(exchange), buffer_(exchange), stream_(&buffer_) {}

  void sendContinue() override {}  // The body is here before a handler is.

  std::ostream& send() override {
    send_head();
    return stream_;
  }

  void sendFile(const std::string& path, const std::string& media_type) override {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      throw Poco::OpenFileException(path);
    }
    setContentType(media_type);
    send_head();
    stream_ << file.rdbuf();
  }

  void sendBuffer(const void* bytes, std::size_t size) override {
    setContentLength(static_cast<std::streamsize>(size));
    send_head();
    exchange_.write({static_cast<const char*>(bytes), size});
  }

  void redirect(const std::string& uri, HTTPStatus status) override {
    setStatusAndReason(status);
    set("Location", uri);
    setContentLength(0);
    send_head();
  }

  void requireAuthentication(const std::string& realm) override {
    setStatusAndReason(HTTP_UNAUTHORIZED);
    set("WWW-Authenticate", "Basic realm=\"" + realm + "\"");
  }

  bool sent() const override { return has_begun_; }

  /// What is still held goes out; a handler that sent nothing sent an empty body.
  void finish() {
    if (!has_begun_) {
      setContentLength(0);
      send_head();
    }
    stream_.flush();
  }

 private:
  void send_head() {
    if (std::exchange(has_begun_, true)) {
      return;
    }
    gate::Headers headers;
    for (const auto& [name, value] : *this) {
      headers.emplace_back(name, value);
    }
    exchange_.begin(getStatus(), headers);
  }

  Exchange& exchange_;
  ExchangeBuffer buffer_;
  std::ostream stream_;
  bool has_begun_ = false;
};

class PocoRequest final : public Poco::Net::HTTPServerRequest {
 public:
  PocoRequest(Exchange& exchange, PocoResponse& response)
      : response_(response),
        body_(exchange.request().body),
        client_(to_address(exchange.request().remote_address)),
        params_(new Poco::Net::HTTPServerParams) {
    const auto& request = exchange.request();
    setMethod(request.method);
    setURI(request.target);
    setVersion(HTTP_1_1);
    for (const auto& [name, value] : request.headers) {
      add(name, value);
    }
  }

  std::istream& stream() override { return body_; }
  const Poco::Net::SocketAddress& clientAddress() const override { return client_; }
  const Poco::Net::SocketAddress& serverAddress() const override { return server_; }
  const Poco::Net::HTTPServerParams& serverParams() const override { return *params_; }
  Poco::Net::HTTPServerResponse& response() const override { return response_; }
  bool secure() const override { return true; }

 private:
  static Poco::Net::SocketAddress to_address(const std::string& text) {
    try {
      return Poco::Net::SocketAddress(text);
    } catch (const Poco::Exception&) {
      return {};
    }
  }

  PocoResponse& response_;
  std::istringstream body_;
  const Poco::Net::SocketAddress client_;
  const Poco::Net::SocketAddress server_;
  const Poco::Net::HTTPServerParams::Ptr params_;
};

}  // namespace

void serve_with_poco(Poco::Net::HTTPRequestHandler& handler, Exchange& exchange) {
  PocoResponse response(exchange);
  PocoRequest request(exchange, response);
  handler.handleRequest(request, response);
  response.finish();
}

}  // namespace pintle::http
