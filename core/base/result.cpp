// The names and numbers of the Status reasons.

#include "core/base/result.hpp"

#include <array>

namespace pintle {
namespace {

struct Row {
  Code code;
  int http_status;
  std::string_view reason;
};

// In the order of the enumerators: looked up by position.
constexpr std::array kRows = {
    Row{Code::kBadRequest, 400, "BadRequest"},
    Row{Code::kUnauthorized, 401, "Unauthorized"},
    Row{Code::kForbidden, 403, "Forbidden"},
    Row{Code::kNotFound, 404, "NotFound"},
    Row{Code::kMethodNotAllowed, 405, "MethodNotAllowed"},
    Row{Code::kNotAcceptable, 406, "NotAcceptable"},
    Row{Code::kAlreadyExists, 409, "AlreadyExists"},
    Row{Code::kConflict, 409, "Conflict"},
    Row{Code::kGone, 410, "Gone"},
    Row{Code::kExpired, 410, "Expired"},
    Row{Code::kRequestEntityTooLarge, 413, "RequestEntityTooLarge"},
    Row{Code::kUriTooLong, 414, "RequestURITooLong"},
    Row{Code::kUnsupportedMediaType, 415, "UnsupportedMediaType"},
    Row{Code::kInvalid, 422, "Invalid"},
    Row{Code::kTooManyRequests, 429, "TooManyRequests"},
    Row{Code::kInternalError, 500, "InternalError"},
    Row{Code::kUnknown, 500, ""},
    Row{Code::kBadGateway, 502, "InternalError"},
    Row{Code::kServiceUnavailable, 503, "ServiceUnavailable"},
    Row{Code::kTimeout, 504, "Timeout"},
    Row{Code::kCancelled, 500, ""},
};

const Row& row_of(Code code) {
  const Row& row = kRows.at(static_cast<std::size_t>(code));
  PINTLE_ASSERT(row.code == code);
  return row;
}

}  // namespace

std::string_view reason_of(Code code) {
  return row_of(code).reason;
}

int http_status_of(Code code) {
  return row_of(code).http_status;
}

}  // namespace pintle
