// Writes events one after the other; the same again within an hour raises a count instead.

#include "plugins/kubelet/events.hpp"

#include "core/base/concat.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::size_t kMaxKnown = 4096;

std::string hex_of(std::int64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (auto rest = static_cast<std::uint64_t>(number); rest != 0; rest >>= 4) {
    text.insert(text.begin(), kDigits[rest & 15]);
  }
  return text;
}

}  // namespace

Events::Events(std::string node_name, Cluster* cluster, const Clock& clock, Log& log)
    : node_name_(std::move(node_name)), cluster_(cluster), clock_(clock), log_(log) {
  if (cluster_ != nullptr) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
}

Events::~Events() = default;

void Events::record(const Pod& pod, std::string_view container, const EventText& event) {
  JsonObject reference{{"kind", "Pod"},
                       {"apiVersion", "v1"},
                       {"namespace", pod.ns},
                       {"name", pod.name},
                       {"uid", pod.uid}};
  // The server knows a static pod by its mirror; its events name it as the mirror's hash.
  if (const auto version = text_at(pod.json(), {"metadata", "resourceVersion"}); !version.empty()) {
    reference["resourceVersion"] = version;
  }
  if (!container.empty()) {
    reference["fieldPath"] = field_path_of(pod.json(), container);
  }
  add({std::move(reference), pod.ns, event.is_warning, std::string(event.reason), event.message,
       clock_.now()});
}

void Events::record_node(const EventText& event) {
  JsonObject reference{{"kind", "Node"}, {"name", node_name_}, {"uid", node_name_}};
  add({std::move(reference), "default", event.is_warning, std::string(event.reason), event.message,
       clock_.now()});
}

void Events::add(Item item) {
  const auto object = concat({item.ns, "/", text_at(item.reference, {"name"})});
  const auto level = item.is_warning ? LogLevel::kWarning : LogLevel::kInfo;
  log_.write(level, "event",
             {{"object", object},
              {"fieldPath", text_at(item.reference, {"fieldPath"})},
              {"reason", item.reason},
              {"message", item.message}});
  if (cluster_ != nullptr) {
    // A full queue drops the newest: a storm of events must not hold up pods.
    [[maybe_unused]] const bool taken = queue_.try_push(std::move(item));
  }
}

void Events::run(const std::stop_token& stop) {
  while (auto item = queue_.pop(stop)) {
    write(*item);
  }
}

bool Events::count_up(const Item& item, Known& known) {
  constexpr std::chrono::minutes kLife{50};  // The server forgets events after an hour.
  if (item.at - known.last > kLife) {
    return false;
  }
  const JsonObject patch{{"count", known.count + 1}, {"lastTimestamp", to_rfc3339(item.at)}};
  const auto answer =
      cluster_->request("PATCH", concat({"/api/v1/namespaces/", item.ns, "/events/", known.name}),
                        "application/merge-patch+json", to_json(patch));
  if (answer) {
    ++known.count;
    known.last = item.at;
  }
  return answer.ok();
}

void Events::write(const Item& item) {
  const auto key = concat({to_json(item.reference), "\n", item.reason, "\n", item.message});
  const auto known = known_.find(key);
  if (known != known_.end() && count_up(item, known->second)) {
    return;
  }
  const auto ticks =
      std::chrono::duration_cast<std::chrono::nanoseconds>(item.at.time_since_epoch()).count();
  const auto name = concat({text_at(item.reference, {"name"}), ".", hex_of(ticks)});
  const auto time = to_rfc3339(item.at);
  const JsonObject event{{"apiVersion", "v1"},
                         {"kind", "Event"},
                         {"metadata", JsonObject{{"name", name}, {"namespace", item.ns}}},
                         {"involvedObject", item.reference},
                         {"reason", item.reason},
                         {"message", item.message},
                         {"source", JsonObject{{"component", "kubelet"}, {"host", node_name_}}},
                         {"firstTimestamp", time},
                         {"lastTimestamp", time},
                         {"count", 1},
                         {"type", item.is_warning ? "Warning" : "Normal"},
                         {"reportingComponent", "kubelet"},
                         {"reportingInstance", node_name_}};
  const auto answer = cluster_->create(concat({"/api/v1/namespaces/", item.ns, "/events"}), event);
  if (!answer) {
    log_.debug("event not written", {{"reason", item.reason}, {"error", answer.error().message}});
    return;
  }
  if (known_.size() >= kMaxKnown) {
    known_.clear();
  }
  known_[key] = {name, 1, item.at};
}

}  // namespace pintle::kubelet
