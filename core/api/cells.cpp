// Printers that many kinds share, and the one list of all.

#include "core/api/cells.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/concat.hpp"
#include "core/object/selector.hpp"

namespace pintle::api {
namespace {

/// `text` or `otherwise` where there is nothing at the argument's path.
std::string text_or(const CellInput& in, std::string_view otherwise) {
  const Json* value = find_at(in.object, in.argument);
  std::string text = value == nullptr ? "" : plain_text(*value);
  return text.empty() ? std::string(otherwise) : text;
}

std::string none(const CellInput& in) {
  return text_or(in, "<none>");
}
std::string unset(const CellInput& in) {
  return text_or(in, "<unset>");
}
std::string unknown(const CellInput& in) {
  return text_or(in, "<unknown>");
}
std::string na(const CellInput& in) {
  return text_or(in, "N/A");
}
std::string number(const CellInput& in) {
  return text_or(in, "0");
}

std::string bool_text(const CellInput& in) {
  const Json* value = find_at(in.object, in.argument);
  return value != nullptr && value->is_bool() && value->get_bool() ? "true" : "false";
}

std::string count(const CellInput& in) {
  const Json* value = find_at(in.object, in.argument);
  if (value != nullptr && value->is_array()) {
    return std::to_string(value->get_array().size());
  }
  return value != nullptr && value->is_object() ? std::to_string(value->get_object().size()) : "0";
}

std::string config_count(const CellInput& in) {
  return std::to_string(object_at(in.object, {"data"}).size() +
                        object_at(in.object, {"binaryData"}).size());
}

std::string age(const CellInput& in) {
  return age_text(find_at(in.object, in.argument), in.now);
}

std::string age_or_none(const CellInput& in) {
  const Json* time = find_at(in.object, in.argument);
  return time == nullptr ? "<none>" : age_text(time, in.now);
}

/// "a=b,c=d", keys sorted.
std::string map_text(const Json* map) {
  std::vector<std::string> pairs;
  if (map != nullptr && map->is_object()) {
    for (const auto& entry : map->get_object()) {
      pairs.push_back(concat({entry.key(), "=", plain_text(entry.value())}));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs.empty() ? "<none>" : joined(pairs, ",");
}

std::string map(const CellInput& in) {
  return map_text(find_at(in.object, in.argument));
}

std::vector<std::string> texts_of(const JsonArray& items) {
  std::vector<std::string> texts;
  for (const Json& item : items) {
    texts.push_back(plain_text(item));
  }
  return texts;
}

/// A label selector in kubectl's short form. Source: metav1.FormatLabelSelector.
std::string selector(const CellInput& in) {
  const Json* selector = find_at(in.object, in.argument);
  const std::string text = selector == nullptr ? "" : label_selector_text(*selector);
  return text.empty() ? "<none>" : text;
}

std::string member_texts(const CellInput& in, std::string_view member) {
  const Json* list = find_at(in.object, in.argument);
  std::vector<std::string> texts;
  if (list != nullptr && list->is_array()) {
    for (const Json& item : list->get_array()) {
      texts.emplace_back(text_at(item, {member}));
    }
  }
  return joined(texts, ",");
}

std::string names(const CellInput& in) {
  return member_texts(in, "name");
}
std::string images(const CellInput& in) {
  return member_texts(in, "image");
}

std::string audiences(const CellInput& in) {
  const std::string text = member_texts(in, "audience");
  return text.empty() ? "<unset>" : text;
}

std::string join(const CellInput& in) {
  const Json* list = find_at(in.object, in.argument);
  return list != nullptr && list->is_array() ? joined(texts_of(list->get_array()), ",") : "<none>";
}

std::string trimmed(const CellInput& in) {
  const Json* value = find_at(in.object, in.argument);
  const std::string text = value == nullptr ? "" : plain_text(*value);
  const auto begin = text.find_first_not_of(" \t\r\n");
  const auto end = text.find_last_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, end + 1 - begin);
}

/// "ReplicaSet.apps/web": who controls an object.
std::string controller(const CellInput& in) {
  for (const Json& owner : array_at(in.object, {"metadata", "ownerReferences"})) {
    const Json* controls = find_member(owner, "controller");
    if (controls != nullptr && controls->is_bool() && controls->get_bool()) {
      const auto version = text_at(owner, {"apiVersion"});
      const auto slash = version.find('/');
      std::string kind(text_at(owner, {"kind"}));
      std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
      });
      return concat({kind, slash == std::string_view::npos ? "" : ".",
                     slash == std::string_view::npos ? "" : version.substr(0, slash), "/",
                     text_at(owner, {"name"})});
    }
  }
  return "<none>";
}

std::string component_status(const CellInput& in) {
  for (const Json& condition : array_at(in.object, {"conditions"})) {
    if (text_at(condition, {"type"}) == "Healthy") {
      return text_at(condition, {"status"}) == "True" ? "Healthy" : "Unhealthy";
    }
  }
  return "Unknown";
}

}  // namespace

std::vector<NamedPrinter> common_printers() {
  return {{"none", none},
          {"unset", unset},
          {"unknown", unknown},
          {"na", na},
          {"number", number},
          {"bool_text", bool_text},
          {"count", count},
          {"config_count", config_count},
          {"age", age},
          {"age_or_none", age_or_none},
          {"map", map},
          {"selector", selector},
          {"names", names},
          {"images", images},
          {"audiences", audiences},
          {"join", join},
          {"trimmed", trimmed},
          {"controller", controller},
          {"component_status", component_status}};
}

CellPrinter find_printer(std::string_view name) {
  static const std::vector<NamedPrinter> printers = [] {
    std::vector<NamedPrinter> all;
    for (const auto& set :
         {common_printers(), pod_printers(), node_printers(), workload_printers(),
          network_printers(), event_printers(), storage_printers(), policy_printers()}) {
      all.insert(all.end(), set.begin(), set.end());
    }
    std::sort(all.begin(), all.end(),
              [](const NamedPrinter& a, const NamedPrinter& b) { return a.name < b.name; });
    return all;
  }();
  const auto at = std::lower_bound(
      printers.begin(), printers.end(), name,
      [](const NamedPrinter& printer, std::string_view wanted) { return printer.name < wanted; });
  return at != printers.end() && at->name == name ? at->print : nullptr;
}

const Json* find_at(const Json& object, std::string_view path) {
  const Json* value = &object;
  for (std::size_t at = 0; at < path.size() && value != nullptr;) {
    if (path[at] == '[') {
      const auto close = path.find(']', at);
      std::size_t index = 0;
      std::from_chars(path.data() + at + 1, path.data() + close, index);
      value = value->is_array() ? value->get_array().if_contains(index) : nullptr;
      at = close + 1;
      continue;
    }
    const auto end = std::min(path.find_first_of(".[", at + 1), path.size());
    value = find_member(*value, path.substr(at + 1, end - at - 1));
    at = end;
  }
  return value != nullptr && value->is_null() ? nullptr : value;
}

std::string plain_text(const Json& value) {
  return value.is_string() ? std::string(value.get_string()) : to_json(value);
}

std::string age_text(const Json* time, WallTime now) {
  const auto parsed = time != nullptr && time->is_string() ? parse_rfc3339(time->get_string())
                                                           : std::optional<WallTime>();
  if (!parsed) {
    return "<unknown>";
  }
  return to_human_duration(std::chrono::floor<std::chrono::seconds>(now - *parsed));
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    text += concat({text.empty() && &part == parts.data() ? "" : separator, part});
  }
  return text;
}

}  // namespace pintle::api
