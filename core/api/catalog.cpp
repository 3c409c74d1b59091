// The catalog's lookups.

#include "core/api/catalog.hpp"

#include <algorithm>
#include <tuple>

#include "core/api/catalog_data.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

/// True if `word` stands in the space-separated `words`.
bool has_word(std::string_view words, std::string_view word) {
  for (std::size_t at = 0; at < words.size();) {
    const auto end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == word) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

/// Versions as Kubernetes lists them: stable before beta, newer before older.
/// Source: apimachinery version.CompareKubeAwareVersionStrings, for the forms we serve.
int rank_of(std::string_view version) {
  const bool stable = version.find_first_not_of("0123456789", 1) == std::string_view::npos;
  const int major = version.size() > 1 ? version[1] - '0' : 0;
  return (stable ? 0 : 100) - major;
}

}  // namespace

const Field* Type::find(std::string_view field_name) const {
  const auto at = std::lower_bound(by_name.begin(), by_name.end(), field_name,
                                   [this](std::uint16_t index, std::string_view wanted) {
                                     return is_shorter_name(fields[index].name, wanted);
                                   });
  if (at == by_name.end() || fields[*at].name != field_name) {
    return nullptr;
  }
  return &fields[*at];
}

bool Resource::has_verb(std::string_view verb) const {
  return has_word(verbs, verb);
}

const Subresource* Resource::find_subresource(std::string_view name) const {
  for (const Subresource& subresource : subresources) {
    if (subresource.name == name) {
      return &subresource;
    }
  }
  return nullptr;
}

std::string Resource::api_version() const {
  return group.empty() ? std::string(version) : concat({group, "/", version});
}

std::string Resource::group_resource() const {
  return group.empty() ? std::string(plural) : concat({plural, ".", group});
}

Catalog::Catalog() {
  for (const Resource& resource : builtin_resources()) {
    resources_.push_back(&resource);
  }
  std::sort(resources_.begin(), resources_.end(), [](const Resource* a, const Resource* b) {
    return std::tuple(-a->group_priority, a->group, rank_of(a->version), a->plural) <
           std::tuple(-b->group_priority, b->group, rank_of(b->version), b->plural);
  });
  for (const Type& type : builtin_types()) {
    types_.push_back(&type);
  }
}

const Resource* Catalog::find(std::string_view group, std::string_view version,
                              std::string_view plural) const {
  for (const Resource* resource : resources_) {
    if (resource->plural == plural && resource->group == group && resource->version == version) {
      return resource;
    }
  }
  return nullptr;
}

const Resource* Catalog::find_kind(std::string_view group, std::string_view version,
                                   std::string_view kind) const {
  for (const Resource* resource : resources_) {
    if (resource->kind == kind && resource->group == group && resource->version == version) {
      return resource;
    }
  }
  return nullptr;
}

const Resource* Catalog::find_storage(std::string_view storage) const {
  for (const Resource* resource : resources_) {
    if (resource->storage_version && resource->storage == storage) {
      return resource;
    }
  }
  return nullptr;
}

const Type* Catalog::find_type(std::string_view name) const {
  // kindc writes the types sorted by name.
  const auto at = std::lower_bound(
      types_.begin(), types_.end(), name,
      [](const Type* type, std::string_view wanted) { return type->name < wanted; });
  return at != types_.end() && (*at)->name == name ? *at : nullptr;
}

}  // namespace pintle::api
