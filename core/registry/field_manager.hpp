// Field managers: whose fields a write's are, and which part of an object it may own at all.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/ownership.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {

/// Appends a cause for a manager's name that is too long or can't be printed.
void check_field_manager(std::string_view manager, const std::string& field,
                         std::vector<Cause>& causes);

/// Who a write's fields belong to: ?fieldManager=, else what stands before the first `/` of the
/// User-Agent, else "unknown". Source: apiserver endpoints/handlers managerOrUserAgent.
std::string manager_of(const WriteOptions& options, std::string_view user_agent);

/// What managedFields say of one write; owns its texts.
class Signature {
 public:
  explicit Signature(const WriteJob& job);
  Signature(const Signature&) = delete;
  Signature& operator=(const Signature&) = delete;

  const api::FieldWriter& writer() const { return writer_; }

 private:
  std::string manager_;
  std::string api_version_;
  std::string time_;
  api::FieldWriter writer_;
};

/// Notes in next's managedFields what the job's update, or create where `live` is null, changed.
void track(const WriteJob& job, const Json* live, Json& next);

/// Takes out of an applied configuration what the job's subresource never writes.
/// Source: kube-apiserver's strategies, GetResetFields.
void drop_reset_fields(const WriteJob& job, Json& config);

/// Appends a cause for each wrong entry of metadata.managedFields.
void validate_managed_fields(const Json& object, std::vector<Cause>& causes);

}  // namespace pintle::registry
