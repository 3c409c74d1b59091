// A Review in the words of the plugin border, and what plugins answer in the words of the API.

#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/registry/registry.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::gate {

/// Where a plugin's warnings and audit notes go; either may be null.
struct AdmissionSink {
  std::vector<std::string>* warnings = nullptr;
  registry::AuditNotes* notes = nullptr;
};

/// A Review in the border's words. Lives as long as the review, the sink and this object.
struct BorderRequest {
  BorderRequest(const registry::Review& review, AdmissionSink& sink);
  BorderRequest(const BorderRequest&) = delete;
  BorderRequest& operator=(const BorderRequest&) = delete;

  std::vector<pintle_text> groups;
  pintle_admission_request request{};
};

/// A plugin's refusal as the client sees it: kForbidden reads `pods "x" is forbidden: <text>`, with
/// the causes it names; the rest is told as it is. Source: apiserver admission.NewForbidden.
Error to_refusal(const registry::Review& review, Error error);

/// Applies a plugin's JSON patch to the review's object.
/// Errors: kInternalError naming the plugin.
Result<void> apply_plugin_patch(const std::string& plugin, std::string_view json_patch,
                                registry::Review& review);

}  // namespace pintle::gate
