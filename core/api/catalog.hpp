// The catalog: every kind we serve, as data. Routing, discovery, defaulting, validation, merging,
// tables and OpenAPI all read these tables; to add a field or a kind, edit core/api/kinds/*.kinds.
//
// The descriptions are compiled at build time into read-only arrays (kindc). A custom kind becomes
// the same structs at run time, so everything here is plain data behind pointers.
// Source: the Kubernetes v1.33 API; see core/api/kinds/README.md for the description language.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace pintle::api {

struct Type;

/// What a value is, on the wire.
enum class Shape : std::uint8_t {
  kString,
  kBool,
  kInt32,
  kInt64,
  kDouble,
  kBytes,      // Base64 in JSON.
  kTime,       // RFC 3339 seconds.
  kMicroTime,  // RFC 3339 microseconds.
  kQuantity,
  kIntOrString,
  kDuration,
  kStrings,  // A list of strings within a map, or one that is a message in protobuf.
  kAny,      // Free JSON (RawExtension, JSON, FieldsV1): kept as it is, never pruned.
  kObject,   // Fields of `type`.
};

enum class Container : std::uint8_t { kNone, kList, kMap };  // Maps have string keys.

enum class ListType : std::uint8_t { kUnset, kAtomic, kSet, kMap };

struct Field {
  std::string_view name;
  Shape shape = Shape::kString;
  Container container = Container::kNone;
  const Type* type = nullptr;  // For kObject; for kAny the forms it has in protobuf, or null.
  std::uint16_t proto = 0;     // Protobuf field number.
  std::uint16_t via = 0;       // Inlined: the number of the message it lies in; the outermost of
                               // two in the low byte. 0 for a field of the type itself.
  bool required = false;       // Refused where it is missing or empty.
  bool expected = false;       // OpenAPI calls it required; Kubernetes lets it pass.
  bool enforced_enum = false;  // `known` is all there is: other values are refused.
  bool merges = false;         // patchStrategy merge.
  bool retains_keys = false;   // patchStrategy retainKeys.
  bool immutable = false;
  bool always_shown = false;  // Go writes it even when empty: `"status":{}`, `"resources":{}`.
  bool unique = false;        // Of a list: items equal by their keys are refused.
  bool drops_zero = false;    // Go forgets "", 0 and false: `omitempty` and no pointer.
  ListType list_type = ListType::kUnset;
  bool map_atomic = false;        // mapType=atomic.
  std::string_view default_json;  // "" for none.
  std::string_view patch_merge_key;
  std::span<const std::string_view> list_map_keys;
  std::span<const std::string_view> known;  // Values the API names.
  std::string_view description;             // One sentence of our own, or "".
};

/// An object type. Fields are in the API's order, which is the order we serialise in; inlined types
/// are spread in place.
struct Type {
  std::string_view name;          // "core/v1.PodSpec".
  std::string_view openapi_name;  // "io.k8s.api.core.v1.PodSpec".
  std::span<const Field> fields;
  std::span<const std::uint16_t> by_name;    // Indexes into `fields`, shorter names first.
  std::span<const std::uint16_t> shown;      // Indexes of the fields that are always_shown.
  std::span<const std::uint16_t> defaulted;  // Indexes of the fields with a default_json.
  bool atomic = false;                       // structType=atomic.
  std::string_view description;

  /// Null where there is none. Logarithmic in the number of fields.
  const Field* find(std::string_view field_name) const;
};

struct Column {
  std::string_view name;
  std::string_view type;    // "string", "integer", "date", "boolean".
  std::string_view format;  // "name" or "".
  int priority = 0;         // 0 always, 1 with -o wide.
  std::string_view description;
  std::string_view cell;  // A path (".status.phase"), or "@printer argument"; see cells.hpp.
};

struct Subresource {
  std::string_view name;   // "status", "log", "binding".
  std::string_view kind;   // "Pod", "Scale", "Binding", "PodExecOptions": as discovery shows it.
  std::string_view group;  // Of that kind where it differs ("autoscaling"), else "".
  std::string_view version;
  std::string_view verbs;  // Space-separated: "get patch update".
};

/// One resource: what a path names. Everything that is served has one.
struct Resource {
  std::string_view group;  // Full: "", "apps", "rbac.authorization.k8s.io".
  std::string_view version;
  std::string_view kind;
  std::string_view plural;
  std::string_view singular;
  std::string_view short_names;  // Space-separated.
  std::string_view categories;   // Space-separated.
  std::string_view verbs;        // Space-separated; "create" only for reviews.
  std::string_view storage;      // "pods", "deployments.apps": Key::resource. Shared by versions.
  bool namespaced = true;
  bool storage_version = true;  // Objects are kept in this version; else another one's columns
                                // show them.
  int group_priority = 0;       // Higher is listed first. Source: kube-aggregator's priorities.
  const Type* type = nullptr;
  std::span<const Column> columns;
  std::span<const Subresource> subresources;
  std::span<const std::string_view> selectable;  // Field selectors beyond metadata.

  bool has_verb(std::string_view verb) const;
  const Subresource* find_subresource(std::string_view name) const;
  std::string api_version() const;     // "v1", "apps/v1".
  std::string group_resource() const;  // "pods", "deployments.apps": for messages.
};

/// Where names are sorted for lookups: by length, then bytes, because lengths compare fastest.
inline bool is_shorter_name(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

/// Threads: const from anywhere.
class Catalog {
 public:
  /// The built-in kinds.
  Catalog();

  /// Null where there is none. `plural` only, no short names: as paths have it.
  const Resource* find(std::string_view group, std::string_view version,
                       std::string_view plural) const;
  const Resource* find_kind(std::string_view group, std::string_view version,
                            std::string_view kind) const;
  /// The resource whose Key::resource is `storage`, in its storage version.
  const Resource* find_storage(std::string_view storage) const;
  /// The type called `name` ("core/v1.PodSpec"); null where there is none.
  const Type* find_type(std::string_view name) const;

  /// Sorted by group priority as Kubernetes' discovery lists them, then version, then plural.
  std::span<const Resource* const> resources() const { return resources_; }
  std::span<const Type* const> types() const { return types_; }

 private:
  std::vector<const Resource*> resources_;
  std::vector<const Type*> types_;
};

}  // namespace pintle::api
