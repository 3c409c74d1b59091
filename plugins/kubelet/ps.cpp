// Lists sandboxes and containers.

#include "plugins/kubelet/ps.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/concat.hpp"
#include "core/sdk/text.hpp"
#include "plugins/kubelet/container_spec.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::size_t kColumns = 7;
constexpr std::size_t kShortId = 13;
using Row = std::array<std::string, kColumns>;

std::string label(const TextMap& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() ? "" : found->second;
}

std::string age_text(std::int64_t created_at_ns, WallTime now) {
  const WallTime created(std::chrono::microseconds(created_at_ns / 1000));
  return to_human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - created));
}

const char* state_text(ContainerPhase phase) {
  switch (phase) {
    case ContainerPhase::kCreated:
      return "Created";
    case ContainerPhase::kRunning:
      return "Running";
    case ContainerPhase::kExited:
      return "Exited";
    case ContainerPhase::kUnknown:
      return "Unknown";
  }
  return "Unknown";
}

std::string aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      text += row[i];
      const bool is_last = i + 1 == kColumns;
      text += is_last ? "\n" : std::string(widths[i] - row[i].size() + 3, ' ');
    }
  }
  return text;
}

}  // namespace

Result<std::string> ps_table(Runtime& runtime, WallTime now) {
  PINTLE_TRY(const auto sandboxes, runtime.list_sandboxes(""));
  PINTLE_TRY(const auto containers, runtime.list_containers(""));
  std::vector<Row> rows;
  for (const auto& sandbox : sandboxes) {
    rows.push_back({label(sandbox.labels, kPodNamespaceLabel), label(sandbox.labels, kPodNameLabel),
                    "(sandbox)", sandbox.ready ? "Ready" : "NotReady",
                    std::to_string(sandbox.attempt), age_text(sandbox.created_at_ns, now),
                    sandbox.id.substr(0, kShortId)});
  }
  for (const auto& container : containers) {
    const auto restarts = label(container.annotations, kRestartCount);
    rows.push_back({label(container.labels, kPodNamespaceLabel),
                    label(container.labels, kPodNameLabel), container.name,
                    state_text(container.phase),
                    restarts.empty() ? std::to_string(container.attempt) : restarts,
                    age_text(container.created_at_ns, now), container.id.substr(0, kShortId)});
  }
  std::ranges::sort(rows);
  rows.insert(rows.begin(), Row{"NAMESPACE", "POD", "CONTAINER", "STATE", "RESTARTS", "AGE", "ID"});
  return aligned(rows);
}

Result<void> PsCommand::provide(sdk::Host& host) {
  table_.size = sizeof table_;
  table_.name = sdk::to_c(std::string_view("ps"));
  table_.run = &PsCommand::run;
  return host.provide("pintle.command/1", &table_, this);
}

pintle_status PsCommand::run(void* self, void (*write)(void* context, pintle_text text),
                             void* context) {
  return sdk::guarded("ps", [&]() -> Result<void> {
    auto& command = *static_cast<PsCommand*>(self);
    const auto text = ps_table(*command.runtime_, SystemClock().now());
    if (!text) {
      return Error{text.error().code,
                   concat({"no container runtime answers at ", command.endpoint_,
                           " (is containerd running?): ", text.error().message})};
    }
    write(context, sdk::to_c(std::string_view(text.value())));
    return {};
  });
}

}  // namespace pintle::kubelet
