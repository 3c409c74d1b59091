// The folder of static pods: read at start, on every change (inotify), and every 20 s in case a
// change went unseen.

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/base/log.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/pod.hpp"

namespace pintle::kubelet {

/// What the folder holds now. Reads only what changed since the last look.
class ManifestFolder {
 public:
  ManifestFolder(std::filesystem::path path, std::string node_name, Log& log)
      : path_(std::move(path)), node_name_(std::move(node_name)), log_(log) {}

  /// The pods of the good files, by file name. A file that went bad keeps the pod it held last;
  /// what is wrong with it is logged once per content.
  std::vector<PodPtr> read();

 private:
  struct File {
    std::string text;
    PodPtr pod;  // Null while no good version was seen.
  };

  std::vector<std::filesystem::path> list();
  void read_one(const std::filesystem::path& file);
  void complain_once(const std::string& path, const std::string& why);

  const std::filesystem::path path_;
  const std::string node_name_;
  Log& log_;
  std::map<std::string, File> files_;
  std::map<std::string, std::string> complaints_;  // Of the path: what was said last.
};

/// Threads: `changed` is called on the source's own thread, first with what is there at start.
class PodSourceFile {
 public:
  using Changed = std::function<void(std::vector<PodPtr>)>;

  PodSourceFile(std::filesystem::path path, std::string node_name, Log& log, Changed changed);
  ~PodSourceFile();

 private:
  void run(const std::stop_token& stop);
  void start_watching();
  /// Waits for a change, the poll's time, or the end. False at the end.
  bool wait_for_change();

  const std::filesystem::path path_;
  ManifestFolder folder_;
  Log& log_;
  const Changed changed_;
  FileDescriptor inotify_;
  bool watches_ = false;
  FileDescriptor wake_;
  std::jthread thread_;
};

}  // namespace pintle::kubelet
