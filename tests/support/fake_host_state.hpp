// What a FakeHost holds: its cluster in memory, and what the plugin asked of it.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "core/object/selector.hpp"
#include "core/sdk/path.hpp"
#include "tests/support/fake_host.hpp"

struct pintle_subscription {
  pintle::test::FakeHost* owner = nullptr;
  pintle::sdk::Path path;
  pintle::LabelSelector labels;
  pintle::FieldSelector fields;
  std::mutex mutex;
  std::condition_variable changed;
  struct Change {
    std::uint32_t type = 0;
    pintle::ObjectPtr object;
    pintle::ObjectPtr previous;
  };
  std::deque<Change> changes;   // Guarded by mutex.
  bool woken = false;           // Guarded by mutex.
  std::function<void()> ready;  // Guarded by mutex.
  const pintle_object* lent = nullptr;
  const pintle_object* lent_previous = nullptr;
};

namespace pintle::test {

/// True if `object`, at `path`, is one that the subscription is about.
bool wants(const pintle_subscription& subscription, const sdk::Path& path, const ObjectPtr& object);
void push(pintle_subscription& subscription, pintle_subscription::Change change);

struct FakeHost::State {
  struct Refusal {
    int status = 0;
    std::string message;
    int times = 0;
  };
  struct Watch {
    std::string point;
    void (*changed)(void*, const char*, const void*, void*, std::uint32_t);
    void* context;
  };

  struct Table : pintle_host {
    FakeHost* owner = nullptr;
  };

  Table host{};
  bool with_cluster = true;
  mutable std::recursive_mutex mutex;  // Guards all below.
  std::map<std::string, std::string, std::less<>> settings;
  std::map<std::string, ObjectPtr> objects;  // By path.
  Revision revision = 0;
  std::map<std::string, Json> answers;
  std::map<std::string, Refusal> refusals;  // By "METHOD path".
  std::function<bool(const Json& spec)> allows;
  std::vector<pintle_subscription*> subscriptions;
  std::vector<Request> requests;
  std::vector<std::string> log;
  std::vector<std::pair<std::string, sdk::Offer>> offers;
  std::vector<Watch> watches;
  unsigned loses_one_in = 0;  // 0: none is lost.
  std::mt19937 luck;

  void publish(std::uint32_t type, const sdk::Path& path, ObjectPtr object, ObjectPtr previous);
  Result<Json> perform(std::string_view method, const sdk::Path& path,
                       std::string_view content_type, std::string_view body);
  Result<Json> write(const sdk::Path& path, Json object, bool create);
  Result<Json> read(const sdk::Path& path) const;
  Result<Json> erase(const sdk::Path& path);
};

}  // namespace pintle::test
