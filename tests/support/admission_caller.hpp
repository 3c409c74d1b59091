// AdmissionCaller: asks the admission plugin under test as the server does, over the C border.
//
// What a plugin says it wants is held against each call: one that it would never be asked about
// goes through unseen, here as there.

#pragma once

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/object/json.hpp"
#include "core/object/patch.hpp"
#include "core/sdk/object_table.hpp"
#include "core/sdk/pintle_plugin.h"
#include "core/sdk/text.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::test {

/// One write. Tests name what matters to them.
struct AdmissionCall {
  std::string operation = "CREATE";
  std::string group = "";
  std::string resource = "pods";
  std::string subresource = "";
  std::string kind = "Pod";
  std::string ns = "default";
  std::string name = "a";
  std::string user = "joe";
  bool dry_run = false;
};

class AdmissionCaller {
 public:
  explicit AdmissionCaller(FakeHost& host) : host_(host) {}

  /// Lets the plugin change `object`, then judge it. `old_object` may be null.
  Result<void> admit(const AdmissionCall& call, Json& object, const Json* old_object = nullptr) {
    const auto mutated = ask(call, &object, old_object, /*mutates=*/true);
    return mutated.ok() ? ask(call, &object, old_object, /*mutates=*/false) : mutated;
  }
  Result<void> mutate(const AdmissionCall& call, Json& object, const Json* old_object = nullptr) {
    return ask(call, &object, old_object, /*mutates=*/true);
  }
  Result<void> validate(const AdmissionCall& call, const Json* object,
                        const Json* old_object = nullptr) {
    Json copy = object == nullptr ? Json() : *object;
    return ask(call, object == nullptr ? nullptr : &copy, old_object, /*mutates=*/false);
  }

  /// "" where it goes through, else the message.
  std::string refusal(const AdmissionCall& call, Json object, const Json* old_object = nullptr) {
    const auto said = admit(call, object, old_object);
    return said.ok() ? "" : said.error().message;
  }

  std::vector<std::string> warnings;         // Of all calls so far.
  std::map<std::string, std::string> notes;  // What went to the audit line.

 private:
  static bool has_word(pintle_text words, const std::string& wanted) {
    std::istringstream in{std::string(sdk::to_view(words))};
    for (std::string word; in >> word;) {
      if (word == wanted) {
        return true;
      }
    }
    return false;
  }

  static bool is_wanted(const pintle_admission_table& table, const AdmissionCall& call) {
    const std::string full = call.group.empty() ? call.resource : call.resource + "." + call.group;
    const bool of_resource = sdk::to_view(table.resources).empty() ||
                             has_word(table.resources, full) ||
                             has_word(table.resources, full + "/" + call.subresource);
    return of_resource &&
           (sdk::to_view(table.operations).empty() || has_word(table.operations, call.operation));
  }

  Result<void> ask(const AdmissionCall& call, Json* object, const Json* old_object, bool mutates) {
    const auto offers = host_.offers("pintle.admission/1");
    BOOST_REQUIRE(offers.size() == 1U);
    const auto& table = *static_cast<const pintle_admission_table*>(offers[0].table);
    if (!is_wanted(table, call) || (mutates ? !table.mutate : !table.validate)) {
      return {};
    }
    pintle_admission_request request{};
    request.size = sizeof(request);
    request.operation = sdk::to_c(call.operation);
    request.group = sdk::to_c(call.group);
    request.version = sdk::to_c(std::string_view("v1"));
    request.resource = sdk::to_c(call.resource);
    request.subresource = sdk::to_c(call.subresource);
    request.kind = sdk::to_c(call.kind);
    request.ns = sdk::to_c(call.ns);
    request.name = sdk::to_c(call.name);
    request.user = sdk::to_c(call.user);
    request.dry_run = call.dry_run ? 1 : 0;
    request.object = object == nullptr ? nullptr : sdk::to_value(object);
    request.old_object = old_object == nullptr ? nullptr : sdk::to_value(old_object);
    request.warn = [](void* self, pintle_text text) {
      static_cast<AdmissionCaller*>(self)->warnings.emplace_back(sdk::to_view(text));
    };
    request.annotate = [](void* self, pintle_text key, pintle_text value) {
      static_cast<AdmissionCaller*>(self)->notes[std::string(sdk::to_view(key))] =
          sdk::to_view(value);
    };
    request.host_context = this;
    if (!mutates) {
      return sdk::to_result(table.validate(offers[0].self, &request));
    }
    std::string patch;
    const auto status = table.mutate(
        offers[0].self, &request,
        [](void* context, pintle_text text) {
          *static_cast<std::string*>(context) = sdk::to_view(text);
        },
        &patch);
    if (status.code == 0 && !patch.empty()) {
      BOOST_REQUIRE(apply_json_patch(*object, parse_json(patch).value().value).ok());
    }
    return sdk::to_result(status);
  }

  FakeHost& host_;
};

/// JSON in a test's source; a slip of the pen ends the test.
inline Json json(std::string_view text) {
  auto parsed = parse_json(text);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), text);
  return std::move(parsed).value().value;
}

}  // namespace pintle::test
