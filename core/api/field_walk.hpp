// Field walk: objects and field sets together. What an object has, what differs between two, what
// an applied configuration makes of one, and what goes when its owner no longer applies it.
//
// Source: structured-merge-diff v4 typed (tofieldset, compare, merge, remove) and merge.Updater.

#pragma once

#include <string>
#include <vector>

#include "core/api/field_set.hpp"
#include "core/api/sharing.hpp"

namespace pintle::api {

/// The fields that `config` names, as their applier owns them. Nobody owns kind, apiVersion, or
/// what the server writes into metadata.
FieldSet fields_of(const Type& type, const Json& config, FieldPool& pool);

/// How `next` differs from `live`.
struct Changes {
  FieldSet added;
  FieldSet modified;
  FieldSet removed;

  bool none() const { return added.empty() && modified.empty() && removed.empty(); }
};
Changes compare(const Type& type, const Json& live, const Json& next, FieldPool& pool);

/// Why `config` can't be applied, one fault a text: fields there are none of, values of another
/// shape, list items without or with the same keys. Empty where it can.
std::vector<std::string> faults_of_applied(const Type& type, const Json& config);

/// Merges `config` into `target`: what `config` names is as it says, all else stays.
/// REQUIRES: faults_of_applied(type, config) is empty.
void merge_applied(const Type& type, Json& target, const Json& config);

/// Removes from `target` what its applier named before (`last`) and nobody owns now (`owned`).
void remove_dropped(const Type& type, Json& target, const FieldSet& last, const FieldSet& owned);

}  // namespace pintle::api
