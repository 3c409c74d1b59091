// Files that hold secrets: temporary file, fsync, rename; and the check of who else may read.

#include "core/auth/files.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/base/concat.hpp"
#include "core/base/ids.hpp"

namespace pintle::auth {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

std::int64_t nanoseconds_of(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_of_stat(const struct stat& status) {
  return {.inode = status.st_ino,
          .size = status.st_size,
          .modified_ns = nanoseconds_of(status.st_mtim),
          .changed_ns = nanoseconds_of(status.st_ctim)};
}

Error file_error(const std::filesystem::path& file, std::string_view action, int number) {
  const Code code = number == ENOENT ? Code::kNotFound : Code::kForbidden;
  return {code, concat({"can't ", action, " ", file.string(), ": ", errno_text(number)})};
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A rename is durable only once the directory that holds the name is.
void sync_directory(const std::filesystem::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.is_open()) {
    ::fsync(opened.number());
  }
}

}  // namespace

std::string errno_text(int number) {
  return std::generic_category().message(number);
}

std::string mode_text(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

Result<FileText> read_file(const std::filesystem::path& file, std::size_t max_bytes) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened.is_open()) {
    return file_error(file, "read", errno);
  }
  struct stat status {};
  if (::fstat(opened.number(), &status) != 0) {
    return file_error(file, "read", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return Error(Code::kInvalid, concat({file.string(), " is not a regular file"}));
  }
  FileText read{.text = {}, .stamp = stamp_of_stat(status), .mode = status.st_mode & 07777};
  std::array<char, 64 * 1024> chunk{};
  for (;;) {
    const auto size = ::read(opened.number(), chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size < 0) {
      return file_error(file, "read", errno);
    }
    if (size == 0) {
      return read;
    }
    read.text.append(chunk.data(), static_cast<std::size_t>(size));
    if (read.text.size() > max_bytes) {
      return Error(Code::kInvalid, concat({file.string(), " is larger than ",
                                           std::to_string(max_bytes), " bytes"}));
    }
  }
}

std::optional<FileStamp> stamp_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return stamp_of_stat(status);
}

Result<std::string> read_private_file(const std::filesystem::path& file) {
  PINTLE_TRY(FileText read, read_file(file));
  if ((read.mode & 077) != 0) {
    return Error(Code::kForbidden,
                 concat({file.string(), " holds a private key and others can read it (mode ",
                         mode_text(read.mode), "): run `chmod 600 ", file.string(), "`"}));
  }
  return std::move(read.text);
}

Result<void> write_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
  const auto directory = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const auto temporary =
      directory / concat({".", file.filename().string(), ".", make_name_suffix(10)});
  const Descriptor made(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!made.is_open()) {
    return file_error(file, "write", errno);
  }
  const bool written = ::fchmod(made.number(), mode) == 0 && write_all(made.number(), text) &&
                       ::fsync(made.number()) == 0 &&
                       ::rename(temporary.c_str(), file.c_str()) == 0;
  if (!written) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return file_error(file, "write", number);
  }
  sync_directory(directory);
  return {};
}

}  // namespace pintle::auth
