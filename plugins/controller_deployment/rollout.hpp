// Rollout: brings one Deployment a step nearer to where it should be. Lives for one reconcile.
//
// Source: pkg/controller/deployment: deployment_controller.go, sync.go, rolling.go, recreate.go.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/events.hpp"
#include "plugins/controller_deployment/replica_set.hpp"

namespace pintle::controller_deployment {

class Rollout {
 public:
  struct Parts {
    sdk::Client& client;
    sdk::EventRecorder& events;
    const Clock& clock;
    /// Whether pods of the ReplicaSet with this uid still run, those that are going included.
    std::function<bool(std::string_view uid)> has_pods;
  };

  /// `all` are the ReplicaSets that belong to `deployment`.
  Rollout(const Parts& parts, const sdk::ObjectHandle& deployment, ReplicaSets all);

  /// Errors: what the server answered to a write; the whole is then to be done again.
  Result<void> sync();

  /// When to look again though nothing happens: the deadline for progress.
  std::optional<std::chrono::milliseconds> next_look() const { return next_look_; }

 private:
  ReplicaSet* current() { return current_ ? &all_[*current_] : nullptr; }
  ReplicaSets old() const;
  /// The place in all_ of the ReplicaSet called `name`.
  std::size_t place_of(const std::string& name) const;
  sdk::Path path_of(std::string_view replica_set) const;

  Result<void> tell_pause();
  Result<void> take_current();
  Result<void> make_current();
  Result<void> settle_collision(const std::string& name);
  Result<void> tell_new(std::string number, std::string_view reason, std::string_view verb);
  Result<void> tell_failed_create(const std::string& name, const Error& why);

  bool was_scaled() const;
  Result<void> scale();
  Result<bool> set_replicas(std::size_t place, std::int64_t replicas);
  Result<void> roll();
  Result<void> recreate();
  bool old_pods_run() const;
  Result<void> clean_up();

  Result<void> write_status(JsonObject status);
  Result<void> write_plain_status();
  Result<void> write_rollout_status();

  const Parts parts_;
  const sdk::ObjectHandle deployment_;
  Json stored_;  // The Deployment as the server has it.
  Wish wish_;
  ReplicaSets all_;
  std::optional<std::size_t> current_;  // Its place in all_.
  std::optional<std::chrono::milliseconds> next_look_;
};

}  // namespace pintle::controller_deployment
