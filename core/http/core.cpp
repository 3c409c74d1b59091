// The census of connections.

#include "core/http/core.hpp"

namespace pintle::http {

bool Census::admit(const std::string& address) {
  const std::lock_guard lock(mutex_);
  auto& here = by_address_[address];
  if (open_ >= max_ || here >= max_per_address_) {
    if (here == 0) {
      by_address_.erase(address);
    }
    return false;
  }
  ++here;
  ++open_;
  ++total_;
  return true;
}

void Census::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  if (found != by_address_.end() && --found->second == 0) {
    by_address_.erase(found);
  }
  if (--open_ == 0) {
    none_left_.notify_all();
  }
}

std::uint64_t Census::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

bool Census::wait_for_none(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  return none_left_.wait_for(lock, grace, [this] { return open_ == 0; });
}

}  // namespace pintle::http
