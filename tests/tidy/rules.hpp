// The house rules as functions: what is wrong with one source file, in sentences.

#pragma once

#include <string>
#include <vector>

namespace pintle::tidy {

struct Source {
  std::string path;  // Relative to the source root.
  std::vector<std::string> lines;
};

/// What a rule has against a file; empty if nothing.
using Faults = std::vector<std::string>;

/// A file of core includes its own room and rooms on lower floors; a plugin includes itself and the
/// sdk with what the sdk hands on (object, base). Tests may include anything.
Faults of_floors(const Source& source);

/// Each foreign library has one home. Tests may look anywhere.
Faults of_homes(const Source& source);

/// Line 1 says what the file is for.
Faults of_opening(const Source& source);

/// At most 100 columns, at most 500 lines.
Faults of_size(const Source& source);

/// Namespaces are folders.
Faults of_namespace(const Source& source);

/// Headers are included from the root, so that a reader knows whose they are.
Faults of_include_paths(const Source& source);

}  // namespace pintle::tidy
