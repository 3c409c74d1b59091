// How options are read and which go together.
//
// Source: apimachinery meta/v1 and internalversion validation.

#include "core/registry/options.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/body.hpp"
#include "core/registry/field_manager.hpp"
#include "core/registry/versions.hpp"

namespace pintle::registry {
namespace {

Error invalid_options(std::string_view kind, std::vector<Cause> causes) {
  return invalid("meta.k8s.io", kind, "", std::move(causes));
}

Result<bool> parse_dry_run(const std::vector<std::string>& values, std::string_view kind) {
  for (const auto& value : values) {
    if (value != "All") {
      return invalid_options(kind, {unsupported_value("dryRun", value, {"All"})});
    }
  }
  return !values.empty();
}

/// A field label is one that every object has, or one the kind's table names.
Result<void> check_field_labels(const FieldSelector& fields, const api::Resource& resource) {
  for (const auto& requirement : fields.requirements) {
    const auto& field = requirement.field;
    if (field == "metadata.name" || (field == "metadata.namespace" && resource.namespaced)) {
      continue;
    }
    if (std::ranges::find(resource.selectable, field) != resource.selectable.end()) {
      continue;
    }
    if (resource.selectable.empty()) {
      return Error(Code::kBadRequest,
                   concat({pintle::quoted(field),
                           " is not a known field selector: only \"metadata.name\", "
                           "\"metadata.namespace\""}));
    }
    return Error(Code::kBadRequest, concat({"field label not supported: ", field}));
  }
  return {};
}

/// Objects are selected as they are stored.
void name_as_stored(FieldSelector& fields, const api::Resource& served) {
  if (served.storage_version) {
    return;
  }
  const auto& conversion = find_conversion(served);
  for (auto& requirement : fields.requirements) {
    requirement.field = conversion.stored_field(requirement.field);
  }
}

Result<void> check_match(const ListOptions& options, std::string_view match, bool watch) {
  const auto refuse = [](std::string_view field, std::string_view why) {
    return invalid_options("ListOptions", {forbidden_value(std::string(field), why)});
  };
  if (watch) {
    if (options.send_initial_asked && match != "NotOlderThan") {
      return refuse("resourceVersionMatch",
                    "resourceVersionMatch is required and must be \"NotOlderThan\" when "
                    "sendInitialEvents is set");
    }
    if (!match.empty() && !options.send_initial_asked) {
      return refuse("resourceVersionMatch",
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                    "provided");
    }
    return {};
  }
  if (options.send_initial_asked) {
    return refuse("sendInitialEvents", "sendInitialEvents is forbidden for list");
  }
  if (match.empty()) {
    return {};
  }
  if (!options.revision) {
    return refuse("resourceVersionMatch",
                  "resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (!options.continue_token.empty()) {
    return refuse("resourceVersionMatch",
                  "resourceVersionMatch is forbidden when continue is provided");
  }
  if (match == "Exact" && *options.revision == 0) {
    return refuse("resourceVersionMatch",
                  "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
  }
  return {};
}

Result<void> read_delete_body(const Json& body, DeleteOptions& options) {
  options.grace_seconds = integer_at(body, {"gracePeriodSeconds"});
  options.uid = text_at(body, {"preconditions", "uid"});
  options.resource_version = text_at(body, {"preconditions", "resourceVersion"});
  if (const auto* orphan = find_member(body, "orphanDependents"); orphan && orphan->is_bool()) {
    options.orphan_dependents = orphan->as_bool();
  }
  std::vector<std::string> dry_run;
  for (const auto& value : array_at(body, {"dryRun"})) {
    dry_run.emplace_back(value.is_string() ? std::string_view(value.as_string()) : "");
  }
  PINTLE_TRY(options.dry_run, parse_dry_run(dry_run, "DeleteOptions"));
  return {};
}

/// `policy` is null where the request has none. Source: apimachinery ValidateDeleteOptions.
Result<void> read_propagation(const std::string* policy, DeleteOptions& options) {
  if (policy == nullptr) {
    return {};
  }
  std::vector<Cause> causes;
  if (options.orphan_dependents) {
    causes.push_back(invalid_value("propagationPolicy", pintle::quoted(*policy),
                                   "orphanDependents and deletionPropagation cannot be both set"));
  }
  if (*policy != "Foreground" && *policy != "Background" && *policy != "Orphan") {
    causes.push_back(unsupported_value("propagationPolicy", *policy,
                                       {"Foreground", "Background", "Orphan", "nil"}));
  }
  if (!causes.empty()) {
    return invalid_options("DeleteOptions", std::move(causes));
  }
  options.propagation = *policy;
  return {};
}

}  // namespace

Result<WriteOptions> parse_write_options(const Query& query, std::string_view kind, bool applies) {
  WriteOptions options;
  std::vector<Cause> causes;
  options.field_manager = query.text("fieldManager");
  options.force = query.boolean("force").value_or(false);
  if (applies && options.field_manager.empty()) {
    causes.push_back(required_value("fieldManager", "is required for apply patch"));
  } else if (!applies && kind == "PatchOptions" && query.find("force") != nullptr) {
    causes.push_back(forbidden_value("force", "may not be specified for non-apply patch"));
  }
  check_field_manager(options.field_manager, "fieldManager", causes);
  const auto dry_run = query.all("dryRun");
  options.dry_run = !dry_run.empty();
  for (const auto& value : dry_run) {
    if (value != "All") {
      causes.push_back(unsupported_value("dryRun", value, {"All"}));
    }
  }
  const auto validation = query.text("fieldValidation");
  if (validation == "Strict") {
    options.field_validation = FieldValidation::kStrict;
  } else if (validation == "Ignore") {
    options.field_validation = FieldValidation::kIgnore;
  } else if (!validation.empty() && validation != "Warn") {
    causes.push_back(
        unsupported_value("fieldValidation", validation, {"Ignore", "Strict", "Warn"}));
  }
  if (!causes.empty()) {
    return invalid_options(kind, std::move(causes));
  }
  return options;
}

Result<std::optional<Revision>> parse_revision(std::string_view text) {
  if (text.empty()) {
    return std::optional<Revision>();
  }
  Revision number = 0;
  const auto [stopped, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || stopped != text.data() + text.size()) {
    return Error(Code::kBadRequest,
                 concat({"resourceVersion: Invalid value: ", quoted(text),
                         ": strconv.ParseUint: parsing ", quoted(text), ": invalid syntax"}));
  }
  return std::optional<Revision>(number);
}

Result<ListOptions> parse_list_options(const Query& query, const api::Resource& served,
                                       bool watch) {
  ListOptions options;
  PINTLE_TRY(options.labels, parse_label_selector(query.text("labelSelector")));
  PINTLE_TRY(options.fields, parse_field_selector(query.text("fieldSelector")));
  PINTLE_TRY_STATUS(check_field_labels(options.fields, served));
  name_as_stored(options.fields, served);
  PINTLE_TRY(const auto limit, query.integer("limit"));
  options.limit = std::max<std::int64_t>(limit.value_or(0), 0);
  options.continue_token = query.text("continue");
  PINTLE_TRY(options.revision, parse_revision(query.text("resourceVersion")));
  PINTLE_TRY(options.timeout_seconds, query.integer("timeoutSeconds"));
  options.bookmarks = query.boolean("allowWatchBookmarks").value_or(false);
  options.send_initial_asked = query.boolean("sendInitialEvents");
  options.send_initial_events = options.send_initial_asked.value_or(false);
  const auto match = query.text("resourceVersionMatch");
  if (!match.empty() && match != "NotOlderThan" && match != "Exact") {
    return invalid_options("ListOptions", {unsupported_value("resourceVersionMatch", match,
                                                             {"Exact", "NotOlderThan"})});
  }
  PINTLE_TRY_STATUS(check_match(options, match, watch));
  options.match = match == "Exact"          ? ListOptions::Match::kExact
                  : match == "NotOlderThan" ? ListOptions::Match::kNotOlderThan
                                            : ListOptions::Match::kUnset;
  return options;
}

Result<DeleteOptions> parse_delete_options(const Operation& operation, const Query& query) {
  DeleteOptions options;
  if (operation.body.empty()) {
    PINTLE_TRY(options.grace_seconds, query.integer("gracePeriodSeconds"));
    options.orphan_dependents = query.boolean("orphanDependents");
    PINTLE_TRY(options.dry_run, parse_dry_run(query.all("dryRun"), "DeleteOptions"));
    const std::string policy(query.text("propagationPolicy"));
    PINTLE_TRY_STATUS(read_propagation(policy.empty() ? nullptr : &policy, options));
    return options;
  }
  PINTLE_TRY(const ParsedJson body, parse_body(operation, {}, "DeleteOptions"));
  const auto kind = text_at(body.value, {"kind"});
  if (!kind.empty() && kind != "DeleteOptions") {
    return Error(Code::kBadRequest, "decoded object cannot be converted to DeleteOptions");
  }
  PINTLE_TRY_STATUS(read_delete_body(body.value, options));
  const auto* policy = find_member(body.value, "propagationPolicy");
  const std::string text(text_at(body.value, {"propagationPolicy"}));
  PINTLE_TRY_STATUS(
      read_propagation(policy == nullptr || policy->is_null() ? nullptr : &text, options));
  return options;
}

Error too_large_revision(Revision asked, Revision current) {
  ErrorDetails details;
  details.causes.push_back(
      {.reason = "ResourceVersionTooLarge", .field = "", .message = "Too large resource version"});
  details.retry_after_seconds = 1;
  return {Code::kTimeout,
          concat({"Timeout: Too large resource version: ", std::to_string(asked),
                  ", current: ", std::to_string(current)}),
          std::move(details)};
}

}  // namespace pintle::registry
