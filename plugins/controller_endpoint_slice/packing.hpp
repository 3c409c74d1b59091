// Packing: which endpoints go into which slice, so that few slices change when few pods do.
//
// Source: k8s.io/endpointslice/reconciler.go reconcileByPortMapping. What is there stays where it
// is; what is new goes first into slices that must be written anyway, then into the fullest that
// has room for all of it, and only then into new ones.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/object/json.hpp"

namespace pintle::controller_endpoint_slice {

/// The endpoints of one slice that is there, and what becomes of them.
struct Packed {
  JsonArray endpoints;
  bool must_change = false;  // By something else than its endpoints: its labels.
  bool changed = false;      // What is found: it is to be written,
  bool emptied = false;      // or deleted.
};

/// Endpoints by identity_of.
using Wanted = std::map<std::string, Json>;

/// Fits `wanted` into `slices`, all of one port list and family, no more than `most` each; what
/// finds no room is given back as the endpoints of slices to make.
std::vector<JsonArray> pack(std::vector<Packed>& slices, Wanted wanted, std::size_t most);

}  // namespace pintle::controller_endpoint_slice
