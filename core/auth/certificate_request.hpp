// Certificate requests: what a CertificateSigningRequest brings.

#pragma once

#include <string>
#include <string_view>

namespace pintle::auth {

/// Why PEM text is no certificate request, in Go's words; "" if it is one.
std::string fault_of_certificate_request(std::string_view pem);

}  // namespace pintle::auth
