// Sandboxes first made, first shown; each with the containers in it.

#include "plugins/kubelet/ps.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/text.hpp"

namespace pintle::kubelet {
namespace {

using Row = std::array<std::string, 7>;

std::string age_of(std::int64_t created_at_ns) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return to_human_duration(std::chrono::duration_cast<std::chrono::seconds>(
      now - std::chrono::nanoseconds(created_at_ns)));
}

std::string state_of(ContainerPhase phase) {
  switch (phase) {
    case ContainerPhase::kCreated:
      return "created";
    case ContainerPhase::kRunning:
      return "running";
    case ContainerPhase::kExited:
      return "exited";
    case ContainerPhase::kUnknown:
      break;
  }
  return "unknown";
}

Row sandbox_row(const SandboxState& sandbox) {
  return {sandbox.ns,
          sandbox.name,
          "(sandbox)",
          sandbox.ready ? "running" : "exited",
          age_of(sandbox.created_at_ns),
          "",
          sandbox.id.substr(0, 13)};
}

std::string to_table(const std::vector<Row>& rows) {
  Row::size_type widths[std::tuple_size_v<Row>] = {};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row.at(i).size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_last = i + 1 == row.size();
      text += row.at(i) + (is_last ? "\n" : std::string(widths[i] + 3 - row.at(i).size(), ' '));
    }
  }
  return text;
}

}  // namespace

Result<std::string> containers_table(Runtime& runtime) {
  PINTLE_TRY(auto sandboxes, runtime.list_sandboxes(""));
  PINTLE_TRY(const auto containers, runtime.list_containers(""));
  std::sort(sandboxes.begin(), sandboxes.end(),
            [](const auto& a, const auto& b) { return a.created_at_ns < b.created_at_ns; });
  std::vector<Row> rows = {{"NAMESPACE", "POD", "CONTAINER", "STATE", "AGE", "IMAGE", "ID"}};
  for (const auto& sandbox : sandboxes) {
    rows.push_back(sandbox_row(sandbox));
    for (const auto& container : containers) {
      if (container.sandbox_id != sandbox.id) {
        continue;
      }
      // One that goes while we look is left out of the image column, not of the table.
      const auto status = runtime.container_status(container.id);
      rows.push_back({sandbox.ns, sandbox.name, container.name, state_of(container.phase),
                      age_of(container.created_at_ns), status.ok() ? status.value().image : "",
                      container.id.substr(0, 13)});
    }
  }
  return to_table(rows);
}

Result<void> PsCommand::provide(sdk::Host& host) {
  table_ = {.size = sizeof(pintle_command_table),
            .name = sdk::to_c("ps"),
            .run = [](void* self, void (*write)(void*, pintle_text), void* context) {
              return sdk::guarded("ps", [&]() -> Result<void> {
                PINTLE_TRY(const auto text,
                           containers_table(*static_cast<PsCommand*>(self)->runtime_));
                write(context, sdk::to_c(text));
                return {};
              });
            }};
  return host.provide("pintle.command/1", &table_, this);
}

}  // namespace pintle::kubelet
