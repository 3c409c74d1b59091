// QuotaLedger: what every namespace's ResourceQuotas have counted, kept current by the bus; and
// charges for objects that are on their way into the store.
//
// Counted is only where there is a quota, and only what it limits. Of each object there is kept
// what it uses, not the object.

#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/feed.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/quota.hpp"

namespace pintle::sdk {

/// Threads: charge(), standings(), has_quotas() and wait_ready() from any thread; settle() instead
/// of start().
class QuotaLedger {
 public:
  /// Called on the ledger's own thread when what a namespace's quotas say may have changed.
  using Changed = std::function<void(const std::string& ns)>;

  /// REQUIRES: host.has_cluster().
  QuotaLedger(Host& host, const Clock& clock, Changed changed = nullptr);
  ~QuotaLedger();

  void start();
  void stop();
  /// Takes in all that has come, on the caller's thread: for tests.
  void settle();

  /// Waits, at most `wait`, until the quotas that were there at the start have counted. False if
  /// they have not.
  bool wait_ready(std::chrono::milliseconds wait) const;

  /// A quota and what it has counted.
  struct Standing {
    Quota quota;
    Amounts used;           // Zero for each limit that nothing uses; charges are not in it.
    bool is_whole = false;  // All that it limits has been counted.
  };
  /// By name.
  std::vector<Standing> standings(const std::string& ns) const;
  bool has_quotas(const std::string& ns) const;

  /// An object that wants into the store.
  struct Charge {
    std::string ns;
    std::string uid;
    QuotaUse use;
    Amounts before;     // What it used until now: of an update.
    bool holds = true;  // Whether it is to be counted from now on: not so for a dry run.
  };
  /// Counts the object at once, until it is seen in the store or ten seconds have passed. Of many
  /// charges for the last place one gets it.
  /// Errors: kForbidden with Kubernetes' words where a quota has not enough left.
  Result<void> charge(const Charge& charge);

 private:
  struct Source {
    std::uint64_t feed = 0;
    std::uint64_t round = 1;  // Counts listings.
    bool is_whole = false;
  };
  struct Held {
    std::optional<QuotaUse> stored;
    std::optional<QuotaUse> charged;
    SteadyTime charged_until{};
    std::uint64_t round = 0;  // The last listing that it was in.
  };
  struct Counted {
    Quota quota;
    Amounts used;     // By objects in the store.
    Amounts charged;  // On top of that.
  };
  struct Namespace {
    std::map<std::string, Counted> quotas;       // By name.
    std::map<std::string, Source> sources;       // By resource.
    std::unordered_map<std::string, Held> held;  // By uid.
  };
  struct Due {
    SteadyTime when{};
    std::string ns;
    std::string uid;
  };

  void run(const std::stop_token& stop);
  void turn(std::chrono::milliseconds wait, const std::stop_token& stop);
  std::chrono::milliseconds wait_time() const;
  void take_quota(std::uint32_t type, const ObjectHandle& quota);
  void take(const std::string& ns, const std::string& resource, std::uint32_t type,
            const ObjectHandle& object);
  void follow_what_is_limited(const std::string& ns);
  std::optional<Path> find_path(const std::string& resource, const std::string& ns);
  void look_for_groups();
  void tell();

  // These want mutex_ held.
  void put(Namespace& space, const std::string& uid, const std::optional<QuotaUse>& stored);
  void drop_charge(Namespace& space, const std::string& uid);
  void drop_late_charges();
  void count_gone_pods();
  bool is_whole(const Namespace& space, const Quota& quota) const;
  static void count_all(Namespace& space);
  static void add(Namespace& space, const Held& held, int sign);

  Host& host_;
  const Clock& clock_;
  const Changed changed_;
  Client client_;
  Feed feed_;
  std::set<std::string> to_follow_;  // Namespaces whose quotas changed. The thread's own.
  std::set<std::string> to_tell_;    // Namespaces that changed_ is to hear of. The thread's own.
  std::set<std::string> gone_quotas_;
  std::map<std::string, std::string> versions_;  // By group: the preferred one.
  std::set<std::string> missing_groups_;         // Namespaces that count what is not served.
  SteadyTime look_at_{};                         // When to look for those groups again.
  bool quotas_listed_ = false;

  mutable std::mutex mutex_;
  mutable std::condition_variable ready_changed_;
  bool is_ready_ = false;                        // All below are guarded by mutex_.
  std::map<std::string, Namespace> namespaces_;  // Those with quotas.
  std::deque<Due> charges_;                      // In the order in which they end.
  std::multimap<WallTime, std::pair<std::string, std::string>> ending_pods_;  // Namespace, uid.
  std::jthread thread_;
};

}  // namespace pintle::sdk
