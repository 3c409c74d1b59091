// Parsing JSON from outside, and finding one's way in a tree.

#include "core/object/json.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <unordered_set>

#include <boost/json/basic_parser_impl.hpp>

#include "core/base/concat.hpp"

namespace pintle {
namespace {

namespace bj = boost::json;

/// More than this nobody reads. Source: Kubernetes' strict decoder.
constexpr std::size_t kMaxDuplicatesTold = 100;

/// What both handlers have in common: the limits basic_parser asks for, and events nobody needs.
struct BaseHandler {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

/// Builds the tree, and keeps a hash of every key of the objects that are open, so that an object
/// with a key met twice is noticed at its end. Hashes that collide only cost a second look.
class TreeHandler : public BaseHandler {
 public:
  explicit TreeHandler(const JsonStorage& storage)
      : stack_(JsonStorage(), buffer_, sizeof buffer_) {
    stack_.reset(storage);
  }

  Json release() { return stack_.release(); }
  bool may_hold_duplicates() const { return may_hold_duplicates_; }

  bool on_object_begin(bj::error_code&) { return true; }
  bool on_object_end(std::size_t count, bj::error_code&) {
    stack_.push_object(count);
    look_for_duplicates(count);
    key_hashes_.resize(key_hashes_.size() - count);
    return true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t count, bj::error_code&) {
    stack_.push_array(count);
    return true;
  }
  bool on_key_part(bj::string_view text, std::size_t, bj::error_code&) {
    stack_.push_chars(text);
    key_so_far_.append(text.data(), text.size());
    return true;
  }
  bool on_key(bj::string_view text, std::size_t, bj::error_code&) {
    stack_.push_key(text);
    const std::hash<std::string_view> hash;
    if (key_so_far_.empty()) {
      key_hashes_.push_back(hash({text.data(), text.size()}));
      return true;
    }
    key_so_far_.append(text.data(), text.size());
    key_hashes_.push_back(hash(key_so_far_));
    key_so_far_.clear();
    return true;
  }
  bool on_string_part(bj::string_view text, std::size_t, bj::error_code&) {
    stack_.push_chars(text);
    return true;
  }
  bool on_string(bj::string_view text, std::size_t, bj::error_code&) {
    stack_.push_string(text);
    return true;
  }
  bool on_number_part(bj::string_view text, bj::error_code&) {
    number_so_far_.append(text.data(), text.size());
    return true;
  }
  bool on_int64(std::int64_t number, bj::string_view, bj::error_code&) {
    number_so_far_.clear();
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, bj::string_view, bj::error_code&) {
    number_so_far_.clear();
    stack_.push_uint64(number);
    return true;
  }
  /// Boost.JSON 1.81 is off by a last digit now and then, and makes 1e400 infinite: read it anew.
  bool on_double(double, bj::string_view text, bj::error_code& fault) {
    number_so_far_.append(text.data(), text.size());
    double number = 0;
    const char* end = number_so_far_.data() + number_so_far_.size();
    const auto read = std::from_chars(number_so_far_.data(), end, number);
    const bool tiny = number_so_far_.find("e-") != std::string::npos ||
                      number_so_far_.find("E-") != std::string::npos;
    if (read.ec == std::errc::result_out_of_range && !tiny) {
      fault = bj::error::exponent_overflow;
      return false;
    }
    number_so_far_.clear();
    // Zero has no sign here: -0.0 would come back as the integer it is written as.
    stack_.push_double(read.ec == std::errc() && number != 0 ? number : 0.0);
    return true;
  }
  bool on_bool(bool value, bj::error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(bj::error_code&) {
    stack_.push_null();
    return true;
  }

 private:
  void look_for_duplicates(std::size_t count) {
    constexpr std::size_t kFewKeys = 12;
    const auto end = key_hashes_.end();
    const auto begin = end - static_cast<std::ptrdiff_t>(count);
    if (count > kFewKeys) {
      std::sort(begin, end);
      may_hold_duplicates_ |= std::adjacent_find(begin, end) != end;
      return;
    }
    for (auto key = begin; key != end; ++key) {
      may_hold_duplicates_ |= std::find(begin, key, *key) != key;
    }
  }

  alignas(std::max_align_t) unsigned char buffer_[2048];
  bj::value_stack stack_;
  std::vector<std::size_t> key_hashes_;
  std::string key_so_far_;     // Of a key that comes in parts, because it holds escapes.
  std::string number_so_far_;  // The same for numbers.
  bool may_hold_duplicates_ = false;
};

/// Goes over a text known to be good and notes the path of every key met twice, or of every key.
class PathHandler : public BaseHandler {
 public:
  std::vector<std::string> take() { return std::move(paths_); }
  void take_all() { takes_all_ = true; }

  bool on_object_begin(bj::error_code&) { return begin(/*array=*/false); }
  bool on_object_end(std::size_t, bj::error_code&) { return end(); }
  bool on_array_begin(bj::error_code&) { return begin(/*array=*/true); }
  bool on_array_end(std::size_t, bj::error_code&) { return end(); }
  bool on_key_part(bj::string_view text, std::size_t, bj::error_code&) {
    key_.append(text.data(), text.size());
    return true;
  }
  bool on_key(bj::string_view text, std::size_t, bj::error_code&) {
    key_.append(text.data(), text.size());
    auto& frame = frames_.back();
    frame.key = key_;
    const bool is_double = !frame.keys.insert(std::move(key_)).second;
    if (takes_all_ || (is_double && paths_.size() < kMaxDuplicatesTold)) {
      paths_.push_back(path());
    }
    key_.clear();
    return true;
  }
  bool on_string_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
  bool on_string(bj::string_view, std::size_t, bj::error_code&) { return step(); }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t, bj::string_view, bj::error_code&) { return step(); }
  bool on_uint64(std::uint64_t, bj::string_view, bj::error_code&) { return step(); }
  bool on_double(double, bj::string_view, bj::error_code&) { return step(); }
  bool on_bool(bool, bj::error_code&) { return step(); }
  bool on_null(bj::error_code&) { return step(); }

 private:
  struct Frame {
    bool array = false;
    std::size_t index = 0;
    std::string key;
    std::unordered_set<std::string> keys;
  };

  bool begin(bool array) {
    frames_.emplace_back().array = array;
    return true;
  }
  bool end() {
    frames_.pop_back();
    return step();
  }
  bool step() {
    if (!frames_.empty()) {
      ++frames_.back().index;
    }
    return true;
  }
  std::string path() const {
    std::string path;
    for (const auto& frame : frames_) {
      if (frame.array) {
        path += "[" + std::to_string(frame.index) + "]";
        continue;
      }
      if (!path.empty()) {
        path += '.';
      }
      path += frame.key;
    }
    return path;
  }

  std::vector<Frame> frames_;
  std::string key_;
  std::vector<std::string> paths_;
  bool takes_all_ = false;
};

Error not_json(std::string_view text, std::size_t at, const bj::error_code& fault) {
  const auto before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = at - (before.rfind('\n') + 1) + 1;
  const std::string place =
      concat({"line ", std::to_string(line), " column ", std::to_string(column)});
  if (fault == bj::error::incomplete) {
    return {Code::kBadRequest, "invalid JSON: unexpected end of input at " + place};
  }
  return {Code::kBadRequest, concat({"invalid JSON at ", place, ": ", fault.message()})};
}

bj::parse_options options_for(const JsonLimits& limits) {
  bj::parse_options options;
  options.max_depth = limits.max_depth;
  return options;
}

}  // namespace

Result<ParsedJson> parse_json(std::string_view text, const JsonStorage& storage,
                              const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{Code::kRequestEntityTooLarge,
                 concat({"JSON of ", std::to_string(text.size()), " bytes, at most ",
                         std::to_string(limits.max_bytes), " are taken"})};
  }
  bj::basic_parser<TreeHandler> parser(options_for(limits), storage);
  bj::error_code fault;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), fault);
  if (!fault && used < text.size()) {
    fault = bj::error::extra_data;
  }
  if (fault) {
    return not_json(text, used, fault);
  }

  ParsedJson parsed{parser.handler().release(), {}, {}};
  if (parser.handler().may_hold_duplicates()) {
    bj::basic_parser<PathHandler> second_look(options_for(limits));
    second_look.write_some(false, text.data(), text.size(), fault);
    parsed.duplicates = second_look.handler().take();
  }
  return parsed;
}

std::vector<std::string> key_paths(std::string_view text) {
  bj::basic_parser<PathHandler> parser(options_for(JsonLimits()));
  parser.handler().take_all();
  bj::error_code fault;
  parser.write_some(false, text.data(), text.size(), fault);
  return parser.handler().take();
}

const Json* find_member(const Json& value, std::string_view key) {
  const auto* object = value.if_object();
  return object ? object->if_contains({key.data(), key.size()}) : nullptr;
}

const Json* find_path(const Json& value, std::initializer_list<std::string_view> keys) {
  const Json* at = &value;
  for (const auto key : keys) {
    at = find_member(*at, key);
    if (!at) {
      return nullptr;
    }
  }
  return at;
}

Json* find_path(Json& value, std::initializer_list<std::string_view> keys) {
  return const_cast<Json*>(find_path(static_cast<const Json&>(value), keys));
}

std::string_view text_at(const Json& value, std::initializer_list<std::string_view> keys) {
  const auto* found = find_path(value, keys);
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

std::optional<std::int64_t> integer_at(const Json& value,
                                       std::initializer_list<std::string_view> keys) {
  const auto* found = find_path(value, keys);
  const auto* number = found ? found->if_int64() : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}

const JsonArray& array_at(const Json& value, std::initializer_list<std::string_view> keys) {
  static const JsonArray kNone;
  const auto* found = find_path(value, keys);
  const auto* array = found ? found->if_array() : nullptr;
  return array ? *array : kNone;
}

const JsonObject& object_at(const Json& value, std::initializer_list<std::string_view> keys) {
  static const JsonObject kNone;
  const auto* found = find_path(value, keys);
  const auto* object = found ? found->if_object() : nullptr;
  return object ? *object : kNone;
}

JsonObject& ensure_object(JsonObject& parent, std::string_view key) {
  Json& member = parent[bj::string_view(key.data(), key.size())];
  if (member.is_null()) {
    return member.emplace_object();
  }
  PINTLE_ASSERT(member.is_object());
  return member.get_object();
}

}  // namespace pintle
