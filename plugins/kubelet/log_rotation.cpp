// Moves large logs aside.

#include "plugins/kubelet/log_rotation.hpp"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "core/base/concat.hpp"
#include "plugins/kubelet/files.hpp"

namespace pintle::kubelet {
namespace {

/// "<path>.<time>" files, oldest first.
std::vector<std::string> older_parts(const std::filesystem::path& path) {
  std::vector<std::string> parts;
  const auto prefix = path.filename().native() + ".";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path(), error)) {
    if (entry.path().filename().native().starts_with(prefix)) {
      parts.push_back(entry.path().native());
    }
  }
  std::ranges::sort(parts);
  return parts;
}

}  // namespace

Result<bool> rotate_log(const std::string& path, const LogLimits& limits, WallTime now,
                        const std::function<Result<void>()>& reopen) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode) ||
      about.st_size <= limits.max_bytes) {
    return false;
  }
  const auto aside = concat({path, ".", to_rfc3339(now)});
  if (::rename(path.c_str(), aside.c_str()) != 0) {
    return errno_error("move aside", path);
  }
  if (auto reopened = reopen(); !reopened) {
    // The runtime still writes to the old file: give it its name back.
    ::rename(aside.c_str(), path.c_str());
    return std::move(reopened).error();
  }
  auto parts = older_parts(path);
  while (parts.size() + 1 > limits.max_files) {
    ::unlink(parts.front().c_str());
    parts.erase(parts.begin());
  }
  return true;
}

void remove_log(const std::string& path) {
  if (path.empty()) {
    return;
  }
  for (const auto& part : older_parts(path)) {
    ::unlink(part.c_str());
  }
  ::unlink(path.c_str());
}

}  // namespace pintle::kubelet
