// Reconciler: a controller's loop; see reconciler.hpp.

#include "core/sdk/reconciler.hpp"

#include "core/sdk/text.hpp"

namespace pintle::sdk {

Reconciler::Reconciler(Host& host, std::string name, const Clock& clock, Reconcile reconcile)
    : host_(host), name_(std::move(name)), reconcile_(std::move(reconcile)), queue_(clock) {}

Reconciler::~Reconciler() {
  stop();
}

void Reconciler::start(int workers) {
  for (int i = 0; i < workers; ++i) {
    workers_.emplace_back([this](const std::stop_token& stop) { run(stop); });
  }
}

void Reconciler::stop() {
  for (auto& worker : workers_) {
    worker.request_stop();
  }
  workers_.clear();
}

void Reconciler::run(const std::stop_token& stop) {
  while (const auto key = queue_.take(stop)) {
    work_on(*key, stop);
  }
}

bool Reconciler::step() {
  const auto key = queue_.try_take();
  if (!key) {
    return false;
  }
  work_on(*key, {});
  return true;
}

void Reconciler::work_on(const std::string& key, const std::stop_token& stop) {
  Result<void> result;
  try {
    result = reconcile_(key, stop);
  } catch (...) {
    result = Error(Code::kInternalError, "threw: " + describe_exception());
  }
  if (result.ok()) {
    queue_.forget(key);
  } else {
    // A conflict is somebody else's write that came first: daily business, not worth a line.
    if (result.error().code != Code::kConflict) {
      host_.log().warning("Not yet done; trying again.",
                          {{"controller", name_}, {"key", key}, {"error", result.error().message}});
    }
    queue_.add_rate_limited(key);
  }
  queue_.done(key);
}

}  // namespace pintle::sdk
