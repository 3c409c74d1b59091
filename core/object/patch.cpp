// RFC 6902 and RFC 7386. What a patch may cost is bounded: operations, copies, depth, elements
// moved.

#include "core/object/patch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "core/base/concat.hpp"

namespace pintle {
namespace {

namespace bj = boost::json;

/// As deep as parse_json lets a text be.
constexpr std::size_t kMaxDepth = JsonLimits{}.max_depth;

struct Size {
  std::size_t depth = 0;
  std::size_t bytes = 0;  // Of its JSON, about.
};

Size size_of(const Json& value) {
  Size size{0, 5};
  if (const auto* text = value.if_string()) {
    size.bytes = text->size() + 2;
  }
  const auto add = [&size](const Json& member, std::size_t key_bytes) {
    const Size inner = size_of(member);
    size.depth = std::max(size.depth, inner.depth);
    size.bytes += inner.bytes + key_bytes + 1;
  };
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array) {
      add(element, 0);
    }
  }
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      add(member.value(), member.key().size() + 3);
    }
  }
  size.depth += value.is_structured() ? 1 : 0;
  return size;
}

Error malformed(std::string why) {
  return {Code::kBadRequest, std::move(why)};
}

/// Kubernetes tells no client what it was that did not apply.
/// Source: apimachinery errors.NewGenericServerResponse of a 422 that was expected.
Error does_not_apply() {
  return {Code::kInvalid, "the server rejected our request due to an error in our request",
          ErrorDetails()};
}

Error too_large(std::string why) {
  return {Code::kRequestEntityTooLarge, "Request entity too large: " + why};
}

using Tokens = std::vector<std::string>;

/// Errors: kInvalid for what is no JSON pointer.
Result<Tokens> parse_pointer(std::string_view text) {
  Tokens tokens;
  if (text.empty()) {
    return tokens;
  }
  if (text.front() != '/') {
    return does_not_apply();
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else if (i + 1 < text.size() && (text[i + 1] == '0' || text[i + 1] == '1')) {
      tokens.back() += text[++i] == '0' ? '~' : '/';
    } else {
      return does_not_apply();
    }
  }
  return tokens;
}

/// Digits without leading zeros; nothing for anything else.
std::optional<std::size_t> parse_index(std::string_view token) {
  std::size_t index = 0;
  const char* end = token.data() + token.size();
  const auto read = std::from_chars(token.data(), end, index);
  const bool canonical = token == "0" || !token.starts_with('0');
  return read.ec == std::errc() && read.ptr == end && canonical ? std::optional(index)
                                                                : std::nullopt;
}

struct Operation {
  std::string_view name;
  Tokens tokens;
  Tokens from_tokens;
  const Json* value = nullptr;
};

Result<Operation> parse_operation(const Json& json) {
  if (!json.is_object()) {
    return malformed("a JSON patch operation must be an object");
  }
  Operation operation;
  for (const auto* member : {"op", "path", "from"}) {
    const auto* text = find_member(json, member);
    if (text && !text->is_string() && !text->is_null()) {
      return malformed(concat(
          {"json: cannot unmarshal into Go struct field jsonPatchOp.", member, " of type string"}));
    }
  }
  if (!find_member(json, "path")) {
    return does_not_apply();
  }
  operation.name = text_at(json, {"op"});
  PINTLE_TRY(operation.tokens, parse_pointer(text_at(json, {"path"})));
  if (operation.name == "move" || operation.name == "copy") {
    if (!find_member(json, "from")) {
      return does_not_apply();
    }
    PINTLE_TRY(operation.from_tokens, parse_pointer(text_at(json, {"from"})));
  }
  if (operation.name == "add" || operation.name == "replace" || operation.name == "test") {
    operation.value = find_member(json, "value");
    if (!operation.value) {
      return does_not_apply();
    }
  }
  return operation;
}

/// One patch on its way through its operations.
class Patcher {
 public:
  Patcher(Json& target, const PatchLimits& limits) : target_(target), limits_(limits) {}

  Result<void> apply(const Operation& operation) {
    if (operation.name == "add") {
      return add(operation.tokens, *operation.value);
    }
    if (operation.name == "remove") {
      return remove(operation.tokens);
    }
    if (operation.name == "replace") {
      return replace(operation);
    }
    if (operation.name == "move") {
      return move(operation);
    }
    if (operation.name == "copy") {
      return copy(operation);
    }
    if (operation.name == "test") {
      return test(operation);
    }
    return does_not_apply();
  }

 private:
  Json* child(Json& parent, std::string_view token) const {
    if (auto* object = parent.if_object()) {
      return object->if_contains({token.data(), token.size()});
    }
    auto* array = parent.if_array();
    const auto index = array ? parse_index(token) : std::nullopt;
    return index ? array->if_contains(*index) : nullptr;
  }

  Json* find(const Tokens& tokens, std::size_t count) const {
    Json* at = &target_;
    for (std::size_t i = 0; i < count && at; ++i) {
      at = child(*at, tokens[i]);
    }
    return at;
  }

  Result<void> allow_depth(const Tokens& tokens, std::size_t depth_of_value) const {
    if (tokens.size() + depth_of_value > kMaxDepth) {
      return too_large("the patched object would be nested too deeply");
    }
    return {};
  }

  /// Room in an array costs moving everything behind it.
  Result<void> pay_for_moving(std::size_t elements) {
    moved_elements_ += elements;
    if (moved_elements_ > limits_.max_moved_elements) {
      return too_large("the JSON patch moves too many array elements");
    }
    return {};
  }

  Result<void> add(const Tokens& tokens, Json value) {
    PINTLE_TRY_STATUS(allow_depth(tokens, size_of(value).depth));
    if (tokens.empty()) {
      target_ = std::move(value);
      return {};
    }
    Json* parent = find(tokens, tokens.size() - 1);
    const auto& last = tokens.back();
    if (auto* object = parent ? parent->if_object() : nullptr) {
      object->insert_or_assign(last, std::move(value));
      return {};
    }
    auto* array = parent ? parent->if_array() : nullptr;
    if (!array) {
      return does_not_apply();
    }
    const auto index = last == "-" ? array->size() : parse_index(last);
    if (!index || *index > array->size()) {
      return does_not_apply();
    }
    PINTLE_TRY_STATUS(pay_for_moving(array->size() - *index));
    array->insert(array->begin() + *index, std::move(value));
    return {};
  }

  Result<void> remove(const Tokens& tokens) {
    if (tokens.empty()) {
      return does_not_apply();
    }
    Json* parent = find(tokens, tokens.size() - 1);
    const auto& last = tokens.back();
    auto* object = parent ? parent->if_object() : nullptr;
    if (object && object->erase(last) > 0) {
      return {};
    }
    auto* array = parent ? parent->if_array() : nullptr;
    const auto index = array ? parse_index(last) : std::nullopt;
    if (!index || *index >= array->size()) {
      return does_not_apply();
    }
    PINTLE_TRY_STATUS(pay_for_moving(array->size() - *index));
    array->erase(array->begin() + *index);
    return {};
  }

  Result<void> replace(const Operation& operation) {
    PINTLE_TRY_STATUS(allow_depth(operation.tokens, size_of(*operation.value).depth));
    Json* place = find(operation.tokens, operation.tokens.size());
    if (!place) {
      return does_not_apply();
    }
    *place = *operation.value;
    return {};
  }

  Result<void> move(const Operation& operation) {
    const auto& from = operation.from_tokens;
    const auto& to = operation.tokens;
    if (from.size() < to.size() && std::equal(from.begin(), from.end(), to.begin())) {
      return does_not_apply();
    }
    Json* place = find(from, from.size());
    if (!place) {
      return does_not_apply();
    }
    if (from == to) {
      return {};
    }
    Json value = std::move(*place);
    PINTLE_TRY_STATUS(remove(from));
    return add(to, std::move(value));
  }

  Result<void> copy(const Operation& operation) {
    const Json* place = find(operation.from_tokens, operation.from_tokens.size());
    if (!place) {
      return does_not_apply();
    }
    copied_bytes_ += size_of(*place).bytes;
    if (copied_bytes_ > limits_.max_copied_bytes) {
      return too_large(
          concat({"Unable to complete the copy, the accumulated size increase of copy "
                  "is ",
                  std::to_string(copied_bytes_), ", exceeding the limit ",
                  std::to_string(limits_.max_copied_bytes)}));
    }
    return add(operation.tokens, *place);
  }

  Result<void> test(const Operation& operation) const {
    const Json* place = find(operation.tokens, operation.tokens.size());
    if (!place || *place != *operation.value) {
      return does_not_apply();
    }
    return {};
  }

  Json& target_;
  const PatchLimits& limits_;
  std::size_t copied_bytes_ = 0;
  std::size_t moved_elements_ = 0;
};

}  // namespace

Result<void> apply_json_patch(Json& target, const Json& patch, const PatchLimits& limits) {
  const auto* operations = patch.if_array();
  if (!operations) {
    return malformed("a JSON patch must be an array of operations");
  }
  if (operations->size() > limits.max_operations) {
    return too_large(concat({"The allowed maximum operations in a JSON patch is ",
                             std::to_string(limits.max_operations), ", got ",
                             std::to_string(operations->size())}));
  }
  Patcher patcher(target, limits);
  for (const auto& json : *operations) {
    PINTLE_TRY(const auto operation, parse_operation(json));
    PINTLE_TRY_STATUS(patcher.apply(operation));
  }
  return {};
}

void apply_merge_patch(Json& target, const Json& patch) {
  const auto* changes = patch.if_object();
  if (!changes) {
    target = patch;
    return;
  }
  auto& object = target.is_object() ? target.get_object() : target.emplace_object();
  for (const auto& change : *changes) {
    if (change.value().is_null()) {
      object.erase(change.key());
    } else {
      apply_merge_patch(object[change.key()], change.value());
    }
  }
}

}  // namespace pintle
