// Get and list: stored bytes, from one snapshot, never waiting.
//
// Source: apiserver endpoints/handlers/get.go, registry/generic; the API concepts on resource
// versions.

#include <utility>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/list_writer.hpp"
#include "core/registry/shared.hpp"
#include "core/registry/versions.hpp"

namespace pintle::registry {
namespace {

/// What fits into an answer without streaming, and how large a stream's parts are.
constexpr std::size_t kPartBytes = 64 * 1024;

/// What a list shows, and from where.
struct Page {
  store::Snapshot snapshot;
  std::string ns;        // Empty: all namespaces.
  std::string after_ns;  // Begins after this object; both empty: with the first.
  std::string after_name;
  ListHead head;
  std::size_t count = SIZE_MAX;  // Objects to show at most.
  ListOptions options;
};

/// Calls `visit` for the selected objects after (ns, name) until it returns false.
template <typename Visit>
void scan(const Page& page, const std::string& after_ns, const std::string& after_name,
          const Visit& visit) {
  const auto selected = [&](const ObjectPtr& object) {
    return !page.options.matches(*object) || visit(object);
  };
  const auto* only = page.options.fields.required("metadata.name");
  if (only != nullptr && after_name.empty() && !page.ns.empty()) {
    if (const auto object = page.snapshot.find(page.ns, *only)) {
      selected(object);
    }
    return;
  }
  if (page.ns.empty()) {
    page.snapshot.scan_after(after_ns, after_name, selected);
  } else {
    page.snapshot.scan_namespace(page.ns, after_name, selected);
  }
}

/// A list's body: pulled part by part from the snapshot, so that only one part is in memory.
class ListSource final : public Answer::Source {
 public:
  ListSource(Page page, const Representation& as, const Operation& operation, const Clock& clock)
      : page_(std::move(page)),
        writer_(as, operation, clock),
        pretty_(as.pretty),
        measured_ns_(page_.after_ns),
        measured_name_(page_.after_name) {}

  State pull(std::string& out, std::size_t budget) override {
    if (!ahead_.empty()) {
      out += std::exchange(ahead_, {});
      return ended_ ? State::kEnd : State::kMore;
    }
    if (writer_.is_measured() && !measured_ && !measure()) {
      return State::kMore;
    }
    if (!pretty_ || writer_.is_measured()) {
      return pull_plain(out, budget);
    }
    std::string plain;
    const auto state = pull_plain(plain, budget);
    indenter_.append(out, plain);
    return state;
  }

  void set_waker(std::function<void()> /*waker*/) override {}  // It never waits.

  /// Gives back a part that was pulled before the rest could be sent.
  void put_back(std::string part) { ahead_ = std::move(part); }

 private:
  /// Measures the next items, as many as one turn may take. True once all are measured.
  bool measure() {
    constexpr std::size_t kTurnBytes = 1024 * 1024;
    std::size_t bytes = 0;
    bool stopped = false;
    scan(page_, measured_ns_, measured_name_, [&](const ObjectPtr& object) {
      if (measured_count_ == page_.count) {
        return false;
      }
      bytes += writer_.measure(*object);
      ++measured_count_;
      stopped = bytes >= kTurnBytes;
      if (stopped) {
        measured_ns_ = object->ns();
        measured_name_ = object->name();
      }
      return !stopped;
    });
    measured_ = !stopped;
    return measured_;
  }

  State pull_plain(std::string& out, std::size_t budget) {
    const std::size_t full = out.size() + budget;
    if (!std::exchange(begun_, true)) {
      writer_.begin(out, page_.head);
    }
    const bool is_all = writer_.has_kept() ? writer_.take_kept(out, budget) : pull_items(out, full);
    if (!is_all) {
      return State::kMore;
    }
    writer_.end(out);
    ended_ = true;
    return State::kEnd;
  }

  /// Appends the next items until `out` is `full`. True once all are there.
  bool pull_items(std::string& out, std::size_t full) {
    bool stopped = false;
    scan(page_, page_.after_ns, page_.after_name, [&](const ObjectPtr& object) {
      if (shown_ == page_.count) {
        return false;
      }
      writer_.item(out, *object);
      ++shown_;
      stopped = out.size() >= full;
      if (stopped) {
        page_.after_ns = object->ns();
        page_.after_name = object->name();
      }
      return !stopped;
    });
    return !stopped;
  }

  Page page_;
  ListWriter writer_;
  Indenter indenter_;
  const bool pretty_;
  bool begun_ = false;
  bool ended_ = false;
  std::size_t shown_ = 0;
  std::string ahead_;
  bool measured_ = false;
  std::size_t measured_count_ = 0;
  std::string measured_ns_;  // The last measured object's.
  std::string measured_name_;
};

/// Finds where the page ends, and the token for the next.
void limit_page(Shared& shared, const api::Resource& resource, Page& page) {
  const auto limit = static_cast<std::size_t>(page.options.limit);
  std::size_t seen = 0;
  std::size_t beyond = 0;
  Continue next{.revision = page.snapshot.revision(), .ns = {}, .name = {}};
  scan(page, page.after_ns, page.after_name, [&](const ObjectPtr& object) {
    if (++seen == limit) {
      next.ns = object->ns();
      next.name = object->name();
    }
    beyond += seen > limit ? 1U : 0U;
    // With a selector nobody counts the rest.
    return !(beyond > 0 && page.options.selects());
  });
  if (beyond == 0) {
    return;
  }
  page.count = limit;
  page.head.continue_token = to_token(next);
  if (!page.options.selects()) {
    page.head.remaining = static_cast<std::int64_t>(beyond);
  }
  shared.snapshots.keep(resource.storage, page.snapshot, shared.parts.clock.steady());
}

/// 410, with a token that goes on from the same place in what is there now.
Answer expired_page(Continue from) {
  from.revision = 0;
  auto status = to_status_json(Error(
      Code::kExpired,
      "The provided continue parameter is too old to display a consistent list result. You can "
      "start a new list without the continue parameter, or use the continue token in this response "
      "to retrieve the remainder of the results. Continuing with the provided token results in an "
      "inconsistent list - objects that were created, modified, or deleted between the time the "
      "first chunk was returned and now may show up in the list."));
  constexpr std::string_view kNoMetadata = R"("metadata":{})";
  if (const auto at = status.find(kNoMetadata); at != std::string::npos) {
    status.replace(at, kNoMetadata.size(),
                   concat({R"("metadata":{"continue":")", to_token(from), "\"}"}));
  }
  return {.status = 410,
          .content_type = "application/json",
          .warnings = {},
          .body = std::move(status),
          .source = nullptr};
}

/// The snapshot that ?resourceVersion= and ?resourceVersionMatch= ask for.
Result<store::Snapshot> choose_snapshot(Shared& shared, const api::Resource& resource,
                                        const ListOptions& options) {
  auto now = shared.parts.store.list(resource.storage);
  const auto asked = options.revision.value_or(0);
  if (asked > now.revision()) {
    return too_large_revision(asked, now.revision());
  }
  if (options.match != ListOptions::Match::kExact || asked == now.revision()) {
    return now;
  }
  if (auto kept = shared.snapshots.find(resource.storage, asked, shared.parts.clock.steady())) {
    return std::move(*kept);
  }
  return Error(Code::kExpired, "The resourceVersion for the provided list is too old.");
}

Answer send(Page page, const Representation& as, const Operation& operation, const Clock& clock) {
  Answer answer;
  answer.content_type = as.content_type();
  auto source = std::make_shared<ListSource>(std::move(page), as, operation, clock);
  std::string part;
  if (as.media == Representation::Media::kYaml) {
    while (source->pull(part, kPartBytes) == Answer::Source::State::kMore) {
    }
    answer.body = dress(as, std::move(part));
    return answer;
  }
  if (source->pull(part, kPartBytes) == Answer::Source::State::kEnd) {
    answer.body = std::move(part);
    return answer;
  }
  source->put_back(std::move(part));
  answer.source = std::move(source);
  return answer;
}

Result<Answer> list_now(Shared& shared, const Operation& operation) {
  const auto& resource = *operation.resource;
  const Query query(operation.query);
  PINTLE_TRY(const Representation as, negotiate(operation.accept, query, /*watch=*/false));
  PINTLE_TRY_STATUS(check_form(as, served_of(operation), /*is_list=*/true));
  Page page;
  PINTLE_TRY(page.options, parse_list_options(query, served_of(operation), /*watch=*/false));
  page.ns = resource.namespaced ? operation.ns : "";
  if (page.options.continue_token.empty()) {
    PINTLE_TRY(page.snapshot, choose_snapshot(shared, resource, page.options));
  } else {
    if (page.options.revision.value_or(0) != 0) {
      return Error(Code::kBadRequest,
                   "specifying resource version is not allowed when using continue");
    }
    PINTLE_TRY(const Continue from, parse_token(page.options.continue_token, resource.namespaced));
    if (!page.ns.empty() && from.ns != page.ns) {
      return Error(Code::kBadRequest, "continue key is not valid: it is of another namespace");
    }
    page.snapshot = shared.parts.store.list(resource.storage);
    if (from.revision != 0 && from.revision != page.snapshot.revision()) {
      auto kept =
          shared.snapshots.find(resource.storage, from.revision, shared.parts.clock.steady());
      if (!kept) {
        return expired_page(from);
      }
      page.snapshot = std::move(*kept);
    }
    page.after_ns = from.ns;
    page.after_name = from.name;
  }
  page.head.revision = page.snapshot.revision();
  if (page.options.limit > 0) {
    limit_page(shared, resource, page);
  }
  return send(std::move(page), as, operation, shared.parts.clock);
}

Result<Answer> get_now(Shared& shared, const Operation& operation) {
  const auto& resource = *operation.resource;
  const Query query(operation.query);
  PINTLE_TRY(const Representation as, negotiate(operation.accept, query, /*watch=*/false));
  PINTLE_TRY_STATUS(check_form(as, served_of(operation), /*is_list=*/false));
  PINTLE_TRY(const auto asked, parse_revision(query.text("resourceVersion")));
  const auto current = asked ? shared.parts.store.revision() : 0;
  if (asked && *asked > current) {
    return too_large_revision(*asked, current);
  }
  const auto object = shared.parts.store.get(key_of(operation));
  if (object == nullptr) {
    return not_found(resource.group_resource(), operation.name);
  }
  return answer_object(as, served_of(operation), resource, *object, shared.parts.clock);
}

}  // namespace

void get(Shared& shared, const Operation& operation, const Reply& reply) {
  reply(get_now(shared, operation));
}

void list(Shared& shared, const Operation& operation, const Reply& reply) {
  reply(list_now(shared, operation));
}

}  // namespace pintle::registry
