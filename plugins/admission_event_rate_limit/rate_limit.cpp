// Event rate limit: see rate_limit.hpp.

#include "plugins/admission_event_rate_limit/rate_limit.hpp"

#include <optional>
#include <string>
#include <vector>

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_event_rate_limit {
namespace {

constexpr LimitType kTypes[] = {LimitType::kServer, LimitType::kNamespace, LimitType::kUser,
                                LimitType::kSourceAndObject};

std::optional<LimitType> find_type(std::string_view name) {
  for (const auto type : kTypes) {
    if (name == name_of(type)) {
      return type;
    }
  }
  return std::nullopt;
}

Result<Limit> parse_limit(const Json& config, std::size_t index) {
  const std::string where = "limits[" + std::to_string(index) + "]";
  Limit limit;
  std::string type;
  sdk::Settings settings(config);
  settings.text("type", type)
      .integer("qps", limit.qps, {1, INT32_MAX})
      .integer("burst", limit.burst, {1, INT32_MAX})
      .integer("cacheSize", limit.cache_size, {1, INT32_MAX});
  if (const auto fault = settings.finish(); !fault.ok()) {
    return Error(Code::kInvalid, concat({where, ": ", fault.error().message}));
  }
  const auto known = find_type(type);
  if (!known) {
    return Error(Code::kInvalid, concat({where, ".type: \"", type,
                                         "\" is none of Server, Namespace, User, "
                                         "SourceAndObject"}));
  }
  if (limit.qps == 0 || limit.burst == 0) {
    return Error(Code::kInvalid, concat({where, ": qps and burst must be given, 1 or more"}));
  }
  limit.type = *known;
  return limit;
}

Result<std::vector<Limit>> parse_limits(const Json& config) {
  for (const auto& member : object_at(config, {})) {
    if (member.key() != "limits") {
      return Error(Code::kInvalid,
                   concat({"setting ", member.key(), " is not known; there is limits"}));
    }
  }
  const auto& list = array_at(config, {"limits"});
  if (list.empty()) {
    return Error(Code::kInvalid,
                 "setting limits: must be a list with one limit at least, such as {type: Server, "
                 "qps: 50, burst: 100}");
  }
  std::vector<Limit> limits;
  for (std::size_t i = 0; i < list.size(); ++i) {
    PINTLE_TRY(const Limit limit, parse_limit(list[i], i));
    limits.push_back(limit);
  }
  return limits;
}

std::string key_of(LimitType type, const sdk::AdmissionRequest& request) {
  const auto& event = request.object;
  switch (type) {
    case LimitType::kServer:
      return "";
    case LimitType::kNamespace:
      return std::string(request.ns);
    case LimitType::kUser:
      return std::string(request.user);
    case LimitType::kSourceAndObject:
      break;
  }
  const auto source =
      event.has("deprecatedSource") ? event.at("deprecatedSource") : event.at("source");
  const auto object = event.has("regarding") ? event.at("regarding") : event.at("involvedObject");
  return concat({source.text("component"), source.text("host"), object.text("kind"),
                 object.text("namespace"), object.text("name"), object.text("uid"),
                 object.text("apiVersion")});
}

}  // namespace

Result<std::unique_ptr<EventRateLimit>> EventRateLimit::make(sdk::Host& host, const Json& config) {
  return make(host, config, nullptr);
}

Result<std::unique_ptr<EventRateLimit>> EventRateLimit::make(sdk::Host& host, const Json& config,
                                                             const Clock* clock) {
  PINTLE_TRY(const auto limits, parse_limits(config));
  auto made = std::make_unique<EventRateLimit>(limits, clock);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

EventRateLimit::EventRateLimit(const std::vector<Limit>& limits, const Clock* clock)
    : clock_(clock == nullptr ? system_clock_ : *clock), offer_(*this, {.validates = true}) {
  for (const auto& limit : limits) {
    limits_.emplace_back(limit);
  }
}

Result<void> EventRateLimit::validate(const sdk::AdmissionRequest& request) {
  if (request.dry_run) {
    return {};
  }
  const auto now = clock_.steady();
  std::vector<std::string> reached;
  for (auto& limit : limits_) {
    const auto type = limit.limit().type;
    const std::string key = key_of(type, request);
    if (!limit.take(key, now)) {
      reached.push_back(concat({"limit reached on type ", name_of(type), " for key ", key}));
    }
  }
  if (reached.empty()) {
    return {};
  }
  std::string all = reached[0];
  for (std::size_t i = 1; i < reached.size(); ++i) {
    all += ", " + reached[i];
  }
  return Error(Code::kTooManyRequests,
               "Too many requests: " + (reached.size() == 1 ? all : "[" + all + "]"));
}

}  // namespace pintle::admission_event_rate_limit

PINTLE_PLUGIN("admission_event_rate_limit", "0.1.0",
              pintle::admission_event_rate_limit::EventRateLimit)
