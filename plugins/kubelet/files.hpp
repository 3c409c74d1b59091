// Files: reading and writing small ones, without following what a container may have put there.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "core/base/result.hpp"

namespace pintle::kubelet {

/// An open file, closed at the end.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release();

 private:
  int fd_ = -1;
};

/// The error of errno: `<what> <path>: <why>`. kNotFound for ENOENT, else kInternalError.
Error errno_error(std::string_view what, const std::filesystem::path& path);

/// A whole regular file; a link as last element, a pipe or a device is refused, none is waited for.
/// Errors: kNotFound, kRequestEntityTooLarge past `max_bytes`, kInvalid if it is no regular file.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// The last `max_bytes` of a regular file, as read_file does.
Result<std::string> read_file_tail(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes a new file or over an old one, in place, with this mode.
Result<void> write_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

/// The folder and the ones above it.
Result<void> make_folders(const std::filesystem::path& path, mode_t mode);

/// Deletes a tree without following links and without crossing into another file system: what is
/// mounted below stays (T-K07). Errors: kConflict naming the mount that is in the way.
Result<void> remove_tree(const std::filesystem::path& path);

}  // namespace pintle::kubelet
