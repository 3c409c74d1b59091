// How a list is written.

#include "core/registry/list_writer.hpp"

#include <algorithm>

#include "core/api/protobuf.hpp"
#include "core/base/concat.hpp"

namespace pintle::registry {
namespace {

/// `"resourceVersion":"7","continue":...`: the members of a list's metadata.
std::string metadata_members(const ListHead& head) {
  std::string out = concat({R"("resourceVersion":")", std::to_string(head.revision), "\""});
  if (!head.continue_token.empty()) {
    out += concat({R"(,"continue":")", head.continue_token, "\""});
  }
  if (head.remaining >= 0) {
    out += concat({R"(,"remainingItemCount":)", std::to_string(head.remaining)});
  }
  return out;
}

}  // namespace

void ListWriter::begin(std::string& out, const ListHead& head) {
  if (is_measured()) {
    begin_protobuf(out, head);
  } else {
    begin_json(out, head);
  }
}

void ListWriter::begin_protobuf(std::string& out, const ListHead& head) {
  // Every list's metadata has the same form; this list's type serves for all.
  std::string metadata;
  api::append_protobuf_message(metadata,
                               *api::find_builtin_type("meta/v1.PartialObjectMetadataList"),
                               concat({R"({"metadata":{)", metadata_members(head), "}}"}));
  const bool is_partial = as_.form == Representation::Form::kPartial;
  api::append_protobuf_head(
      out, is_partial ? std::string("meta.k8s.io/v1") : served_.api_version(),
      is_partial ? std::string("PartialObjectMetadataList") : concat({served_.kind, "List"}),
      metadata.size() + measured_bytes_);
  out += metadata;
}

void ListWriter::begin_json(std::string& out, const ListHead& head) {
  switch (as_.form) {
    case Representation::Form::kPlain:
      out += concat(
          {R"({"kind":")", served_.kind, R"(List","apiVersion":")", served_.api_version(), "\""});
      break;
    case Representation::Form::kPartial:
      out += R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1")";
      break;
    case Representation::Form::kTable:
      out += R"({"kind":"Table","apiVersion":"meta.k8s.io/v1")";
      break;
  }
  out += concat({R"(,"metadata":{)", metadata_members(head)});
  if (as_.form == Representation::Form::kTable) {
    out += concat(
        {R"(},"columnDefinitions":)", api::column_definitions_json(resource_), R"(,"rows":[)"});
  } else {
    out += R"(},"items":[)";
  }
}

void ListWriter::encode(const Object& object) {
  const Shown shown(served_, object);
  encoded_.clear();
  if (as_.form != Representation::Form::kPartial) {
    api::append_protobuf_message(encoded_, *served_.type, shown->json());
    return;
  }
  partial_.clear();
  api::append_partial_metadata(partial_, *shown);
  api::append_protobuf_message(encoded_, *api::find_builtin_type("meta/v1.PartialObjectMetadata"),
                               partial_);
}

std::size_t ListWriter::measure(const Object& object) {
  constexpr std::size_t kMostKept = std::size_t{1024} * 1024;
  encode(object);
  std::string head;
  api::append_protobuf_item_head(head, encoded_.size());
  const auto size = head.size() + encoded_.size();
  const bool keeps = kept_.size() == measured_bytes_ && measured_bytes_ + size <= kMostKept;
  measured_bytes_ += size;
  if (keeps) {
    kept_ += head;
    kept_ += encoded_;
  } else {
    std::string().swap(kept_);
  }
  return size;
}

bool ListWriter::take_kept(std::string& out, std::size_t budget) {
  const auto size = std::min(budget, kept_.size() - kept_at_);
  out.append(kept_, kept_at_, size);
  kept_at_ += size;
  return kept_at_ == kept_.size();
}

void ListWriter::item(std::string& out, const Object& object) {
  if (is_measured()) {
    encode(object);
    api::append_protobuf_item_head(out, encoded_.size());
    out += encoded_;
    return;
  }
  if (!first_) {
    out += ',';
  }
  first_ = false;
  const Shown shown(shown_version(as_, served_, resource_), object);
  switch (as_.form) {
    case Representation::Form::kPlain:
      out += '{';
      out += shown->json_of_item();
      break;
    case Representation::Form::kPartial:
      api::append_partial_metadata(out, *shown);
      break;
    case Representation::Form::kTable:
      api::append_table_row(out, resource_, object, as_.include, clock_.now(), shown->json());
      break;
  }
}

void ListWriter::end(std::string& out) {
  if (is_measured()) {
    api::append_protobuf_tail(out);
  } else {
    out += "]}";
  }
}

Answer ListWriter::whole(const std::vector<ObjectPtr>& objects, Revision revision) {
  std::string out;
  for (const auto& object : objects) {
    if (is_measured()) {
      measure(*object);
    }
  }
  begin(out, {.revision = revision, .continue_token = {}, .remaining = -1});
  for (const auto& object : objects) {
    item(out, *object);
  }
  end(out);
  if (is_measured()) {
    return {.status = 200,
            .content_type = as_.content_type(),
            .warnings = {},
            .body = std::move(out),
            .source = nullptr};
  }
  return answer_json(as_, std::move(out));
}

std::vector<ObjectPtr> select_objects(const store::Snapshot& snapshot,
                                      const api::Resource& resource, std::string_view ns,
                                      const ListOptions& options) {
  std::vector<ObjectPtr> objects;
  const auto take = [&](const ObjectPtr& object) {
    if (options.matches(*object)) {
      objects.push_back(object);
    }
    return true;
  };
  if (resource.namespaced && !ns.empty()) {
    snapshot.scan_namespace(ns, "", take);
  } else {
    snapshot.scan_after("", "", take);
  }
  return objects;
}

}  // namespace pintle::registry
