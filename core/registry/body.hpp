// Body: from a request's bytes to an object of the kind its path names.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/object/json.hpp"
#include "core/registry/options.hpp"
#include "core/registry/registry.hpp"

namespace pintle::registry {

/// The body's JSON or YAML, by Content-Type; none given means JSON. `kind` is for the message.
/// Errors: kUnsupportedMediaType, kBadRequest, kRequestEntityTooLarge.
Result<ParsedJson> parse_body(const Operation& operation, const JsonStorage& storage,
                              std::string_view kind);

/// The body as an object of the kind that the path names, its apiVersion and kind checked and set,
/// its fields decoded and defaulted, and in the version that is stored. `warnings` gets what
/// fieldValidation=Warn found. Errors: as parse_body; kBadRequest for another kind, wrong shapes,
/// and, if Strict, unknown fields.
Result<Json> decode_body(const Operation& operation, FieldValidation validation,
                         const JsonStorage& storage, std::vector<std::string>& warnings);

/// A tree that was decoded in the version asked for, as the stored one, with its defaults.
Result<void> convert_to_stored(const Operation& operation, Json& object);

/// What the parser noticed of a text: keys met twice.
struct Duplicates {
  std::vector<std::string> paths = {};
  std::vector<std::string> yaml = {};  // See ParsedJson.
  std::string_view json = {};          // The text, where unknown fields were met in between.
};

/// Decodes and defaults a tree that came from elsewhere than a request's body (a patch's outcome, a
/// mutating plugin). `duplicates` are named beside the unknown fields.
Result<void> decode_tree(const api::Resource& resource, FieldValidation validation, Json& object,
                         const Duplicates& duplicates, std::vector<std::string>& warnings);

}  // namespace pintle::registry
