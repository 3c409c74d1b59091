// Cells of Deployments, StatefulSets, Jobs and what scales them.
// Source: printers/internalversion printDeployment, printStatefulSet, printJob, printHorizontal...

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

std::string ready_of_replicas(const CellInput& in) {
  return concat({std::to_string(integer_at(in.object, {"status", "readyReplicas"}).value_or(0)),
                 "/", std::to_string(integer_at(in.object, {"spec", "replicas"}).value_or(0))});
}

bool has_condition(const Json& object, std::string_view type) {
  for (const Json& condition : array_at(object, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == type && text_at(condition, {"status"}) == "True") {
      return true;
    }
  }
  return false;
}

std::string job_status(const CellInput& in) {
  if (has_condition(in.object, "Complete")) {
    return "Complete";
  }
  if (has_condition(in.object, "Failed")) {
    return "Failed";
  }
  if (!text_at(in.object, {"metadata", "deletionTimestamp"}).empty()) {
    return "Terminating";
  }
  if (has_condition(in.object, "Suspended")) {
    return "Suspended";
  }
  if (has_condition(in.object, "FailureTarget")) {
    return "FailureTarget";
  }
  return has_condition(in.object, "SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

std::string job_completions(const CellInput& in) {
  const auto done = std::to_string(integer_at(in.object, {"status", "succeeded"}).value_or(0));
  if (const auto wanted = integer_at(in.object, {"spec", "completions"})) {
    return concat({done, "/", std::to_string(*wanted)});
  }
  const auto parallel = integer_at(in.object, {"spec", "parallelism"}).value_or(0);
  return parallel > 1 ? concat({done, "/1 of ", std::to_string(parallel)}) : done + "/1";
}

std::string job_duration(const CellInput& in) {
  const auto started = parse_rfc3339(text_at(in.object, {"status", "startTime"}));
  if (!started) {
    return "";
  }
  const auto ended = parse_rfc3339(text_at(in.object, {"status", "completionTime"}));
  return to_human_duration(
      std::chrono::floor<std::chrono::seconds>(ended.value_or(in.now) - *started));
}

std::string scale_target(const CellInput& in) {
  return concat({text_at(in.object, {"spec", "scaleTargetRef", "kind"}), "/",
                 text_at(in.object, {"spec", "scaleTargetRef", "name"})});
}

std::string value_text(const Json* value) {
  return value == nullptr ? "<unknown>" : plain_text(*value);
}

/// "cpu: 20%/50%" for one metric and its current state.
std::string target_text(const Json& metric, const Json* current) {
  const auto type = text_at(metric, {"type"});
  const std::string_view member = type == "Resource"            ? "resource"
                                  : type == "ContainerResource" ? "containerResource"
                                  : type == "Pods"              ? "pods"
                                  : type == "Object"            ? "object"
                                                                : "external";
  const Json* goal = find_path(metric, {member, "target"});
  const Json* now = current == nullptr ? nullptr : find_path(*current, {member, "current"});
  if (goal == nullptr) {
    return "<unknown type>";
  }
  const auto name = text_at(metric, {member, "name"});
  const std::string prefix = name.empty() ? "" : concat({name, ": "});
  if (const Json* percent = find_member(*goal, "averageUtilization")) {
    const Json* used = now == nullptr ? nullptr : find_member(*now, "averageUtilization");
    return concat({prefix, used == nullptr ? "<unknown>" : to_json(*used) + "%", "/",
                   to_json(*percent), "%"});
  }
  const std::string_view kind =
      find_member(*goal, "averageValue") != nullptr ? "averageValue" : "value";
  return concat({prefix, value_text(now == nullptr ? nullptr : find_member(*now, kind)), "/",
                 value_text(find_member(*goal, kind)),
                 kind == "averageValue" && type != "Resource" && type != "Pods" ? " (avg)" : ""});
}

std::string hpa_targets(const CellInput& in) {
  const JsonArray& metrics = array_at(in.object, {"spec", "metrics"});
  const JsonArray& currents = array_at(in.object, {"status", "currentMetrics"});
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    texts.push_back(target_text(metrics[i], currents.if_contains(i)));
  }
  constexpr std::size_t kShown = 2;
  if (texts.size() > kShown) {
    const auto more = texts.size() - kShown;
    texts.resize(kShown);
    return joined(texts, ", ") + " + " + std::to_string(more) + " more...";
  }
  return texts.empty() ? "<none>" : joined(texts, ", ");
}

}  // namespace

std::vector<NamedPrinter> workload_printers() {
  return {{"ready_of_replicas", ready_of_replicas}, {"job_status", job_status},
          {"job_completions", job_completions},     {"job_duration", job_duration},
          {"scale_target", scale_target},           {"hpa_targets", hpa_targets}};
}

}  // namespace pintle::api
