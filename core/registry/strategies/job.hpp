// Job specs, where they stand in a Job and in a CronJob's template.

#pragma once

#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {

/// Defaults that depend on other fields. Source: pkg/apis/batch/v1/defaults.go SetDefaults_Job.
void apply_job_spec_defaults(Json& spec);

/// All but the selector, which a CronJob's template has not. `path` is the spec's.
void validate_job_spec(const Json& spec, const std::string& path, Causes& causes);

/// spec.podFailurePolicy. Source: validatePodFailurePolicy.
void validate_pod_failure_policy(const Json& spec, const std::string& path, Causes& causes);
/// spec.successPolicy. Source: validateSuccessPolicy.
void validate_success_policy(const Json& spec, const std::string& path, Causes& causes);

bool is_indexed(const Json& job_spec);

}  // namespace pintle::registry
