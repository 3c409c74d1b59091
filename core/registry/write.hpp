// Write: what creates, updates, patches and deletes have in common.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/registry/options.hpp"
#include "core/registry/represent.hpp"
#include "core/registry/shared.hpp"

namespace pintle::registry {

/// One write under way: from the request until its reply. Tried again where it lost a race.
struct WriteJob {
  WriteJob(Shared& shared_in, Operation operation_in, Reply reply_in)
      : shared(shared_in),
        operation(std::move(operation_in)),
        reply(std::move(reply_in)),
        query(operation.query) {}

  const api::Resource& resource() const { return *operation.resource; }
  const Strategy& strategy() const { return find_strategy(operation.resource->storage); }

  Shared& shared;
  Operation operation;
  Reply reply;
  Query query;
  WriteOptions options;
  Representation as;
  std::vector<std::string> warnings;
  int tries = 0;
  /// Set where admission was asked about something else than the object: a Scale, an Eviction.
  bool admits_by_itself = false;
  /// What answers show instead of the object itself; null shows the object.
  std::function<Answer(const WriteJob&, const Object&, int status)> show;
};

using WriteJobPtr = std::shared_ptr<WriteJob>;

/// A job with its options and representation read; after an error `reply` has been called and the
/// job is null. `applies` as in parse_write_options.
WriteJobPtr make_write_job(Shared& shared, Operation operation, Reply reply,
                           std::string_view options_kind, bool applies = false);

/// Makes an object, its managedFields included, in `storage`.
using MakeNew = std::function<Result<Json>(WriteJob& job, const JsonStorage& storage)>;

/// Creates what `make_new` makes, or what the job's body holds. `lost` is called where another was
/// quicker; null replies 409.
void attempt_create(const WriteJobPtr& job, const MakeNew& make_new = nullptr,
                    const std::function<void(const WriteJobPtr&)>& lost = nullptr);

/// Whether a patched or applied object is still the one that the path names. Errors: kBadRequest.
Result<void> check_place(const WriteJob& job, const Json& object);

/// Whether who updates may also create what is not there, for writes that would.
/// Errors: kForbidden.
Result<void> may_create(const WriteJob& job);

/// Makes the next state of an object from its current one. `current` lives as long as `storage`.
using MakeNext =
    std::function<Result<Json>(WriteJob& job, const Json& current, const JsonStorage& storage)>;

/// Who keeps managedFields of an update: the update itself, or whoever makes the next state.
enum class Tracking : bool { kHere, kDone };

/// What a PUT makes of an object: the body, whatever was there before.
Result<Json> next_from_body(WriteJob& job, const Json& current, const JsonStorage& storage);

/// What the PATCH `operation` makes of an object. Errors: kUnsupportedMediaType.
Result<MakeNext> make_patched(const Operation& operation);

/// Updates the object the job names to what `make_next` says, until no other write comes between.
/// `missing` is called where there is no object; null replies 404.
void attempt_update(const WriteJobPtr& job, const MakeNext& make_next,
                    const std::function<void(const WriteJobPtr&)>& missing = nullptr,
                    Tracking tracking = Tracking::kHere);

/// Replies with a committed object.
void reply_object(WriteJob& job, const Object& object, int status);
/// Replies with what a dry run would have committed. `revision` is 0 for a create.
void reply_draft(WriteJob& job, const Key& key, Revision revision, Draft draft, int status);

/// An error of the store in the words of the API.
Error worded(const WriteJob& job, const std::string& name, Error error);

/// `Operation cannot be fulfilled on pods "x": the object has been modified; ...`.
Error modified_meanwhile(const api::Resource& resource, std::string_view name);

}  // namespace pintle::registry
