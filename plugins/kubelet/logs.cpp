// Reads logs from the end or the beginning, and waits for more.

#include "plugins/kubelet/logs.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/concat.hpp"
#include "core/sdk/path.hpp"
#include "plugins/kubelet/files.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
/// A line never ended is given out in parts. Source: containerd splits lines at 16 KiB itself.
constexpr std::size_t kMaxLineBytes = 1024 * 1024;
/// How long a follower sleeps at most before it asks whether the container still runs.
constexpr int kFollowPollMs = 1000;

Result<FileDescriptor> open_log(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) {
    return errno_error("open the log", path);
  }
  struct stat about {};
  if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) {
    return Error{Code::kInvalid, path + " is not a regular file"};
  }
  return file;
}

/// Where the last `lines` lines begin.
off_t find_tail(int fd, std::int64_t lines) {
  struct stat about {};
  if (::fstat(fd, &about) != 0 || about.st_size == 0) {
    return 0;
  }
  if (lines <= 0) {
    return about.st_size;
  }
  std::string chunk(kChunkBytes, '\0');
  off_t end = about.st_size;
  std::int64_t seen = 0;
  while (end > 0) {
    const auto size = std::min<off_t>(end, static_cast<off_t>(kChunkBytes));
    const auto got = ::pread(fd, chunk.data(), static_cast<std::size_t>(size), end - size);
    if (got != size) {
      return 0;
    }
    for (off_t i = size; i-- > 0;) {
      const bool is_last_byte = end - size + i == about.st_size - 1;
      if (chunk[static_cast<std::size_t>(i)] == '\n' && !is_last_byte && ++seen == lines) {
        return end - size + i + 1;
      }
    }
    end -= size;
  }
  return 0;
}

/// Turns lines of the log into what the client gets, within the limit.
class LogOutput {
 public:
  LogOutput(const LogOptions& options, const std::function<bool(std::string_view)>& write)
      : options_(options), write_(write), left_(options.limit_bytes.value_or(INT64_MAX)) {}

  /// False once no more is wanted.
  bool add(std::string_view raw) {
    const auto line = parse_log_line(raw);
    if (!line || is_too_old(*line)) {
      return true;
    }
    std::string out;
    if (options_.timestamps && !is_inside_line_) {
      out = concat({line->time, " "});
    }
    out += line->text;
    if (!line->is_partial) {
      out += '\n';
    }
    is_inside_line_ = line->is_partial;
    if (static_cast<std::int64_t>(out.size()) > left_) {
      out.resize(static_cast<std::size_t>(left_));
    }
    left_ -= static_cast<std::int64_t>(out.size());
    pending_ += out;
    return left_ > 0 && (pending_.size() < kChunkBytes || flush());
  }

  bool flush() {
    const auto text = std::exchange(pending_, "");
    return text.empty() || write_(text);
  }

 private:
  bool is_too_old(const LogLine& line) {
    if (!options_.since || is_recent_) {
      return false;
    }
    const auto at = parse_rfc3339(line.time);
    is_recent_ = !at || *at >= *options_.since;
    return !is_recent_;
  }

  const LogOptions& options_;
  const std::function<bool(std::string_view)>& write_;
  std::int64_t left_;
  bool is_recent_ = false;  // Lines come in order: after one, all are.
  bool is_inside_line_ = false;
  std::string pending_;
};

/// Reads lines from `offset` on as they come.
class LogReader {
 public:
  LogReader(const std::string& path, FileDescriptor file, off_t offset)
      : path_(path), file_(std::move(file)), offset_(offset) {}

  /// Gives what is there now to `output`. False once no more is wanted.
  bool read_on(LogOutput& output) {
    std::string chunk(kChunkBytes, '\0');
    while (true) {
      const auto got = ::pread(file_.get(), chunk.data(), chunk.size(), offset_);
      if (got <= 0) {
        return output.flush();
      }
      offset_ += got;
      line_.append(chunk, 0, static_cast<std::size_t>(got));
      std::size_t begin = 0;
      for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n', begin)) {
        if (!output.add(std::string_view(line_).substr(begin, end - begin))) {
          output.flush();
          return false;
        }
        begin = end + 1;
      }
      line_.erase(0, begin);
      if (line_.size() > kMaxLineBytes) {
        line_.clear();
      }
    }
  }

  /// After a rotation, or a truncation, begins with the new file.
  void follow_rotation() {
    struct stat here {};
    struct stat there {};
    if (::fstat(file_.get(), &here) != 0 || ::lstat(path_.c_str(), &there) != 0) {
      return;
    }
    const bool is_other = here.st_ino != there.st_ino || here.st_dev != there.st_dev;
    if (is_other) {
      if (auto next = open_log(path_)) {
        file_ = std::move(next).value();
        offset_ = 0;
      }
    } else if (here.st_size < offset_) {
      offset_ = 0;
    }
  }

 private:
  const std::string path_;
  FileDescriptor file_;
  off_t offset_;
  std::string line_;  // Begun, not yet ended.
};

void wait_for_more(int inotify) {
  pollfd wait{inotify, POLLIN, 0};
  if (::poll(&wait, 1, kFollowPollMs) > 0) {
    alignas(inotify_event) char buffer[4096];
    while (::read(inotify, buffer, sizeof buffer) > 0) {
    }
  }
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// An absent parameter leaves `value` alone. Errors: kInvalid below `least` or no number.
Result<void> read_number(std::string_view query, std::string_view name, std::int64_t least,
                         std::optional<std::int64_t>& value) {
  const auto text = sdk::query_value(query, name);
  if (!text || text->empty()) {
    return {};
  }
  value = number_of(*text);
  if (!value || *value < least) {
    return Error{Code::kInvalid, concat({"invalid ", name, ": ", *text})};
  }
  return {};
}

bool read_flag(std::string_view query, std::string_view name) {
  const auto text = sdk::query_value(query, name);
  return text && *text != "false" && *text != "0";
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  const auto third = second == std::string_view::npos ? second : line.find(' ', second + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  LogLine parsed;
  parsed.time = line.substr(0, first);
  parsed.stream = line.substr(first + 1, second - first - 1);
  if (parsed.stream != "stdout" && parsed.stream != "stderr") {
    return std::nullopt;
  }
  // Tags are separated by colons; the first says whether the line is whole.
  const auto tags =
      line.substr(second + 1, third == std::string_view::npos ? third : third - second - 1);
  parsed.is_partial = tags.substr(0, tags.find(':')) == "P";
  parsed.text = third == std::string_view::npos ? "" : line.substr(third + 1);
  return parsed;
}

Result<LogOptions> parse_log_options(std::string_view query, WallTime now) {
  LogOptions options;
  options.follow = read_flag(query, "follow");
  options.previous = read_flag(query, "previous");
  options.timestamps = read_flag(query, "timestamps");
  PINTLE_TRY_STATUS(read_number(query, "tailLines", 0, options.tail_lines));
  PINTLE_TRY_STATUS(read_number(query, "limitBytes", 1, options.limit_bytes));
  std::optional<std::int64_t> since_seconds;
  PINTLE_TRY_STATUS(read_number(query, "sinceSeconds", 1, since_seconds));
  const auto since_time = sdk::query_value(query, "sinceTime");
  if (since_seconds && since_time) {
    return Error{Code::kInvalid, "at most one of `sinceTime` or `sinceSeconds` may be specified"};
  }
  if (since_seconds) {
    options.since = now - std::chrono::seconds(*since_seconds);
  }
  if (since_time) {
    options.since = parse_rfc3339(*since_time);
    if (!options.since) {
      return Error{Code::kInvalid, concat({"invalid sinceTime: ", *since_time})};
    }
  }
  return options;
}

Result<void> read_log(const std::string& path, const LogOptions& options,
                      const std::function<bool(std::string_view)>& write,
                      const std::function<bool()>& is_over) {
  PINTLE_TRY(auto file, open_log(path));
  const auto offset = options.tail_lines ? find_tail(file.get(), *options.tail_lines) : 0;
  LogReader reader(path, std::move(file), offset);
  LogOutput output(options, write);
  if (!options.follow) {
    reader.read_on(output);
    return {};
  }
  const FileDescriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  const auto folder = path.substr(0, path.rfind('/'));
  ::inotify_add_watch(inotify.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
  while (true) {
    // Asked first: what was written before the end is read after it.
    const bool is_last = is_over();
    if (!reader.read_on(output)) {
      return {};
    }
    if (is_last) {
      return {};
    }
    wait_for_more(inotify.get());
    reader.follow_rotation();
  }
}

std::string log_tail(const std::string& path, std::int64_t lines, std::size_t max_bytes) {
  std::string text;
  LogOptions options;
  options.tail_lines = lines;
  const auto read = read_log(
      path, options,
      [&](std::string_view part) {
        text += part;
        return true;
      },
      [] { return true; });
  if (!read) {
    return "";
  }
  return text.size() > max_bytes ? text.substr(text.size() - max_bytes) : text;
}

}  // namespace pintle::kubelet
