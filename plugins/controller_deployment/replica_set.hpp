// ReplicaSet: one as its Deployment sees it, a revision of the pods' template; and Wish: what the
// Deployment asks for.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_deployment {

inline constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
inline constexpr std::string_view kRevisionHistory = "deployment.kubernetes.io/revision-history";
inline constexpr std::string_view kDesiredReplicas = "deployment.kubernetes.io/desired-replicas";
inline constexpr std::string_view kMaxReplicas = "deployment.kubernetes.io/max-replicas";
inline constexpr std::string_view kHashLabel = "pod-template-hash";

/// `object` is the latest state we know; the counts are read from it.
struct ReplicaSet {
  Json object;
  std::string name;
  std::string uid;
  std::string created;  // RFC 3339: sorts as text.
  std::int64_t number = 0;
  std::int64_t replicas = 0;  // Asked for.
  std::int64_t actual = 0;    // The rest: as its status tells.
  std::int64_t ready = 0;
  std::int64_t available = 0;

  static ReplicaSet of(Json object);
  /// The annotation `name` as a number; nothing where it is none.
  std::optional<std::int64_t> annotated(std::string_view name) const;
};

using ReplicaSets = std::vector<ReplicaSet>;

/// What a Deployment asks for, read once.
struct Wish {
  Json object;
  std::string ns;
  std::string name;
  std::int64_t replicas = 1;
  bool rolls = true;  // Else all is made anew: Recreate.
  bool paused = false;
  std::int64_t max_surge = 0;        // Both in pods;
  std::int64_t max_unavailable = 0;  // at least one is not 0 where it rolls.
  std::int64_t min_ready_seconds = 0;
  std::optional<std::int64_t> deadline_seconds;  // For progress; none: no matter how long.
  std::optional<std::int64_t> history_limit;     // Old revisions to keep; none: all.
  std::int64_t actual = 0;                       // status.replicas.

  /// `deployment` is the object as the server has it.
  static Wish of(Json deployment);
};

/// Sums over revisions.
std::int64_t count_asked(const ReplicaSets& revisions);
std::int64_t count_actual(const ReplicaSets& revisions);
std::int64_t count_available(const ReplicaSets& revisions);

/// A number, or a share of `whole` such as "25%", rounded up or down; 0 for anything else.
std::int64_t scaled_value(const Json* value, std::int64_t whole, bool rounds_up);

/// A hash of a pod template, as the names and labels of ReplicaSets carry it. Members' order does
/// not matter; `collisions` makes it another one.
std::string hash_of(const Json& pod_template, std::optional<std::int64_t> collisions);

/// Whether two pod templates are the same but for the hash's label.
bool same_template(const Json* one, const Json* other);

/// The place in `revisions` of the oldest that runs the Deployment's template; nothing where none.
std::optional<std::size_t> find_current(const Wish& wish, const ReplicaSets& revisions);

}  // namespace pintle::controller_deployment
