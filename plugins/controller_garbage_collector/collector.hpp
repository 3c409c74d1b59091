// The garbage collector: deletes what has lost its owners, and lets go what waits for dependents.

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/events.hpp"
#include "core/sdk/feed.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/work_queue.hpp"
#include "plugins/controller_garbage_collector/graph.hpp"
#include "plugins/controller_garbage_collector/kinds.hpp"

namespace pintle::controller_garbage_collector {

/// How an owner of an object stands.
enum class Standing {
  kSolid,      // It is there.
  kDangling,   // It is not.
  kWaiting,    // It goes, once its dependents are gone.
  kOrphaning,  // It goes, and wants its dependents left alone.
  kCanNotBe,   // It lives in a namespace, and its dependent in none.
};

/// An object as the server has it now.
struct Live {
  Facts facts;
  Json metadata;
};

/// One thread reads every kind's changes and decides; what it asks of the server is under way many
/// at a time. Nothing is decided before every change that has come is in the graph.
/// Source: kubernetes pkg/controller/garbagecollector.
class Collector {
 public:
  static Result<std::unique_ptr<Collector>> make(sdk::Host& host, const Json& config);

  Collector(sdk::Host& host, const Clock& clock);
  ~Collector();

  void start();
  /// Does all that can be done now, on the caller's thread: for tests.
  void settle();
  /// Objects in the graph.
  std::size_t size() const { return graph_.size(); }

 private:
  struct Source {
    std::shared_ptr<const Kind> kind;
    std::uint64_t feed = 0;
    std::uint64_t round = 1;  // Counts listings.
    bool synced = false;
    SteadyTime since{};
  };
  enum class Next { kNothing, kAsked };  // kAsked: a request is under way for the object.

  void run(const std::stop_token& stop);
  void turn(std::chrono::milliseconds wait, const std::stop_token& stop);
  std::chrono::milliseconds wait_time() const;

  void look_for_kinds();
  void drop(const Source& source);
  bool may_work() const;

  void take(Source& source, std::uint32_t type, const sdk::ObjectHandle& object);
  void put(const Source& source, const Facts& facts);
  void erase(const Kind& kind, const Facts& facts);
  void finish_list(Source& source);
  void look_at_dependents(Owner& owner);
  void look_at_waiting(const std::vector<std::string>& uids);

  void work();
  Result<Next> treat(const Node& node);
  std::optional<Live> read_live(const sdk::Path& path);
  Result<Next> treat_owned(const Node& node, const Live& live);
  Result<Next> let_dependents_go(const Node& node, const Live& live);
  Result<std::vector<Standing>> stand(const Node& node, const Facts& facts);
  Result<Standing> stand(const Node& node, const OwnerReference& reference);
  void report_if_elsewhere(const Node& node, const OwnerReference& reference, const Kind& kind);
  void report(const Node& node, const OwnerReference& reference);

  Next remove(const Node& node, const Live& live, std::string_view policy);
  Next patch(const Node& node, const Live& live, JsonObject metadata);
  void ask(const Node& node, std::string_view method, std::string_view content_type,
           const JsonObject& body);
  void done(const std::string& uid, const Result<void>& result);

  sdk::Host& host_;
  const Clock& clock_;
  Kinds kinds_;
  Graph graph_;
  std::map<const Kind*, Source> sources_;
  SteadyTime next_look_{};
  sdk::WorkQueue queue_;  // Objects to look at, by uid.
  std::atomic<int> under_way_ = 0;
  sdk::EventRecorder events_;
  sdk::Feed feed_;
  sdk::Client client_;
  std::jthread thread_;
};

}  // namespace pintle::controller_garbage_collector
