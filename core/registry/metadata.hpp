// Metadata: what the server writes into an object's metadata, and what it refuses there.
//
// Source: apimachinery api/validation/objectmeta.go and registry/rest/{create,update}.go.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/registry/strategy.hpp"

namespace pintle::registry {

/// Fills what the server gives a new object: uid, creationTimestamp, generation; drops what a
/// client may not bring.
void fill_metadata(const api::Resource& resource, Json& object, WallTime now);

/// Carries over what an update can't change or may leave out.
void carry_metadata(const api::Resource& resource, Json& next, const Json& current);

/// Whether objects of the kind count how often their wanted state changed.
bool counts_generations(const api::Resource& resource);

/// Sets the generation that follows the current one.
void count_generation(Json& next, const Json& current);

/// Appends a cause for each wrong part of a new object's metadata.
void validate_metadata(const api::Resource& resource, const Strategy& strategy, const Json& object,
                       std::vector<Cause>& causes);

/// The same for an update: what is immutable, and finalizers of an object that is going.
void validate_metadata_update(const Json& next, const Json& current, std::vector<Cause>& causes);

/// True while someone must still act before the object may go: its finalizers, and a namespace's
/// spec.finalizers.
bool is_held(const api::Resource& resource, const Json& object);

}  // namespace pintle::registry
