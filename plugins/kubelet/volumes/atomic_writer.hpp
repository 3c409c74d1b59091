// Files that change all at once: what configMap, secret, projected and downwardAPI volumes show.

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>

#include "core/base/result.hpp"

namespace pintle::kubelet {

struct VolumeFile {
  std::string data;
  mode_t mode = 0644;
};

/// By path under the volume, parents implied: "a", "b/c".
using VolumeFiles = std::map<std::string, VolumeFile>;

/// Nothing, or why `path` may not name a file in a volume: absolute, "..", or hidden from users
/// behind a first part that begins with "..". Source: kubelet atomic_writer validatePath.
std::optional<std::string> check_volume_file(const std::string& path);

/// Makes `folder` show exactly `files`. A reader sees the old set or the new one: the files lie in
/// a dated folder, `..data` points at it and is renamed over. `group` owns the files if given. True
/// if something changed. Source: kubelet volume/util AtomicWriter.
Result<bool> write_volume_files(const std::filesystem::path& folder, const VolumeFiles& files,
                                std::optional<gid_t> group);

}  // namespace pintle::kubelet
