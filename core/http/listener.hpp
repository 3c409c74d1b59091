// Listener: accepts, counts, and deals connections out to the loops.

#pragma once

#include <Poco/Net/ServerSocket.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http/core.hpp"
#include "core/http/loop.hpp"

namespace pintle::http {

/// Lives in the first loop. Survives running out of descriptors: one is held in reserve, to accept
/// with and close at once, so that clients are told and the loop does not spin (D-07).
class Listener final : public Pollable {
 public:
  Listener(Poco::Net::ServerSocket socket, std::shared_ptr<Core> core,
           std::vector<std::shared_ptr<Loop>> loops);
  ~Listener() override;

  /// On the first loop's thread.
  void start();
  void close();

  void on_events(std::uint32_t events) override;
  void on_woken() override;

 private:
  bool accept_one();
  void shed_one();
  void deal(int fd, std::string address, std::uint16_t port);

  Poco::Net::ServerSocket socket_;
  const int fd_;
  const std::shared_ptr<Core> core_;
  const std::vector<std::shared_ptr<Loop>> loops_;
  int reserve_fd_;
  bool is_open_ = false;
  std::size_t next_ = 0;
};

}  // namespace pintle::http
