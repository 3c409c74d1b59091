// The loop and its hands. The engine is small work under one lock; requests are never waited for.

#include "plugins/scheduler/scheduler.hpp"

#include <algorithm>

#include "core/sdk/path.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/scheduler/policies.hpp"
#include "plugins/scheduler/reader.hpp"

namespace pintle::scheduler {

Result<std::unique_ptr<Scheduler>> Scheduler::make(sdk::Host& host, const Json& config) {
  SchedulerOptions options;
  sdk::Settings settings(config);
  settings.text("scheduler_name", options.scheduler_name)
      .integer("bindings_in_flight", options.bindings_in_flight, {1, 100'000});
  PINTLE_TRY_STATUS(settings.finish());
  if (!host.has_cluster()) {
    return Error{Code::kServiceUnavailable, "the scheduler needs an API server"};
  }
  return std::make_unique<Scheduler>(host, options);
}

Scheduler::Scheduler(sdk::Host& host, const SchedulerOptions& options)
    : host_(host),
      options_(options),
      engine_(options.scheduler_name),
      client_(host),
      reporter_(host, client_, clock_) {
  watch_nodes();
  watch_pods();
  follow_policies();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Scheduler::~Scheduler() {
  thread_.request_stop();
  thread_.join();
  pods_->stop();
  nodes_->stop();
  client_.drain();
}

template <typename Change>
void Scheduler::change(Change&& what) {
  {
    const std::lock_guard lock(mutex_);
    what(engine_);
    has_news_ = true;
  }
  changed_.notify_one();
}

void Scheduler::watch_pods() {
  const auto set = [this](const sdk::ObjectHandle& object) {
    const PodPtr pod = read_pod(object);
    change([&](Engine& engine) { engine.set_pod(pod, clock_.steady()); });
  };
  sdk::InformerHandlers handlers;
  handlers.added = set;
  handlers.modified = [this, set](const sdk::ObjectHandle& before, const sdk::ObjectHandle& now) {
    // A pod of the same name that was made anew is another pod.
    if (before.uid() != now.uid()) {
      change([&](Engine& engine) { engine.remove_pod(std::string(before.uid())); });
    }
    set(now);
  };
  handlers.deleted = [this](const sdk::ObjectHandle& object) {
    change([&](Engine& engine) { engine.remove_pod(std::string(object.uid())); });
  };
  handlers.synced = [this] { change([](Engine&) {}); };
  // Finished pods are nobody's business here: one that finishes leaves the selection.
  pods_ = std::make_unique<sdk::Informer>(
      host_,
      sdk::Path{.resource = "pods",
                .query = "fieldSelector=" +
                         sdk::query_escaped("status.phase!=Succeeded,status.phase!=Failed")},
      std::move(handlers));
  pods_->start();
}

void Scheduler::watch_nodes() {
  const auto set = [this](const sdk::ObjectHandle& object) {
    NodePtr node = read_node(object);
    change([&](Engine& engine) { engine.set_node(std::move(node)); });
  };
  sdk::InformerHandlers handlers;
  handlers.added = set;
  handlers.modified = [set](const sdk::ObjectHandle&, const sdk::ObjectHandle& now) { set(now); };
  handlers.deleted = [this](const sdk::ObjectHandle& object) {
    change([&](Engine& engine) { engine.remove_node(std::string(object.name())); });
  };
  handlers.synced = [this] { change([](Engine&) {}); };
  nodes_ =
      std::make_unique<sdk::Informer>(host_, sdk::Path{.resource = "nodes"}, std::move(handlers));
  nodes_->start();
}

void Scheduler::follow_policies() {
  const auto followed =
      host_.on_provided("pintle.scheduling_policy/1",
                        [this](const sdk::Offer& offer, bool added) { take_policy(offer, added); });
  if (!followed.ok()) {
    host_.log().error("Scheduling policies of other plugins can't be followed.",
                      {{"error", followed.error().message}});
  }
}

/// One at a time. Once this has taken a policy back, the lock saw its last call to the end.
void Scheduler::take_policy(const sdk::Offer& offer, bool added) {
  const auto& table = *static_cast<const pintle_scheduling_policy_table*>(offer.table);
  const std::string name(sdk::to_view(table.scheduler_name));
  bool fresh = true;
  change([&](Engine& engine) {
    const std::pair<std::string, void*> entry{name, offer.self};
    if (added) {
      fresh = engine.add_profile(name, policy_of(host_, table, offer.self), clock_.steady());
      if (fresh) {
        taken_.push_back(entry);
      }
    } else if (const auto place = std::ranges::find(taken_, entry); place != taken_.end()) {
      taken_.erase(place);
      engine.remove_profile(name);
    }
  });
  if (!fresh) {
    host_.log().warning("Another policy has this scheduler name; the first one stays.",
                        {{"schedulerName", name}, {"plugin", offer.plugin}});
  }
}

/// False once it is to stop.
bool Scheduler::wait_for_work(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  const auto has_work = [this] {
    return (has_news_ && in_flight_ < options_.bindings_in_flight) || !bound_.empty();
  };
  // With all hands full only an answer helps; what is due waits.
  const bool has_hands = in_flight_ < options_.bindings_in_flight;
  const auto due = has_hands ? engine_.next_due() : std::nullopt;
  if (due) {
    changed_.wait_until(lock, stop, *due, has_work);
  } else {
    changed_.wait(lock, stop, has_work);
  }
  return !stop.stop_requested();
}

void Scheduler::run(const std::stop_token& stop) {
  // Before both lists are whole a node may look empty that is not.
  if (!nodes_->wait_synced(stop) || !pods_->wait_synced(stop)) {
    return;
  }
  // Decisions of one turn: long enough to be worth the lock, short enough to keep events coming.
  constexpr std::size_t kPerTurn = 32;
  std::vector<Outcome> outcomes;
  std::vector<Bound> bound;
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock, stop)) {
    has_news_ = false;
    while (outcomes.size() < kPerTurn && in_flight_ < options_.bindings_in_flight) {
      auto outcome = engine_.step(clock_.steady());
      if (!outcome) {
        break;
      }
      in_flight_ += outcome->node.empty() ? 0 : 1;
      outcomes.push_back(std::move(*outcome));
    }
    has_news_ |= outcomes.size() == kPerTurn || in_flight_ >= options_.bindings_in_flight;
    bound.swap(bound_);
    lock.unlock();
    std::ranges::for_each(outcomes, [this](const Outcome& outcome) { act(outcome); });
    std::ranges::for_each(bound,
                          [this](const Bound& news) { reporter_.scheduled(*news.pod, news.node); });
    outcomes.clear();
    bound.clear();
    lock.lock();
  }
}

void Scheduler::act(const Outcome& outcome) {
  const PodPtr& pod = outcome.pod;
  if (outcome.node.empty()) {
    reporter_.unschedulable(*pod, outcome.message);
    return;
  }
  client_.bind_async(pod->ns, pod->name, outcome.node, pod->uid,
                     [this, pod, node = outcome.node](const Result<void>& result) {
                       bind_done(pod, node, result);
                     });
}

/// On whatever thread the answer came. The event is left to the loop: this one may be the store's.
void Scheduler::bind_done(const PodPtr& pod, const std::string& node, const Result<void>& result) {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    has_news_ = true;
    if (result.ok()) {
      bound_.push_back({pod, node});
    } else {
      engine_.binding_failed(pod->uid, clock_.steady());
    }
  }
  changed_.notify_one();
  if (!result.ok()) {
    host_.log().warning("A pod could not be bound; it is tried again.",
                        {{"namespace", pod->ns},
                         {"pod", pod->name},
                         {"node", node},
                         {"error", result.error().message}});
  }
}

}  // namespace pintle::scheduler

PINTLE_PLUGIN("scheduler", "1.0.0", pintle::scheduler::Scheduler)
