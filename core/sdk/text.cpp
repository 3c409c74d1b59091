// Texts and statuses across the border: see text.hpp.

#include "core/sdk/text.hpp"

#include <exception>

#include "core/object/status.hpp"

namespace pintle::sdk {

Code code_of_http_status(std::uint32_t status) {
  switch (status) {
    case 400:
      return Code::kBadRequest;
    case 401:
      return Code::kUnauthorized;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 405:
      return Code::kMethodNotAllowed;
    case 406:
      return Code::kNotAcceptable;
    case 409:
      return Code::kConflict;
    case 410:
      return Code::kExpired;
    case 413:
      return Code::kRequestEntityTooLarge;
    case 414:
      return Code::kUriTooLong;
    case 415:
      return Code::kUnsupportedMediaType;
    case 422:
      return Code::kInvalid;
    case 429:
      return Code::kTooManyRequests;
    case 502:
      return Code::kBadGateway;
    case 503:
      return Code::kServiceUnavailable;
    case 504:
      return Code::kTimeout;
    default:
      return Code::kInternalError;
  }
}

Error to_error(const pintle_status& status) {
  if (status.json.size != 0) {
    return error_of_status(to_view(status.json), static_cast<int>(status.code));
  }
  return {code_of_http_status(status.code), std::string(to_view(status.text))};
}

pintle_status to_c(const Error& error) {
  // The border's contract: texts are borrowed until this side is next called on this thread.
  thread_local std::string text;
  thread_local std::string json;
  text = error.message;
  json = error.details ? to_status_json(error) : std::string();
  return {static_cast<std::uint32_t>(http_status_of(error.code)), to_c(std::string_view(text)),
          to_c(std::string_view(json))};
}

std::string describe_exception() noexcept {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace pintle::sdk
