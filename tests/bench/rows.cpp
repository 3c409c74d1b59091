// What each row does, in the words of the targets page.

#include "tests/bench/rows.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>

#include "core/object/json.hpp"

namespace pintle::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kObjectBytes = 2000;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string maps_path(const Bench& bench) {
  return "/api/v1/namespaces/" + bench.ns + "/configmaps";
}

std::size_t scaled(const Bench& bench, std::size_t count) {
  return std::max<std::size_t>(32,
                               static_cast<std::size_t>(static_cast<double>(count) * bench.scale));
}

Answer ask(const Bench& bench, const std::string& method, const std::string& path,
           const std::string& body = "") {
  Connection connection(bench.target, bench.tls, /*keep_bodies=*/true);
  connection.send(make_request(bench.target, method, path, body));
  return connection.receive_blocking();
}

/// Prints the line of one row. CPU is the server's, per operation, between `before` and now.
void print(const Bench& bench, const std::string& row, const std::string& what, double rate,
           const std::string& unit, const Outcome* outcome, const Usage& before,
           double operations) {
  const Usage now = bench.pid == 0 ? Usage{} : usage_of(bench.pid);
  std::printf(R"({"row":"%s","what":"%s","rate":%.1f,"unit":"%s")", row.c_str(), what.c_str(), rate,
              unit.c_str());
  if (outcome != nullptr) {
    std::printf(R"(,"p50_ms":%.3f,"p99_ms":%.3f,"wrong":%zu)", outcome->percentile(0.5),
                outcome->percentile(0.99), outcome->wrong);
  }
  if (bench.pid != 0 && operations > 0) {
    std::printf(R"(,"cpu_us_per_op":%.1f)",
                (now.cpu_seconds - before.cpu_seconds) * 1e6 / operations);
  }
  if (bench.pid != 0) {
    std::printf(R"(,"rss_mb":%.1f,"peak_mb":%.1f)", now.resident_mb, now.peak_mb);
  }
  std::printf("}\n");
  std::fflush(stdout);
}

Usage usage_now(const Bench& bench) {
  return bench.pid == 0 ? Usage{} : usage_of(bench.pid);
}

void measure(const Bench& bench, const std::string& row, const std::string& what,
             const Load& load) {
  const Usage before = usage_now(bench);
  const Outcome outcome = run(bench.target, bench.tls, load);
  print(bench, row, what, outcome.rate(), "/s", &outcome, before,
        static_cast<double>(outcome.requests));
}

void create_maps(const Bench& bench, const std::string& prefix, std::size_t count) {
  run(bench.target, bench.tls,
      {.connections = 64,
       .requests = count,
       .request =
           [&](std::size_t i) {
             return make_request(bench.target, "POST", maps_path(bench),
                                 config_map(prefix + std::to_string(i), kObjectBytes));
           },
       .wanted_status = 201});
}

void get_one(const Bench& bench, const std::string& row, std::size_t connections,
             std::size_t count) {
  ask(bench, "POST", maps_path(bench), config_map("one", kObjectBytes));
  const auto request = make_request(bench.target, "GET", maps_path(bench) + "/one");
  measure(bench, row, "GET one object, " + std::to_string(connections) + " connections",
          {.connections = connections,
           .requests = scaled(bench, count),
           .request = [&](std::size_t) { return request; }});
}

void b3(const Bench& bench) {
  for (const auto& [connections, count] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1, 5'000}, {32, 40'000}, {128, 40'000}}) {
    const std::string prefix =
        "b3-" + std::to_string(connections) + "-" + std::to_string(::getpid()) + "-";
    measure(bench, "B3", "POST durable, " + std::to_string(connections) + " connections",
            {.connections = connections,
             .requests = scaled(bench, count),
             .request =
                 [&](std::size_t i) {
                   return make_request(bench.target, "POST", maps_path(bench),
                                       config_map(prefix + std::to_string(i), kObjectBytes));
                 },
             .wanted_status = 201});
  }
}

void b6(const Bench& bench) {
  create_maps(bench, "b6-", scaled(bench, 15'500));
  const auto request = make_request(bench.target, "GET", maps_path(bench));
  for (const std::size_t at_once : {std::size_t{1}, std::size_t{8}}) {
    const Usage before = usage_now(bench);
    const Outcome outcome =
        run(bench.target, bench.tls,
            {.connections = at_once, .requests = at_once * 4, .request = [&](std::size_t) {
               return request;
             }});
    const double megabytes = static_cast<double>(outcome.bytes) / 1e6;
    print(bench, "B6", "LIST, " + std::to_string(at_once) + " at once", megabytes / outcome.seconds,
          "MB/s", &outcome, before, megabytes);
  }
}

/// Watches of all ConfigMaps of the namespace that count the events and when they came.
class Watchers {
 public:
  Watchers(const Bench& bench, std::size_t count, const std::string& revision)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    const auto request = make_request(bench.target, "GET",
                                      maps_path(bench) + "?watch=1&resourceVersion=" + revision);
    for (std::size_t i = 0; i < count; ++i) {
      connections_.push_back(std::make_unique<Connection>(bench.target, bench.tls, true));
      connections_.back()->send(request);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event);
    }
    tails_.resize(count);
  }
  ~Watchers() { ::close(epoll_); }
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  /// Reads what comes within `wait_ms`; `seen(name)` is called for each event.
  void read(int wait_ms, const std::function<void(std::string_view name)>& seen) {
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    for (int i = 0; i < count; ++i) {
      const auto index = events.at(static_cast<std::size_t>(i)).data.u64;
      connections_[index]->receive_stream(tails_[index]);
      take_events(tails_[index], seen);
    }
  }

 private:
  static void take_events(std::string& text, const std::function<void(std::string_view)>& seen) {
    std::size_t at = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
      const std::string_view line = std::string_view(text).substr(at, end - at);
      constexpr std::string_view kName = R"("name":")";
      const auto name = line.find(kName);
      if (name != std::string_view::npos) {
        const auto from = name + kName.size();
        seen(line.substr(from, line.find('"', from) - from));
      }
      at = end + 1;
    }
    text.erase(0, at);
  }

  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::string> tails_;
};

std::string list_revision(const Bench& bench) {
  const auto answer = ask(bench, "GET", maps_path(bench) + "?limit=1");
  const auto parsed = parse_json(answer.body);
  return parsed.ok() ? std::string(text_at(parsed.value().value, {"metadata", "resourceVersion"}))
                     : "0";
}

void fan_out(const Bench& bench, const std::string& row, std::size_t watchers,
             std::size_t creates) {
  Watchers watch(bench, watchers, list_revision(bench));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const std::string prefix = row + "-" + std::to_string(::getpid()) + "-";
  std::string lower = prefix;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });

  const Usage before = usage_now(bench);
  std::vector<Clock::time_point> sent(creates);
  const auto start = Clock::now();
  double writing = 0;
  std::thread writer([&] {
    run(bench.target, bench.tls,
        {.connections = 16,
         .requests = creates,
         .request =
             [&](std::size_t i) {
               sent[i] = Clock::now();
               return make_request(bench.target, "POST", maps_path(bench),
                                   config_map(lower + std::to_string(i), kObjectBytes));
             },
         .wanted_status = 201});
    writing = seconds_since(start);
  });
  Outcome outcome;
  const std::size_t wanted = watchers * creates;
  while (outcome.requests < wanted && seconds_since(start) < 120) {
    watch.read(100, [&](std::string_view name) {
      if (name.starts_with(lower)) {
        const auto i =
            static_cast<std::size_t>(std::atoi(std::string(name.substr(lower.size())).c_str()));
        outcome.latencies_ms.push_back(seconds_since(sent[i]) * 1000);
        ++outcome.requests;
      }
    });
  }
  outcome.seconds = seconds_since(start);
  writer.join();
  std::sort(outcome.latencies_ms.begin(), outcome.latencies_ms.end());
  outcome.wrong = wanted - outcome.requests;
  char what[160];
  std::snprintf(what, sizeof what, "watch fan-out, %zu watchers x %zu creates, writers at %.0f/s",
                watchers, creates, static_cast<double>(creates) / writing);
  print(bench, row, what, outcome.rate(), "events/s", &outcome, before,
        static_cast<double>(outcome.requests));
}

void b9(const Bench& bench) {
  Watchers watch(bench, 1, list_revision(bench));
  Connection writer(bench.target, bench.tls, false);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const Usage before = usage_now(bench);
  Outcome outcome;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < scaled(bench, 1'000); ++i) {
    const std::string name = "b9-" + std::to_string(::getpid()) + "-" + std::to_string(i);
    const auto sent = Clock::now();
    writer.send(
        make_request(bench.target, "POST", maps_path(bench), config_map(name, kObjectBytes)));
    bool came = false;
    while (!came && seconds_since(sent) < 5) {
      watch.read(5000, [&](std::string_view seen) { came = came || seen == name; });
    }
    outcome.latencies_ms.push_back(seconds_since(sent) * 1000);
    ++outcome.requests;
    writer.receive_blocking();
  }
  outcome.seconds = seconds_since(start);
  std::sort(outcome.latencies_ms.begin(), outcome.latencies_ms.end());
  print(bench, "B9", "create to watch event, one at a time", outcome.rate(), "/s", &outcome, before,
        static_cast<double>(outcome.requests));
}

void b10(const Bench& bench) {
  const std::size_t count = scaled(bench, 10'000);
  const Usage before = usage_now(bench);
  Watchers watch(bench, count, list_revision(bench));
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const Usage opened = usage_now(bench);
  std::this_thread::sleep_for(std::chrono::seconds(5));
  const Usage idle = usage_now(bench);
  std::printf(R"({"row":"B10","what":"%zu idle watches","kb_each":%.1f,"threads":%d,)"
              R"("idle_cpu_percent":%.2f})"
              "\n",
              count, (opened.resident_mb - before.resident_mb) * 1024 / static_cast<double>(count),
              opened.threads, (idle.cpu_seconds - opened.cpu_seconds) / 5 * 100);
  std::fflush(stdout);
}

std::string node_json(std::size_t i) {
  return R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"bench-)" + std::to_string(i) +
         R"("},"status":{"capacity":{"cpu":"32","memory":"64Gi","pods":"110"},)"
         R"("allocatable":{"cpu":"32","memory":"64Gi","pods":"110"},)"
         R"("conditions":[{"type":"Ready","status":"True"}]}})";
}

std::string pod_json(std::size_t i) {
  return R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"b12-)" + std::to_string(i) +
         R"("},"spec":{"containers":[{"name":"c","image":"busybox","resources":)"
         R"({"requests":{"cpu":"100m","memory":"64Mi"}}}]}})";
}

/// How many pods of the namespace have a node.
std::size_t bound_pods(const Bench& bench, const std::string& pods) {
  const auto answer = ask(bench, "GET", pods + "?fieldSelector=spec.nodeName%21%3D");
  const auto parsed = parse_json(answer.body, {}, {.max_bytes = 512 * 1024 * 1024});
  return parsed.ok() ? array_at(parsed.value().value, {"items"}).size() : 0;
}

void b12(const Bench& bench) {
  const std::size_t nodes = scaled(bench, 1'000);
  const std::size_t count = scaled(bench, 5'000);
  const std::string pods = "/api/v1/namespaces/" + bench.ns + "/pods";
  run(bench.target, bench.tls,
      {.connections = 32,
       .requests = nodes,
       .request =
           [&](std::size_t i) {
             return make_request(bench.target, "POST", "/api/v1/nodes", node_json(i));
           },
       .wanted_status = 201});
  const Usage before = usage_now(bench);
  const auto start = Clock::now();
  const auto made =
      run(bench.target, bench.tls,
          {.connections = 64,
           .requests = count,
           .request =
               [&](std::size_t i) { return make_request(bench.target, "POST", pods, pod_json(i)); },
           .wanted_status = 201});
  std::size_t bound = 0;
  while ((bound = bound_pods(bench, pods)) < count && seconds_since(start) < 120) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  Outcome outcome;
  outcome.wrong = made.wrong + (count - bound);
  print(bench, "B12", std::to_string(count) + " pods on " + std::to_string(nodes) + " nodes",
        static_cast<double>(bound) / seconds_since(start), "pods/s", &outcome, before,
        static_cast<double>(bound));
}

void b16(const Bench& bench) {
  const Usage before = usage_now(bench);
  std::this_thread::sleep_for(std::chrono::seconds(10));
  const Usage now = usage_now(bench);
  std::printf(R"({"row":"B16","what":"idle control plane","rss_mb":%.1f,"cpu_percent":%.2f,)"
              R"("threads":%d})"
              "\n",
              now.resident_mb, (now.cpu_seconds - before.cpu_seconds) / 10 * 100, now.threads);
  std::fflush(stdout);
}

void b17(const Bench& bench) {
  const Usage before = usage_now(bench);
  const std::size_t count = scaled(bench, 15'500);
  create_maps(bench, "b17-", count);
  const Usage now = usage_now(bench);
  std::printf(R"({"row":"B17","what":"%zu objects of 2 KB","rss_mb":%.1f,"kb_each":%.2f})"
              "\n",
              count, now.resident_mb,
              (now.resident_mb - before.resident_mb) * 1024 / static_cast<double>(count));
  std::fflush(stdout);
}

}  // namespace

const std::map<std::string, std::function<void(const Bench&)>>& rows() {
  static const std::map<std::string, std::function<void(const Bench&)>> table = {
      {"B1", [](const Bench& b) { get_one(b, "B1", 32, 100'000); }},
      {"B2", [](const Bench& b) { get_one(b, "B2", 1, 10'000); }},
      {"B3", b3},
      {"B6", b6},
      {"B7", [](const Bench& b) { fan_out(b, "B7", 100, 1'000); }},
      {"B8", [](const Bench& b) { fan_out(b, "B8", 1'000, 300); }},
      {"B9", b9},
      {"B10", b10},
      {"B12", b12},
      {"B16", b16},
      {"B17", b17}};
  return table;
}

void prepare(const Bench& bench) {
  ask(bench, "POST", "/api/v1/namespaces",
      R"({"kind":"Namespace","apiVersion":"v1","metadata":{"name":")" + bench.ns + R"("}})");
  ask(bench, "DELETE", maps_path(bench));
  // Pods need an account; the namespace controller makes it in a moment.
  const auto until = Clock::now() + std::chrono::seconds(5);
  while (ask(bench, "GET", "/api/v1/namespaces/" + bench.ns + "/serviceaccounts/default").status !=
             200 &&
         Clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace pintle::bench
