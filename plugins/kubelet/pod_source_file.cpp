// Watches a folder of manifests and keeps the pods they describe.

#include "plugins/kubelet/pod_source_file.hpp"

#include <algorithm>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/kubelet/manifest.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::size_t kMaxManifestBytes = 3 * 1024 * 1024;
constexpr int kPollMs = 20'000;  // Source: kubelet --file-check-frequency.
constexpr int kMostRounds = 10;
constexpr int kSettleMs = 100;  // A file under way is given this long to become whole.

}  // namespace

std::vector<PodPtr> ManifestFolder::read() {
  const auto present = list();
  std::erase_if(files_, [&](const auto& file) {
    return std::ranges::find(present, file.first, &std::filesystem::path::native) == present.end();
  });
  for (const auto& file : present) {
    read_one(file);
  }
  std::vector<PodPtr> pods;
  std::map<std::string, std::string> taken;
  for (const auto& [path, file] : files_) {
    if (file.pod == nullptr) {
      continue;
    }
    const auto [first, is_new] = taken.emplace(file.pod->ns + "/" + file.pod->name, path);
    if (is_new) {
      pods.push_back(file.pod);
    } else {
      complain_once(path, "names the same pod as " + first->second);
    }
  }
  return pods;
}

std::vector<std::filesystem::path> ManifestFolder::list() {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  if (std::filesystem::is_regular_file(path_, error)) {
    return {path_};
  }
  for (auto entry = std::filesystem::directory_iterator(path_, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().filename().native();
    std::error_code ignored;
    if (!name.starts_with(".") && entry->is_regular_file(ignored)) {
      found.push_back(entry->path());
    }
  }
  if (error) {
    complain_once(path_.native(), error.message());
  } else {
    complaints_.erase(path_.native());
  }
  std::ranges::sort(found);
  return found;
}

void ManifestFolder::read_one(const std::filesystem::path& file) {
  std::error_code error;
  const auto target = std::filesystem::canonical(file, error);
  auto text = read_file(error ? file : target, kMaxManifestBytes);
  if (!text) {
    complain_once(file.native(), text.error().message);
    return;
  }
  auto& known = files_[file.native()];
  if (!known.text.empty() && known.text == text.value()) {
    return;
  }
  known.text = text.value();
  auto pod = parse_manifest(known.text, file.native(), node_name_);
  if (!pod) {
    complain_once(file.native(), pod.error().message);
    return;
  }
  complaints_.erase(file.native());
  known.pod = std::move(pod).value();
}

void ManifestFolder::complain_once(const std::string& path, const std::string& why) {
  auto& last = complaints_[path];
  if (last != why) {
    last = why;
    log_.error("manifest not used", {{"file", path}, {"reason", why}});
  }
}

PodSourceFile::PodSourceFile(std::filesystem::path path, std::string node_name, Log& log,
                             Changed changed)
    : path_(std::move(path)),
      folder_(path_, std::move(node_name), log),
      log_(log),
      changed_(std::move(changed)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  struct stat about {};
  if (::stat(path_.c_str(), &about) == 0 && (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    log_.warning(
        "others may write into the manifest folder and so run anything as root; mend with "
        "chmod go-w",
        {{"folder", path_.native()}});
  }
}

PodSourceFile::~PodSourceFile() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto wrote = ::write(wake_.get(), &one, sizeof one);
}

void PodSourceFile::start_watching() {
  if (watches_ || !inotify_.is_open()) {
    return;
  }
  // IN_CREATE is for links; a file being written is read once it is closed.
  constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                    IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
  watches_ = ::inotify_add_watch(inotify_.get(), path_.c_str(), kEvents) >= 0;
}

void PodSourceFile::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    start_watching();
    changed_(folder_.read());
    if (!wait_for_change()) {
      return;
    }
  }
}

bool PodSourceFile::wait_for_change() {
  pollfd waits[2] = {{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  int timeout = kPollMs;
  // A folder that never rests is read all the same.
  for (int round = 0; round < kMostRounds; ++round) {
    if (::poll(waits, 2, timeout) <= 0) {
      return true;
    }
    if (waits[1].revents != 0) {
      return false;
    }
    alignas(inotify_event) char buffer[4096];
    for (auto got = ::read(inotify_.get(), buffer, sizeof buffer); got > 0;
         got = ::read(inotify_.get(), buffer, sizeof buffer)) {
      for (ssize_t at = 0; at < got;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) {
          watches_ = false;
        }
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
    timeout = kSettleMs;
  }
  return true;
}

}  // namespace pintle::kubelet
