// The strict reading of heads.

#include "core/http/head.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace pintle::http {
namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) {
    table[static_cast<std::size_t>(c)] = true;
  }
  for (int c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = true;
    table[static_cast<std::size_t>(c - 'a' + 'A')] = true;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

constexpr auto kToken = make_token_table();

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

bool is_field_text(std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
      return false;
    }
  }
  return true;
}

bool is_visible_ascii(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) {
      return false;
    }
  }
  return true;
}

Fault bad(std::string_view message) {
  return Fault{400, std::string(message)};
}

/// Cuts the next line, without its CRLF, off `rest`. REQUIRES: a scanned head, so there is one.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

std::optional<Fault> parse_fields(std::string_view rest, const HeadLimits& limits,
                                  gate::Headers& headers) {
  headers.clear();
  headers.reserve(12);
  for (;;) {
    const auto line = take_line(rest);
    if (line.empty()) {
      return std::nullopt;
    }
    if (headers.size() == limits.max_header_count) {
      return Fault{431, "too many header fields"};
    }
    const auto colon = line.find(':');
    if (line.front() == ' ' || line.front() == '\t') {
      return bad("folded header lines are not accepted");
    }
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return bad("malformed header field name");
    }
    const auto value = trim(line.substr(colon + 1));
    if (!is_field_text(value)) {
      return bad("malformed header field value");
    }
    headers.emplace_back(line.substr(0, colon), value);
  }
}

/// Digits only, and small enough to count with.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  constexpr std::size_t kMaxDigits = 18;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  while (text.size() > 1 && text.front() == '0') {
    text.remove_prefix(1);
  }
  if (text.size() > kMaxDigits) {
    return 999'999'999'999'999'999U;  // Past every limit; refused as too large.
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<Fault> read_framing(const gate::Headers& headers, bool is_http_1_0,
                                  Framing& framing) {
  for (const auto& [name, value] : headers) {
    if (equals_ignoring_case(name, "Content-Length")) {
      const auto length = parse_length(value);
      if (framing.length) {
        return bad("more than one Content-Length");
      }
      if (!length) {
        return bad("bad Content-Length");
      }
      framing.length = length;
    } else if (equals_ignoring_case(name, "Transfer-Encoding")) {
      if (framing.chunked || is_http_1_0 || !equals_ignoring_case(value, "chunked")) {
        return bad("unsupported Transfer-Encoding");
      }
      framing.chunked = true;
    }
  }
  if (framing.chunked && framing.length) {
    return bad("both Content-Length and Transfer-Encoding");
  }
  return std::nullopt;
}

bool is_host(std::string_view host) {
  return is_visible_ascii(host) && host.find_first_of("/?#@\\<>\"{}|^`") == std::string_view::npos;
}

std::optional<Fault> check_host(const RequestHead& head) {
  int hosts = 0;
  for (const auto& [name, value] : head.headers) {
    if (equals_ignoring_case(name, "Host")) {
      ++hosts;
      if (!is_host(value)) {
        return bad("malformed Host header");
      }
    }
  }
  if (hosts > 1) {
    return bad("too many Host headers");
  }
  if (hosts == 0 && !head.is_http_1_0) {
    return bad("missing required Host header");
  }
  return std::nullopt;
}

/// "http://host/path" means "/path" here: the Host header has been checked on its own.
std::optional<Fault> read_target(std::string_view target, RequestHead& head) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() > scheme.size() &&
        equals_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      target.remove_prefix(scheme.size());
      const auto slash = target.find_first_of("/?");
      const bool has_path = slash != std::string_view::npos && target[slash] == '/';
      head.target = has_path ? std::string(target.substr(slash)) : "/";
      return std::nullopt;
    }
  }
  if (target.front() != '/' && !(target == "*" && head.method == "OPTIONS")) {
    return bad("malformed request target");
  }
  head.target = target;
  return std::nullopt;
}

std::optional<Fault> parse_request_line(std::string_view line, const HeadLimits& limits,
                                        RequestHead& head) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
    return bad("malformed request line");
  }
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, second - first - 1);
  const auto version = line.substr(second + 1);
  if (!is_token(method) || target.empty() || !is_visible_ascii(target)) {
    return bad("malformed request line");
  }
  if (target.size() > limits.max_target_bytes) {
    return Fault{414, "request target too long"};
  }
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' ||
      version[5] < '0' || version[5] > '9' || version[7] < '0' || version[7] > '9') {
    return bad("malformed HTTP version");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Fault{505, "unsupported protocol version"};
  }
  head.is_http_1_0 = version == "HTTP/1.0";
  head.method = method;
  return read_target(target, head);
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) {
      return false;
    }
  }
  return true;
}

bool is_token(std::string_view name) {
  for (const char c : name) {
    if (!kToken[static_cast<unsigned char>(c)]) {
      return false;
    }
  }
  return !name.empty();
}

bool header_has_token(const gate::Headers& headers, std::string_view name, std::string_view token) {
  for (const auto& [key, value] : headers) {
    if (!equals_ignoring_case(key, name)) {
      continue;
    }
    for (std::string_view rest = value; !rest.empty();) {
      const auto comma = rest.find(',');
      if (equals_ignoring_case(trim(rest.substr(0, comma)), token)) {
        return true;
      }
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return false;
}

HeadScanner::State HeadScanner::refuse(int status, std::string_view message) {
  fault_ = Fault{status, std::string(message)};
  return State::kFault;
}

HeadScanner::State HeadScanner::scan(std::string_view input, const HeadLimits& limits) {
  // Method, version and their spaces come on top of the target.
  constexpr std::size_t kRoundTheTarget = 64;
  while (scanned_ < input.size()) {
    const auto newline = input.find('\n', scanned_);
    if (newline == std::string_view::npos) {
      scanned_ = input.size();
      break;
    }
    if (newline == 0 || input[newline - 1] != '\r' || newline == line_start_) {
      return refuse(400, "a line must end in CRLF");
    }
    const auto line = input.substr(line_start_, newline - 1 - line_start_);
    if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
      return refuse(400, "control character in the head");
    }
    if (line_start_ == 0 && line.size() > limits.max_target_bytes + kRoundTheTarget) {
      return refuse(414, "request target too long");
    }
    line_start_ = newline + 1;
    scanned_ = newline + 1;
    if (line_start_ > limits.max_head_bytes) {
      return refuse(431, "request header fields too large");
    }
    if (line.empty()) {
      return State::kFound;
    }
  }
  if (line_start_ == 0 && input.size() > limits.max_target_bytes + kRoundTheTarget) {
    return refuse(414, "request target too long");
  }
  if (input.size() > limits.max_head_bytes) {
    return refuse(431, "request header fields too large");
  }
  return State::kMore;
}

std::optional<Fault> parse_request_head(std::string_view text, const HeadLimits& limits,
                                        RequestHead& head) {
  if (text.starts_with("\r\n")) {
    return bad("malformed request line");
  }
  const auto line = take_line(text);
  if (auto fault = parse_request_line(line, limits, head)) {
    return fault;
  }
  if (auto fault = parse_fields(text, limits, head.headers)) {
    return fault;
  }
  if (auto fault = check_host(head)) {
    return fault;
  }
  head.framing = {};
  if (auto fault = read_framing(head.headers, head.is_http_1_0, head.framing)) {
    return fault;
  }
  const bool asks_close = header_has_token(head.headers, "Connection", "close");
  const bool asks_keep = header_has_token(head.headers, "Connection", "keep-alive");
  head.keeps_alive = !asks_close && (!head.is_http_1_0 || asks_keep);
  const auto expect = gate::find_header(head.headers, "Expect");
  if (!expect.empty() && !equals_ignoring_case(expect, "100-continue")) {
    return Fault{417, "unsupported expectation"};
  }
  head.expects_continue = !expect.empty() && !head.is_http_1_0;
  return std::nullopt;
}

std::optional<Fault> parse_answer_head(std::string_view text, const HeadLimits& limits,
                                       AnswerHead& head) {
  const auto line = take_line(text);
  const bool shaped = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' &&
                      (line.size() == 12 || line[12] == ' ');
  if (!shaped || line.substr(9, 3).find_first_not_of("0123456789") != std::string_view::npos) {
    return bad("malformed status line");
  }
  head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (head.status < 100) {
    return bad("malformed status line");
  }
  if (auto fault = parse_fields(text, limits, head.headers)) {
    return fault;
  }
  head.framing = {};
  return read_framing(head.headers, /*is_http_1_0=*/false, head.framing);
}

}  // namespace pintle::http
