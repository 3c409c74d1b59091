// subPath: a part of a volume, found without ever leaving it (T-K01, T-K02).

#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.hpp"

namespace pintle::kubelet {

/// Nothing wrong with `subpath` as a path below a volume: relative, no "..".
/// Errors: kInvalid.
Result<void> check_subpath(const std::string& subpath);

/// Binds what lies at `subpath` in `volume` (made as a folder if missing) to `target`, and gives
/// back `target`. The kernel walks the path beneath the volume (openat2 RESOLVE_BENEATH) and the
/// very thing it found is mounted, by descriptor: a link swapped in meanwhile gains nothing.
/// Errors: kInvalid if the path leads out.
Result<std::string> bind_subpath(const std::filesystem::path& volume, const std::string& subpath,
                                 const std::filesystem::path& target);

}  // namespace pintle::kubelet
