// The host's side of pintle.object/1; see object_table.hpp.

#include "core/sdk/object_table.hpp"

#include <atomic>
#include <memory>
#include <utility>

#include "core/sdk/text.hpp"

/// A plugin's reference to a committed object.
struct pintle_object {
  std::atomic<std::uint32_t> references{1};
  pintle::ObjectPtr object;
};

namespace pintle::sdk {
namespace {

const Json& json_of(const pintle_value* value) {
  return *reinterpret_cast<const Json*>(value);
}

void retain(const pintle_object* object) {
  const_cast<pintle_object*>(object)->references.fetch_add(1, std::memory_order_relaxed);
}

void release(const pintle_object* object) {
  auto* handle = const_cast<pintle_object*>(object);
  if (handle != nullptr && handle->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const std::unique_ptr<pintle_object> last(handle);
  }
}

std::uint64_t revision(const pintle_object* object) {
  return object->object->revision();
}
pintle_text json(const pintle_object* object) {
  return to_c(object->object->json());
}
const pintle_value* root(const pintle_object* object) {
  return to_value(&object->object->tree());
}

std::uint32_t kind(const pintle_value* value) {
  switch (json_of(value).kind()) {
    case boost::json::kind::bool_:
      return PINTLE_BOOL;
    case boost::json::kind::int64:
      return PINTLE_INTEGER;
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return PINTLE_NUMBER;
    case boost::json::kind::string:
      return PINTLE_STRING;
    case boost::json::kind::array:
      return PINTLE_ARRAY;
    case boost::json::kind::object:
      return PINTLE_OBJECT;
    case boost::json::kind::null:
      break;
  }
  return PINTLE_NULL;
}

const pintle_value* member(const pintle_value* value, pintle_text key) {
  return to_value(find_member(json_of(value), to_view(key)));
}

std::uint64_t count(const pintle_value* value) {
  if (const auto* array = json_of(value).if_array()) {
    return array->size();
  }
  const auto* object = json_of(value).if_object();
  return object == nullptr ? 0 : object->size();
}

const pintle_value* at(const pintle_value* value, std::uint64_t index) {
  if (const auto* array = json_of(value).if_array()) {
    return index < array->size() ? to_value(&(*array)[index]) : nullptr;
  }
  const auto* object = json_of(value).if_object();
  if (object == nullptr || index >= object->size()) {
    return nullptr;
  }
  return to_value(&(object->begin() + static_cast<std::ptrdiff_t>(index))->value());
}

pintle_text key_at(const pintle_value* value, std::uint64_t index) {
  const auto* object = json_of(value).if_object();
  if (object == nullptr || index >= object->size()) {
    return {};
  }
  return to_c(std::string_view((object->begin() + static_cast<std::ptrdiff_t>(index))->key()));
}

pintle_text text(const pintle_value* value) {
  const auto* string = json_of(value).if_string();
  return string == nullptr ? pintle_text{} : to_c(std::string_view(*string));
}

std::int64_t integer(const pintle_value* value) {
  const auto* number = json_of(value).if_int64();
  return number == nullptr ? 0 : *number;
}

double number(const pintle_value* value) {
  return json_of(value).is_number() ? json_of(value).to_number<double>() : 0.0;
}

std::uint32_t boolean(const pintle_value* value) {
  const auto* truth = json_of(value).if_bool();
  return truth != nullptr && *truth ? 1 : 0;
}

constexpr pintle_object_table kTable = {.size = sizeof(pintle_object_table),
                                        .retain = retain,
                                        .release = release,
                                        .revision = revision,
                                        .json = json,
                                        .root = root,
                                        .kind = kind,
                                        .member = member,
                                        .count = count,
                                        .at = at,
                                        .key_at = key_at,
                                        .text = text,
                                        .integer = integer,
                                        .number = number,
                                        .boolean = boolean};

}  // namespace

const pintle_object_table& object_table() {
  return kTable;
}

const pintle_object* make_object(ObjectPtr object) {
  if (object == nullptr) {
    return nullptr;
  }
  auto handle = std::make_unique<pintle_object>();
  handle->object = std::move(object);
  return handle.release();  // Owned by its count of references from here on.
}

}  // namespace pintle::sdk
