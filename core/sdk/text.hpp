// Texts and statuses across the border: the C structs as the C++ side knows them.

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::sdk {

inline pintle_text to_c(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::string_view to_view(pintle_text text) {
  return text.data == nullptr ? std::string_view()
                              : std::string_view(text.data, static_cast<std::size_t>(text.size));
}

/// The Error that a status from the other side tells of; nothing lost where it carried a Status.
/// REQUIRES: status.code is not 0.
Error to_error(const pintle_status& status);

/// The status that tells the other side of `error`. Its texts live until the next call of to_c with
/// an Error on this thread.
pintle_status to_c(const Error& error);

inline pintle_status to_c(const Result<void>& result) {
  return result.ok() ? pintle_status{} : to_c(result.error());
}

inline Result<void> to_result(const pintle_status& status) {
  return status.code == 0 ? Result<void>() : Result<void>(to_error(status));
}

/// The Code that HTTP status `status` stands for; kInternalError for any that is not known.
Code code_of_http_status(std::uint32_t status);

/// Runs `body`, which gives a Result<void>; an exception becomes a 500. Nothing crosses but C.
template <typename Body>
pintle_status guarded(std::string_view what, Body&& body) noexcept;

/// What the exception under way says. Called in a catch (...) block.
std::string describe_exception() noexcept;

template <typename Body>
pintle_status guarded(std::string_view what, Body&& body) noexcept {
  try {
    return to_c(body());
  } catch (...) {
    return to_c(Error(Code::kInternalError, std::string(what) + " threw: " + describe_exception()));
  }
}

}  // namespace pintle::sdk
