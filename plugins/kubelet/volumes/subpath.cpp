// Opens beneath, then mounts by descriptor.

#include "plugins/kubelet/volumes/subpath.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/concat.hpp"
#include "plugins/kubelet/files.hpp"

namespace pintle::kubelet {
namespace {

namespace fs = std::filesystem;

int open_beneath(int folder, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // The kernel asks for another try if something was renamed while it walked.
  for (int tries = 0; tries < 100; ++tries) {
    const auto fd = ::syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) {
      return static_cast<int>(fd);
    }
  }
  return -1;
}

Error leads_out(const fs::path& volume, const std::string& subpath) {
  return {Code::kInvalid,
          concat({"subPath \"", subpath, "\" leads out of the volume ", volume.native()})};
}

/// Makes the missing folders of `subpath`, one part after the other, each opened beneath the
/// volume.
Result<FileDescriptor> make_beneath(const FileDescriptor& root, const fs::path& volume,
                                    const std::string& subpath) {
  std::string so_far;
  FileDescriptor parent(open_beneath(root.get(), ".", O_PATH | O_DIRECTORY));
  for (const auto& part : fs::path(subpath)) {
    if (part.empty() || part == ".") {
      continue;
    }
    so_far += (so_far.empty() ? "" : "/") + part.native();
    if (::mkdirat(parent.get(), part.c_str(), 0750) != 0 && errno != EEXIST) {
      return errno_error("create subPath", volume / so_far);
    }
    parent = FileDescriptor(open_beneath(root.get(), so_far.c_str(), O_PATH));
    if (!parent.is_open()) {
      return errno == EXDEV || errno == ELOOP ? leads_out(volume, subpath)
                                              : errno_error("open subPath", volume / so_far);
    }
  }
  return parent;
}

Result<FileDescriptor> open_subpath(const fs::path& volume, const std::string& subpath) {
  const FileDescriptor root(::open(volume.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) {
    return errno_error("open volume", volume);
  }
  FileDescriptor found(open_beneath(root.get(), subpath.c_str(), O_PATH));
  if (found.is_open()) {
    return found;
  }
  if (errno == EXDEV || errno == ELOOP) {
    return leads_out(volume, subpath);
  }
  if (errno != ENOENT) {
    return errno_error("open subPath", volume / subpath);
  }
  return make_beneath(root, volume, subpath);
}

/// An empty folder or file to mount over, whichever `source` is.
Result<void> make_target(const FileDescriptor& source, const fs::path& target) {
  struct stat about {};
  if (::fstat(source.get(), &about) != 0) {
    return errno_error("stat subPath for", target);
  }
  if (S_ISDIR(about.st_mode)) {
    return make_folders(target, 0750);
  }
  PINTLE_TRY_STATUS(make_folders(target.parent_path(), 0750));
  return write_file(target, "", 0640);
}

}  // namespace

Result<void> check_subpath(const std::string& subpath) {
  if (subpath.starts_with("/")) {
    return Error{Code::kInvalid, concat({"subPath \"", subpath, "\" must be a relative path"})};
  }
  for (const auto& part : fs::path(subpath)) {
    if (part == "..") {
      return Error{Code::kInvalid, concat({"subPath \"", subpath, "\" must not contain \"..\""})};
    }
  }
  return {};
}

Result<std::string> bind_subpath(const fs::path& volume, const std::string& subpath,
                                 const fs::path& target) {
  PINTLE_TRY_STATUS(check_subpath(subpath));
  PINTLE_TRY(const auto source, open_subpath(volume, subpath));
  // The bind of an earlier start of the container; EINVAL says there was none.
  if (::umount2(target.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) != 0 && errno != EINVAL &&
      errno != ENOENT) {
    return errno_error("unmount", target);
  }
  std::error_code ignored;
  fs::remove(target, ignored);
  PINTLE_TRY_STATUS(make_target(source, target));
  const auto from = concat({"/proc/self/fd/", std::to_string(source.get())});
  if (::mount(from.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    return errno_error("mount subPath at", target);
  }
  return target.native();
}

}  // namespace pintle::kubelet
