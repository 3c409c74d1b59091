// Trust: what a plugin's file must be before a line of its code runs.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/result.hpp"

namespace pintle::loader {

/// An open, checked plugin file. The descriptor stays open for as long as the process lives: the
/// library is known to the dynamic linker by it.
struct TrustedFile {
  int fd = -1;
  std::filesystem::path path;
};

/// Opens `path` after checking it and every folder above it: owned by root, writable by nobody else
/// (a sticky folder such as /tmp may be), no symbolic link at its end.
/// Errors: kNotFound, kForbidden: naming the file or folder, and the mend.
Result<TrustedFile> open_trusted(const std::filesystem::path& path);

/// The `abi` number in the file's `pintle_plugin_v1`, read from the ELF file itself.
/// Errors: kInvalid if it is no ELF library of this machine, or has no such symbol.
Result<std::uint32_t> read_abi(const TrustedFile& file);

}  // namespace pintle::loader
