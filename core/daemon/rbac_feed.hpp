// RbacFeed: keeps the RBAC index as new as the last acknowledged write.
//
// The store wakes it before it acknowledges; the next question drains the bus first. So whoever was
// told that a binding exists is also let in by it, and no thread is spent on waiting.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/auth/authorizer.hpp"
#include "core/bus/bus.hpp"
#include "core/store/store.hpp"

namespace pintle::daemon {

/// Threads: every method may be called from any thread.
class RbacFeed final : public auth::Authorizer {
 public:
  /// Reads all RBAC objects and follows them from there.
  RbacFeed(auth::Rbac& rbac, store::Store& store, bus::Bus& bus);

  auth::Decision allow(const auth::Identity& who, const auth::Attributes& what) const override;
  std::vector<auth::Rule> rules_of(const auth::Identity& who, std::string_view ns) const override;

 private:
  struct Source {
    std::string resource;
    bus::Cursor cursor;
  };

  void catch_up() const;
  void drain(Source& source) const;
  Source follow(const std::string& resource) const;

  auth::Rbac& rbac_;
  store::Store& store_;
  bus::Bus& bus_;
  mutable std::atomic<bool> stale_{false};
  mutable std::mutex mutex_;
  mutable std::vector<Source> sources_;  // Guarded by mutex_.
};

}  // namespace pintle::daemon
