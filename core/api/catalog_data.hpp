// The built-in tables, as kindc made them at build time.

#pragma once

#include <span>

#include "core/api/catalog.hpp"

namespace pintle::api {

std::span<const Type> builtin_types();
std::span<const Resource> builtin_resources();

}  // namespace pintle::api
