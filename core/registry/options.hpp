// Options: what a request's query (and a DELETE's body) asks for beside its object.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/object/json.hpp"
#include "core/object/selector.hpp"
#include "core/registry/query.hpp"
#include "core/registry/registry.hpp"

namespace pintle::registry {

enum class FieldValidation { kIgnore, kWarn, kStrict };

struct WriteOptions {
  bool dry_run = false;
  FieldValidation field_validation = FieldValidation::kWarn;
  std::string field_manager;  // As given; see manager_of.
  bool force = false;         // Of an apply.
};

/// `kind` is "CreateOptions", "UpdateOptions" or "PatchOptions": for the message. `applies` says
/// that the patch is an apply, which must name its manager.
/// Errors: kInvalid for values there are none of.
Result<WriteOptions> parse_write_options(const Query& query, std::string_view kind,
                                         bool applies = false);

struct ListOptions {
  LabelSelector labels;
  FieldSelector fields;
  std::int64_t limit = 0;  // 0: no limit.
  std::string continue_token;
  std::optional<Revision> revision;  // Nothing where ?resourceVersion= is missing or empty.
  enum class Match { kUnset, kNotOlderThan, kExact } match = Match::kUnset;
  bool bookmarks = false;
  bool send_initial_events = false;
  std::optional<bool> send_initial_asked;
  std::optional<std::int64_t> timeout_seconds;

  bool selects() const { return !labels.empty() || !fields.empty(); }
  bool matches(const Object& object) const {
    return labels.matches(object.labels()) && fields.matches(object);
  }
};

/// `served` is the version asked for, which field selectors speak of.
/// Errors: kBadRequest for selectors and numbers that are none; kInvalid for options that don't go
/// together.
Result<ListOptions> parse_list_options(const Query& query, const api::Resource& served, bool watch);

/// The number of `text` as ?resourceVersion= holds it; nothing for "". Errors: kBadRequest.
Result<std::optional<Revision>> parse_revision(std::string_view text);

struct DeleteOptions {
  std::optional<std::int64_t> grace_seconds;
  std::string uid;                        // Precondition; empty for none.
  std::string resource_version;           // Precondition; empty for none.
  std::optional<bool> orphan_dependents;  // Deprecated; what propagation says now.
  std::string propagation;  // "Foreground", "Background", "Orphan"; empty where nothing is asked.
  bool dry_run = false;
};

/// From the body where there is one, else from the query.
/// Errors: kBadRequest, kUnsupportedMediaType, kInvalid.
Result<DeleteOptions> parse_delete_options(const Operation& operation, const Query& query);

/// `Timeout: Too large resource version: 9, current: 5`: 504, as Kubernetes says it.
Error too_large_revision(Revision asked, Revision current);

}  // namespace pintle::registry
