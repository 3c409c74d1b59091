// FakeHost: a host for one plugin in a test, with a small cluster in memory behind it.
//
// Objects live at their API paths. Requests read and change them as a server would, without
// defaults, admission or RBAC; subscriptions see every change, unless they are told to lose some. A
// strategic patch is taken as a merge patch. Answers come before request() returns.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/object.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::test {

/// A clock whose hands the test turns.
class ManualClock final : public Clock {
 public:
  WallTime now() const override;
  SteadyTime steady() const override;
  void advance(std::chrono::microseconds by);

 private:
  mutable std::mutex mutex_;
  std::chrono::microseconds passed_{0};  // Guarded by mutex_.
};

/// Threads: every method may be called from any thread.
class FakeHost {
 public:
  struct Request {
    std::string method;
    std::string path;
    std::string body;
  };

  explicit FakeHost(bool with_cluster = true);
  ~FakeHost();

  /// What the plugin under test is given.
  sdk::Host& host() { return *host_; }
  const pintle_host* raw() const;

  void set(const std::string& setting, const std::string& value);

  /// Makes or replaces the object at `path` ("/api/v1/namespaces/default/pods/nginx"); name,
  /// namespace and a uid are filled in where they are missing.
  void put(const std::string& path, const Json& object);
  void remove(const std::string& path);
  /// The same, but no subscription hears of it until lose_log().
  void remove_unseen(const std::string& path);
  /// The object at `path`; null where there is none.
  Json get(const std::string& path) const;
  /// What GET answers at a path that is no object's: discovery.
  void answer(const std::string& path, const Json& body);
  /// Requests with this method and this path get `status` and `message`, `times` times; so do
  /// subscriptions, with the method "WATCH".
  void refuse(const std::string& method, const std::string& path, int status,
              const std::string& message, int times = 1);
  /// From now on one event in `one_in` is lost on the way to its subscription, without a word; by
  /// a luck that begins with `seed`. 0: none is.
  void lose_events(unsigned one_in, unsigned seed);
  /// How SubjectAccessReviews are answered, by their spec. Unless told, everything is allowed.
  void decide(std::function<bool(const Json& spec)> allows);
  /// Ends every subscription's log: each is told to list again.
  void lose_log();

  std::vector<Request> requests() const;
  /// Those with `method`: "POST /api/v1/namespaces/default/pods".
  std::vector<std::string> requests(std::string_view method) const;
  std::vector<std::string> log_lines() const;

  /// What the plugin offers under `point` now.
  std::vector<sdk::Offer> offers(std::string_view point) const;
  /// Offers a table to the plugin, as another plugin would; and takes it back.
  void offer(const std::string& point, const std::string& plugin, const void* table, void* self);
  void withdraw(const std::string& point, const void* table, void* self);

 private:
  friend struct FakeTables;
  struct State;

  std::unique_ptr<State> state_;
  std::unique_ptr<sdk::Host> host_;
};

}  // namespace pintle::test
