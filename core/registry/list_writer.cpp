// How a list is written.

#include "core/registry/list_writer.hpp"

#include "core/base/concat.hpp"

namespace pintle::registry {

void ListWriter::begin(std::string& out, const ListHead& head) {
  switch (as_.form) {
    case Representation::Form::kPlain:
      out += concat({R"({"kind":")", resource_.kind, R"(List","apiVersion":")",
                     resource_.api_version(), "\""});
      break;
    case Representation::Form::kPartial:
      out += R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1")";
      break;
    case Representation::Form::kTable:
      out += R"({"kind":"Table","apiVersion":"meta.k8s.io/v1")";
      break;
  }
  out += concat({R"(,"metadata":{"resourceVersion":")", std::to_string(head.revision), "\""});
  if (!head.continue_token.empty()) {
    out += concat({R"(,"continue":")", head.continue_token, "\""});
  }
  if (head.remaining >= 0) {
    out += concat({R"(,"remainingItemCount":)", std::to_string(head.remaining)});
  }
  if (as_.form == Representation::Form::kTable) {
    out += concat(
        {R"(},"columnDefinitions":)", api::column_definitions_json(resource_), R"(,"rows":[)"});
  } else {
    out += R"(},"items":[)";
  }
}

void ListWriter::item(std::string& out, const Object& object) {
  if (!first_) {
    out += ',';
  }
  first_ = false;
  switch (as_.form) {
    case Representation::Form::kPlain:
      out += '{';
      out += object.json_of_item();
      break;
    case Representation::Form::kPartial:
      api::append_partial_metadata(out, object);
      break;
    case Representation::Form::kTable:
      api::append_table_row(out, resource_, object, as_.include, clock_.now());
      break;
  }
}

void ListWriter::end(std::string& out) {
  out += "]}";
}

Answer ListWriter::whole(const std::vector<ObjectPtr>& objects, Revision revision) {
  std::string out;
  begin(out, {.revision = revision, .continue_token = {}, .remaining = -1});
  for (const auto& object : objects) {
    item(out, *object);
  }
  end(out);
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
