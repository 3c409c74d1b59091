// Pending: the pods that were made or deleted and whose change the cache doesn't show yet. Until it
// does, nobody may count them: they would be made, or deleted, a second time.
//
// Where Kubernetes counts expected events, this remembers each write, so that a lost, late or
// repeated event can't spoil a count.

#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/object.hpp"
#include "core/sdk/informer.hpp"

namespace pintle::controller_replica_set {

/// Threads: every method may be called from any thread.
class Pending {
 public:
  explicit Pending(const Clock& clock) : clock_(clock) {}

  /// `owner` made `pod` ("default/web-x2k4p") with this revision.
  void made(const std::string& owner, std::string pod, Revision revision);
  /// `owner` asked for the deletion of `pod` with this uid.
  void deleted(const std::string& owner, std::string pod, std::string uid);

  /// Whether `pods` shows all that `owner` did. What is too old to wait for counts as shown.
  bool shows_in(const sdk::Informer& pods, const std::string& owner);
  void forget(const std::string& owner);
  /// Those whose writes were not all shown when last asked.
  std::vector<std::string> owners();

 private:
  struct Write {
    std::string pod;
    Revision revision = 0;  // Of a pod that was made.
    std::string uid;        // Of one that was deleted.
    SteadyTime at;
  };
  void add(const std::string& owner, Write write);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Write>> writes_;  // Guarded by mutex_.
};

/// How long a change is waited for. Source: pkg/controller ExpectationsTimeout.
inline constexpr std::chrono::minutes kPendingTimeout{5};

}  // namespace pintle::controller_replica_set
