// Heads and chunked bodies from outside: read the same however they are cut into packets, and
// nothing gets through that two servers could read differently.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/assert.hpp"
#include "core/http/chunks.hpp"
#include "core/http/head.hpp"

namespace {

using namespace pintle::http;

constexpr HeadLimits kLimits{
    .max_head_bytes = 4096, .max_target_bytes = 512, .max_header_count = 8};

void check_fields(const pintle::gate::Headers& headers, const Framing& framing) {
  PINTLE_ASSERT(headers.size() <= kLimits.max_header_count);
  PINTLE_ASSERT(!(framing.chunked && framing.length));
  for (const auto& [name, value] : headers) {
    PINTLE_ASSERT(is_token(name));
    PINTLE_ASSERT(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
}

void check_head(std::string_view text) {
  RequestHead request;
  if (!parse_request_head(text, kLimits, request)) {
    check_fields(request.headers, request.framing);
    PINTLE_ASSERT(is_token(request.method));
    PINTLE_ASSERT(request.target == "*" || request.target.front() == '/');
  }
  AnswerHead answer;
  if (!parse_answer_head(text, kLimits, answer)) {
    check_fields(answer.headers, answer.framing);
    PINTLE_ASSERT(answer.status >= 100 && answer.status <= 999);
  }
}

void check_scan(std::string_view input) {
  HeadScanner whole;
  const auto state = whole.scan(input, kLimits);
  HeadScanner bytewise;
  auto last = HeadScanner::State::kMore;
  for (std::size_t size = 1; size <= input.size() && last == HeadScanner::State::kMore; ++size) {
    last = bytewise.scan(input.substr(0, size), kLimits);
  }
  PINTLE_ASSERT(last == state || input.empty());
  if (state == HeadScanner::State::kFound) {
    PINTLE_ASSERT(whole.size() == bytewise.size());
    check_head(input.substr(0, whole.size()));
  }
}

void check_chunks(std::string_view input) {
  ChunkDecoder whole;
  std::string body;
  std::size_t used = 0;
  const auto state = whole.feed(input, body, ~std::size_t{0}, used);
  PINTLE_ASSERT(used <= input.size() && body.size() <= whole.announced());
  ChunkDecoder bytewise;
  std::string same;
  std::size_t sum = 0;
  auto last = ChunkDecoder::State::kMore;
  for (std::size_t at = 0; at < input.size() && last == ChunkDecoder::State::kMore; ++at) {
    std::size_t step = 0;
    last = bytewise.feed(input.substr(at, 1), same, ~std::size_t{0}, step);
    sum += step;
  }
  PINTLE_ASSERT(last == state && same == body && sum == used);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_scan(input);
  check_chunks(input);
  return 0;
}
