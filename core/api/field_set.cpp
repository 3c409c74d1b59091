// The algebra of sets over sorted siblings, and FieldsV1 in and out.

#include "core/api/field_set.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kSelf = ".";

int rank_of(std::string_view element) {
  switch (element.empty() ? ' ' : element.front()) {
    case 'f':
      return 0;
    case 'k':
      return 1;
    case 'v':
      return 2;
    default:
      return 3;
  }
}

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// Where the number begins that `at` lies in or just behind, outside of any string; npos for none.
std::size_t number_start(std::string_view element, std::size_t at) {
  std::size_t start = at;
  while (start > 2 && is_number_char(element[start - 1])) {
    --start;
  }
  if (start == 2 && element.front() != 'k') {
    return start;
  }
  const bool after_name = start > 4 && element[start - 1] == ':' && element[start - 2] == '"' &&
                          element[start - 3] != '\\';
  return after_name ? start : std::string_view::npos;
}

std::optional<double> number_at(std::string_view element, std::size_t start) {
  double number = 0;
  const char* end = element.data() + element.size();
  const auto read = std::from_chars(element.data() + start, end, number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// Collects siblings in order.
class Chain {
 public:
  void add(FieldNode* node) {
    (last_ == nullptr ? first_ : last_->next) = node;
    last_ = node;
  }
  const FieldNode* first() const { return first_; }

 private:
  const FieldNode* first_ = nullptr;
  FieldNode* last_ = nullptr;
};

/// Walks two lists of siblings together: `visit(a, b)` with null where one has no such element.
template <typename Visit>
void zip(const FieldNode* a, const FieldNode* b, const Visit& visit) {
  while (a != nullptr || b != nullptr) {
    if (b == nullptr || (a != nullptr && is_before(a->element, b->element))) {
      visit(a, static_cast<const FieldNode*>(nullptr));
      a = a->next;
    } else if (a == nullptr || is_before(b->element, a->element)) {
      visit(static_cast<const FieldNode*>(nullptr), b);
      b = b->next;
    } else {
      visit(a, b);
      a = a->next;
      b = b->next;
    }
  }
}

const FieldNode* unite_nodes(const FieldNode* a, const FieldNode* b, FieldPool& pool) {
  if (a == nullptr || b == nullptr) {
    return a == nullptr ? b : a;
  }
  Chain chain;
  zip(a, b, [&](const FieldNode* x, const FieldNode* y) {
    if (x == nullptr || y == nullptr) {
      const FieldNode& one = x == nullptr ? *y : *x;
      chain.add(pool.make_node(one.element, one.member, one.children));
      return;
    }
    chain.add(pool.make_node(x->element, x->member || y->member,
                             unite_nodes(x->children, y->children, pool)));
  });
  return chain.first();
}

const FieldNode* intersect_nodes(const FieldNode* a, const FieldNode* b, FieldPool& pool) {
  Chain chain;
  zip(a, b, [&](const FieldNode* x, const FieldNode* y) {
    if (x == nullptr || y == nullptr) {
      return;
    }
    const auto* children = intersect_nodes(x->children, y->children, pool);
    if (children != nullptr || (x->member && y->member)) {
      chain.add(pool.make_node(x->element, x->member && y->member, children));
    }
  });
  return chain.first();
}

const FieldNode* subtract_nodes(const FieldNode* a, const FieldNode* b, FieldPool& pool) {
  if (b == nullptr) {
    return a;
  }
  Chain chain;
  zip(a, b, [&](const FieldNode* x, const FieldNode* y) {
    if (x == nullptr) {
      return;
    }
    const bool member = x->member && (y == nullptr || !y->member);
    const auto* children =
        y == nullptr ? x->children : subtract_nodes(x->children, y->children, pool);
    if (member || children != nullptr) {
      chain.add(pool.make_node(x->element, member, children));
    }
  });
  return chain.first();
}

bool same_nodes(const FieldNode* a, const FieldNode* b) {
  while (a != b) {
    if (a == nullptr || b == nullptr || a->member != b->member || a->element != b->element ||
        !same_nodes(a->children, b->children)) {
      return false;
    }
    a = a->next;
    b = b->next;
  }
  return true;
}

std::size_t count(const FieldNode* node) {
  std::size_t members = 0;
  for (; node != nullptr; node = node->next) {
    members += (node->member ? 1U : 0U) + count(node->children);
  }
  return members;
}

Error no_fields_v1(std::string_view why) {
  return {Code::kBadRequest, concat({"parsing FieldsV1: ", why})};
}

/// An element as this house spells it: the JSON in it compact, keys sorted. "" for an unknown kind.
Result<std::string_view> parse_element(std::string_view text, FieldPool& pool) {
  if (text.size() < 2) {
    return no_fields_v1(concat({"key must be 2 characters long: ", text}));
  }
  if (text[1] != ':') {
    return no_fields_v1(concat({"missing colon: ", text}));
  }
  if (text.front() == 'f') {
    return pool.keep(text);
  }
  const auto value = text.substr(2);
  if (text.front() == 'i') {
    std::size_t place = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), place);
    if (value.empty() || read.ec != std::errc() || read.ptr != value.data() + value.size()) {
      return no_fields_v1(concat({"no index: ", text}));
    }
    return pool.keep(text);
  }
  if (text.front() != 'k' && text.front() != 'v') {
    return std::string_view();
  }
  PINTLE_TRY(const ParsedJson parsed, parse_json(value));
  if (text.front() == 'v') {
    return pool.keep(concat({"v:", to_json(parsed.value)}));
  }
  if (!parsed.value.is_object()) {
    return no_fields_v1(concat({"keys are no object: ", text}));
  }
  std::vector<std::pair<std::string_view, const Json*>> keys;
  for (const auto& member : parsed.value.get_object()) {
    keys.emplace_back(member.key(), &member.value());
  }
  std::sort(keys.begin(), keys.end());
  std::string spelled = "k:{";
  for (const auto& [key, key_value] : keys) {
    spelled += spelled.back() == '{' ? "" : ",";
    append_json_string(spelled, key);
    spelled += ':';
    append_json(spelled, *key_value);
  }
  return pool.keep(spelled + "}");
}

struct Parsed {
  const FieldNode* children = nullptr;
  bool member = false;
};

Result<Parsed> parse_nodes(const JsonObject& fields, FieldPool& pool) {
  Parsed parsed;
  std::vector<FieldNode*> nodes;
  for (const auto& member : fields) {
    if (member.key() == kSelf) {
      parsed.member = true;
      continue;
    }
    PINTLE_TRY(const auto element, parse_element(member.key(), pool));
    if (element.empty()) {
      continue;
    }
    if (!member.value().is_object()) {
      return no_fields_v1("expected an object");
    }
    PINTLE_TRY(const Parsed below, parse_nodes(member.value().get_object(), pool));
    nodes.push_back(pool.make_node(element, below.member, below.children));
  }
  parsed.children = link_siblings(nodes, 0, pool);
  parsed.member = parsed.member || parsed.children == nullptr;
  return parsed;
}

void fill_fields_v1(JsonObject& out, const FieldNode* node) {
  std::size_t siblings = 1;
  for (const FieldNode* one = node; one != nullptr; one = one->next) {
    ++siblings;
  }
  out.reserve(siblings);
  for (; node != nullptr; node = node->next) {
    auto& below = out.emplace(node->element, boost::json::object_kind).first->value().get_object();
    if (node->children != nullptr) {
      fill_fields_v1(below, node->children);
      if (node->member) {
        below.emplace(kSelf, boost::json::object_kind);
      }
    }
  }
}

void append_paths(std::vector<std::string>& out, const FieldNode* first, const std::string& above) {
  for (const FieldNode* node = first; node != nullptr; node = node->next) {
    if (node->member) {
      out.push_back(above + to_path_text(node->element));
    }
  }
  for (const FieldNode* node = first; node != nullptr; node = node->next) {
    if (node->children != nullptr) {
      append_paths(out, node->children, above + to_path_text(node->element));
    }
  }
}

}  // namespace

FieldNode* FieldPool::make_node(std::string_view element, bool member, const FieldNode* children) {
  void* place = memory_.allocate(sizeof(FieldNode), alignof(FieldNode));
  return new (place)
      FieldNode{.element = element, .children = children, .next = nullptr, .member = member};
}

std::string_view FieldPool::keep(std::string_view text) {
  auto* copy = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

bool operator==(const FieldSet& a, const FieldSet& b) {
  return same_nodes(a.first_, b.first_);
}

std::size_t FieldSet::size() const {
  return count(first_);
}

bool is_before(std::string_view a, std::string_view b) {
  const int rank_a = rank_of(a);
  const int rank_b = rank_of(b);
  if (rank_a != rank_b) {
    return rank_a < rank_b;
  }
  if (rank_a == 0) {
    return a < b;
  }
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto at = static_cast<std::size_t>(x - a.begin());
  const auto start = number_start(a, at);
  if (start != std::string_view::npos && start < a.size() && start < b.size()) {
    const auto number_a = number_at(a, start);
    const auto number_b = number_at(b, start);
    if (number_a && number_b && *number_a != *number_b) {
      return *number_a < *number_b;
    }
  }
  return a < b;
}

const FieldNode* link_siblings(std::vector<FieldNode*>& nodes, std::size_t from, FieldPool& pool) {
  const auto before = [](const FieldNode* a, const FieldNode* b) {
    return is_before(a->element, b->element);
  };
  const auto begin = nodes.begin() + static_cast<std::ptrdiff_t>(from);
  if (!std::is_sorted(begin, nodes.end(), before)) {
    std::stable_sort(begin, nodes.end(), before);
  }
  Chain chain;
  FieldNode* last = nullptr;
  for (auto node = begin; node != nodes.end(); ++node) {
    if (last != nullptr && last->element == (*node)->element) {
      last->member = last->member || (*node)->member;
      last->children = unite_nodes(last->children, (*node)->children, pool);
      continue;
    }
    last = *node;
    chain.add(last);
  }
  nodes.resize(from);
  return chain.first();
}

const FieldNode* find_node(const FieldNode* siblings, std::string_view element) {
  for (; siblings != nullptr; siblings = siblings->next) {
    if (siblings->element == element) {
      return siblings;
    }
  }
  return nullptr;
}

FieldSet unite(const FieldSet& a, const FieldSet& b, FieldPool& pool) {
  return FieldSet(unite_nodes(a.first(), b.first(), pool));
}

FieldSet intersect(const FieldSet& a, const FieldSet& b, FieldPool& pool) {
  return FieldSet(intersect_nodes(a.first(), b.first(), pool));
}

FieldSet subtract(const FieldSet& a, const FieldSet& b, FieldPool& pool) {
  return FieldSet(subtract_nodes(a.first(), b.first(), pool));
}

Result<FieldSet> parse_fields_v1(const Json& fields, FieldPool& pool) {
  if (!fields.is_object()) {
    return no_fields_v1("expected an object");
  }
  return parse_fields_v1(fields.get_object(), pool);
}

Result<FieldSet> parse_fields_v1(const JsonObject& fields, FieldPool& pool) {
  PINTLE_TRY(const Parsed parsed, parse_nodes(fields, pool));
  return FieldSet(parsed.children);
}

JsonObject to_fields_v1(const FieldSet& set, const JsonStorage& storage) {
  JsonObject out(storage);
  fill_fields_v1(out, set.first());
  return out;
}

bool touches(const JsonObject& fields, const FieldSet& set) {
  for (const FieldNode* node = set.first(); node != nullptr; node = node->next) {
    const Json* there = fields.if_contains(node->element);
    const JsonObject* below = there == nullptr ? nullptr : there->if_object();
    if (below == nullptr) {
      continue;
    }
    if (node->member && (below->empty() || below->contains(kSelf))) {
      return true;
    }
    if (touches(*below, FieldSet(node->children))) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> to_paths(const FieldSet& set) {
  std::vector<std::string> paths;
  append_paths(paths, set.first(), "");
  return paths;
}

std::string to_path_text(std::string_view element) {
  const auto value = element.substr(2);
  switch (element.front()) {
    case 'f':
      return concat({".", value});
    case 'v':
      return concat({"[=", value, "]"});
    case 'i':
      return concat({"[", value, "]"});
    default:
      break;
  }
  const auto keys = parse_json(value);
  std::string text;
  if (keys.ok() && keys.value().value.is_object()) {
    for (const auto& key : keys.value().value.get_object()) {
      text +=
          concat({text.empty() ? "" : ",", std::string_view(key.key()), "=", to_json(key.value())});
    }
  }
  return concat({"[", text, "]"});
}

}  // namespace pintle::api
