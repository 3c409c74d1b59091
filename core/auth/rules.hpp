// Rules: does one cover a request, does one cover another, and how a missing one is worded.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/auth/authorizer.hpp"
#include "core/auth/identity.hpp"

namespace pintle::auth {

/// Source: rbac/v1 evaluation_helpers (VerbMatches, ResourceMatches, ...).
bool covers(const Rule& rule, const Attributes& what);

/// The rules, one verb, group, resource and name each, that no rule of `held` covers; those of one
/// resource put together again. Source: component-helpers rbac/validation Covers, CompactRules.
std::vector<Rule> missing_rules(const std::vector<Rule>& held, const std::vector<Rule>& wanted);

/// `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`.
/// Source: rbac/v1 helpers CompactString.
std::string to_text(const Rule& rule);

}  // namespace pintle::auth
