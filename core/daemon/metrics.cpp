// Names are kube-apiserver's where it has them, so that dashboards made for it show something.

#include "core/daemon/metrics.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <unistd.h>

namespace pintle::daemon {
namespace {

constexpr std::array kVerbs = {"get",    "list",  "watch",  "create",
                               "update", "patch", "delete", "deletecollection"};

/// Resident memory and CPU of this process. Source: proc(5).
struct ProcessFigures {
  double resident_bytes = 0;
  double cpu_seconds = 0;
};

ProcessFigures process_figures() {
  ProcessFigures figures;
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  figures.resident_bytes = resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream words(line.substr(std::min(line.size(), line.rfind(')') + 2)));
  std::string word;
  for (int field = 3; words >> word; ++field) {
    if (field == 14 || field == 15) {  // utime and stime, in clock ticks.
      figures.cpu_seconds += std::stod(word) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
  }
  return figures;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("apiserver_request_total")
          .Help("Requests, by verb, group, resource and code.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& gauges(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  prometheus::Gauge& objects = gauges("apiserver_storage_objects", "Objects held.").Add({});
  prometheus::Gauge& commits = gauges("pintle_store_commits_total", "Objects written.").Add({});
  prometheus::Gauge& groups =
      gauges("pintle_store_commit_groups_total", "Durable transactions: fsyncs paid for.").Add({});
  prometheus::Gauge& connections =
      gauges("pintle_http_connections_open", "Connections open now.").Add({});
  prometheus::Gauge& bytes_out = gauges("pintle_http_sent_bytes_total", "Bytes sent.").Add({});
  prometheus::Gauge& resident = gauges("process_resident_memory_bytes", "Resident memory.").Add({});
  prometheus::Gauge& cpu = gauges("process_cpu_seconds_total", "CPU time used.").Add({});

  mutable std::mutex mutex;
  Sources sources;                                       // Guarded by mutex.
  std::map<std::string, prometheus::Counter*> counters;  // By joined labels. Guarded by mutex.
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::set_sources(Sources sources) {
  const std::lock_guard lock(state_->mutex);
  state_->sources = std::move(sources);
}

void Metrics::count(const gate::AuditRecord& record) {
  const auto& what = record.what;
  const bool known_verb = std::find(kVerbs.begin(), kVerbs.end(), what.verb) != kVerbs.end();
  const std::string code = std::to_string(record.status);
  const std::lock_guard lock(state_->mutex);
  const bool known = what.is_resource && state_->sources.is_known_resource &&
                     state_->sources.is_known_resource(what.group, what.resource);
  const std::string verb = known_verb ? what.verb : "other";
  const std::string group = known ? what.group : "";
  const std::string resource = known ? what.resource : "";
  auto& counter = state_->counters[verb + '|' + group + '|' + resource + '|' + code];
  if (counter == nullptr) {
    counter = &state_->requests.Add(
        {{"verb", verb}, {"group", group}, {"resource", resource}, {"code", code}});
  }
  counter->Increment();
}

std::string Metrics::text() const {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->sources.store) {
      const auto figures = state_->sources.store();
      state_->objects.Set(static_cast<double>(figures.objects));
      state_->commits.Set(static_cast<double>(figures.commits));
      state_->groups.Set(static_cast<double>(figures.commit_groups));
    }
    if (state_->sources.server) {
      const auto figures = state_->sources.server();
      state_->connections.Set(static_cast<double>(figures.connections_open));
      state_->bytes_out.Set(static_cast<double>(figures.bytes_out));
    }
    const auto process = process_figures();
    state_->resident.Set(process.resident_bytes);
    state_->cpu.Set(process.cpu_seconds);
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace pintle::daemon
