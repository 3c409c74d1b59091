// Pending: what a controller has written and its cache doesn't show yet. Until it does, nobody may
// count what the cache shows: things would be made, or deleted, a second time.
//
// Where Kubernetes counts expected events, this remembers each write, so that a lost, late or
// repeated event can't spoil a count.

#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/object/object.hpp"
#include "core/sdk/informer.hpp"

namespace pintle::sdk {

/// Threads: every method may be called from any thread.
class Pending {
 public:
  explicit Pending(const Clock& clock) : clock_(clock) {}

  /// For `owner`, the object `key` ("default/web-x2k4p") was made or changed, with this revision.
  void written(const std::string& owner, std::string key, Revision revision);
  /// The deletion of `key` with this uid was asked for.
  void deleted(const std::string& owner, std::string key, std::string uid);

  /// Whether `cache` shows all that was done for `owner`. What is too old to wait for counts as
  /// shown. Asked before the cache is read: what is read later is newer.
  bool shows_in(const Informer& cache, const std::string& owner);
  void forget(const std::string& owner);
  /// Those whose writes were not all shown when last asked.
  std::vector<std::string> owners();

 private:
  struct Write {
    std::string key;
    Revision revision = 0;  // Of what was written.
    std::string uid;        // Of what was deleted.
    SteadyTime at;
  };
  void add(const std::string& owner, Write write);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Write>> writes_;  // Guarded by mutex_.
};

/// What the answer to a create or an update says of the object that it left.
struct Written {
  std::string name;
  Revision revision = 0;
};
Result<Written> read_written(const std::string& answer);

/// How long a change is waited for. Source: pkg/controller ExpectationsTimeout.
inline constexpr std::chrono::minutes kPendingTimeout{5};

}  // namespace pintle::sdk
