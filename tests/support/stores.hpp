// Writing to a store and waiting for it, in one line of a test.

#pragma once

#include <future>
#include <memory>
#include <string_view>
#include <utility>

#include "core/store/store.hpp"
#include "tests/support/objects.hpp"

namespace pintle::test {

/// Hands in a write and waits until it is durable or refused.
inline Result<ObjectPtr> commit(store::Store& store, store::Write write) {
  auto answer = std::make_shared<std::promise<Result<ObjectPtr>>>();
  auto waiting = answer->get_future();
  store.commit(std::move(write),
               [answer](Result<ObjectPtr> result) { answer->set_value(std::move(result)); });
  return waiting.get();
}

inline store::Write creation(const Key& key, std::string_view text = "") {
  return {.type = store::Write::Type::kCreate, .key = key, .draft = draft_of(key, text)};
}

inline store::Write update(const Key& key, Revision expected, std::string_view text = "") {
  return {.type = store::Write::Type::kUpdate,
          .key = key,
          .expected = expected,
          .draft = draft_of(key, text)};
}

inline store::Write deletion(const Key& key, Revision expected) {
  return {.type = store::Write::Type::kDelete,
          .key = key,
          .expected = expected,
          .draft = draft_of(key, "last")};
}

}  // namespace pintle::test
