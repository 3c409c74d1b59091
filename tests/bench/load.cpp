// One thread, one epoll: the generator must cost less than what it measures.

#include "tests/bench/load.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <sys/epoll.h>
#include <unistd.h>

namespace pintle::bench {
namespace {

using Clock = std::chrono::steady_clock;

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

struct Lane {
  std::unique_ptr<Connection> connection;
  Clock::time_point sent;
};

}  // namespace

double Outcome::percentile(double p) const {
  if (latencies_ms.empty()) {
    return 0;
  }
  const auto last = static_cast<double>(latencies_ms.size() - 1);
  return latencies_ms[static_cast<std::size_t>(p * last)];
}

Outcome run(const Target& target, const TlsClient& tls, const Load& load) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Lane> lanes(std::min(load.connections, load.requests));
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i].connection = std::make_unique<Connection>(target, tls, /*keep_bodies=*/false);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, lanes[i].connection->fd(), &event);
  }

  Outcome outcome;
  outcome.latencies_ms.reserve(load.requests);
  std::size_t next = 0;
  const auto start = Clock::now();
  const auto send_next = [&](Lane& lane) {
    if (next < load.requests) {
      const auto request = load.request(next++);
      lane.sent = Clock::now();
      lane.connection->send(request);
    }
  };
  for (auto& lane : lanes) {
    send_next(lane);
  }
  std::array<epoll_event, 64> events{};
  while (outcome.requests < load.requests) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 30'000);
    if (count == 0) {
      break;  // Half a minute without an answer: what came so far is the result.
    }
    for (int i = 0; i < count; ++i) {
      Lane& lane = lanes[events.at(static_cast<std::size_t>(i)).data.u64];
      if (const auto answer = lane.connection->receive()) {
        outcome.latencies_ms.push_back(ms_between(lane.sent, Clock::now()));
        ++outcome.requests;
        outcome.bytes += answer->body_bytes;
        outcome.wrong += answer->status == load.wanted_status ? 0 : 1;
        send_next(lane);
      }
    }
  }
  outcome.seconds = ms_between(start, Clock::now()) / 1000;
  ::close(epoll);
  std::sort(outcome.latencies_ms.begin(), outcome.latencies_ms.end());
  return outcome;
}

std::string make_request(const Target& target, const std::string& method, const std::string& path,
                         const std::string& body) {
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: " + target.host +
                        "\r\nAccept: application/json\r\n" + target.authorization();
  if (!body.empty()) {
    request +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return request + "\r\n" + body;
}

std::string config_map(const std::string& name, std::size_t bytes) {
  return R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":")" + name +
         R"("},"data":{"value":")" + std::string(bytes > 150 ? bytes - 150 : 1, 'x') + R"("}})";
}

Usage usage_of(int pid) {
  Usage usage;
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(stat, text);
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::string word;
  std::vector<std::string> words;
  while (fields >> word) {
    words.push_back(word);
  }
  if (words.size() > 17) {
    const auto ticks = std::stod(words[11]) + std::stod(words[12]);
    usage.cpu_seconds = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    usage.threads = std::stoi(words[17]);
  }
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  while (std::getline(status, text)) {
    if (text.starts_with("VmRSS:")) {
      usage.resident_mb = std::stod(text.substr(6)) / 1024;
    }
    if (text.starts_with("VmHWM:")) {
      usage.peak_mb = std::stod(text.substr(6)) / 1024;
    }
  }
  return usage;
}

}  // namespace pintle::bench
