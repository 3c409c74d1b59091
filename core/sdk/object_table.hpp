// The host's side of pintle.object/1, over core/object: for the loader, and for hosts in tests.

#pragma once

#include "core/object/object.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::sdk {

/// Lives for ever.
const pintle_object_table& object_table();

/// A handle with one reference, which the receiver releases; null for null.
const pintle_object* make_object(ObjectPtr object);

/// A pintle_value is the Json node itself, read in place.
inline const pintle_value* to_value(const Json* json) {
  return reinterpret_cast<const pintle_value*>(json);
}

}  // namespace pintle::sdk
