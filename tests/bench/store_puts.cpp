// Row B18: durable puts of 2 KB from 32 threads into the embedded store, and how fast it opens.
//
// pintle_store_bench DIRECTORY [PUTS [WRITERS]] prints one JSON line a figure. DIRECTORY lies on
// the disk that is measured, and is left behind.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "core/bus/bus.hpp"
#include "core/store/sqlite_store.hpp"
#include "tests/support/stores.hpp"

namespace pintle::bench {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

struct Opened {
  std::unique_ptr<bus::Bus> bus = std::make_unique<bus::Bus>();
  std::unique_ptr<store::Store> store;
};

Opened open(const char* directory) {
  Opened opened;
  const auto start = Clock::now();
  auto result = store::open_sqlite({.directory = directory}, *opened.bus, test::lift, null_log());
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  opened.store = std::move(result).value();
  std::printf(R"({"row":"B18","what":"open with %llu objects","ms":%.1f})"
              "\n",
              static_cast<unsigned long long>(opened.store->figures().objects), ms_since(start));
  return opened;
}

void put(store::Store& store, std::size_t puts, std::size_t writers) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::vector<double> latencies_ms;
  const auto base = store.revision();
  const auto start = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < writers; ++i) {
      threads.emplace_back([&] {
        std::vector<double> mine;
        for (std::size_t number = next++; number < puts; number = next++) {
          const Key key{"configmaps", "bench", std::to_string(base) + "-" + std::to_string(number)};
          const auto sent = Clock::now();
          test::commit(store, test::creation(key, std::string(1900, 'x'))).value();
          mine.push_back(ms_since(sent));
        }
        const std::lock_guard lock(mutex);
        latencies_ms.insert(latencies_ms.end(), mine.begin(), mine.end());
      });
    }
  }
  const double seconds = ms_since(start) / 1000;
  std::sort(latencies_ms.begin(), latencies_ms.end());
  const auto figures = store.figures();
  std::printf(R"({"row":"B18","what":"durable 2 KB puts, %zu writers","rate":%.0f,"p50_ms":%.2f,)"
              R"("p99_ms":%.2f,"puts_per_sync":%.1f})"
              "\n",
              writers, static_cast<double>(puts) / seconds, latencies_ms[puts / 2],
              latencies_ms[puts * 99 / 100],
              static_cast<double>(figures.commits) / static_cast<double>(figures.commit_groups));
}

}  // namespace
}  // namespace pintle::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: pintle_store_bench DIRECTORY [PUTS [WRITERS]]\n");
    return 2;
  }
  const std::size_t puts = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 50'000;
  const std::size_t writers = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 32;
  {
    const auto opened = pintle::bench::open(argv[1]);
    pintle::bench::put(*opened.store, puts, writers);
  }
  pintle::bench::open(argv[1]);
  return 0;
}
