// Files that hold secrets: read only where others can't, written whole or not at all.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "core/base/result.hpp"

namespace pintle::auth {

/// What tells one version of a file from the next without reading it.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

struct FileText {
  std::string text;
  FileStamp stamp;
  mode_t mode = 0;
};

/// Errors: kNotFound, kForbidden, kInvalid (no regular file, or past `max_bytes`), naming the file.
Result<FileText> read_file(const std::filesystem::path& file,
                           std::size_t max_bytes = 64 * 1024 * 1024);

/// Nothing where there is no such file.
std::optional<FileStamp> stamp_of(const std::filesystem::path& file);

/// A private key's text. Errors: as above; kForbidden with the mend where others can read it.
Result<std::string> read_private_file(const std::filesystem::path& file);

/// Replaces `file` atomically and durably. `mode` holds whatever the umask is.
Result<void> write_file(const std::filesystem::path& file, std::string_view text, mode_t mode);

/// "0640".
std::string mode_text(mode_t mode);

/// errno's words.
std::string errno_text(int number);

}  // namespace pintle::auth
