// What kubectl get events shows, for core/v1 and events.k8s.io/v1.
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
  return age_text(
      first_of(in.object, {".firstTimestamp", ".deprecatedFirstTimestamp", ".eventTime"}), in.now);
}

std::int64_t count_of(const Json& event) {
  if (const auto series = integer_at(event, {"series", "count"})) {
    return *series;
  }
  const Json* count = first_of(event, {".count", ".deprecatedCount"});
  return count != nullptr && count->is_int64() ? std::max<std::int64_t>(count->get_int64(), 1) : 1;
}

std::string event_last_seen(const CellInput& in) {
  const Json* series = find_at(in.object, ".series.lastObservedTime");
  const Json* last = first_of(in.object, {".lastTimestamp", ".deprecatedLastTimestamp"});
  const Json* first =
      first_of(in.object, {".firstTimestamp", ".deprecatedFirstTimestamp", ".eventTime"});
  const Json* seen = series != nullptr ? series : last != nullptr ? last : first;
  const std::string text = age_text(seen, in.now);
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
  const Json* about = first_of(in.object, {".involvedObject", ".regarding"});
  if (about == nullptr) {
    return "";
  }
  const auto name = text_at(*about, {"name"});
  return lower(text_at(*about, {"kind"})) + (name.empty() ? "" : concat({"/", name}));
}

std::string event_source(const CellInput& in) {
  const Json* source = first_of(in.object, {".source", ".deprecatedSource"});
  std::string component(source == nullptr ? "" : text_at(*source, {"component"}));
  if (component.empty()) {
    const Json* reporter = first_of(in.object, {".reportingComponent", ".reportingController"});
    component = reporter == nullptr ? "" : plain_text(*reporter);
  }
  const auto host = source == nullptr ? "" : text_at(*source, {"host"});
  return host.empty() ? component : concat({component, ", ", host});
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
