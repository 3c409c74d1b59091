// Events of events.k8s.io/v1: the same fields as the core's, several under another name.
//
// Source: pkg/apis/events/v1/conversion.go.

#include <array>
#include <utility>

#include "core/registry/strategies/versions.hpp"

namespace pintle::registry {
namespace {

struct Renamed {
  std::string_view served;
  std::string_view stored;
};

constexpr std::array kRenamed = {
    Renamed{"regarding", "involvedObject"},
    Renamed{"note", "message"},
    Renamed{"deprecatedSource", "source"},
    Renamed{"deprecatedFirstTimestamp", "firstTimestamp"},
    Renamed{"deprecatedLastTimestamp", "lastTimestamp"},
    Renamed{"deprecatedCount", "count"},
    Renamed{"reportingController", "reportingComponent"},
};

/// Field selectors; what is not here has the same name in both.
constexpr std::array kSelectors = {
    Renamed{"regarding.kind", "involvedObject.kind"},
    Renamed{"regarding.namespace", "involvedObject.namespace"},
    Renamed{"regarding.name", "involvedObject.name"},
    Renamed{"regarding.uid", "involvedObject.uid"},
    Renamed{"regarding.apiVersion", "involvedObject.apiVersion"},
    Renamed{"regarding.resourceVersion", "involvedObject.resourceVersion"},
    Renamed{"regarding.fieldPath", "involvedObject.fieldPath"},
    Renamed{"reportingController", "reportingComponent"},
};

void move_member(JsonObject& object, std::string_view from, std::string_view to) {
  if (Json* value = object.if_contains(from)) {
    Json moved = std::move(*value);
    object.erase(from);
    object[to] = std::move(moved);
  }
}

class EventConversion final : public Conversion {
 public:
  void to_stored(Json& object) const override {
    for (const auto& [served, stored] : kRenamed) {
      move_member(object.as_object(), served, stored);
    }
  }

  void from_stored(Json& object) const override {
    for (const auto& [served, stored] : kRenamed) {
      move_member(object.as_object(), stored, served);
    }
  }

  std::string_view stored_field(std::string_view field) const override {
    for (const auto& [served, stored] : kSelectors) {
      if (field == served) {
        return stored;
      }
    }
    return field;
  }
};

}  // namespace

const Conversion& event_conversion() {
  static const EventConversion conversion;
  return conversion;
}

}  // namespace pintle::registry
