// Snapshots: what pages of one list are cut from, and the tokens that name them.
//
// A list with a limit keeps its snapshot for five minutes, so that all its pages show one revision
// whatever is written meanwhile. Their number is bounded; the oldest go first.

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/store/store.hpp"

namespace pintle::registry {

/// Where the next page of a list begins.
struct Continue {
  Revision revision = 0;  // 0: whatever is there now; the list is then not of one revision.
  std::string ns;         // The last object shown; the next page begins after it.
  std::string name;
};

/// Base64url of {"v":"meta.k8s.io/v1","rv":12,"start":"ns/name"}.
std::string to_token(const Continue& from);

/// Nothing else than what to_token makes is taken: T-P09.
/// Errors: kBadRequest.
Result<Continue> parse_token(std::string_view token, bool namespaced);

/// Threads: every method may be called from any thread.
class Snapshots {
 public:
  static constexpr std::chrono::minutes kLife{5};
  static constexpr std::size_t kMax = 256;

  void keep(std::string_view resource, const store::Snapshot& snapshot, SteadyTime now);
  std::optional<store::Snapshot> find(std::string_view resource, Revision revision, SteadyTime now);

 private:
  struct Kept {
    std::string resource;
    store::Snapshot snapshot;
    SteadyTime until;
  };

  void forget_old(SteadyTime now);  // REQUIRES: mutex_ is held.

  std::mutex mutex_;
  std::deque<Kept> kept_;  // Oldest first. Guarded by mutex_.
};

}  // namespace pintle::registry
