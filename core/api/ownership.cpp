// Who gains and loses fields by a write, and what an apply makes of an object.

#include "core/api/ownership.hpp"

#include <algorithm>

#include "core/api/field_walk.hpp"
#include "core/api/owners.hpp"
#include "core/base/concat.hpp"
#include "core/object/equal.hpp"
#include "core/object/status.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kBeforeFirstApply = "before-first-apply";
constexpr std::string_view kMigratingManager = "kubectl";  // Who may take over its own old way.
constexpr std::size_t kMaxAnnotationBytes = 256 * 1024;

const Json& nothing() {
  static const Json object = JsonObject();
  return object;
}

const Json* managed_fields_of(const Json* object) {
  return object == nullptr ? nullptr : find_path(*object, {"metadata", "managedFields"});
}

/// `[{}]`: how a client says that all entries are to be forgotten.
bool is_reset(const Json* managed_fields) {
  return managed_fields != nullptr && managed_fields->is_array() &&
         managed_fields->get_array().size() == 1 && managed_fields->get_array()[0].is_object() &&
         managed_fields->get_array()[0].get_object().empty();
}

void set_managed_fields(Json& object, Owners& owners) {
  auto& metadata = ensure_object(object.as_object(), "metadata");
  if (owners.empty()) {
    metadata.erase("managedFields");
    return;
  }
  metadata["managedFields"] = to_managed_fields(owners, object.storage());
}

Owner owner_of(const FieldWriter& writer, bool applies) {
  return {.manager = writer.manager,
          .applies = applies,
          .api_version = writer.api_version,
          .time = writer.time,
          .subresource = writer.subresource,
          .stored = nullptr,
          .fields = {}};
}

Owner* find_owner(Owners& owners, const Owner& wanted) {
  const auto found =
      std::ranges::find_if(owners, [&](const Owner& owner) { return owner.is_same(wanted); });
  return found == owners.end() ? nullptr : &*found;
}

/// Takes from `owner` what others changed.
void take_from(Owner& owner, const Changes& changes, FieldPool& pool) {
  if (owner.stored != nullptr && !touches(*owner.stored, changes.added) &&
      !touches(*owner.stored, changes.modified) && !touches(*owner.stored, changes.removed)) {
    return;
  }
  auto left = subtract(fields_of(owner, pool), changes.added, pool);
  left = subtract(left, changes.modified, pool);
  set_fields(owner, subtract(left, changes.removed, pool));
}

/// `"kubectl-edit" using v1`, `"applier" with subresource "status"`.
std::string shown(const Owner& owner) {
  std::string text = quoted(owner.manager);
  if (!owner.subresource.empty()) {
    text += concat({" with subresource ", quoted(owner.subresource)});
  }
  if (!owner.applies) {
    text += concat({" using ", owner.api_version});
  }
  return text;
}

struct Conflict {
  std::string manager;  // As it is shown.
  std::vector<std::string> paths;
};

/// Source: apimachinery util/managedfields/internal conflict.go.
Error to_error(std::vector<Conflict> conflicts) {
  std::ranges::sort(conflicts, {}, &Conflict::manager);
  ErrorDetails details;
  std::string lines;
  for (const auto& conflict : conflicts) {
    lines += concat({lines.empty() ? "" : "\n", "conflicts with ", conflict.manager, ":"});
    for (const auto& path : conflict.paths) {
      lines += concat({"\n- ", path});
      details.causes.push_back({.reason = "FieldManagerConflict",
                                .field = path,
                                .message = concat({"conflict with ", conflict.manager})});
    }
  }
  const auto count = details.causes.size();
  if (count == 1) {
    lines = concat({"conflict with ", conflicts[0].manager, ": ", conflicts[0].paths[0]});
  }
  return {Code::kConflict,
          concat({"Apply failed with ", std::to_string(count),
                  count == 1 ? " conflict: " : " conflicts: ", lines}),
          std::move(details)};
}

/// `value` as JSON with sorted keys, as Go writes a map; without `skipped` at its root.
void append_sorted(std::string& out, const Json& value) {
  if (const auto* list = value.if_array()) {
    out += '[';
    for (const Json& item : *list) {
      out += out.back() == '[' ? "" : ",";
      append_sorted(out, item);
    }
    out += ']';
    return;
  }
  const auto* object = value.if_object();
  if (object == nullptr) {
    append_json(out, value);
    return;
  }
  std::vector<std::pair<std::string_view, const Json*>> members;
  for (const auto& member : *object) {
    members.emplace_back(member.key(), &member.value());
  }
  std::sort(members.begin(), members.end());
  out += '{';
  for (const auto& [key, member] : members) {
    out += out.back() == '{' ? "" : ",";
    append_json_string(out, key);
    out += ':';
    append_sorted(out, *member);
  }
  out += '}';
}

/// Keeps the annotation of client-side apply in step where there is one, so that its user may go
/// back. Source: apimachinery util/managedfields/internal lastappliedupdater.go.
void update_last_applied(Json& object, const Json& config) {
  Json* annotations = find_path(object, {"metadata", "annotations"});
  if (annotations == nullptr || text_at(*annotations, {kLastApplied}).empty()) {
    return;
  }
  Json applied = config;
  if (Json* theirs = find_path(applied, {"metadata", "annotations"});
      theirs != nullptr && theirs->is_object()) {
    theirs->get_object().erase(kLastApplied);
  }
  std::string text;
  append_sorted(text, applied);
  text += '\n';
  auto& all = annotations->get_object();
  std::size_t bytes = text.size() + kLastApplied.size();
  for (const auto& one : all) {
    const bool other = one.key() != kLastApplied && one.value().is_string();
    bytes += other ? one.key().size() + one.value().get_string().size() : 0;
  }
  if (bytes > kMaxAnnotationBytes) {
    all.erase(kLastApplied);
  } else {
    all[kLastApplied] = text;
  }
}

/// One apply under way.
class Applying {
 public:
  Applying(const ApplyRequest& request, const JsonStorage& storage)
      : request_(request),
        live_(request.live == nullptr ? nothing() : *request.live),
        merged_(live_, storage) {}

  Result<Json> run() {
    auto owners = read_owners(managed_fields_of(request_.live), /*strict=*/false, pool_);
    if (!owners) {
      return Error(Code::kInternalError, "failed to decode managed fields");
    }
    owners_ = std::move(*owners);
    note_earlier_writes();
    merge();
    const auto changes = compare(request_.type, live_, merged_, pool_);
    PINTLE_TRY_STATUS(settle_conflicts(changes));
    for (Owner& owner : owners_) {
      if (!owner.is_same(self_)) {
        take_from(owner, changes, pool_);
      }
    }
    // An apply that changes nothing leaves no time behind. Source: managedfieldsupdater.go.
    if (!changes.none() || !is_equal(merged_, live_)) {
      find_owner(owners_, self_)->time = request_.writer.time;
    }
    std::erase_if(owners_, [](const Owner& owner) {
      return owner.stored == nullptr ? owner.fields.empty() : owner.stored->empty();
    });
    if (request_.settle) {
      PINTLE_TRY_STATUS(request_.settle(merged_));
    }
    set_managed_fields(merged_, owners_);
    if (request_.writer.manager == kMigratingManager) {
      update_last_applied(merged_, request_.config);
    }
    return std::move(merged_);
  }

 private:
  /// Fields that are there and were never tracked have an owner from now on.
  void note_earlier_writes() {
    if (!owners_.empty() || request_.live == nullptr) {
      return;
    }
    FieldWriter earlier = request_.writer;
    earlier.manager = kBeforeFirstApply;
    Owner owner = owner_of(earlier, /*applies=*/false);
    owner.fields = compare(request_.type, nothing(), live_, pool_).added;
    owners_.push_back(owner);
  }

  void merge() {
    merge_applied(request_.type, merged_, request_.config);
    const Owner* before = find_owner(owners_, self_);
    FieldSet last;
    if (before == nullptr) {
      owners_.push_back(self_);
      owners_.back().time = "";
    } else {
      last = fields_of(*find_owner(owners_, self_), pool_);
    }
    Owner& mine = *find_owner(owners_, self_);
    mine.api_version = self_.api_version;
    set_fields(mine, fields_of(request_.type, request_.config, pool_));
    if (last.empty()) {
      return;
    }
    FieldSet owned;
    for (Owner& owner : owners_) {
      owned = unite(owned, fields_of(owner, pool_), pool_);
    }
    remove_dropped(request_.type, merged_, last, owned);
  }

  Result<void> settle_conflicts(const Changes& changes) {
    if (request_.force) {
      return {};
    }
    const auto changed = unite(changes.added, changes.modified, pool_);
    std::optional<FieldSet> allowed;
    std::vector<Conflict> conflicts;
    for (Owner& owner : owners_) {
      if (owner.is_same(self_) || (owner.stored != nullptr && !touches(*owner.stored, changed))) {
        continue;
      }
      auto contested = intersect(fields_of(owner, pool_), changed, pool_);
      if (contested.empty()) {
        continue;
      }
      if (!allowed) {
        allowed = fields_of_last_applied();
      }
      contested = subtract(contested, *allowed, pool_);
      if (!contested.empty()) {
        conflicts.push_back({.manager = shown(owner), .paths = to_paths(contested)});
      }
    }
    if (!conflicts.empty()) {
      return to_error(std::move(conflicts));
    }
    return {};
  }

  /// What kubectl may take over unforced: what it applied by itself and nobody changed since.
  /// Source: apimachinery util/managedfields/internal lastappliedmanager.go.
  FieldSet fields_of_last_applied() {
    const auto text = text_at(live_, {"metadata", "annotations", kLastApplied});
    if (request_.writer.manager != kMigratingManager || text.empty()) {
      return {};
    }
    const auto last = parse_json(text);
    if (!last.ok() || text_at(last.value().value, {"apiVersion"}) != request_.writer.api_version ||
        !faults_of_applied(request_.type, last.value().value).empty()) {
      return {};
    }
    const auto differs = compare(request_.type, last.value().value, live_, pool_);
    auto fields = fields_of(request_.type, last.value().value, pool_);
    fields = subtract(fields, differs.modified, pool_);
    fields = subtract(fields, differs.added, pool_);
    return subtract(fields, differs.removed, pool_);
  }

  const ApplyRequest& request_;
  const Json& live_;
  Json merged_;
  const Owner self_ = owner_of(request_.writer, /*applies=*/true);
  FieldPool pool_;
  Owners owners_;
};

}  // namespace

void track_update(const Type& type, const Json* live, Json& next, const FieldWriter& writer) {
  FieldPool pool;
  const Json* ours = managed_fields_of(live);
  const Json* theirs = managed_fields_of(&next);
  const bool kept = ours != nullptr && theirs != nullptr && is_equal(*ours, *theirs);
  const bool may_bring = (writer.subresource.empty() || live == nullptr) && !kept;
  std::optional<Owners> brought;
  if (may_bring && theirs != nullptr && !is_reset(theirs)) {
    brought = read_owners(theirs, /*strict=*/true, pool);
  }
  const bool brings = brought && !brought->empty();
  Owners owners;
  if (brings) {
    owners = std::move(*brought);
  } else if (!may_bring || !is_reset(theirs)) {
    owners = read_owners(ours, /*strict=*/false, pool).value_or(Owners());
  }
  if (owners.empty() && live != nullptr) {
    set_managed_fields(next, owners);
    return;
  }
  const auto changes = compare(type, live == nullptr ? nothing() : *live, next, pool);
  if (changes.none() && !brings && ours != nullptr) {
    if (!kept) {
      ensure_object(next.as_object(), "metadata")["managedFields"] = *ours;
    }
    return;
  }
  const auto mine = unite(changes.added, changes.modified, pool);
  Owner self = owner_of(writer, /*applies=*/false);
  for (Owner& owner : owners) {
    take_from(owner, changes, pool);
  }
  if (!mine.empty()) {
    if (Owner* before = find_owner(owners, self)) {
      set_fields(*before, unite(fields_of(*before, pool), mine, pool));
      before->time = writer.time;
    } else {
      set_fields(self, mine);
      owners.push_back(self);
    }
  }
  tidy_owners(owners, pool);
  set_managed_fields(next, owners);
}

Result<Json> apply(const ApplyRequest& request, const JsonStorage& storage) {
  return Applying(request, storage).run();
}

bool same_but_for_times(const Json* a, const Json* b) {
  if (a == nullptr || b == nullptr || !a->is_array() || !b->is_array()) {
    return a == b;
  }
  const auto same_entries = [](const Json& x, const Json& y) {
    for (const auto* key :
         {"manager", "operation", "apiVersion", "fieldsType", "fieldsV1", "subresource"}) {
      const Json* one = find_member(x, key);
      const Json* two = find_member(y, key);
      if (one == nullptr || two == nullptr ? one != two : !is_equal(*one, *two)) {
        return false;
      }
    }
    return true;
  };
  return std::ranges::equal(a->get_array(), b->get_array(), same_entries);
}

}  // namespace pintle::api
