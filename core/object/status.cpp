// Errors to Status and back, and the words Kubernetes uses for them.

#include "core/object/status.hpp"

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "core/object/json.hpp"
#include "core/object/utf8.hpp"

namespace pintle {
namespace {

/// Appends `,"key":"text"`, unless the text is empty.
void append_member(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) {
    return;
  }
  if (out.back() != '{') {
    out += ',';
  }
  append_json_string(out, key);
  out += ':';
  append_json_string(out, text);
}

void append_causes(std::string& out, const std::vector<Cause>& causes) {
  if (causes.empty()) {
    return;
  }
  out += out.back() == '{' ? "\"causes\":[" : ",\"causes\":[";
  for (const auto& cause : causes) {
    out += out.back() == '[' ? "{" : ",{";
    append_member(out, "reason", cause.reason);
    append_member(out, "message", cause.message);
    append_member(out, "field", cause.field);
    out += '}';
  }
  out += ']';
}

void append_details(std::string& out, const ErrorDetails& details) {
  out += ",\"details\":{";
  append_member(out, "name", details.name);
  append_member(out, "group", details.group);
  append_member(out, "kind", details.kind);
  append_member(out, "uid", details.uid);
  append_causes(out, details.causes);
  if (details.retry_after_seconds > 0) {
    out += out.back() == '{' ? "" : ",";
    out += "\"retryAfterSeconds\":" + std::to_string(details.retry_after_seconds);
  }
  out += '}';
}

constexpr std::array kCodes = {
    Code::kBadRequest,
    Code::kUnauthorized,
    Code::kForbidden,
    Code::kNotFound,
    Code::kMethodNotAllowed,
    Code::kNotAcceptable,
    Code::kAlreadyExists,
    Code::kConflict,
    Code::kGone,
    Code::kExpired,
    Code::kRequestEntityTooLarge,
    Code::kUriTooLong,
    Code::kUnsupportedMediaType,
    Code::kInvalid,
    Code::kTooManyRequests,
    Code::kInternalError,
    Code::kBadGateway,
    Code::kServiceUnavailable,
    Code::kTimeout,
};

Code code_of(std::string_view reason, int http_status) {
  for (const Code code : kCodes) {
    if (reason_of(code) == reason && http_status_of(code) == http_status) {
      return code;
    }
  }
  for (const Code code : kCodes) {
    if (http_status_of(code) == http_status) {
      return code;
    }
  }
  return Code::kInternalError;
}

ErrorDetails details_of(const Json& status) {
  ErrorDetails details;
  details.name = text_at(status, {"details", "name"});
  details.group = text_at(status, {"details", "group"});
  details.kind = text_at(status, {"details", "kind"});
  details.uid = text_at(status, {"details", "uid"});
  for (const auto& cause : array_at(status, {"details", "causes"})) {
    details.causes.push_back({.reason = std::string(text_at(cause, {"reason"})),
                              .field = std::string(text_at(cause, {"field"})),
                              .message = std::string(text_at(cause, {"message"}))});
  }
  const auto retry_after = integer_at(status, {"details", "retryAfterSeconds"}).value_or(0);
  details.retry_after_seconds = static_cast<int>(std::clamp<std::int64_t>(retry_after, 0, 86400));
  return details;
}

struct SplitResource {
  std::string_view plural;
  std::string_view group;
};

SplitResource split(std::string_view resource) {
  const auto dot = resource.find('.');
  return dot == std::string_view::npos
             ? SplitResource{resource, {}}
             : SplitResource{resource.substr(0, dot), resource.substr(dot + 1)};
}

Error about(Code code, std::string_view resource, std::string_view name, std::string message) {
  const auto parts = split(resource);
  ErrorDetails details;
  details.name = name;
  details.group = parts.group;
  details.kind = parts.plural;
  return {code, std::move(message), std::move(details)};
}

/// One cause stands alone, several in brackets, each once.
/// Source: apimachinery util/errors aggregate.
std::string joined(const std::vector<Cause>& causes) {
  std::vector<std::string> texts;
  for (const auto& cause : causes) {
    auto text = cause.field.empty() ? cause.message : concat({cause.field, ": ", cause.message});
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
      texts.push_back(std::move(text));
    }
  }
  if (texts.size() == 1) {
    return texts.front();
  }
  std::string all = "[";
  for (const auto& text : texts) {
    all += all.size() > 1 ? ", " : "";
    all += text;
  }
  return all + "]";
}

template <typename Values>
Cause not_supported(std::string field, std::string_view value, const Values& supported) {
  std::string message = concat({"Unsupported value: ", quoted(value)});
  const char* before = ": supported values: ";
  for (const std::string_view text : supported) {
    message += before;
    message += quoted(text);
    before = ", ";
  }
  return {"FieldValueNotSupported", std::move(field), std::move(message)};
}

}  // namespace

std::string to_status_json(const Error& error) {
  std::string out =
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)";
  append_json_string(out, error.message);
  append_member(out, "reason", reason_of(error.code));
  if (error.details) {
    append_details(out, *error.details);
  }
  out += ",\"code\":" + std::to_string(http_status_of(error.code)) + "}";
  return out;
}

std::string to_success_status_json(std::string_view name, std::string_view group,
                                   std::string_view kind, std::string_view uid) {
  std::string out = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success")";
  ErrorDetails details;
  details.name = name;
  details.group = group;
  details.kind = kind;
  details.uid = uid;
  append_details(out, details);
  out += '}';
  return out;
}

Error error_of_status(std::string_view json, int http_status) {
  const auto parsed = parse_json(json);
  if (!parsed.ok() || text_at(parsed.value().value, {"kind"}) != "Status") {
    constexpr std::size_t kEnoughToRecognise = 200;
    return {code_of("", http_status), concat({"the server answered ", std::to_string(http_status),
                                              ": ", json.substr(0, kEnoughToRecognise)})};
  }
  const Json& status = parsed.value().value;
  const Code code = code_of(text_at(status, {"reason"}), http_status);
  std::string message(text_at(status, {"message"}));
  if (!find_member(status, "details")) {
    return {code, std::move(message)};
  }
  return {code, std::move(message), details_of(status)};
}

Error not_found(std::string_view resource, std::string_view name) {
  return about(Code::kNotFound, resource, name,
               concat({resource, " ", quoted(name), " not found"}));
}

Error already_exists(std::string_view resource, std::string_view name) {
  return about(Code::kAlreadyExists, resource, name,
               concat({resource, " ", quoted(name), " already exists"}));
}

Error conflict(std::string_view resource, std::string_view name, std::string_view why) {
  return about(
      Code::kConflict, resource, name,
      concat({"Operation cannot be fulfilled on ", resource, " ", quoted(name), ": ", why}));
}

bool has_cause(const Error& error, std::string_view reason) {
  return error.details != nullptr &&
         std::ranges::any_of(error.details->causes,
                             [reason](const Cause& cause) { return cause.reason == reason; });
}

Error invalid(std::string_view group, std::string_view kind, std::string_view name,
              std::vector<Cause> causes) {
  const std::string qualified = group.empty() ? std::string(kind) : concat({kind, ".", group});
  std::string message = concat({qualified, " ", quoted(name), " is invalid"});
  if (!causes.empty()) {
    message += ": " + joined(causes);
  }
  ErrorDetails details;
  details.name = name;
  details.group = group;
  details.kind = kind;
  details.causes = std::move(causes);
  return {Code::kInvalid, std::move(message), std::move(details)};
}

std::string quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    const std::size_t size = utf8_sequence_size(text, at);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[at];
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (c < 0x20 || c == 0x7f || size == 0) {
      out += "\\x";
      out += kHex[c >> 4];
      out += kHex[c & 0x0f];
    } else {
      out += text.substr(at, size);
    }
    at += std::max<std::size_t>(size, 1);
  }
  out += '"';
  return out;
}

Cause required_value(std::string field, std::string_view why) {
  return {"FieldValueRequired", std::move(field),
          why.empty() ? std::string("Required value") : concat({"Required value: ", why})};
}

Cause invalid_value(std::string field, std::string_view shown_value, std::string_view why) {
  return {"FieldValueInvalid", std::move(field),
          concat({"Invalid value: ", shown_value, ": ", why})};
}

Cause unsupported_value(std::string field, std::string_view value,
                        std::initializer_list<std::string_view> supported) {
  return not_supported(std::move(field), value, supported);
}

Cause unsupported_value(std::string field, std::string_view value,
                        const std::vector<std::string_view>& supported) {
  return not_supported(std::move(field), value, supported);
}

Cause duplicate_value(std::string field, std::string_view shown_value) {
  return {"FieldValueDuplicate", std::move(field), concat({"Duplicate value: ", shown_value})};
}

Cause not_found_value(std::string field, std::string_view shown_value) {
  return {"FieldValueNotFound", std::move(field), concat({"Not found: ", shown_value})};
}

Cause forbidden_value(std::string field, std::string_view why) {
  return {"FieldValueForbidden", std::move(field), concat({"Forbidden: ", why})};
}

Cause too_long_value(std::string field, std::size_t max_bytes) {
  return {"FieldValueTooLong", std::move(field),
          concat({"Too long: may not be more than ", std::to_string(max_bytes), " bytes"})};
}

}  // namespace pintle
