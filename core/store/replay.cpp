// Replay: reads rows in batches, lifts each batch on two threads, applies it in order.

#include "core/store/replay.hpp"

#include <optional>
#include <span>
#include <thread>

#include "core/base/concat.hpp"

namespace pintle::store {
namespace {

constexpr std::size_t kBatchRows = 4096;
constexpr std::size_t kRowsWorthAThread = 256;

/// A row that outlives its reading.
struct Row {
  Key key;
  Revision revision;
  Revision previous;
  Event::Type type;
  std::string json;
  ObjectPtr object;  // Once lifted.
};

Result<void> lift_all(std::span<Row> rows, const Lift& lift) {
  for (auto& row : rows) {
    PINTLE_TRY(Draft draft, lift(row.key, row.json));
    row.object = std::make_shared<const Object>(std::move(row.key), row.revision, std::move(draft));
    row.json = {};
  }
  return {};
}

class Replay {
 public:
  Replay(const LogFile& file, const Lift& lift) : floor_(file.floor()), lift_(lift) {}

  Result<void> add(const LogRow& row);
  Result<void> flush();
  Result<Replayed> take();

 private:
  Result<void> lift_batch();
  Result<void> apply(const Row& row);

  const Revision floor_;
  const Lift& lift_;
  std::vector<Row> batch_;
  Replayed replayed_;
};

Result<void> Replay::add(const LogRow& row) {
  batch_.push_back({.key = {std::string(row.resource), std::string(row.ns), std::string(row.name)},
                    .revision = row.revision,
                    .previous = row.previous,
                    .type = row.type,
                    .json = std::string(row.value),
                    .object = nullptr});
  if (batch_.size() < kBatchRows) {
    return {};
  }
  return flush();
}

Result<void> Replay::lift_batch() {
  const std::span rows(batch_);
  if (rows.size() < kRowsWorthAThread) {
    return lift_all(rows, lift_);
  }
  const std::size_t half = rows.size() / 2;
  Result<void> first_half;
  {
    const std::jthread helper(
        [this, rows, half, &first_half] { first_half = lift_all(rows.first(half), lift_); });
    PINTLE_TRY_STATUS(lift_all(rows.subspan(half), lift_));
  }
  return first_half;
}

Result<void> Replay::flush() {
  PINTLE_TRY_STATUS(lift_batch());
  for (const auto& row : batch_) {
    PINTLE_TRY_STATUS(apply(row));
  }
  batch_.clear();
  return {};
}

Result<void> Replay::apply(const Row& row) {
  ObjectPtr previous = replayed_.maps.apply(row.type, row.object);
  replayed_.last = row.revision;
  // What older rows replaced may have been trimmed.
  if (row.revision <= floor_) {
    return {};
  }
  const Revision found = previous == nullptr ? 0 : previous->revision();
  if (found != row.previous) {
    return Error(
        Code::kInvalid,
        concat({"the store is corrupted: ", to_text(row.object->key()), " at revision ",
                std::to_string(row.revision), " replaces revision ", std::to_string(row.previous),
                ", but ", std::to_string(found), " is there; put back a backup of it"}));
  }
  replayed_.tail.push_back({row.type, row.object, std::move(previous)});
  return {};
}

Result<Replayed> Replay::take() {
  PINTLE_TRY_STATUS(flush());
  replayed_.last = std::max(replayed_.last, floor_);
  return std::move(replayed_);
}

}  // namespace

Result<Replayed> replay(LogFile& file, const Lift& lift) {
  Replay replay(file, lift);
  PINTLE_TRY_STATUS(file.read([&replay](const LogRow& row) { return replay.add(row); }));
  return replay.take();
}

}  // namespace pintle::store
