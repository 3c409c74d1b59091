// Writes the dated folder, swings the link, sweeps the old one.

#include "plugins/kubelet/volumes/atomic_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/concat.hpp"
#include "core/base/ids.hpp"
#include "plugins/kubelet/files.hpp"

namespace pintle::kubelet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kData = "..data";
constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;

/// The dated folder that `..data` points at; empty if there is none.
fs::path current_folder(const fs::path& folder) {
  std::error_code error;
  const auto target = fs::read_symlink(folder / kData, error);
  return error ? fs::path() : folder / target.filename();
}

bool shows(const fs::path& dated, const VolumeFiles& files) {
  if (dated.empty()) {
    return false;
  }
  std::size_t present = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(dated, error)) {
    present += entry.is_regular_file() ? 1 : 0;
  }
  if (error || present != files.size()) {
    return false;
  }
  return std::ranges::all_of(files, [&](const auto& file) {
    const auto old = read_file(dated / file.first, kMaxFileBytes);
    return old && old.value() == file.second.data;
  });
}

Result<void> write_all(const fs::path& dated, const VolumeFiles& files,
                       std::optional<gid_t> group) {
  for (const auto& [name, file] : files) {
    const auto path = dated / name;
    PINTLE_TRY_STATUS(make_folders(path.parent_path(), 0755));
    const mode_t for_group = group ? 0440 : 0;
    PINTLE_TRY_STATUS(write_file(path, file.data, (file.mode | for_group) & 0777));
    if (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
      return errno_error("chown", path);
    }
  }
  return {};
}

/// Links users see, one for each first part: name -> ..data/name. Stale ones go.
Result<void> link_names(const fs::path& folder, const VolumeFiles& files) {
  std::set<std::string> names;
  for (const auto& file : files) {
    names.insert(file.first.substr(0, file.first.find('/')));
  }
  std::error_code error;
  for (const auto& name : names) {
    if (!fs::is_symlink(fs::symlink_status(folder / name, error))) {
      fs::create_symlink(fs::path(kData) / name, folder / name, error);
      if (error) {
        return Error{Code::kInternalError,
                     concat({"link ", (folder / name).native(), ": ", error.message()})};
      }
    }
  }
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().native();
    if (!name.starts_with("..") && !names.contains(name)) {
      ::unlink(entry.path().c_str());
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> check_volume_file(const std::string& path) {
  if (path.empty() || path.starts_with("/")) {
    return "must be a relative path";
  }
  if (path.starts_with("..")) {
    return "must not start with '..'";
  }
  if (path.size() > 4096) {
    return "must be at most 4096 bytes";
  }
  for (const auto& part : fs::path(path)) {
    if (part == ".." || part.native().size() > 255) {
      return "must not contain '..' or a part longer than 255 bytes";
    }
  }
  return std::nullopt;
}

Result<bool> write_volume_files(const fs::path& folder, const VolumeFiles& files,
                                std::optional<gid_t> group) {
  for (const auto& file : files) {
    if (const auto fault = check_volume_file(file.first)) {
      return Error{Code::kInvalid, concat({"the path \"", file.first, "\" ", *fault})};
    }
  }
  const auto old = current_folder(folder);
  if (shows(old, files)) {
    return false;
  }
  const auto dated = folder / concat({"..", make_name_suffix(10)});
  PINTLE_TRY_STATUS(make_folders(dated, 0755));
  PINTLE_TRY_STATUS(write_all(dated, files, group));
  const auto link = folder / "..data_tmp";
  ::unlink(link.c_str());
  if (::symlink(dated.filename().c_str(), link.c_str()) != 0 ||
      ::rename(link.c_str(), (folder / kData).c_str()) != 0) {
    return errno_error("link", folder / kData);
  }
  PINTLE_TRY_STATUS(link_names(folder, files));
  if (!old.empty()) {
    PINTLE_TRY_STATUS(remove_tree(old));
  }
  return true;
}

}  // namespace pintle::kubelet
