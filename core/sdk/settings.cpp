// Settings: a plugin's part of the configuration file, read with checks; see settings.hpp.

#include "core/sdk/settings.hpp"

#include "core/base/concat.hpp"

namespace pintle::sdk {

const Json* Settings::find(std::string_view name) {
  known_.emplace(name);
  return find_member(config_, name);
}

void Settings::refuse(std::string fault) {
  if (fault_.empty()) {
    fault_ = std::move(fault);
  }
}

Settings& Settings::text(std::string_view name, std::string& value) {
  const Json* found = find(name);
  if (found == nullptr) {
    return *this;
  }
  if (!found->is_string()) {
    refuse(concat({"setting ", name, ": must be a text"}));
    return *this;
  }
  value = std::string_view(found->get_string());
  return *this;
}

Settings& Settings::boolean(std::string_view name, bool& value) {
  const Json* found = find(name);
  if (found == nullptr) {
    return *this;
  }
  if (!found->is_bool()) {
    refuse(concat({"setting ", name, ": must be true or false"}));
    return *this;
  }
  value = found->get_bool();
  return *this;
}

Settings& Settings::integer(std::string_view name, std::int64_t& value, SettingRange range) {
  const Json* found = find(name);
  if (found == nullptr) {
    return *this;
  }
  const auto number = integer_at(config_, {name});
  if (!number || *number < range.least || *number > range.most) {
    refuse(concat({"setting ", name, ": must be a whole number from ", std::to_string(range.least),
                   " to ", std::to_string(range.most)}));
    return *this;
  }
  value = *number;
  return *this;
}

Settings& Settings::seconds(std::string_view name, std::chrono::seconds& value,
                            SettingRange range) {
  std::int64_t count = value.count();
  integer(name, count, range);
  value = std::chrono::seconds(count);
  return *this;
}

Result<void> Settings::finish() const {
  if (!fault_.empty()) {
    return Error(Code::kInvalid, fault_);
  }
  if (!config_.is_object()) {
    return Error(Code::kInvalid, "the plugin's configuration must be a map of settings");
  }
  for (const auto& [name, value] : config_.get_object()) {
    if (!known_.contains(std::string_view(name))) {
      std::string names;
      for (const auto& known : known_) {
        names += (names.empty() ? "" : ", ") + known;
      }
      return Error(
          Code::kInvalid,
          concat({"setting ", name, " is not known; known are: ", names.empty() ? "none" : names}));
    }
  }
  return {};
}

}  // namespace pintle::sdk
