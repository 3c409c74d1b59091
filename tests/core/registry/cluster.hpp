// Cluster: a whole control plane but for its network, for tests that speak to it as clients do.
//
// A real store on a directory of its own, the real bus, registry and gate; time stands until a test
// moves it. Requests go through Gate::call as `who`, a member of system:masters unless said.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/schema.hpp"
#include "core/auth/authorizer.hpp"
#include "core/base/clock.hpp"
#include "core/bus/bus.hpp"
#include "core/gate/gate.hpp"
#include "core/registry/registry.hpp"
#include "core/store/sqlite_store.hpp"

namespace pintle::test {

class ManualClock final : public Clock {
 public:
  WallTime now() const override { return wall_; }
  SteadyTime steady() const override { return steady_; }
  void advance(std::chrono::seconds by) {
    wall_ += by;
    steady_ += by;
  }

 private:
  WallTime wall_{std::chrono::seconds(1'795'460'400)};  // 2026-11-23T19:00:00Z.
  SteadyTime steady_{std::chrono::hours(1)};
};

/// Timers that go off when the test says so.
class ManualTimers final : public registry::Timers {
 public:
  std::function<void()> at(SteadyTime when, std::function<void()> job) override {
    const auto id = ++last_;
    jobs_[id] = {when, std::move(job)};
    return [this, id] { jobs_.erase(id); };
  }

  void fire(SteadyTime now) {
    for (auto job = jobs_.begin(); job != jobs_.end();) {
      const auto due = job++;
      if (due->second.first <= now) {
        const auto run = std::move(due->second.second);
        jobs_.erase(due);
        run();
      }
    }
  }

  std::size_t size() const { return jobs_.size(); }

 private:
  int last_ = 0;
  std::map<int, std::pair<SteadyTime, std::function<void()>>> jobs_;
};

class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "pintle-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Lets everything in, unless told what to do.
class OpenAdmission final : public registry::Admission {
 public:
  Result<void> mutate(registry::Review& review) override {
    return on_mutate ? on_mutate(review) : Result<void>();
  }
  Result<void> validate(const registry::Review& review) override {
    return on_validate ? on_validate(review) : Result<void>();
  }
  std::function<Result<void>(registry::Review&)> on_mutate;
  std::function<Result<void>(const registry::Review&)> on_validate;
};

/// Knows the users "user:NAME" in their Authorization header; "slow:NAME" only on a worker.
class NamedAuthenticator final : public auth::Authenticator {
 public:
  std::optional<Result<auth::Identity>> identify_now(const auth::Credentials& asked) override {
    if (!asked.authorization.empty() && asked.authorization[0].starts_with("slow:")) {
      return std::nullopt;
    }
    return identify(asked);
  }
  Result<auth::Identity> identify(const auth::Credentials& asked) override {
    auth::Identity who;
    who.authenticator = "test";
    if (asked.authorization.empty()) {
      who.user = "system:anonymous";
      who.groups = {"system:unauthenticated"};
      return who;
    }
    const auto& text = asked.authorization[0];
    if (!text.starts_with("user:") && !text.starts_with("slow:")) {
      return Error(Code::kUnauthorized, "Unauthorized");
    }
    who.user = text.substr(5);
    who.groups = {"system:authenticated"};
    return who;
  }
  void reload() override {}
};

/// Allows everything, unless told what to do.
class OpenAuthorizer final : public auth::Authorizer {
 public:
  auth::Decision allow(const auth::Identity& who, const auth::Attributes& what) const override {
    return {.allowed = !allows || allows(who, what), .reason = ""};
  }
  std::vector<auth::Rule> rules_of(const auth::Identity& /*who*/,
                                   std::string_view /*ns*/) const override {
    return {{.verbs = {"*"},
             .api_groups = {"*"},
             .resources = {"*"},
             .resource_names = {},
             .non_resource_urls = {"*"}}};
  }
  std::function<bool(const auth::Identity&, const auth::Attributes&)> allows;
};

/// Keeps every record. Threads: writes come from any; read `records` when none is under way.
class KeptAudit final : public gate::Audit {
 public:
  void write(const gate::AuditRecord& record) override {
    const std::lock_guard lock(mutex_);
    records.push_back(record);
  }
  std::vector<gate::AuditRecord> records;

 private:
  std::mutex mutex_;
};

/// An answer as a client sees it.
struct Heard {
  int status = 0;
  std::string content_type;
  gate::Headers headers;
  std::string body;
  std::unique_ptr<gate::Stream> stream;  // Of a watch.

  /// The body's tree; null where it is no JSON.
  Json json() const {
    auto parsed = parse_json(body);
    return parsed.ok() ? std::move(parsed).value().value : Json();
  }
  std::string text(std::initializer_list<std::string_view> keys) const {
    return std::string(text_at(json(), keys));
  }
  std::string reason() const { return text({"reason"}); }
  std::string message() const { return text({"message"}); }
  std::string version() const { return text({"metadata", "resourceVersion"}); }
  std::string header(std::string_view name) const {
    return std::string(gate::find_header(headers, name));
  }
  std::vector<std::string> warnings() const {
    std::vector<std::string> texts;
    for (const auto& [name, value] : headers) {
      if (name == "Warning") {
        texts.push_back(value);
      }
    }
    return texts;
  }
  /// metadata.name of each item, or of each table row.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    const Json tree = json();
    for (const auto& item : array_at(tree, {"items"})) {
      found.emplace_back(text_at(item, {"metadata", "name"}));
    }
    for (const auto& row : array_at(tree, {"rows"})) {
      found.emplace_back(text_at(row, {"object", "metadata", "name"}));
    }
    return found;
  }
};

/// A watch under way: what has come can be taken at once, because an answered write is on the bus.
class Watching {
 public:
  explicit Watching(Heard heard) : heard_(std::move(heard)) {
    if (heard_.stream != nullptr) {
      heard_.stream->set_waker([this] { ++wakes; });
    }
  }
  Watching(const Watching&) = delete;  // The waker knows where it is.
  Watching& operator=(const Watching&) = delete;

  /// Everything that came since, as "ADDED web-0", "BOOKMARK", "ERROR Expired".
  std::vector<std::string> taken() {
    std::vector<std::string> lines;
    for (const auto& frame : frames()) {
      const auto type = std::string(text_at(frame, {"type"}));
      const auto name = type == "ERROR" ? text_at(frame, {"object", "reason"})
                                        : text_at(frame, {"object", "metadata", "name"});
      lines.push_back(name.empty() ? type : type + " " + std::string(name));
    }
    return lines;
  }

  std::vector<Json> frames(std::size_t budget = 64 * 1024) {
    std::string out = std::exchange(heard_.body, "");
    while (heard_.stream != nullptr && !ended) {
      const auto state = heard_.stream->pull(out, budget);
      ended = state == gate::Stream::State::kEnd;
      if (state != gate::Stream::State::kMore) {
        break;
      }
    }
    std::vector<Json> frames;
    while (!out.empty()) {
      const auto end = out.find('\n');
      frames.push_back(parse_json(out.substr(0, end)).value().value);
      out.erase(0, end + 1);
    }
    return frames;
  }

  const Heard& heard() const { return heard_; }

  bool ended = false;
  int wakes = 0;

 private:
  Heard heard_;
};

class Cluster {
 public:
  explicit Cluster(bus::Limits limits = {})
      : bus(limits), store(open_store()), registry(parts()), gate(gate_parts()) {
    who.user = "admin";
    who.groups = {"system:masters", "system:authenticated"};
    who.authenticator = "test";
  }

  /// Sends one request as `who` and waits for its answer.
  Heard ask(std::string method, std::string target, std::string body = "",
            gate::Headers headers = {}) {
    gate::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    const auto promise = std::make_shared<std::promise<gate::Response>>();
    auto answer = promise->get_future();
    gate.call(who, std::move(request),
              [promise](gate::Response response) { promise->set_value(std::move(response)); });
    return hear(answer.get());
  }

  Heard get(std::string target, gate::Headers headers = {}) {
    return ask("GET", std::move(target), "", std::move(headers));
  }
  Heard post(std::string target, std::string body, gate::Headers headers = {}) {
    return ask("POST", std::move(target), std::move(body), std::move(headers));
  }
  Heard put(std::string target, std::string body) {
    return ask("PUT", std::move(target), std::move(body));
  }
  Heard erase(std::string target, std::string body = "") {
    return ask("DELETE", std::move(target), std::move(body));
  }
  Heard patch(std::string target, std::string type, std::string body) {
    return ask("PATCH", std::move(target), std::move(body),
               {{"Content-Type", "application/" + type + "-patch+json"}});
  }
  Watching watch(std::string target, gate::Headers headers = {}) {
    return Watching(get(std::move(target), std::move(headers)));
  }

  /// Makes a ConfigMap in `default` and gives back the answer.
  Heard make_config_map(const std::string& name, const std::string& labels = "{}",
                        const std::string& ns = "default") {
    return post(
        "/api/v1/namespaces/" + ns + "/configmaps",
        R"({"metadata":{"name":")" + name + R"(","labels":)" + labels + R"(},"data":{"k":"v"}})");
  }

  void advance(std::chrono::seconds by) {
    clock.advance(by);
    timers.fire(clock.steady());
  }

  /// The whole of a streamed body.
  static std::string drain(gate::Stream& stream, std::size_t budget = 16 * 1024) {
    std::string out;
    while (stream.pull(out, budget) == gate::Stream::State::kMore) {
    }
    return out;
  }

  static Heard hear(gate::Response response) {
    Heard heard;
    heard.status = response.status;
    heard.content_type = std::move(response.content_type);
    heard.headers = std::move(response.headers);
    if (auto* whole = std::get_if<std::string>(&response.body)) {
      heard.body = std::move(*whole);
    } else {
      heard.stream = std::move(std::get<1>(response.body));
    }
    return heard;
  }

  TempDirectory directory;
  ManualClock clock;
  ManualTimers timers;
  api::Catalog catalog;
  bus::Bus bus;
  std::unique_ptr<store::Store> store;
  OpenAdmission admission;
  OpenAuthorizer authorizer;
  NamedAuthenticator authenticator;
  KeptAudit audit;
  registry::Registry registry;
  gate::Gate gate;
  auth::Identity who;

 private:
  std::unique_ptr<store::Store> open_store() {
    auto opened = store::open_sqlite(
        {.directory = directory.path() / "data", .history_revisions = 1000}, bus,
        [this](const Key& key, std::string_view json) {
          return api::lift(*catalog.find_storage(key.resource), json);
        },
        null_log());
    if (!opened.ok()) {
      std::cerr << opened.error().message << '\n';
    }
    return std::move(opened).value();
  }

  registry::RegistryParts parts() {
    return {.catalog = catalog,
            .store = *store,
            .bus = bus,
            .admission = admission,
            .authorizer = &authorizer,
            .service_cidr = "10.0.0.0/16",
            .timers = timers,
            .clock = clock,
            .log = null_log()};
  }

  gate::GateParts gate_parts() {
    return {.authenticator = authenticator,
            .authorizer = authorizer,
            .registry = registry,
            .audit = audit,
            .clock = clock,
            .log = null_log(),
            .run_on_worker =
                [](const std::function<void()>& job) {
                  job();
                  return true;
                },
            .ready_checks = {},
            .metrics = [] { return std::string("pintle_up 1\n"); },
            .version_json = R"({"gitVersion":"v1.33.2+pintle"})",
            .observe = {}};
  }
};

}  // namespace pintle::test
