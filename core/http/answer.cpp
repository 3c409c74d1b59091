// Writing the heads of responses.

#include "core/http/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/http/head.hpp"
#include "core/object/json.hpp"

namespace pintle::http {
namespace {

using StatusText = std::pair<int, std::string_view>;

constexpr std::array kStatusTexts = {
    StatusText{100, "Continue"},
    StatusText{101, "Switching Protocols"},
    StatusText{200, "OK"},
    StatusText{201, "Created"},
    StatusText{202, "Accepted"},
    StatusText{204, "No Content"},
    StatusText{206, "Partial Content"},
    StatusText{301, "Moved Permanently"},
    StatusText{302, "Found"},
    StatusText{303, "See Other"},
    StatusText{304, "Not Modified"},
    StatusText{307, "Temporary Redirect"},
    StatusText{308, "Permanent Redirect"},
    StatusText{400, "Bad Request"},
    StatusText{401, "Unauthorized"},
    StatusText{403, "Forbidden"},
    StatusText{404, "Not Found"},
    StatusText{405, "Method Not Allowed"},
    StatusText{406, "Not Acceptable"},
    StatusText{408, "Request Timeout"},
    StatusText{409, "Conflict"},
    StatusText{410, "Gone"},
    StatusText{411, "Length Required"},
    StatusText{412, "Precondition Failed"},
    StatusText{413, "Request Entity Too Large"},
    StatusText{414, "Request URI Too Long"},
    StatusText{415, "Unsupported Media Type"},
    StatusText{417, "Expectation Failed"},
    StatusText{422, "Unprocessable Entity"},
    StatusText{429, "Too Many Requests"},
    StatusText{431, "Request Header Fields Too Large"},
    StatusText{500, "Internal Server Error"},
    StatusText{501, "Not Implemented"},
    StatusText{502, "Bad Gateway"},
    StatusText{503, "Service Unavailable"},
    StatusText{504, "Gateway Timeout"},
    StatusText{505, "HTTP Version Not Supported"},
};

/// The Status reason of the engine's refusals; several statuses have none in Kubernetes.
std::string_view reason_of_status(int status) {
  switch (status) {
    case 400:
      return "BadRequest";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 408:
    case 504:
      return "Timeout";
    case 413:
      return "RequestEntityTooLarge";
    case 429:
      return "TooManyRequests";
    case 500:
      return "InternalError";
    case 503:
      return "ServiceUnavailable";
    default:
      return "";
  }
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto [end, fault] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name)) {
    return;
  }
  out += name;
  out += ": ";
  const auto at = out.size();
  out += value;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(at), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  out += "\r\n";
}

void append_status_line(std::string& out, int status, bool is_http_1_0) {
  out += is_http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += status_text(status);
  out += "\r\n";
}

}  // namespace

std::string_view status_text(int status) {
  const auto found = std::ranges::lower_bound(kStatusTexts, status, {}, &StatusText::first);
  return found != kStatusTexts.end() && found->first == status ? found->second : "";
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_head(std::string& out, const gate::Response& response, const AnswerForm& form,
                 std::string_view date) {
  append_status_line(out, response.status, form.is_http_1_0);
  bool has_cache_control = false;
  for (const auto& [name, value] : response.headers) {
    append_field(out, name, value);
    has_cache_control = has_cache_control || equals_ignoring_case(name, "Cache-Control");
  }
  if (!has_cache_control) {
    out += "Cache-Control: no-cache, private\r\n";
  }
  if (!response.content_type.empty() && has_body(response.status)) {
    append_field(out, "Content-Type", response.content_type);
    out += "X-Content-Type-Options: nosniff\r\n";
  }
  out += "Date: ";
  out += date;
  out += "\r\n";
  if (form.is_chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (form.length && has_body(response.status)) {
    out += "Content-Length: ";
    append_number(out, *form.length);
    out += "\r\n";
  }
  if (!form.keeps_alive) {
    out += "Connection: close\r\n";
  } else if (form.is_http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

gate::Response refusal(int status, std::string_view message) {
  std::string body = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure")";
  body += R"(,"message":)";
  append_json_string(body, message);
  if (const auto reason = reason_of_status(status); !reason.empty()) {
    body += R"(,"reason":)";
    append_json_string(body, reason);
  }
  body += R"(,"code":)";
  append_number(body, static_cast<std::uint64_t>(status));
  body += "}\n";
  gate::Response response;
  response.status = status;
  response.body = std::move(body);
  if (status == 429) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

}  // namespace pintle::http
