// Metrics: what GET /metrics says. prometheus-cpp's home.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/gate/audit.hpp"
#include "core/http/server.hpp"
#include "core/store/store.hpp"

namespace pintle::daemon {

/// Threads: every method may be called from any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// Counts one finished request, by verb, resource and code. Unknown verbs and resources share one
  /// series each, so that no client can make the page grow.
  void count(const gate::AuditRecord& record);

  /// Asked each time the page is made.
  struct Sources {
    std::function<store::Figures()> store;
    std::function<http::Figures()> server;
    std::function<bool(const std::string& group, const std::string& resource)> is_known_resource;
  };
  void set_sources(Sources sources);

  /// The page, in Prometheus' text format.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pintle::daemon
