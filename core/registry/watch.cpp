// Watch: a cursor over the bus, seen through selectors, as a stream of frames that is pulled.
//
// Source: apiserver endpoints/handlers/watch.go, storage/cacher; the API concepts on watches.

#include <atomic>
#include <mutex>
#include <random>

#include "core/api/protobuf.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/list_writer.hpp"
#include "core/registry/shared.hpp"

namespace pintle::registry {
namespace {

constexpr std::chrono::seconds kMinTimeout{1800};  // Source: --min-request-timeout.
constexpr std::chrono::seconds kBookmarkEvery{60};
constexpr std::chrono::seconds kBookmarkBeforeEnd{2};
constexpr std::size_t kBatch = 64;

/// Frames of one representation.
class Frames {
 public:
  Frames(const Representation& as, const Operation& operation, const Clock& clock)
      : as_(as), resource_(*operation.resource), served_(served_of(operation)), clock_(clock) {}

  void event(std::string& out, std::string_view type, const Object& object) {
    if (as_.media == Representation::Media::kProtobuf) {
      return protobuf_event(out, type, object);
    }
    const Shown shown(shown_version(as_, served_, resource_), object);
    out += concat({R"({"type":")", type, R"(","object":)"});
    switch (as_.form) {
      case Representation::Form::kPlain:
        out += shown->json();
        break;
      case Representation::Form::kPartial:
        api::append_partial_metadata(out, *shown);
        break;
      case Representation::Form::kTable:
        begin_table(out, object.revision());
        api::append_table_row(out, resource_, object, as_.include, clock_.now(), shown->json());
        out += "]}";
        break;
    }
    out += "}\n";
  }

  void bookmark(std::string& out, Revision revision, bool ends_initial) {
    if (as_.form == Representation::Form::kTable) {
      out += R"({"type":"BOOKMARK","object":)";
      begin_table(out, revision);
      out += "]}}\n";
      return;
    }
    const bool partial = as_.form == Representation::Form::kPartial;
    frame(out, "BOOKMARK",
          {R"({"kind":")", partial ? "PartialObjectMetadata" : served_.kind, R"(","apiVersion":")",
           partial ? std::string("meta.k8s.io/v1") : served_.api_version(),
           R"(","metadata":{"resourceVersion":")", std::to_string(revision), "\"",
           R"(,"creationTimestamp":null)",
           ends_initial ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "", "}}"});
  }

  void error(std::string& out, const Error& error) { frame(out, "ERROR", {to_status_json(error)}); }

 private:
  /// One frame around the document that `parts` are.
  void frame(std::string& out, std::string_view type,
             std::initializer_list<std::string_view> parts) {
    const std::string json = concat(parts);
    if (as_.media != Representation::Media::kProtobuf) {
      out += concat({R"({"type":")", type, R"(","object":)", json, "}\n"});
      return;
    }
    document_.clear();
    api::append_protobuf(document_, json);
    api::append_protobuf_frame(out, type, document_);
  }

  void protobuf_event(std::string& out, std::string_view type, const Object& object) {
    const Shown shown(served_, object);
    document_.clear();
    if (as_.form == Representation::Form::kPartial) {
      std::string json;
      api::append_partial_metadata(json, *shown);
      api::append_protobuf(document_, json);
    } else {
      api::append_protobuf(document_, served_, shown->json());
    }
    api::append_protobuf_frame(out, type, document_);
  }

  /// Only the first table of a watch says what its columns are.
  void begin_table(std::string& out, Revision revision) {
    out += concat(
        {R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":)", R"({"resourceVersion":")",
         std::to_string(revision), R"("},)", R"("columnDefinitions":)",
         columns_sent_ ? "null" : api::column_definitions_json(resource_), R"(,"rows":[)"});
    columns_sent_ = true;
  }

  const Representation as_;
  const api::Resource& resource_;  // What is stored, and
  const api::Resource& served_;    // what is shown of it.
  const Clock& clock_;
  std::string document_;  // Scratch.
  bool columns_sent_ = false;
};

/// What timers call; outlives the watch where a timer is just firing.
struct Wake {
  std::mutex mutex;
  std::function<void()> waker;  // Guarded by mutex.
  std::atomic<bool> timer_fired = false;

  void operator()() {
    const std::lock_guard lock(mutex);
    if (waker) {
      waker();
    }
  }
};

struct WatchPlan {
  bus::Cursor cursor;
  ListOptions options;
  std::string ns;
  Revision start = 0;
  store::Snapshot initial;
  bool sends_initial = false;
  SteadyTime deadline;
};

class WatchSource final : public Answer::Source {
 public:
  WatchSource(Shared& shared, const Operation& operation, const Representation& as, WatchPlan plan)
      : timers_(shared.parts.timers),
        clock_(shared.parts.clock),
        frames_(as, operation, shared.parts.clock),
        plan_(std::move(plan)),
        bookmark_at_(plan_.options.bookmarks ? next_bookmark(clock_.steady()) : SteadyTime::max()) {
  }

  ~WatchSource() override {
    if (cancel_timer_) {
      cancel_timer_();
    }
    const std::lock_guard lock(wake_->mutex);
    wake_->waker = nullptr;
  }

  WatchSource(const WatchSource&) = delete;
  WatchSource& operator=(const WatchSource&) = delete;

  void set_waker(std::function<void()> waker) override {
    plan_.cursor.set_waker(waker);
    const std::lock_guard lock(wake_->mutex);
    wake_->waker = std::move(waker);
  }

  State pull(std::string& out, std::size_t budget) override {
    const std::size_t full = out.size() + budget;
    if (ended_ || clock_.steady() >= plan_.deadline) {
      return State::kEnd;
    }
    if (plan_.sends_initial && !send_initial(out, full)) {
      return State::kMore;
    }
    while (send_batch(out, full)) {
      if (const auto state = next_batch(out)) {
        return *state;
      }
    }
    return State::kMore;
  }

 private:
  /// Synthetic ADDED events for what was there. False if there is more of them.
  bool send_initial(std::string& out, std::size_t full) {
    bool stopped = false;
    const auto send = [&](const ObjectPtr& object) {
      if (plan_.options.matches(*object)) {
        frames_.event(out, "ADDED", *object);
      }
      stopped = out.size() >= full;
      if (stopped) {
        after_ns_ = object->ns();
        after_name_ = object->name();
      }
      return !stopped;
    };
    if (plan_.ns.empty()) {
      plan_.initial.scan_after(after_ns_, after_name_, send);
    } else {
      plan_.initial.scan_namespace(plan_.ns, after_name_, send);
    }
    if (stopped) {
      return false;
    }
    plan_.sends_initial = false;
    plan_.initial = {};
    if (plan_.options.send_initial_events && plan_.options.bookmarks) {
      frames_.bookmark(out, plan_.start, /*ends_initial=*/true);
    }
    return true;
  }

  /// Sends what was polled. False if the budget ended before the batch.
  bool send_batch(std::string& out, std::size_t full) {
    while (sent_ < batch_.size()) {
      if (out.size() >= full) {
        return false;
      }
      send_event(out, batch_[sent_++]);
    }
    batch_.clear();
    sent_ = 0;
    return out.size() < full;
  }

  /// Polls; nothing where there is more to send, else what to tell the puller.
  std::optional<State> next_batch(std::string& out) {
    const auto polled = plan_.cursor.poll(batch_, kBatch);
    if (!polled.ok()) {
      frames_.error(out, Error(Code::kExpired, polled.error().message));
      ended_ = true;
      return State::kEnd;
    }
    if (polled.value() > 0) {
      return std::nullopt;
    }
    const auto now = clock_.steady();
    if (now >= bookmark_at_) {
      frames_.bookmark(out, std::max(plan_.start, plan_.cursor.seen()), /*ends_initial=*/false);
      bookmark_at_ = next_bookmark(now);
    }
    arm_timer();
    return State::kWait;
  }

  bool selects(const Object& object) const {
    return (plan_.ns.empty() || object.ns() == plan_.ns) && plan_.options.matches(object);
  }

  /// What an event of the bus is through the selectors: entering is ADDED, leaving DELETED (P-19).
  void send_event(std::string& out, const Event& event) {
    const auto& object = *event.object;
    const auto* previous = event.previous.get();
    if (event.type == Event::Type::kDeleted) {
      if (selects(previous == nullptr ? object : *previous)) {
        frames_.event(out, "DELETED", object);
      }
      return;
    }
    const bool is_in = selects(object);
    const bool was_in = previous != nullptr && selects(*previous);
    if (is_in) {
      frames_.event(out, was_in ? "MODIFIED" : "ADDED", object);
    } else if (was_in) {
      // Its last state inside the selection, but of this revision: the watcher resumes from there.
      frames_.event(out, "DELETED",
                    Object(previous->key(), object.revision(), previous->to_draft()));
    }
  }

  /// About every minute, and once shortly before the end.
  SteadyTime next_bookmark(SteadyTime now) const {
    const auto last = plan_.deadline - kBookmarkBeforeEnd;
    if (now >= last) {
      return SteadyTime::max();
    }
    return std::min(now + kBookmarkEvery, last);
  }

  void arm_timer() {
    const bool armed = cancel_timer_ && !wake_->timer_fired.exchange(false);
    const auto due = std::min(plan_.deadline, bookmark_at_);
    if (armed && due == timer_at_) {
      return;
    }
    if (armed) {
      cancel_timer_();
    }
    timer_at_ = due;
    cancel_timer_ = timers_.at(due, [wake = wake_] {
      wake->timer_fired = true;
      (*wake)();
    });
  }

  Timers& timers_;
  const Clock& clock_;
  Frames frames_;
  WatchPlan plan_;
  std::string after_ns_;
  std::string after_name_;
  std::vector<Event> batch_;
  std::size_t sent_ = 0;
  bool ended_ = false;
  SteadyTime bookmark_at_;
  SteadyTime timer_at_{};
  std::function<void()> cancel_timer_;
  std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
};

std::chrono::seconds timeout_of(const ListOptions& options) {
  if (options.timeout_seconds.value_or(0) > 0) {
    // A century is as good as for ever, and does not overflow.
    return std::chrono::seconds(std::min<std::int64_t>(*options.timeout_seconds, 3'155'760'000));
  }
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> spread(0, kMinTimeout.count());
  return kMinTimeout + std::chrono::seconds(spread(random));
}

Result<Answer> watch_now(Shared& shared, const Operation& operation) {
  const auto& resource = *operation.resource;
  const auto& parts = shared.parts;
  const Query query(operation.query);
  PINTLE_TRY(const Representation as, negotiate(operation.accept, query, /*watch=*/true));
  PINTLE_TRY(ListOptions options, parse_list_options(query, served_of(operation), /*watch=*/true));
  if (!operation.name.empty()) {
    options.fields.requirements.push_back(
        {.field = "metadata.name", .equals = true, .value = operation.name});
  }
  const auto asked = options.revision.value_or(0);
  const bool initial = options.send_initial_asked.value_or(asked == 0);
  store::Snapshot snapshot;
  Revision start = asked;
  if (initial || asked == 0) {
    snapshot = parts.store.list(resource.storage);
    start = snapshot.revision();
  }
  if (options.send_initial_events && asked > start) {
    return too_large_revision(asked, start);
  }
  auto cursor = parts.bus.subscribe(resource.storage, start);
  Answer answer;
  answer.content_type = as.stream_content_type();
  if (!cursor.ok()) {
    Frames(as, operation, parts.clock)
        .error(answer.body, Error(Code::kExpired, cursor.error().message));
    return answer;
  }
  const auto deadline = parts.clock.steady() + timeout_of(options);
  answer.source = std::make_shared<WatchSource>(
      shared, operation, as,
      WatchPlan{.cursor = std::move(cursor).value(),
                .options = std::move(options),
                .ns = resource.namespaced ? operation.ns : std::string(),
                .start = start,
                .initial = std::move(snapshot),
                .sends_initial = initial,
                .deadline = deadline});
  return answer;
}

}  // namespace

void watch(Shared& shared, const Operation& operation, const Reply& reply) {
  reply(watch_now(shared, operation));
}

}  // namespace pintle::registry
