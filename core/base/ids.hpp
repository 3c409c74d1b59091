// Ids: random names and numbers nobody can guess.

#pragma once

#include <cstddef>
#include <string>

namespace pintle {

/// A random (version 4) UUID: "f47ac10b-58cc-4372-a567-0e02b2c3d479".
std::string make_uuid();

/// `length` random characters of the alphabet Kubernetes uses for generated names, which holds no
/// vowels and so makes no words. Source: apimachinery util/rand SafeEncodeString.
std::string make_name_suffix(std::size_t length = 5);

}  // namespace pintle
