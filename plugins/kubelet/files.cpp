// Small files by descriptor, so that what was checked is what is read.

#include "plugins/kubelet/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/base/concat.hpp"

namespace pintle::kubelet {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = other.release();
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

int FileDescriptor::release() {
  return std::exchange(fd_, -1);
}

Error errno_error(std::string_view what, const std::filesystem::path& path) {
  const int error = errno;
  const auto code = error == ENOENT ? Code::kNotFound : Code::kInternalError;
  char buffer[128];
  return {code, concat({what, " ", path.native(), ": ", strerror_r(error, buffer, sizeof buffer)})};
}

namespace {

Result<FileDescriptor> open_regular(const std::filesystem::path& path, struct stat& about) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) {
    return errno_error("open", path);
  }
  if (::fstat(file.get(), &about) != 0) {
    return errno_error("stat", path);
  }
  if (!S_ISREG(about.st_mode)) {
    return Error{Code::kInvalid, path.native() + " is not a regular file"};
  }
  return file;
}

Result<std::string> read_from(const FileDescriptor& file, const std::filesystem::path& path,
                              off_t offset, std::size_t max_bytes) {
  std::string text;
  char buffer[16384];
  while (text.size() < max_bytes) {
    const auto want = std::min(sizeof buffer, max_bytes - text.size());
    const auto got = ::pread(file.get(), buffer, want, offset);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return errno_error("read", path);
    }
    if (got == 0) {
      break;
    }
    text.append(buffer, static_cast<std::size_t>(got));
    offset += got;
  }
  return text;
}

/// Deletes what `folder` holds, entry by entry; `device` is the file system to stay on.
Result<void> empty_folder(int folder, dev_t device, const std::filesystem::path& path);

Result<void> remove_entry(int folder, const char* name, dev_t device,
                          const std::filesystem::path& path) {
  struct stat about {};
  if (::fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Result<void>() : errno_error("stat", path);
  }
  if (!S_ISDIR(about.st_mode)) {
    if (::unlinkat(folder, name, 0) != 0 && errno != ENOENT) {
      return errno_error("delete", path);
    }
    return {};
  }
  if (about.st_dev != device) {
    return Error{Code::kConflict, path.native() + " is a mount; it is left alone"};
  }
  const int child = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (child < 0) {
    return errno_error("open", path);
  }
  PINTLE_TRY_STATUS(empty_folder(child, device, path));
  if (::unlinkat(folder, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return errno_error("delete", path);
  }
  return {};
}

Result<void> empty_folder(int folder, dev_t device, const std::filesystem::path& path) {
  DIR* entries = ::fdopendir(folder);
  if (entries == nullptr) {
    ::close(folder);
    return errno_error("read", path);
  }
  Result<void> result;
  while (const auto* entry = ::readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    auto removed = remove_entry(::dirfd(entries), entry->d_name, device, path / name);
    if (!removed && result) {
      result = std::move(removed);
    }
  }
  ::closedir(entries);
  return result;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  struct stat about {};
  PINTLE_TRY(const auto file, open_regular(path, about));
  PINTLE_TRY(auto text, read_from(file, path, 0, max_bytes + 1));
  if (text.size() > max_bytes) {
    return Error{Code::kRequestEntityTooLarge,
                 concat({path.native(), " is larger than ", std::to_string(max_bytes), " bytes"})};
  }
  return text;
}

Result<std::string> read_file_tail(const std::filesystem::path& path, std::size_t max_bytes) {
  struct stat about {};
  PINTLE_TRY(const auto file, open_regular(path, about));
  const auto skip = std::max<off_t>(0, about.st_size - static_cast<off_t>(max_bytes));
  return read_from(file, path, skip, max_bytes);
}

Result<void> write_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.is_open()) {
    return errno_error("create", path);
  }
  if (::fchmod(file.get(), mode) != 0) {
    return errno_error("chmod", path);
  }
  while (!text.empty()) {
    const auto wrote = ::write(file.get(), text.data(), text.size());
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote < 0) {
      return errno_error("write", path);
    }
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> make_folders(const std::filesystem::path& path, mode_t mode) {
  std::filesystem::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    if (::mkdir(so_far.c_str(), mode) != 0 && errno != EEXIST) {
      return errno_error("create folder", so_far);
    }
  }
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    return errno_error("stat", path);
  }
  if (!S_ISDIR(about.st_mode)) {
    return Error{Code::kInternalError, path.native() + " is not a folder"};
  }
  return {};
}

Result<void> remove_tree(const std::filesystem::path& path) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0) {
    return errno == ENOENT ? Result<void>() : errno_error("stat", path);
  }
  const auto parent = path.parent_path();
  const FileDescriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) {
    return errno_error("open", parent);
  }
  struct stat parent_about {};
  if (::fstat(folder.get(), &parent_about) != 0) {
    return errno_error("stat", parent);
  }
  return remove_entry(folder.get(), path.filename().c_str(), parent_about.st_dev, path);
}

}  // namespace pintle::kubelet
