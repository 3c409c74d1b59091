// Compression: gzip for long answers, when the client asks. zlib's only home is compression.cpp.
//
// Source: apiserver endpoints/handlers/responsewriters, whose threshold and level these are.

#pragma once

#include <string>
#include <string_view>

#include "core/gate/exchange.hpp"

namespace pintle::gate {

/// Bodies up to this size are sent as they are: a network packet more costs less than packing them.
constexpr std::size_t kCompressedFrom = std::size_t{128} * 1024;

/// Whether `accept_encoding` names gzip. As in Kubernetes a `gzip;q=1.0` does not count.
bool accepts_gzip(std::string_view accept_encoding);

/// Packs the body of `response` while it is sent, if it is longer than kCompressedFrom. A streamed
/// body must have an end and never wait: it is read up to there to know.
void compress(Response& response);

}  // namespace pintle::gate
