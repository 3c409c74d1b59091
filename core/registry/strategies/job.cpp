// Jobs: pods that end, and what counts as done.
//
// Source: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation, pkg/registry/batch/job.

#include "core/registry/strategies/job.hpp"

#include <array>
#include <limits>

#include "core/base/concat.hpp"
#include "core/object/selector.hpp"

namespace pintle::registry {
namespace {

constexpr std::int64_t kMaxIndexedParallelism = 100'000;
constexpr std::int64_t kManyCompletions = 100'000;
constexpr std::int64_t kMaxParallelismOfMany = 10'000;
constexpr std::int64_t kMaxFailedIndexesOfMany = 10'000;
constexpr std::string_view kUid = "batch.kubernetes.io/controller-uid";
constexpr std::array<std::string_view, 2> kNameLabels = {"job-name",
                                                         "batch.kubernetes.io/job-name"};
constexpr std::array<std::string_view, 2> kUidLabels = {"controller-uid", kUid};

/// What may change of a suspended job's template before its first start.
constexpr std::array<std::string_view, 3> kScheduling = {"nodeSelector", "tolerations",
                                                         "schedulingGates"};

void validate_indexed(const Json& spec, const std::string& path, Causes& causes) {
  const auto completions = integer_at(spec, {"completions"});
  const auto parallelism = integer_at(spec, {"parallelism"}).value_or(0);
  const auto failed = integer_at(spec, {"maxFailedIndexes"});
  if (!completions) {
    causes.push_back(
        required_value(sub_path(path, "completions"), "when completion mode is Indexed"));
  }
  if (parallelism > kMaxIndexedParallelism) {
    causes.push_back(
        invalid_value(sub_path(path, "parallelism"), std::to_string(parallelism),
                      "must be less than or equal to 100000 when completion mode is Indexed"));
  }
  if (completions && failed && *failed > *completions) {
    causes.push_back(invalid_value(sub_path(path, "maxFailedIndexes"), std::to_string(*failed),
                                   "must be less than or equal to completions"));
  }
  const bool by_index = find_member(spec, "backoffLimitPerIndex") != nullptr;
  if (!by_index || completions.value_or(0) <= kManyCompletions) {
    return;
  }
  if (!failed) {
    causes.push_back(required_value(sub_path(path, "maxFailedIndexes"),
                                    "must be specified when completions is above 100000"));
  }
  const auto check_most = [&](std::string_view field, std::int64_t value, std::int64_t most) {
    if (value > most) {
      causes.push_back(invalid_value(
          sub_path(path, field), std::to_string(value),
          concat({"must be less than or equal to ", std::to_string(most),
                  " when completions are above 100000 and used with backoff limit per index"})));
    }
  };
  check_most("parallelism", parallelism, kMaxParallelismOfMany);
  check_most("maxFailedIndexes", failed.value_or(0), kMaxFailedIndexesOfMany);
}

void validate_mode(const Json& spec, const std::string& path, Causes& causes) {
  if (find_member(spec, "maxFailedIndexes") != nullptr &&
      find_member(spec, "backoffLimitPerIndex") == nullptr) {
    causes.push_back(required_value(sub_path(path, "backoffLimitPerIndex"),
                                    "when maxFailedIndexes is specified"));
  }
  if (is_indexed(spec)) {
    validate_indexed(spec, path, causes);
    return;
  }
  for (const auto field : {"backoffLimitPerIndex", "maxFailedIndexes"}) {
    if (const auto value = integer_at(spec, {field})) {
      causes.push_back(invalid_value(sub_path(path, field), std::to_string(*value),
                                     "requires indexed completion mode"));
    }
  }
}

void validate_restart(const Json& spec, const std::string& path, Causes& causes) {
  const std::string here = concat({path, ".template.spec.restartPolicy"});
  const auto restart = text_at(spec, {"template", "spec", "restartPolicy"});
  if (restart.empty() || restart == "Always") {
    causes.push_back(required_value(here, "valid values: \"OnFailure\", \"Never\""));
  } else if (restart != "OnFailure" && restart != "Never") {
    causes.push_back(unsupported_value(here, restart, {"OnFailure", "Never"}));
  } else if (restart != "Never" && find_member(spec, "podFailurePolicy") != nullptr) {
    causes.push_back(invalid_value(here, quoted(restart),
                                   "only \"Never\" is supported when podFailurePolicy is "
                                   "specified"));
  }
}

void validate_replacement(const Json& spec, const std::string& path, Causes& causes) {
  const auto policy = text_at(spec, {"podReplacementPolicy"});
  if (find_member(spec, "podFailurePolicy") != nullptr && policy == "TerminatingOrFailed") {
    causes.push_back(unsupported_value(sub_path(path, "podReplacementPolicy"), policy, {"Failed"}));
  }
}

void validate_managed_by(const Json& spec, const std::string& path, Causes& causes) {
  const Json* manager = find_member(spec, "managedBy");
  if (manager == nullptr) {
    return;
  }
  const std::string here = sub_path(path, "managedBy");
  const auto name = text_at(*manager, {});
  check_domain_path(causes, here, name);
  if (name.size() > 63) {
    causes.push_back(too_long_value(here, 63));
  }
}

/// The labels the job controller knows its pods by.
void validate_generated_labels(const Json& job, Causes& causes) {
  const auto has = [&](std::string_view key, std::string_view wanted) {
    const std::string path = concat({"spec.template.metadata.labels[", key, "]"});
    const Json* labels = find_path(job, {"spec", "template", "metadata", "labels"});
    const Json* label = labels == nullptr ? nullptr : find_member(*labels, key);
    const std::string why = concat({"must be '", wanted, "'"});
    if (label == nullptr) {
      causes.push_back(required_value(path, why));
    } else if (text_at(*label, {}) != wanted) {
      causes.push_back(invalid_value(path, shown_map(labels), why));
    }
  };
  for (const auto key : kUidLabels) {
    has(key, text_at(job, {"metadata", "uid"}));
  }
  for (const auto key : kNameLabels) {
    has(key, text_at(job, {"metadata", "name"}));
  }
}

void validate_job_selector(const Json& job, Causes& causes) {
  const Json* selector = find_path(job, {"spec", "selector"});
  if (selector == nullptr) {
    causes.push_back(required_value("spec.selector"));
    return;
  }
  if (!is_true(job, {"spec", "manualSelector"})) {
    validate_generated_labels(job, causes);
  }
  check_label_selector(causes, selector, "spec.selector");
  validate_selector_matches(job, *selector, causes);
}

/// An indexed job's pods are called after the job and their index.
void validate_host_names(const Json& job, Causes& causes) {
  const auto completions = integer_at(job, {"spec", "completions"}).value_or(0);
  const Json* spec = find_member(job, "spec");
  if (spec == nullptr || !is_indexed(*spec) || completions <= 0) {
    return;
  }
  const auto name = text_at(job, {"metadata", "name"});
  const std::string host = concat({name, "-", std::to_string(completions - 1)});
  if (check_dns_label(host)) {
    causes.push_back(
        invalid_value("metadata.name", quoted(name),
                      concat({"will not able to create pod with invalid DNS label: ", host})));
  }
}

void validate_completions_update(const Json& next, const Json& current, Causes& causes) {
  const Json* spec = find_member(next, "spec");
  if (spec == nullptr || !is_indexed(*spec)) {
    check_immutable(causes, next, current, {"spec", "completions"});
    return;
  }
  const auto now = integer_at(*spec, {"completions"});
  if (now && now != integer_at(current, {"spec", "completions"}) &&
      now != integer_at(*spec, {"parallelism"})) {
    causes.push_back(invalid_value("spec.completions", std::to_string(*now),
                                   "can only be modified in tandem with spec.parallelism"));
  }
}

/// `next`'s template with everything put back that a job not yet begun may change.
Json with_scheduling_undone(const Json& next, const Json& current) {
  Json undone = next;
  const Json none = JsonObject();
  const auto of = [&](std::string_view part) {
    const Json* found = find_member(current, part);
    return found == nullptr ? &none : found;
  };
  JsonObject& metadata = ensure_object(undone.get_object(), "metadata");
  carry(metadata, *of("metadata"), "labels");
  carry(metadata, *of("metadata"), "annotations");
  JsonObject& spec = ensure_object(undone.get_object(), "spec");
  for (const auto field : kScheduling) {
    carry(spec, *of("spec"), field);
  }
  JsonObject& affinity = ensure_object(spec, "affinity");
  const Json* old_affinity = find_path(current, {"spec", "affinity"});
  carry(affinity, old_affinity == nullptr ? none : *old_affinity, "nodeAffinity");
  return undone;
}

void validate_template_update(const Json& next, const Json& current, Causes& causes) {
  const Json* now = find_path(next, {"spec", "template"});
  const Json* before = find_path(current, {"spec", "template"});
  if (now == nullptr || before == nullptr) {
    return;
  }
  const bool has_not_begun = is_true(current, {"spec", "suspend"}) &&
                             find_path(current, {"status", "startTime"}) == nullptr;
  const Json undone = has_not_begun ? with_scheduling_undone(*now, *before) : *now;
  if (!same_but_for_empties(&undone, before)) {
    causes.push_back(invalid_value("spec.template", to_json(*now), "field is immutable"));
  }
}

/// Source: pkg/registry/batch/job generateSelector.
void generate_selector(Json& job) {
  const Json name(text_at(job, {"metadata", "name"}));
  const Json uid(text_at(job, {"metadata", "uid"}));
  JsonObject& spec = ensure_object(job.get_object(), "spec");
  JsonObject& labels =
      ensure_object(ensure_object(ensure_object(spec, "template"), "metadata"), "labels");
  for (const auto key : kNameLabels) {
    set_default(labels, key, name);
  }
  for (const auto key : kUidLabels) {
    set_default(labels, key, uid);
  }
  set_default(ensure_object(ensure_object(spec, "selector"), "matchLabels"), kUid, uid);
}

class JobStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    Json* spec = find_path(object, {"spec"});
    if (spec == nullptr || !spec->is_object()) {
      return;
    }
    apply_job_spec_defaults(*spec);
    const JsonObject labels = object_at(*spec, {"template", "metadata", "labels"});
    if (!labels.empty() && object_at(object, {"metadata", "labels"}).empty()) {
      ensure_object(object.get_object(), "metadata")["labels"] = labels;
    }
  }

  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    if (!is_true(object, {"spec", "manualSelector"})) {
      generate_selector(object);
    }
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (const Json* spec = find_member(object, "spec")) {
      validate_job_spec(*spec, "spec", causes);
    }
    validate_job_selector(object, causes);
    validate_host_names(object, causes);
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next, const Json& current,
                       Causes& causes) const override {
    if (const Json* spec = find_member(next, "spec")) {
      validate_job_spec(*spec, "spec", causes);
    }
    validate_completions_update(next, current, causes);
    check_selector_immutable(causes, next, current);
    validate_template_update(next, current, causes);
    for (const std::string_view field : {"completionMode", "podFailurePolicy",
                                         "backoffLimitPerIndex", "managedBy", "successPolicy"}) {
      check_immutable(causes, next, current, {"spec", field});
    }
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& /*current*/, Causes& causes) const override {
    check_counts(causes, next, {"active", "succeeded", "failed", "ready", "terminating"});
  }
};

}  // namespace

bool is_indexed(const Json& job_spec) {
  return text_at(job_spec, {"completionMode"}) == "Indexed";
}

void apply_job_spec_defaults(Json& spec) {
  apply_template_defaults(find_path(spec, {"template"}));
  JsonObject& members = spec.get_object();
  if (!members.contains("completions") && !members.contains("parallelism")) {
    members["completions"] = 1;
  }
  set_default(members, "parallelism", 1);
  const std::int64_t limit =
      members.contains("backoffLimitPerIndex") ? std::numeric_limits<std::int32_t>::max() : 6;
  set_default(members, "backoffLimit", limit);
  set_default(members, "completionMode", "NonIndexed");
  set_default(members, "suspend", false);
  set_default(members, "manualSelector", false);
  set_default(members, "podReplacementPolicy",
              members.contains("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
  Json* rules = find_path(spec, {"podFailurePolicy", "rules"});
  if (rules == nullptr || !rules->is_array()) {
    return;
  }
  for (Json& rule : rules->get_array()) {
    Json* conditions = find_path(rule, {"onPodConditions"});
    if (conditions == nullptr || !conditions->is_array()) {
      continue;
    }
    for (Json& condition : conditions->get_array()) {
      set_default(condition.get_object(), "status", "True");
    }
  }
}

void validate_job_spec(const Json& spec, const std::string& path, Causes& causes) {
  for (const std::string_view field :
       {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
        "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"}) {
    check_not_negative(causes, spec, path, field);
  }
  validate_managed_by(spec, path, causes);
  validate_mode(spec, path, causes);
  validate_pod_failure_policy(spec, path, causes);
  validate_success_policy(spec, path, causes);
  validate_replacement(spec, path, causes);
  validate_pod_template(find_member(spec, "template"), sub_path(path, "template"), causes);
  validate_restart(spec, path, causes);
}

const Strategy& job_strategy() {
  static const JobStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
