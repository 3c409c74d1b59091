// Objects as the store and the bus see them, made from a name: for tests that care for no kind.

#pragma once

#include <string>
#include <string_view>

#include "core/object/object.hpp"

namespace pintle::test {

/// A draft whose JSON holds `text` under "data".
inline Draft draft_of(const Key& key, std::string_view text = "") {
  Draft draft;
  draft.head = R"({"kind":"Thing","apiVersion":"v1","metadata":{)";
  draft.tail = R"("name":")" + key.name + R"(","namespace":")" + key.ns + R"("},"data":")" +
               std::string(text) + "\"}";
  draft.type_size = sizeof(R"("kind":"Thing","apiVersion":"v1",)") - 1;
  return draft;
}

inline ObjectPtr object_of(const Key& key, Revision revision, std::string_view text = "") {
  return std::make_shared<const Object>(key, revision, draft_of(key, text));
}

/// What the registry does at a start, for objects of draft_of: finds the revision's place again.
inline Result<Draft> lift(const Key& key, std::string_view json) {
  constexpr std::string_view kMember = R"("resourceVersion":")";
  const auto at = json.find(kMember);
  const auto end = at == std::string_view::npos ? at : json.find(',', at);
  if (end == std::string_view::npos) {
    return Error(Code::kInternalError, to_text(key) + ": no resourceVersion");
  }
  Draft draft = draft_of(key);
  draft.head = json.substr(0, at);
  draft.tail = json.substr(end + 1);
  return draft;
}

}  // namespace pintle::test
