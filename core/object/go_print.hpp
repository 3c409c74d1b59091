// Go's print: JSON values as Go's %v and %#v show them, for messages that Kubernetes words so.

#pragma once

#include <string>

#include "core/object/json.hpp"

namespace pintle {

/// `map[a:1 b:[x y]]`, `<nil>`, texts bare: Go's %v.
std::string to_go_value(const Json& value);

/// `map[string]interface {}{"a":1}`, `"x"`, `interface {}(nil)`: Go's %#v.
std::string to_go_syntax(const Json& value);

/// `string`, `int64`, `map[string]interface {}`: Go's %T.
std::string to_go_type(const Json& value);

}  // namespace pintle
