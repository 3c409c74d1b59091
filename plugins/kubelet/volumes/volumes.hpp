// A pod's volumes on the node: made before its containers, kept fresh, taken down after them.

#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "plugins/kubelet/cluster.hpp"
#include "plugins/kubelet/env.hpp"
#include "plugins/kubelet/machine.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/volumes/atomic_writer.hpp"
#include "plugins/kubelet/volumes/paths.hpp"

namespace pintle::kubelet {

/// Volume name to path on the node.
using VolumePaths = std::map<std::string, std::string>;

/// Threads: set_up and tear_down from any, one at a time for a pod.
class Volumes {
 public:
  /// `cluster` is null where there is none.
  Volumes(const PodPaths& paths, const NodeFacts& node, const ObjectSource& objects,
          Cluster* cluster, const Clock& clock)
      : paths_(paths), node_(node), objects_(objects), cluster_(cluster), clock_(clock) {}

  /// Makes what is missing and rewrites what changed. Errors: naming the volume; try again later.
  Result<VolumePaths> set_up(const Pod& pod);
  /// Whether what the volumes show may change, so that set_up wants to be called now and then.
  static bool shows_objects(const Json& pod);
  /// Unmounts and deletes everything of the pod but its logs.
  Result<void> tear_down(const std::string& uid);

 private:
  struct Token {
    std::string text;
    WallTime issued;
    WallTime expires;
  };

  Result<std::string> set_up_one(const Pod& pod, const Json& volume);
  Result<std::string> set_up_files(const Pod& pod, const Json& volume, std::string_view kind);
  Result<std::string> set_up_empty_dir(const Pod& pod, const Json& volume);
  Result<void> add_source(VolumeFiles& files, const Pod& pod, const Json& source, mode_t mode);
  Result<void> add_object(VolumeFiles& files, const Pod& pod, const Json& source, bool is_secret,
                          mode_t mode);
  Result<void> add_downward(VolumeFiles& files, const Pod& pod, const Json& source, mode_t mode);
  Result<void> add_token(VolumeFiles& files, const Pod& pod, const Json& source, mode_t mode);
  Result<std::string> token_of(const Pod& pod, const Json& source);

  const PodPaths& paths_;
  const NodeFacts& node_;
  const ObjectSource& objects_;
  Cluster* const cluster_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Token> tokens_;  // By pod uid, audience and life. Guarded by mutex_.
};

/// Nothing wrong with what lies at a hostPath, made first where its type asks for that.
/// Errors: kInvalid: `hostPath type check failed: /x is not a directory`.
Result<void> check_host_path(const std::string& path, std::string_view type);

}  // namespace pintle::kubelet
