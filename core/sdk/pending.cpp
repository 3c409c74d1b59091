// Pending: what was written and the cache doesn't show yet; see pending.hpp.

#include "core/sdk/pending.hpp"

#include <charconv>

#include "core/object/json.hpp"
#include "core/sdk/pods.hpp"

namespace pintle::sdk {

void Pending::add(const std::string& owner, Write write) {
  write.at = clock_.steady();
  const std::lock_guard lock(mutex_);
  writes_[owner].push_back(std::move(write));
}

void Pending::written(const std::string& owner, std::string key, Revision revision) {
  add(owner, {.key = std::move(key), .revision = revision, .uid = "", .at = {}});
}

void Pending::deleted(const std::string& owner, std::string key, std::string uid) {
  add(owner, {.key = std::move(key), .revision = 0, .uid = std::move(uid), .at = {}});
}

bool Pending::shows_in(const Informer& cache, const std::string& owner) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  const auto held = writes_.find(owner);
  if (held == writes_.end()) {
    return true;
  }
  const Revision seen = cache.seen();
  std::erase_if(held->second, [&](const Write& write) {
    if (now - write.at >= kPendingTimeout || (write.uid.empty() && write.revision <= seen)) {
      return true;
    }
    const auto object = cache.find(write.key);
    if (!write.uid.empty()) {
      return !object || object.uid() != write.uid || is_terminating(object.root());
    }
    return object && object.revision() >= write.revision;
  });
  if (!held->second.empty()) {
    return false;
  }
  writes_.erase(held);
  return true;
}

void Pending::forget(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  writes_.erase(owner);
}

Result<Written> read_written(const std::string& answer) {
  PINTLE_TRY(const ParsedJson parsed, parse_json(answer));
  const auto version = text_at(parsed.value, {"metadata", "resourceVersion"});
  Written written{.name = std::string(text_at(parsed.value, {"metadata", "name"}))};
  std::from_chars(version.data(), version.data() + version.size(), written.revision);
  return written;
}

std::vector<std::string> Pending::owners() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [owner, writes] : writes_) {
    all.push_back(owner);
  }
  return all;
}

}  // namespace pintle::sdk
