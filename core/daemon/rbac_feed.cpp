// Lists each RBAC resource once, then follows its cursor.

#include "core/daemon/rbac_feed.hpp"

#include <array>
#include <utility>

namespace pintle::daemon {
namespace {

constexpr std::array kResources = {
    "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io"};

}  // namespace

RbacFeed::RbacFeed(auth::Rbac& rbac, store::Store& store, bus::Bus& bus)
    : rbac_(rbac), store_(store), bus_(bus) {
  for (const char* resource : kResources) {
    sources_.push_back(follow(resource));
  }
  const std::lock_guard lock(mutex_);
  for (auto& source : sources_) {
    drain(source);  // Arms the waker.
  }
}

RbacFeed::Source RbacFeed::follow(const std::string& resource) const {
  const auto snapshot = store_.list(resource);
  snapshot.scan_after("", "", [this](const ObjectPtr& object) {
    rbac_.apply({.type = Event::Type::kAdded, .object = object, .previous = nullptr});
    return true;
  });
  Source source{resource, bus_.subscribe(resource, snapshot.revision()).value()};
  source.cursor.set_waker([this] { stale_.store(true, std::memory_order_release); });
  return source;
}

void RbacFeed::drain(Source& source) const {
  std::vector<Event> events;
  for (;;) {
    events.clear();
    const auto count = source.cursor.poll(events, 256);
    if (!count.ok()) {
      // So many changes at once that the log lost them: start again from a list.
      source = follow(source.resource);
      continue;
    }
    for (const auto& event : events) {
      rbac_.apply(event);
    }
    if (count.value() == 0) {
      return;
    }
  }
}

void RbacFeed::catch_up() const {
  if (!stale_.load(std::memory_order_acquire)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  // Cleared first: a wake-up that comes while we drain must not be lost.
  if (stale_.exchange(false, std::memory_order_acq_rel)) {
    for (auto& source : sources_) {
      drain(source);
    }
  }
}

auth::Decision RbacFeed::allow(const auth::Identity& who, const auth::Attributes& what) const {
  catch_up();
  return rbac_.allow(who, what);
}

std::vector<auth::Rule> RbacFeed::rules_of(const auth::Identity& who, std::string_view ns) const {
  catch_up();
  return rbac_.rules_of(who, ns);
}

}  // namespace pintle::daemon
