// Events: an update of one that is gone makes it again, and they live where their object lives.
// Those with an eventTime are of the newer form and must say more; events.k8s.io/v1 takes no other.
//
// Source: pkg/registry/core/event/strategy.go, pkg/apis/core/validation/events.go.

#include <array>

#include "core/base/concat.hpp"
#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxWordBytes = 128;  // Of action, reason and reportingInstance.
constexpr std::size_t kMaxMessageBytes = 1024;

/// What events.k8s.io/v1 lets nobody change.
constexpr std::array<std::string_view, 13> kImmutable = {
    "involvedObject",   "reason",        "message", "source",
    "firstTimestamp",   "lastTimestamp", "count",   "type",
    "eventTime",        "action",        "related", "reportingComponent",
    "reportingInstance"};

bool is_there(const Json& event, std::string_view key) {
  const Json* value = find_member(event, key);
  return value != nullptr && !value->is_null();
}

/// A text that must be there and not too long.
void check_word(const Json& event, std::string_view key, Causes& causes) {
  const auto text = text_at(event, {key});
  if (text.empty()) {
    causes.push_back(required_value(std::string(key)));
  }
  if (text.size() > kMaxWordBytes) {
    causes.push_back(
        invalid_value(std::string(key), "\"\"",
                      concat({"can have at most ", std::to_string(kMaxWordBytes), " characters"})));
  }
}

void check_namespace(const Json& event, Causes& causes) {
  const auto ns = text_at(event, {"metadata", "namespace"});
  const auto about = text_at(event, {"involvedObject", "namespace"});
  // What belongs to no namespace is told of in default; the newer form may use kube-system, too.
  const bool is_home = ns == "default" || (is_there(event, "eventTime") && ns == "kube-system");
  const bool fits = about.empty() ? is_home : about == ns || is_there(event, "eventTime");
  if (!fits) {
    causes.push_back(
        invalid_value("involvedObject.namespace", quoted(about), "does not match event.namespace"));
  }
}

/// The rules of both versions. `controller` is what the version asked for calls the reporter.
void check_event(const Json& event, std::string_view controller, Causes& causes) {
  check_namespace(event, causes);
  if (!is_there(event, "eventTime")) {
    return;
  }
  const auto reporter = text_at(event, {"reportingComponent"});
  if (reporter.empty()) {
    causes.push_back(required_value(std::string(controller)));
  }
  check_name_at(causes, std::string(controller), reporter, check_label_key(reporter));
  check_word(event, "reportingInstance", causes);
  check_word(event, "action", causes);
  check_word(event, "reason", causes);
  if (text_at(event, {"message"}).size() > kMaxMessageBytes) {
    causes.push_back(invalid_value(
        "message", "\"\"",
        concat({"can have at most ", std::to_string(kMaxMessageBytes), " characters"})));
  }
}

void check_series(const Json& event, Causes& causes) {
  const Json* series = find_member(event, "series");
  if (series == nullptr) {
    return;
  }
  if (integer_at(*series, {"count"}).value_or(0) < 2) {
    causes.push_back(invalid_value("series.count", "\"\"", "should be at least 2"));
  }
  if (!is_there(*series, "lastObservedTime")) {
    causes.push_back(required_value("series.lastObservedTime"));
  }
}

/// What only the newer version asks of an event.
void check_new_form(const Json& event, Causes& causes) {
  check_series(event, causes);
  if (!is_there(event, "eventTime")) {
    causes.push_back(required_value("eventTime"));
  }
  const auto type = text_at(event, {"type"});
  if (type != "Normal" && type != "Warning") {
    causes.push_back(invalid_value("type", "\"\"", concat({"has invalid value: ", type})));
  }
  for (const std::string_view key : {"firstTimestamp", "lastTimestamp"}) {
    if (is_there(event, key)) {
      causes.push_back(invalid_value(std::string(key), "\"\"", "needs to be unset"));
    }
  }
  if (integer_at(event, {"count"}).value_or(0) != 0) {
    causes.push_back(invalid_value("count", "\"\"", "needs to be unset"));
  }
  if (!object_at(event, {"source"}).empty()) {
    causes.push_back(invalid_value("source", "\"\"", "needs to be unset"));
  }
}

bool is_new_version(const StrategyContext& context) {
  return context.api_version == "events.k8s.io/v1";
}

std::string_view name_of_controller(const StrategyContext& context) {
  return is_new_version(context) ? "reportingController" : "reportingComponent";
}

class EventStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& context, const Json& object,
                       Causes& causes) const override {
    check_event(object, name_of_controller(context), causes);
    if (is_new_version(context)) {
      check_new_form(object, causes);
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    check_event(next, name_of_controller(context), causes);
    if (!is_new_version(context)) {
      return;
    }
    if (!same_at(next, current, {"series"})) {
      check_series(next, causes);
    }
    for (const auto key : kImmutable) {
      const Json* now = find_member(next, key);
      if (!same_but_for_empties(now, find_member(current, key))) {
        causes.push_back(invalid_value(std::string(key), now == nullptr ? "null" : to_json(*now),
                                       "field is immutable"));
      }
    }
  }

  bool creates_on_update() const override { return true; }
};

}  // namespace

const Strategy& event_strategy() {
  static const EventStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
