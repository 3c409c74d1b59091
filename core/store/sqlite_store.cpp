// The embedded store: the queue of writes, and the thread that commits them in groups.

#include "core/store/sqlite_store.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "core/base/assert.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/store/directory.hpp"
#include "core/store/log_file.hpp"
#include "core/store/maps.hpp"
#include "core/store/replay.hpp"

namespace pintle::store {
namespace {

constexpr std::size_t kMostBytes = 1536 * 1024;  // Of one object. Source: etcd --max-request-bytes.
constexpr std::size_t kMostWaiting = 65'536;     // Writes not yet durable.
// Trimming waits until so many revisions can go, and then takes twice as many as the group wrote on
// top: it keeps pace with any group, and delays none by much.
constexpr Revision kTrimStep = 256;

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const std::hash<std::string> hash;
    return (hash(key.resource) * 31 + hash(key.ns)) * 31 + hash(key.name);
  }
};

struct Waiting {
  Event event;
  Done done;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(DirectoryLock lock, std::unique_ptr<LogFile> file, Replayed replayed,
              std::size_t history, bus::Bus& bus, Log& log);

  ObjectPtr get(const Key& key) const override { return published()->find(key); }
  ObjectPtr latest(const Key& key) const override;
  Snapshot list(std::string_view resource) const override;
  Revision revision() const override { return published()->revision; }
  void commit(Write write, Done done) override;
  std::optional<std::string> unready() const override;
  Figures figures() const override;

 private:
  using Group = std::vector<Waiting>;

  std::shared_ptr<const Published> published() const;
  ObjectPtr latest_locked(const Key& key) const;
  Result<void> check(const Write& write, const ObjectPtr& current) const;
  Result<void> enqueue(Write& write, Done& done);
  void run(const std::stop_token& stop);
  void commit_group(Group group);
  Revision floor_after(Revision last) const;
  void publish(const Group& group);
  void refuse(Group group, const Error& error);
  [[noreturn]] void end_process(const Error& error);

  const DirectoryLock lock_;
  const std::unique_ptr<LogFile> file_;  // Used by the committing thread only.
  const std::size_t history_;
  bus::Bus& bus_;
  Log& log_;
  Maps maps_;                  // Used by the committing thread only.
  std::vector<Event> events_;  // The same; kept for its memory.

  mutable std::mutex published_mutex_;
  std::shared_ptr<const Published> published_;  // Guarded by published_mutex_.

  mutable std::mutex mutex_;
  std::condition_variable_any handed_in_;
  Group waiting_;          // By revision. These are guarded by mutex_.
  Revision assigned_ = 0;  // The newest given to a write.
  std::string unready_;    // Why the last group could not be written; empty while all is well.
  // The last event of each key with a write that is not yet published.
  std::unordered_map<Key, Event, KeyHash> pending_;

  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> commit_groups_{0};
  std::atomic<std::uint64_t> objects_{0};

  std::jthread committer_;  // Stops and joins itself, once all that was handed in is durable.
};

SqliteStore::SqliteStore(DirectoryLock lock, std::unique_ptr<LogFile> file, Replayed replayed,
                         std::size_t history, bus::Bus& bus, Log& log)
    : lock_(std::move(lock)),
      file_(std::move(file)),
      history_(history),
      bus_(bus),
      log_(log),
      maps_(std::move(replayed.maps)),
      published_(maps_.publish(replayed.last)),
      assigned_(replayed.last),
      objects_(maps_.objects()),
      committer_([this](const std::stop_token& stop) { run(stop); }) {}

std::shared_ptr<const Published> SqliteStore::published() const {
  const std::lock_guard lock(published_mutex_);
  return published_;
}

ObjectPtr SqliteStore::latest(const Key& key) const {
  const std::lock_guard lock(mutex_);
  return latest_locked(key);
}

ObjectPtr SqliteStore::latest_locked(const Key& key) const {
  // A key leaves pending_ only after it was published.
  if (const auto found = pending_.find(key); found != pending_.end()) {
    const Event& event = found->second;
    return event.type == Event::Type::kDeleted ? nullptr : event.object;
  }
  return published()->find(key);
}

Snapshot SqliteStore::list(std::string_view resource) const {
  const auto all = published();
  return {all->tree_of(resource), all->revision};
}

std::optional<std::string> SqliteStore::unready() const {
  const std::lock_guard lock(mutex_);
  return unready_.empty() ? std::nullopt : std::optional(unready_);
}

Figures SqliteStore::figures() const {
  return {.commits = commits_, .commit_groups = commit_groups_, .objects = objects_};
}

void SqliteStore::commit(Write write, Done done) {
  if (auto handed_in = enqueue(write, done); !handed_in.ok()) {
    done(std::move(handed_in).error());
  }
}

Result<void> SqliteStore::check(const Write& write, const ObjectPtr& current) const {
  const Key& key = write.key;
  if (write.type == Write::Type::kCreate) {
    if (current != nullptr) {
      return already_exists(key.resource, key.name);
    }
    return {};
  }
  if (current == nullptr) {
    return not_found(key.resource, key.name);
  }
  if (current->revision() != write.expected) {
    // Source: apiserver registry OptimisticLockErrorMsg.
    return conflict(key.resource, key.name,
                    "the object has been modified; please apply your changes to the latest version "
                    "and try again");
  }
  return {};
}

Event::Type event_type_of(Write::Type type) {
  switch (type) {
    case Write::Type::kCreate:
      return Event::Type::kAdded;
    case Write::Type::kUpdate:
      return Event::Type::kModified;
    case Write::Type::kDelete:
      break;
  }
  return Event::Type::kDeleted;
}

Result<void> SqliteStore::enqueue(Write& write, Done& done) {
  const std::size_t bytes = write.draft.head.size() + write.draft.tail.size();
  if (bytes > kMostBytes) {
    return Error(Code::kRequestEntityTooLarge,
                 concat({to_text(write.key), ": ", std::to_string(bytes), " bytes, but at most ",
                         std::to_string(kMostBytes), " can be stored"}));
  }

  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    ObjectPtr current = latest_locked(write.key);
    PINTLE_TRY_STATUS(check(write, current));
    if (waiting_.size() >= kMostWaiting) {
      return Error(Code::kTooManyRequests,
                   concat({std::to_string(kMostWaiting), " writes wait for the disk: try again"}));
    }
    first = waiting_.empty();
    auto object = std::make_shared<const Object>(write.key, ++assigned_, std::move(write.draft));
    Event event{event_type_of(write.type), std::move(object), std::move(current)};
    pending_.insert_or_assign(std::move(write.key), event);
    waiting_.push_back({std::move(event), std::move(done)});
  }
  if (first) {
    handed_in_.notify_one();
  }
  return {};
}

void SqliteStore::run(const std::stop_token& stop) {
  for (;;) {
    Group group;
    {
      std::unique_lock lock(mutex_);
      handed_in_.wait(lock, stop, [this] { return !waiting_.empty(); });
      if (waiting_.empty()) {
        return;
      }
      group.swap(waiting_);
    }
    commit_group(std::move(group));
  }
}

Revision SqliteStore::floor_after(Revision last) const {
  const Revision floor = file_->floor();
  // The newest row always stays: it remembers which revisions have been used.
  const Revision wanted = last > history_ + 1 ? last - history_ - 1 : 0;
  if (wanted < floor + kTrimStep) {
    return floor;
  }
  return std::min(wanted, floor + kTrimStep + 2 * events_.size());
}

void SqliteStore::commit_group(Group group) {
  for (const auto& waiting : group) {
    events_.push_back(waiting.event);
  }
  const auto written = file_->append(events_, floor_after(events_.back().revision()));
  if (!written.ok() && written.error().code == Code::kServiceUnavailable) {
    events_.clear();
    refuse(std::move(group), written.error());
    return;
  }
  if (!written.ok()) {
    end_process(written.error());
  }

  publish(group);
  bus_.append(events_);
  for (auto& waiting : group) {
    waiting.done(std::move(waiting.event.object));
  }
  events_.clear();
  if (const auto folded = file_->fold(); !folded.ok()) {
    end_process(folded.error());
  }
}

void SqliteStore::end_process(const Error& error) {
  // A second fsync may succeed without having written what the first could not: never try again.
  log_.error("The store cannot write; the process ends so that a restart finds what is on disk",
             {{"error", error.message}});
  std::abort();
}

void SqliteStore::publish(const Group& group) {
  for (const auto& event : events_) {
    maps_.apply(event.type, event.object);
  }
  auto next = maps_.publish(events_.back().revision());
  {
    const std::lock_guard lock(published_mutex_);
    published_.swap(next);
  }
  commits_ += group.size();
  commit_groups_ += 1;
  objects_ = maps_.objects();

  const std::lock_guard lock(mutex_);
  unready_.clear();
  for (const auto& event : events_) {
    const auto found = pending_.find(event.object->key());
    if (found != pending_.end() && found->second.object == event.object) {
      pending_.erase(found);
    }
  }
}

void SqliteStore::refuse(Group group, const Error& error) {
  log_.error("The store cannot write for now; writes are refused", {{"error", error.message}});
  Group later;
  {
    // Later writes were made from those that failed, so they fail too. Their revisions stay used: a
    // writer that saw one of them must not find another object under it.
    const std::lock_guard lock(mutex_);
    later.swap(waiting_);
    pending_.clear();
    unready_ = error.message;
  }
  for (auto* refused : {&group, &later}) {
    for (auto& waiting : *refused) {
      waiting.done(error);
    }
  }
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options, bus::Bus& bus,
                                           const Lift& lift, Log& log) {
  PINTLE_TRY(DirectoryLock lock, DirectoryLock::take(options.directory));
  PINTLE_TRY(std::unique_ptr<LogFile> file, LogFile::open(options.directory / "pintle.db"));
  PINTLE_TRY(Replayed replayed, replay(*file, lift));
  bus.restore(replayed.tail, file->floor(), replayed.last);
  replayed.tail = {};
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(
      std::move(lock), std::move(file), std::move(replayed), options.history_revisions, bus, log));
}

}  // namespace pintle::store
