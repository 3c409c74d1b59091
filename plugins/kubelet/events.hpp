// Events: what happened to a pod or the node, told to the server and to the log.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/queue.hpp"
#include "plugins/kubelet/cluster.hpp"
#include "plugins/kubelet/pod.hpp"

namespace pintle::kubelet {

struct EventText {
  bool is_warning = false;
  std::string_view reason;  // "Pulled".
  std::string message;
};

/// Threads: every method may be called from any thread; none waits for the server.
class Events {
 public:
  /// `cluster` is null where there is none: events then only go to the log.
  Events(std::string node_name, Cluster* cluster, const Clock& clock, Log& log);
  ~Events();

  /// About one of the pod's containers, or the pod where `container` is "".
  void record(const Pod& pod, std::string_view container, const EventText& event);
  void record_node(const EventText& event);

 private:
  struct Item {
    Json reference;  // involvedObject.
    std::string ns;
    bool is_warning = false;
    std::string reason;
    std::string message;
    WallTime at;
  };
  /// An event written before, which counts up when it happens again.
  struct Known {
    std::string name;
    std::int64_t count = 1;
    WallTime last;
  };

  void add(Item item);
  void run(const std::stop_token& stop);
  void write(const Item& item);
  bool count_up(const Item& item, Known& known);

  const std::string node_name_;
  Cluster* const cluster_;
  const Clock& clock_;
  Log& log_;
  BoundedQueue<Item> queue_{1000};
  std::map<std::string, Known> known_;  // Of the writing thread alone.
  std::jthread thread_;
};

}  // namespace pintle::kubelet
