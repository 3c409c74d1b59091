// Objects as a plugin sees them: handles to the one immutable copy, and views into its tree.
//
// Nothing is parsed or copied to read a field: pod.text("spec", "nodeName"). A view of something
// that is not there is empty and gives "", 0, false and no elements, so paths need no checks.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/object/json.hpp"
#include "core/object/object.hpp"
#include "core/sdk/pintle_plugin.h"
#include "core/sdk/text.hpp"

namespace pintle::sdk {

class ValueMembers;

/// A node in an object's tree, or nothing. Lives as long as the object; copied freely.
class Value {
 public:
  Value() = default;
  Value(const pintle_object_table* table, const pintle_value* value)
      : table_(table), value_(value) {}

  /// True where there is something, null included.
  explicit operator bool() const { return value_ != nullptr; }
  bool is_null() const { return kind() == PINTLE_NULL; }
  bool is_object() const { return value_ != nullptr && kind() == PINTLE_OBJECT; }
  bool is_array() const { return value_ != nullptr && kind() == PINTLE_ARRAY; }
  bool is_text() const { return value_ != nullptr && kind() == PINTLE_STRING; }
  bool is_integer() const { return value_ != nullptr && kind() == PINTLE_INTEGER; }
  /// PINTLE_NULL, ...; PINTLE_NULL where there is nothing.
  std::uint32_t kind() const { return value_ == nullptr ? 0U : table_->kind(value_); }

  /// The value under `keys`, one object member after the other.
  template <typename... Keys>
  Value at(Keys... keys) const {
    Value found = *this;
    ((found = found.member(keys)), ...);
    return found;
  }
  template <typename... Keys>
  bool has(Keys... keys) const {
    return static_cast<bool>(at(keys...));
  }
  /// Lives as long as the object.
  template <typename... Keys>
  std::string_view text(Keys... keys) const {
    return at(keys...).as_text();
  }
  template <typename... Keys>
  std::int64_t integer(Keys... keys) const {
    const Value found = at(keys...);
    return found.value_ == nullptr ? 0 : found.table_->integer(found.value_);
  }
  template <typename... Keys>
  bool boolean(Keys... keys) const {
    const Value found = at(keys...);
    return found.value_ != nullptr && found.table_->boolean(found.value_) != 0;
  }
  template <typename... Keys>
  double number(Keys... keys) const {
    const Value found = at(keys...);
    return found.value_ == nullptr ? 0.0 : found.table_->number(found.value_);
  }

  /// The number of elements or members.
  std::size_t size() const {
    return value_ == nullptr ? 0 : static_cast<std::size_t>(table_->count(value_));
  }
  bool empty() const { return size() == 0; }
  /// REQUIRES: index < size().
  Value element(std::size_t index) const { return {table_, table_->at(value_, index)}; }
  /// REQUIRES: index < size(), and this is an object.
  std::string_view key(std::size_t index) const { return to_view(table_->key_at(value_, index)); }

  /// `for (const Value container : pod.at("spec", "containers"))`: elements, or members' values.
  class Iterator {
   public:
    Iterator(const Value* value, std::size_t index) : value_(value), index_(index) {}
    Value operator*() const { return value_->element(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Value* value_;
    std::size_t index_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

  /// `for (const auto& [key, value] : pod.at("metadata", "labels").members())`.
  ValueMembers members() const;

  /// A copy of our own, to change and send back. Null where there is nothing.
  Json to_json() const;

 private:
  Value member(std::string_view key) const {
    return value_ == nullptr ? Value() : Value(table_, table_->member(value_, to_c(key)));
  }
  std::string_view as_text() const {
    return value_ == nullptr ? std::string_view() : to_view(table_->text(value_));
  }

  const pintle_object_table* table_ = nullptr;
  const pintle_value* value_ = nullptr;
};

/// The members of an object with their keys; none of anything else.
class ValueMembers {
 public:
  explicit ValueMembers(Value value) : value_(value) {}

  class Iterator {
   public:
    Iterator(const Value* value, std::size_t index) : value_(value), index_(index) {}
    std::pair<std::string_view, Value> operator*() const {
      return {value_->key(index_), value_->element(index_)};
    }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Value* value_;
    std::size_t index_;
  };
  Iterator begin() const { return {&value_, 0}; }
  Iterator end() const { return {&value_, value_.is_object() ? value_.size() : 0}; }

 private:
  Value value_;
};

inline ValueMembers Value::members() const {
  return ValueMembers(*this);
}

/// A shared hold on one object, or none. Copies hold the same one. Threads: each copy by one thread
/// at a time; the object by all.
class ObjectHandle {
 public:
  ObjectHandle() = default;
  /// Takes over the hold that the host gave.
  static ObjectHandle adopt(const pintle_object_table* table, const pintle_object* object) {
    return {table, object};
  }
  /// Takes a hold of its own on what was only lent.
  static ObjectHandle retain(const pintle_object_table* table, const pintle_object* object) {
    if (object != nullptr) {
      table->retain(object);
    }
    return {table, object};
  }

  ObjectHandle(const ObjectHandle& other) : ObjectHandle(retain(other.table_, other.object_)) {}
  ObjectHandle(ObjectHandle&& other) noexcept
      : table_(other.table_), object_(std::exchange(other.object_, nullptr)) {}
  ObjectHandle& operator=(ObjectHandle other) noexcept {
    std::swap(table_, other.table_);
    std::swap(object_, other.object_);
    return *this;
  }
  ~ObjectHandle() {
    if (object_ != nullptr) {
      table_->release(object_);
    }
  }

  explicit operator bool() const { return object_ != nullptr; }
  const pintle_object* raw() const { return object_; }

  Revision revision() const { return object_ == nullptr ? 0 : table_->revision(object_); }
  /// The whole object's JSON; lives as long as the object.
  std::string_view json() const {
    return object_ == nullptr ? std::string_view() : to_view(table_->json(object_));
  }
  /// The tree; parsed once for everyone, on first use. Lives as long as the object.
  Value root() const { return object_ == nullptr ? Value() : Value(table_, table_->root(object_)); }

  template <typename... Keys>
  Value at(Keys... keys) const {
    return root().at(keys...);
  }
  template <typename... Keys>
  bool has(Keys... keys) const {
    return root().has(keys...);
  }
  template <typename... Keys>
  std::string_view text(Keys... keys) const {
    return root().text(keys...);
  }
  template <typename... Keys>
  std::int64_t integer(Keys... keys) const {
    return root().integer(keys...);
  }
  template <typename... Keys>
  bool boolean(Keys... keys) const {
    return root().boolean(keys...);
  }
  std::string_view name() const { return text("metadata", "name"); }
  std::string_view ns() const { return text("metadata", "namespace"); }
  std::string_view uid() const { return text("metadata", "uid"); }
  /// A copy of our own, to change and send back.
  Json to_json() const { return root().to_json(); }

 private:
  ObjectHandle(const pintle_object_table* table, const pintle_object* object)
      : table_(table), object_(object) {}

  const pintle_object_table* table_ = nullptr;
  const pintle_object* object_ = nullptr;
};

/// "default/nginx", or "n1" for what belongs to no namespace: what caches and queues go by.
std::string key_of(const ObjectHandle& object);
std::string key_of(std::string_view ns, std::string_view name);
/// The namespace ("" for none) and the name of a key.
std::pair<std::string_view, std::string_view> split_key(std::string_view key);

}  // namespace pintle::sdk
