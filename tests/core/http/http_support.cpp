// The http tests' server and clients.

#include "tests/core/http/http_support.hpp"

#include <arpa/inet.h>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/http/chunks.hpp"
#include "core/http/head.hpp"

namespace pintle::http::test {

void TestHandler::handle(gate::Request request, gate::Respond respond) {
  ++handled_;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
  }
  const auto found = fast_.find(request.target.substr(0, request.target.find('?')));
  if (found != fast_.end()) {
    found->second(std::move(request), std::move(respond));
    return;
  }
  gate::Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.target + " " + request.body;
  respond(std::move(response));
}

bool TestHandler::is_slow(const gate::Request& request) const {
  return request.target.starts_with("/slow");
}

void TestHandler::handle_slow(Exchange& exchange) {
  ++handled_;
  slow_.at(exchange.request().target)(exchange);
}

std::vector<gate::Request> TestHandler::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

Certificates::Certificates() {
  std::string name = (std::filesystem::temp_directory_path() / "pintle-http-XXXXXX").string();
  directory = ::mkdtemp(name.data());
  auto names = auth::local_serving_names();
  names.addresses.emplace_back("127.0.0.1");
  names.dns.emplace_back("localhost");
  address = "127.0.0.1";
  for (const auto& each : names.addresses) {
    if (!each.starts_with("127.") && each.find(':') == std::string::npos) {
      address = each;
    }
  }
  dir = auth::fill_cert_dir(directory, names, "https://127.0.0.1:6443", SystemClock(), null_log())
            .value();
}

Certificates::~Certificates() {
  std::filesystem::remove_all(directory);
}

TlsFiles Certificates::server_files() const {
  return {.certificate = dir.serving_certificate(),
          .key = dir.serving_key(),
          .client_ca = dir.ca_certificate()};
}

Certificates& certificates() {
  static Certificates made;
  return made;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TestServer::TestServer(ServerOptions options) {
  options.limits.loops = options.limits.loops == 0 ? 2 : options.limits.loops;
  server = Server::make(std::move(options), handler, clock, null_log()).value();
}

int connect_to(std::uint16_t port, const std::string& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(fd);
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  }
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

Client::Client(std::uint16_t port, const std::string& address, SslPtr session)
    : transport_(std::make_unique<Transport>(connect_to(port, address), std::move(session))) {}

Client& Client::send(std::string_view text) {
  while (!text.empty()) {
    std::size_t put = 0;
    transport_->note_events(~0U);
    if (transport_->write(text, put) != Io::kOk) {
      break;
    }
    text.remove_prefix(put);
  }
  return *this;
}

bool Client::read_more() {
  std::array<char, 65536> buffer;
  std::size_t got = 0;
  transport_->note_events(~0U);
  if (transport_->read(buffer, got) != Io::kOk) {
    return false;
  }
  input_.append(buffer.data(), got);
  return true;
}

std::string Client::read_to_end() {
  while (read_more()) {
  }
  return std::exchange(input_, {});
}

std::string Client::read_until(std::string_view text) {
  while (input_.find(text) == std::string::npos && read_more()) {
  }
  const auto at = input_.find(text);
  const auto size = at == std::string::npos ? input_.size() : at + text.size();
  std::string taken = input_.substr(0, size);
  input_.erase(0, size);
  return taken;
}

Answer Client::read_answer(bool is_for_head) {
  AnswerHead head;
  do {
    const std::string text = read_until("\r\n\r\n");
    if (!text.ends_with("\r\n\r\n") || parse_answer_head(text, {}, head)) {
      return {};
    }
  } while (head.status == 100);
  Answer answer{.status = head.status, .headers = head.headers, .body = {}};
  if (is_for_head || head.status == 204 || head.status == 304) {
    return answer;
  }
  ChunkDecoder chunks;
  for (;;) {
    if (head.framing.chunked) {
      std::size_t used = 0;
      const auto state = chunks.feed(input_, answer.body, ~std::size_t{0}, used);
      input_.erase(0, used);
      if (state == ChunkDecoder::State::kEnd) {
        return answer;
      }
    } else if (head.framing.length && input_.size() >= *head.framing.length) {
      answer.body = input_.substr(0, static_cast<std::size_t>(*head.framing.length));
      input_.erase(0, answer.body.size());
      return answer;
    }
    if (!read_more()) {
      answer.body += std::exchange(input_, {});
      answer.status = head.framing.chunked || head.framing.length ? -1 : answer.status;
      return answer;
    }
  }
}

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (put <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void KeptRespond::keep(gate::Respond respond) {
  {
    const std::lock_guard lock(mutex_);
    respond_ = std::move(respond);
  }
  kept_.notify_all();
}

gate::Respond KeptRespond::take() {
  std::unique_lock lock(mutex_);
  if (!kept_.wait_for(lock, 10s, [this] { return respond_.has_value(); })) {
    throw std::runtime_error("no request came");
  }
  return std::move(*respond_);
}

int count_answers(std::string_view bytes) {
  int count = 0;
  for (auto at = bytes.find("HTTP/1."); at != std::string_view::npos;
       at = bytes.find("HTTP/1.", at + 1)) {
    ++count;
  }
  return count;
}

bool eventually(const std::function<bool()>& claim) {
  for (const auto end = std::chrono::steady_clock::now() + 10s; !claim();) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

}  // namespace pintle::http::test
