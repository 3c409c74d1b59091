// CronJobs: when jobs are made, and of what.
//
// Source: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation ValidateCronJobCreate.

#include <algorithm>
#include <cctype>

#include "core/base/concat.hpp"
#include "core/registry/strategies/cron_schedule.hpp"
#include "core/registry/strategies/job.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxName = 52;  // The controller appends 11 characters to it.

void validate_schedule(const Json& spec, Causes& causes) {
  const auto schedule = text_at(spec, {"schedule"});
  if (schedule.empty()) {
    return;  // The tables say that it is required.
  }
  if (const auto fault = fault_of_schedule(schedule); !fault.empty()) {
    causes.push_back(invalid_value("spec.schedule", quoted(schedule), fault));
  }
  if (schedule.find("TZ") != std::string_view::npos) {
    causes.push_back(invalid_value("spec.schedule", quoted(schedule),
                                   "cannot use TZ or CRON_TZ in schedule, use timeZone field "
                                   "instead"));
  }
}

bool equals_local(std::string_view zone) {
  constexpr std::string_view kLocal = "local";
  return std::ranges::equal(zone, kLocal, {},
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

void validate_time_zone(const Json& spec, Causes& causes) {
  const Json* zone = find_member(spec, "timeZone");
  if (zone == nullptr) {
    return;
  }
  const auto name = text_at(*zone, {});
  if (name.empty()) {
    causes.push_back(
        invalid_value("spec.timeZone", "\"\"", "timeZone must be nil or non-empty string"));
  } else if (equals_local(name)) {
    causes.push_back(invalid_value("spec.timeZone", quoted(name),
                                   "timeZone must be an explicit time zone as defined in "
                                   "https://www.iana.org/time-zones"));
  } else if (!is_time_zone(name)) {
    causes.push_back(
        invalid_value("spec.timeZone", quoted(name), concat({"unknown time zone ", name})));
  }
}

void validate_job_template(const Json& spec, Causes& causes) {
  const std::string path = "spec.jobTemplate.spec";
  const Json* job = find_path(spec, {"jobTemplate", "spec"});
  if (job == nullptr) {
    causes.push_back(required_value(concat({path, ".template.spec.containers"})));
    return;
  }
  validate_job_spec(*job, path, causes);
  if (const Json* selector = find_member(*job, "selector")) {
    causes.push_back(invalid_value(sub_path(path, "selector"), shown_selector(*selector),
                                   "`selector` will be auto-generated"));
  }
  if (is_true(*job, {"manualSelector"})) {
    causes.push_back({.reason = "FieldValueNotSupported",
                      .field = sub_path(path, "manualSelector"),
                      .message = "Unsupported value: true: supported values: \"nil\", \"false\""});
  }
}

class CronJobStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    if (Json* spec = find_path(object, {"spec", "jobTemplate", "spec"});
        spec != nullptr && spec->is_object()) {
      // A template keeps to what it says of the job itself; only its pods are defaulted.
      apply_template_defaults(find_path(*spec, {"template"}));
    }
  }

  void validate_create(const StrategyContext& context, const Json& object,
                       Causes& causes) const override {
    validate_update(context, object, object, causes);
    const auto name = text_at(object, {"metadata", "name"});
    if (name.size() > kMaxName) {
      causes.push_back(
          invalid_value("metadata.name", quoted(name), "must be no more than 52 characters"));
    }
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next,
                       const Json& /*current*/, Causes& causes) const override {
    const Json* spec = find_member(next, "spec");
    if (spec == nullptr) {
      return;
    }
    validate_schedule(*spec, causes);
    check_not_negative(causes, *spec, "spec", "startingDeadlineSeconds");
    validate_time_zone(*spec, causes);
    validate_job_template(*spec, causes);
    check_not_negative(causes, *spec, "spec", "successfulJobsHistoryLimit");
    check_not_negative(causes, *spec, "spec", "failedJobsHistoryLimit");
  }
};

}  // namespace

const Strategy& cron_job_strategy() {
  static const CronJobStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
