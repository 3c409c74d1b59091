// Audit: one JSON line a request, when its answer is known. No secret is ever in it.

#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/auth/identity.hpp"
#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace pintle::gate {

struct AuditRecord {
  std::string id;  // Also the answer's Audit-Id header.
  WallTime received{};
  auth::Identity who;
  auth::Attributes what;
  std::string method;
  std::string target;
  std::string remote_address;
  std::string user_agent;
  int status = 0;
  std::string reason;                                           // The Status reason of a refusal.
  std::string decision;                                         // "allow" or "forbid", and why.
  std::vector<std::pair<std::string, std::string>> notes = {};  // What admission had to say.
  std::chrono::microseconds latency{};
};

/// Threads: every method may be called from any thread.
class Audit {
 public:
  /// Appends to `file` (0600); "-" is standard output, "" nowhere. Errors: kForbidden.
  static Result<std::unique_ptr<Audit>> make(const std::filesystem::path& file);
  virtual ~Audit() = default;
  virtual void write(const AuditRecord& record) = 0;
};

}  // namespace pintle::gate
