// What kubectl get events shows, of core/v1.
// Source: printers/internalversion printEvent.

#include <algorithm>

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

const Json* first_of(const Json& event, std::initializer_list<std::string_view> paths) {
  for (const auto path : paths) {
    if (const Json* value = find_at(event, path)) {
      return value;
    }
  }
  return nullptr;
}

std::string event_first_seen(const CellInput& in) {
  return age_text(first_of(in.object, {".firstTimestamp", ".eventTime"}), in.now);
}

std::int64_t count_of(const Json& event) {
  if (const auto series = integer_at(event, {"series", "count"})) {
    return *series;
  }
  return std::max<std::int64_t>(integer_at(event, {"count"}).value_or(1), 1);
}

std::string event_last_seen(const CellInput& in) {
  const Json* first = first_of(in.object, {".firstTimestamp", ".eventTime"});
  const Json* last = first_of(
      in.object, {".series.lastObservedTime", ".lastTimestamp", ".firstTimestamp", ".eventTime"});
  const std::string text = age_text(last, in.now);
  const auto count = count_of(in.object);
  if (count > 1 && first != nullptr) {
    return concat({text, " (x", std::to_string(count), " over ", age_text(first, in.now), ")"});
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return out;
}

std::string event_object(const CellInput& in) {
  const auto name = text_at(in.object, {"involvedObject", "name"});
  return lower(text_at(in.object, {"involvedObject", "kind"})) +
         (name.empty() ? "" : concat({"/", name}));
}

std::string event_source(const CellInput& in) {
  auto component = text_at(in.object, {"source", "component"});
  if (component.empty()) {
    component = text_at(in.object, {"reportingComponent"});
  }
  const auto host = text_at(in.object, {"source", "host"});
  return host.empty() ? std::string(component) : concat({component, ", ", host});
}

std::string event_count(const CellInput& in) {
  return std::to_string(count_of(in.object));
}

}  // namespace

std::vector<NamedPrinter> event_printers() {
  return {{"event_first_seen", event_first_seen},
          {"event_last_seen", event_last_seen},
          {"event_object", event_object},
          {"event_source", event_source},
          {"event_count", event_count}};
}

}  // namespace pintle::api
