// Result<T>: a value, or the Error that took its place. g++ 12 has no <expected>; this is ours.
//
// An Error is a Kubernetes Status in the making: a reason, a message for a person, and, where a
// field was wrong, the causes with their paths. `object/status.hpp` turns it into JSON.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/assert.hpp"

namespace pintle {

/// Why something failed: the reasons of a Kubernetes Status, and kCancelled for our own waits.
/// Source: apimachinery meta/v1 StatusReason.
enum class Code {
  kBadRequest,             // 400
  kUnauthorized,           // 401
  kForbidden,              // 403
  kNotFound,               // 404
  kMethodNotAllowed,       // 405
  kNotAcceptable,          // 406
  kAlreadyExists,          // 409
  kConflict,               // 409
  kGone,                   // 410, with no hope of an older version
  kExpired,                // 410, list again
  kRequestEntityTooLarge,  // 413
  kUriTooLong,             // 414
  kUnsupportedMediaType,   // 415
  kInvalid,                // 422
  kTooManyRequests,        // 429
  kInternalError,          // 500
  kUnknown,                // 500, with no reason: what Go's plain errors become
  kBadGateway,             // 502
  kServiceUnavailable,     // 503
  kTimeout,                // 504
  kCancelled,              // never leaves the process
};

/// One field that was wrong. Source: apimachinery meta/v1 StatusCause.
struct Cause {
  std::string reason;   // As in FieldValueRequired, FieldValueInvalid, ...
  std::string field;    // "spec.containers[0].name".
  std::string message;  // "Required value".
};

/// What a Status says beyond its message. Empty fields are left out.
struct ErrorDetails {
  std::string name;
  std::string group;
  std::string kind;  // A resource's plural in most answers, as in Kubernetes.
  std::string uid;
  std::vector<Cause> causes;
  int retry_after_seconds = 0;
};

struct Error {
  Code code = Code::kInternalError;
  std::string message;  // Lower case, no full stop, names the object.
  std::shared_ptr<const ErrorDetails> details = nullptr;

  Error() = default;
  Error(Code code_in, std::string message_in) : code(code_in), message(std::move(message_in)) {}
  Error(Code code_in, std::string message_in, ErrorDetails details_in)
      : code(code_in),
        message(std::move(message_in)),
        details(std::make_shared<const ErrorDetails>(std::move(details_in))) {}
};

/// "NotFound", "Invalid", ...: the Status reason. Empty for kCancelled.
std::string_view reason_of(Code code);

/// 404, 422, ...: the HTTP status. 500 for kCancelled.
int http_status_of(Code code);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// REQUIRES: ok().
  const T& value() const& {
    PINTLE_ASSERT(ok());
    return *std::get_if<0>(&held_);
  }
  T& value() & {
    PINTLE_ASSERT(ok());
    return *std::get_if<0>(&held_);
  }
  T&& value() && {
    PINTLE_ASSERT(ok());
    return std::move(*std::get_if<0>(&held_));
  }

  /// REQUIRES: !ok().
  const Error& error() const& {
    PINTLE_ASSERT(!ok());
    return *std::get_if<1>(&held_);
  }
  Error&& error() && {
    PINTLE_ASSERT(!ok());
    return std::move(*std::get_if<1>(&held_));
  }

 private:
  std::variant<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { PINTLE_ASSERT(ok()); }

  const Error& error() const& {
    PINTLE_ASSERT(!ok());
    return *error_;
  }
  Error&& error() && {
    PINTLE_ASSERT(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace pintle

#define PINTLE_CAT_(a, b) a##b
#define PINTLE_CAT(a, b) PINTLE_CAT_(a, b)

/// PINTLE_TRY(const auto x, f()): x becomes f()'s value, or the caller returns f()'s error.
#define PINTLE_TRY(declaration, ...) \
  PINTLE_TRY_(PINTLE_CAT(pintle_result_, __LINE__), declaration, __VA_ARGS__)
#define PINTLE_TRY_(result, declaration, ...) \
  auto result = __VA_ARGS__;                  \
  if (!result.ok()) {                         \
    return std::move(result).error();         \
  }                                           \
  declaration = std::move(result).value()

/// PINTLE_TRY_STATUS(f()): the same for a Result whose value nobody wants.
#define PINTLE_TRY_STATUS(...)                                 \
  if (auto pintle_status = __VA_ARGS__; !pintle_status.ok()) { \
    return std::move(pintle_status).error();                   \
  }                                                            \
  static_assert(true)
