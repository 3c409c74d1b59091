// Registers, reports, renews: every ten seconds, sooner while something is amiss.

#include "plugins/kubelet/node.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::chrono::seconds kPeriod{10};    // Source: kubelet nodeStatusUpdateFrequency.
constexpr std::chrono::minutes kReportAll{5};  // Source: kubelet nodeStatusReportFrequency.
constexpr std::int64_t kLeaseSeconds = 40;
constexpr std::chrono::milliseconds kSoon{500};
constexpr std::chrono::seconds kAfterFailure{2};

/// The status without what changes at every beat.
std::string essence_of(const Json& status) {
  auto copy = status;
  if (auto* conditions = find_path(copy, {"conditions"}); conditions != nullptr) {
    for (auto& condition : conditions->as_array()) {
      condition.as_object().erase("lastHeartbeatTime");
    }
    // The order of a list by type means nothing.
    std::ranges::sort(conditions->as_array(), [](const Json& a, const Json& b) {
      return text_at(a, {"type"}) < text_at(b, {"type"});
    });
  }
  return to_json(copy);
}

/// Whether the server has everything of `status` already.
bool shows(const Json& server, const Json& status) {
  JsonObject same;
  for (const auto& member : status.as_object()) {
    const auto* there = find_member(server, member.key());
    same[member.key()] = there == nullptr ? Json(nullptr) : *there;
  }
  return essence_of(Json(std::move(same))) == essence_of(status);
}

}  // namespace

NodeAgent::NodeAgent(Cluster& cluster, Runtime& runtime, Events& events, const NodeFacts& facts,
                     const Machine& machine, NodeOptions options, std::string root,
                     const Clock& clock, Log& log)
    : cluster_(cluster),
      runtime_(runtime),
      events_(events),
      facts_(facts),
      machine_(machine),
      options_(std::move(options)),
      root_(std::move(root)),
      clock_(clock),
      log_(log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

NodeAgent::~NodeAgent() = default;

std::string NodeAgent::uid() const {
  const std::lock_guard lock(mutex_);
  return uid_;
}

void NodeAgent::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto wait = round();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, wait, [] { return false; });
  }
}

std::chrono::milliseconds NodeAgent::round() {
  watch_.note(runtime_.health(), clock_.steady());
  if (version_.name.empty()) {
    if (auto version = runtime_.version()) {
      version_ = std::move(version).value();
      if (!options_.pod_cidr.empty()) {
        [[maybe_unused]] const auto told = runtime_.set_pod_cidr(options_.pod_cidr);
      }
    }
  }
  auto node = find_or_register();
  auto result = node ? report(node.value()) : Result<void>(node.error());
  if (result) {
    result = renew_lease();
  }
  if (!result) {
    if (last_error_ != result.error().message) {
      last_error_ = result.error().message;
      log_.warning("node not reported", {{"node", facts_.name}, {"error", last_error_}});
    }
    return kAfterFailure;
  }
  last_error_.clear();
  return was_ready_ ? std::chrono::milliseconds(kPeriod) : kSoon;
}

Result<Json> NodeAgent::find_or_register() {
  auto node = cluster_.get("/api/v1/nodes/" + facts_.name);
  if (!node && node.error().code == Code::kNotFound && options_.registers) {
    node = cluster_.create("/api/v1/nodes", make_node(facts_, machine_, options_));
    if (node) {
      log_.info("node registered", {{"node", facts_.name}});
    }
  }
  if (!node) {
    return node;
  }
  const std::string uid(text_at(node.value(), {"metadata", "uid"}));
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    is_new = uid_ != uid;
    uid_ = uid;
  }
  if (is_new && options_.registers) {
    // A node met again has the labels it would register with now.
    const auto wanted = make_node(facts_, machine_, options_);
    const JsonObject patch{
        {"metadata", JsonObject{{"labels", *find_path(wanted, {"metadata", "labels"})}}}};
    if (object_at(node.value(), {"metadata", "labels"}) !=
        object_at(wanted, {"metadata", "labels"})) {
      return cluster_.request("PATCH", "/api/v1/nodes/" + facts_.name,
                              "application/merge-patch+json", to_json(patch));
    }
  }
  return node;
}

Result<void> NodeAgent::report(const Json& node) {
  static const Json kNone = nullptr;
  const auto* previous = find_member(node, "status");
  const auto images = runtime_.list_images();
  const auto now = clock_.steady();
  const auto status =
      make_node_status({machine_, read_room(root_), facts_, options_, version_,
                        images ? images.value() : std::vector<ImageInfo>(), watch_.complaint(now),
                        previous != nullptr ? *previous : kNone, clock_.now()});
  const bool is_due = !reported_ || now - *reported_ >= kReportAll;
  if (!is_due && previous != nullptr && shows(*previous, status)) {
    return {};
  }
  PINTLE_TRY_STATUS(cluster_.request("PATCH", concat({"/api/v1/nodes/", facts_.name, "/status"}),
                                     "application/merge-patch+json",
                                     to_json(JsonObject{{"status", status}})));
  reported_ = now;
  const bool is_ready = watch_.complaint(now).empty();
  if (is_ready != was_ready_) {
    was_ready_ = is_ready;
    const auto* reason = is_ready ? "NodeReady" : "NodeNotReady";
    events_.record_node(
        {false, reason, concat({"Node ", facts_.name, " status is now: ", reason})});
  }
  return {};
}

Result<void> NodeAgent::renew_lease() {
  const auto collection =
      std::string("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases");
  const auto now = to_rfc3339_micro(clock_.now());
  const JsonObject spec{
      {"holderIdentity", facts_.name}, {"leaseDurationSeconds", kLeaseSeconds}, {"renewTime", now}};
  auto renewed =
      cluster_.request("PATCH", concat({collection, "/", facts_.name}),
                       "application/merge-patch+json", to_json(JsonObject{{"spec", spec}}));
  if (!renewed && renewed.error().code == Code::kNotFound) {
    const JsonObject owner{
        {"apiVersion", "v1"}, {"kind", "Node"}, {"name", facts_.name}, {"uid", uid()}};
    renewed = cluster_.create(
        collection, JsonObject{{"apiVersion", "coordination.k8s.io/v1"},
                               {"kind", "Lease"},
                               {"metadata", JsonObject{{"name", facts_.name},
                                                       {"namespace", "kube-node-lease"},
                                                       {"ownerReferences", JsonArray{owner}}}},
                               {"spec", spec}});
  }
  return renewed ? Result<void>() : std::move(renewed).error();
}

}  // namespace pintle::kubelet
