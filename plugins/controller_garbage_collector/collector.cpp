// The garbage collector's loop: changes in, the graph kept, objects looked at; see collector.hpp.

#include "plugins/controller_garbage_collector/collector.hpp"

#include <algorithm>

#include "core/sdk/metadata.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_garbage_collector {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How often discovery is asked for kinds that came or went. Source: kubernetes' GC sync period.
constexpr seconds kLookEvery{30};
constexpr seconds kLookAgain{2};   // After discovery failed.
constexpr seconds kPatience{30};   // What can't be listed by then holds up nothing.
constexpr int kUnderWayMax = 128;  // Requests at once: enough to share commits, few enough to hold.
constexpr int kLooksMax = 256;     // Objects looked at before changes are read again.

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

/// False where `json`, an object's, surely has neither owners nor a deletion to wait for.
bool may_matter(std::string_view json) {
  return json.find("\"ownerReferences\"") != std::string_view::npos ||
         json.find("\"deletionTimestamp\"") != std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Collector>(host, system_clock());
  made->start();
  return made;
}

Collector::Collector(sdk::Host& host, const Clock& clock)
    : host_(host),
      clock_(clock),
      queue_(clock),
      events_(host, {.component = "garbage-collector-controller", .host = ""}, clock),
      feed_(host),
      client_(host) {}

Collector::~Collector() = default;

void Collector::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Collector::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    turn(wait_time(), stop);
  }
}

void Collector::settle() {
  const auto is_quiet = [this] { return queue_.size() == 0 && under_way_ == 0; };
  do {
    turn(milliseconds::zero(), {});
  } while (feed_.turn(milliseconds::zero(), {}) || !is_quiet());
  events_.flush();
}

void Collector::turn(milliseconds wait, const std::stop_token& stop) {
  if (clock_.steady() >= next_look_) {
    look_for_kinds();
  }
  feed_.turn(wait, stop);
  while (!stop.stop_requested() && feed_.turn(milliseconds::zero(), stop)) {
  }
  if (!stop.stop_requested() && may_work()) {
    work();
  }
}

milliseconds Collector::wait_time() const {
  const auto now = clock_.steady();
  auto until = next_look_;
  if (may_work() && under_way_ < kUnderWayMax) {
    const auto due = queue_.next_due();
    until = due ? std::min(until, *due) : until;
  }
  return std::clamp(std::chrono::ceil<milliseconds>(until - now), milliseconds::zero(),
                    milliseconds(kLookEvery));
}

void Collector::look_for_kinds() {
  const auto now = clock_.steady();
  const auto refreshed = kinds_.refresh(client_);
  if (!refreshed.ok()) {
    host_.log().warning("Can't discover what there is to collect; trying again.",
                        {{"error", refreshed.error().message}});
    next_look_ = now + kLookAgain;
    return;
  }
  next_look_ = now + kLookEvery;
  std::erase_if(sources_, [this](const auto& entry) {
    const auto& all = kinds_.all();
    const bool stays = std::ranges::find(all, entry.second.kind) != all.end();
    if (!stays) {
      drop(entry.second);
    }
    return !stays;
  });
  for (const auto& kind : kinds_.all()) {
    if (!kind->followed || sources_.contains(kind.get())) {
      continue;
    }
    auto& source = sources_[kind.get()];
    source.kind = kind;
    source.since = now;
    source.feed = feed_.follow(
        kind->path(), [this, &source](std::uint32_t type, const sdk::ObjectHandle& object,
                                      const sdk::ObjectHandle&) { take(source, type, object); });
  }
}

void Collector::drop(const Source& source) {
  feed_.drop(source.feed);
  std::vector<std::string> gone;
  graph_.for_each_node([&](const Node& node) {
    if (node.kind == source.kind) {
      gone.push_back(node.uid);
    }
  });
  for (const auto& uid : gone) {
    look_at_waiting(graph_.erase(uid));
  }
}

bool Collector::may_work() const {
  return !sources_.empty() && std::ranges::all_of(sources_, [this](const auto& entry) {
    const Source& source = entry.second;
    return source.synced || clock_.steady() - source.since > kPatience;
  });
}

void Collector::take(Source& source, std::uint32_t type, const sdk::ObjectHandle& object) {
  if (type == PINTLE_RELISTED) {
    ++source.round;
    return;
  }
  if (type == PINTLE_SYNCED) {
    finish_list(source);
    return;
  }
  const auto json = object.json();
  if (graph_.size() == 0 && (type == PINTLE_DELETED || !may_matter(json))) {
    return;  // Nobody in the graph can be meant.
  }
  JsonArena arena(4096);
  const auto metadata = sdk::parse_metadata(json, &arena);
  if (!metadata.ok()) {
    host_.log().warning(
        "An object's metadata can't be read.",
        {{"resource", source.kind->group_resource()}, {"error", metadata.error().message}});
    return;
  }
  const Facts facts = facts_of(metadata.value());
  type == PINTLE_DELETED ? erase(*source.kind, facts) : put(source, facts);
}

void Collector::put(const Source& source, const Facts& facts) {
  const auto change = graph_.put(source.kind, facts, source.round);
  look_at_waiting(change.let_go);
  if (change.node == nullptr) {
    return;
  }
  const auto may_be_lost = [&](const Node::Tie& tie) {
    const Node* owner = graph_.find(tie.owner->reference.uid);
    return !tie.owner->is_seen || (!tie.owner->seen_in.empty() && tie.owner->seen_in != facts.ns) ||
           (owner != nullptr && (owner->deletes_dependents || owner->orphans_dependents));
  };
  if (change.begins_to_wait) {
    for (const Node* dependent : graph_.dependents_of(*change.node)) {
      queue_.add(dependent->uid);
    }
    queue_.add(facts.uid);
  } else if ((change.has_new_owners || !change.let_go.empty()) &&
             std::ranges::any_of(change.node->owners, may_be_lost)) {
    queue_.add(facts.uid);
  }
}

void Collector::erase(const Kind& kind, const Facts& facts) {
  look_at_waiting(graph_.erase(facts.uid));
  if (Owner* owner = graph_.find_owner(kind, facts.name, facts.uid)) {
    look_at_dependents(*owner);
  }
}

/// What was in the graph but not in this listing is gone; and of owners of this kind nobody knows
/// whether one went meanwhile.
void Collector::finish_list(Source& source) {
  source.synced = true;
  std::vector<std::string> gone;
  graph_.for_each_node([&](const Node& node) {
    if (node.kind == source.kind && node.round != source.round) {
      gone.push_back(node.uid);
    }
  });
  for (const auto& uid : gone) {
    look_at_waiting(graph_.erase(uid));
  }
  graph_.for_each_owner([&](Owner& owner) {
    if (owner.reference.kind == source.kind->kind &&
        group_of(owner.reference.api_version) == source.kind->group) {
      look_at_dependents(owner);
    }
  });
}

void Collector::look_at_dependents(Owner& owner) {
  owner.is_seen = false;
  for (const Node* dependent : owner.dependents) {
    queue_.add(dependent->uid);
  }
}

/// Owners that wait for their dependents may have waited for this one.
void Collector::look_at_waiting(const std::vector<std::string>& uids) {
  for (const auto& uid : uids) {
    const Node* owner = graph_.find(uid);
    if (owner != nullptr && (owner->deletes_dependents || owner->orphans_dependents)) {
      queue_.add(uid);
    }
  }
}

void Collector::work() {
  for (int looks = 0; looks < kLooksMax && under_way_ < kUnderWayMax; ++looks) {
    const auto uid = queue_.try_take();
    if (!uid) {
      return;
    }
    const Node* node = graph_.find(*uid);
    const auto next = node == nullptr ? Result<Next>(Next::kNothing) : treat(*node);
    if (!next.ok()) {
      done(*uid, next.error());
    } else if (next.value() == Next::kNothing) {
      done(*uid, {});
    }
  }
}

void Collector::done(const std::string& uid, const Result<void>& result) {
  if (result.ok() || result.error().code == Code::kNotFound) {
    queue_.forget(uid);
  } else {
    // A conflict is somebody else's write that came first: the object is looked at again.
    if (result.error().code != Code::kConflict) {
      host_.log().warning("Not yet collected; trying again.",
                          {{"uid", uid}, {"error", result.error().message}});
    }
    queue_.add_rate_limited(uid);
  }
  queue_.done(uid);
}

}  // namespace pintle::controller_garbage_collector

PINTLE_PLUGIN("controller_garbage_collector", "0.1.0",
              pintle::controller_garbage_collector::Collector)
