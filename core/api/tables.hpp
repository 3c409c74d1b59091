// Tables: an object as a row of kubectl's columns, and metadata alone as PartialObjectMetadata.

#pragma once

#include <string>

#include "core/api/catalog.hpp"
#include "core/base/clock.hpp"
#include "core/object/object.hpp"

namespace pintle::api {

enum class IncludeObject { kNone, kMetadata, kObject };

/// `[{"name":"Name","type":"string",...},...]`: a Table's columnDefinitions.
std::string column_definitions_json(const Resource& resource);

/// One Table row `{"cells":[...],"object":...}`, appended. Ages are told as of `now`. `shown` is
/// the object in the version that was asked for, where that is another than `resource`'s.
void append_table_row(std::string& out, const Resource& resource, const Object& object,
                      IncludeObject include, WallTime now, std::string_view shown = {});

/// `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{...}}`, appended.
void append_partial_metadata(std::string& out, const Object& object);

}  // namespace pintle::api
