// The server: binds, starts its loops, and stops without dropping what is under way.

#include "core/http/server.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/concat.hpp"
#include "core/http/core.hpp"
#include "core/http/listener.hpp"
#include "core/http/loop.hpp"
#include "core/http/tls.hpp"

namespace pintle::http {
namespace {

constexpr int kBacklog = 1024;

Result<Poco::Net::ServerSocket> bind(const ServerOptions& options) {
  const std::string where = concat({options.address, ":", std::to_string(options.port)});
  try {
    const Poco::Net::SocketAddress address(options.address, options.port);
    Poco::Net::ServerSocket socket;
    // Reusing the address lets a restart bind at once; two listeners still exclude each other.
    socket.bind(address, /*reuseAddress=*/true, /*reusePort=*/false);
    socket.listen(kBacklog);
    socket.setBlocking(false);
    return socket;
  } catch (const Poco::IOException& failure) {
    if (failure.code() == EACCES) {
      return Error{Code::kForbidden,
                   concat({"listening on ", where, ": permission denied; ports below 1024 need ",
                           "CAP_NET_BIND_SERVICE, or choose another with --secure-port"})};
    }
    if (failure.code() == EADDRINUSE) {
      return Error{Code::kConflict, concat({"listening on ", where,
                                            ": the port is in use; stop the program that has it ",
                                            "or choose another with --secure-port"})};
    }
    return Error{Code::kInvalid, concat({"listening on ", where, ": ", failure.displayText()})};
  } catch (const Poco::Exception& failure) {
    return Error{Code::kInvalid, concat({"listening on ", where, ": ", failure.displayText()})};
  }
}

class Engine final : public Server, public registry::Timers {
 public:
  Engine(std::shared_ptr<Core> core, std::vector<std::shared_ptr<Loop>> loops,
         const Poco::Net::ServerSocket& socket, TlsFiles tls_files)
      : core_(std::move(core)),
        loops_(std::move(loops)),
        port_(socket.address().port()),
        tls_files_(std::move(tls_files)),
        listener_(std::make_shared<Listener>(socket, core_, loops_)) {}

  ~Engine() override { stop(std::chrono::milliseconds(0)); }

  void start() override {
    for (const auto& loop : loops_) {
      loop->start();
    }
    loops_.front()->post([listener = listener_] { listener->start(); });
    is_running_ = true;
  }

  void stop(std::chrono::milliseconds grace) override;

  std::uint16_t port() const override { return port_; }

  Result<void> reload_tls() override {
    if (core_->tls() == nullptr) {
      return {};
    }
    PINTLE_TRY(auto tls, TlsServer::make(tls_files_));
    core_->set_tls(std::move(tls));
    return {};
  }

  Figures figures() const override {
    Figures sum;
    for (const auto& loop : loops_) {
      sum.connections_open += loop->connections.load(std::memory_order_relaxed);
      sum.requests_total += loop->requests.load(std::memory_order_relaxed);
      sum.bytes_out += loop->bytes_out.load(std::memory_order_relaxed);
    }
    sum.connections_total = core_->census.total();
    return sum;
  }

  registry::Timers& timers() override { return *this; }

  std::function<void()> at(SteadyTime when, std::function<void()> job) override {
    const auto turn = next_timer_loop_.fetch_add(1, std::memory_order_relaxed);
    return loops_[turn % loops_.size()]->at(when, std::move(job));
  }

  bool run_on_worker(std::function<void()> job) override {
    return core_->workers.submit(std::move(job));
  }

 private:
  /// Runs `job` once in each loop, on its thread, and waits until all have.
  void in_each_loop(const std::function<void(Loop&)>& job) const {
    for (const auto& loop : loops_) {
      std::promise<void> done;
      loop->post([&] {
        job(*loop);
        done.set_value();
      });
      done.get_future().wait();
    }
  }

  const std::shared_ptr<Core> core_;
  const std::vector<std::shared_ptr<Loop>> loops_;
  const std::uint16_t port_;
  const TlsFiles tls_files_;
  const std::shared_ptr<Listener> listener_;
  std::atomic<std::size_t> next_timer_loop_ = 0;
  bool is_running_ = false;
};

void Engine::stop(std::chrono::milliseconds grace) {
  if (!std::exchange(is_running_, false)) {
    return;
  }
  core_->is_stopping = true;
  in_each_loop([this](Loop& loop) {
    if (&loop == loops_.front().get()) {
      listener_->close();
    }
  });
  in_each_loop([](Loop& loop) { loop.for_each([](Pollable& each) { each.on_stopping(); }); });
  core_->census.wait_for_none(grace);
  in_each_loop([](Loop& loop) { loop.for_each([](Pollable& each) { each.on_abort(); }); });
  core_->workers.stop();
  for (const auto& loop : loops_) {
    loop->stop();
  }
}

}  // namespace

Result<std::unique_ptr<Server>> Server::make(ServerOptions options, Handler& handler,
                                             const Clock& clock, Log& log) {
  // A client that goes away is an error where we write to it, not a signal to the process.
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: before any thread of ours runs.
  auto core = std::make_shared<Core>(handler, options.limits, clock, log);
  if (!options.plain) {
    PINTLE_TRY(auto tls, TlsServer::make(options.tls));
    core->set_tls(std::move(tls));
  }
  PINTLE_TRY(const auto socket, bind(options));
  const unsigned wanted =
      options.limits.loops != 0 ? options.limits.loops : std::thread::hardware_concurrency();
  std::vector<std::shared_ptr<Loop>> loops;
  for (unsigned i = 0; i < std::max(1U, wanted); ++i) {
    PINTLE_TRY(auto loop, Loop::make(clock));
    loops.push_back(std::move(loop));
  }
  return std::unique_ptr<Server>(
      std::make_unique<Engine>(std::move(core), std::move(loops), socket, std::move(options.tls)));
}

}  // namespace pintle::http
