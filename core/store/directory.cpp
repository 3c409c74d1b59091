// The data directory: mkdir, flock and fsync.

#include "core/store/directory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "core/base/concat.hpp"

namespace pintle::store {
namespace {

Error cannot(std::string_view what, const std::filesystem::path& path, int number) {
  return {Code::kForbidden, concat({"cannot ", what, " ", path.native(), ": ",
                                    std::generic_category().message(number)})};
}

class File {
 public:
  File(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

Result<void> make_private_directory(const std::filesystem::path& directory) {
  std::error_code failure;
  const auto parent = std::filesystem::absolute(directory, failure).parent_path();
  std::filesystem::create_directories(parent, failure);
  if (failure) {
    return cannot("make", parent, failure.value());
  }
  if (::mkdir(directory.c_str(), 0700) != 0) {
    if (errno == EEXIST && std::filesystem::is_directory(directory, failure)) {
      return {};
    }
    return cannot("make", directory, errno);
  }
  if (::chmod(directory.c_str(), 0700) != 0) {
    return cannot("set the mode of", directory, errno);
  }
  return sync_directory(parent);
}

/// The pid written in the lock file, for the message to a person; "?" where there is none.
std::string holder_of(int descriptor) {
  char text[24];
  const auto size = ::pread(descriptor, text, sizeof(text), 0);
  std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  pid.resize(std::min(pid.size(), pid.find_first_not_of("0123456789")));
  return pid.empty() ? "?" : pid;
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
  PINTLE_TRY_STATUS(make_private_directory(directory));
  const auto path = directory / "lock";
  PINTLE_TRY_STATUS(make_private_file(path));
  File file(path, O_RDWR);
  if (!file.is_open()) {
    return cannot("open", path, errno);
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return cannot("lock", path, errno);
    }
    return Error(Code::kConflict,
                 concat({directory.native(), " is in use by process ", holder_of(file.get()),
                         ": stop that one, or give this one another --data-dir"}));
  }

  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return cannot("write", path, errno);
  }
  return DirectoryLock(file.release());
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Result<void> make_private_file(const std::filesystem::path& file) {
  const File made(file, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!made.is_open()) {
    if (errno == EEXIST) {
      return {};
    }
    return cannot("make", file, errno);
  }
  if (::fchmod(made.get(), 0600) != 0) {
    return cannot("set the mode of", file, errno);
  }
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const File opened(directory, O_RDONLY | O_DIRECTORY);
  if (!opened.is_open() || ::fsync(opened.get()) != 0) {
    return cannot("sync", directory, errno);
  }
  return {};
}

}  // namespace pintle::store
