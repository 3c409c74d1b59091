// Names of managers, and what their entries may say.
//
// Source: apimachinery meta/v1/validation ValidateFieldManager and ValidateManagedFields.

#include "core/registry/field_manager.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/object/utf8.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxManagerBytes = 128;
constexpr std::size_t kMaxSubresourceBytes = 256;

struct Range {
  char32_t first;
  char32_t last;
};

/// What Go's unicode.IsPrint refuses: controls, spaces but for U+0020, formats, private use.
constexpr std::array kUnprintable = {
    Range{0x00, 0x1F},     Range{0x7F, 0xA0},       Range{0xAD, 0xAD},     Range{0x600, 0x605},
    Range{0x61C, 0x61C},   Range{0x6DD, 0x6DD},     Range{0x70F, 0x70F},   Range{0x1680, 0x1680},
    Range{0x180E, 0x180E}, Range{0x2000, 0x200F},   Range{0x2028, 0x202F}, Range{0x205F, 0x206F},
    Range{0x3000, 0x3000}, Range{0xE000, 0xF8FF},   Range{0xFEFF, 0xFEFF}, Range{0xFFF0, 0xFFFB},
    Range{0xFFFE, 0xFFFF}, Range{0xE0000, 0x10FFFF}};

bool is_printable(char32_t character) {
  return std::ranges::none_of(kUnprintable, [character](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

/// The character of `size` bytes at `at`; U+FFFD where there is none (`size` 0).
char32_t character_at(std::string_view text, std::size_t at, std::size_t size) {
  if (size == 0) {
    return 0xFFFD;
  }
  const auto first = static_cast<unsigned char>(text[at]);
  char32_t character = size == 1 ? first : first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    character = (character << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  return character;
}

/// Calls `visit(character, at, bytes)` for each character.
template <typename Visit>
void each_character(std::string_view text, const Visit& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const auto size = utf8_sequence_size(text, at);
    visit(character_at(text, at, size), at, std::max<std::size_t>(size, 1));
    at += std::max<std::size_t>(size, 1);
  }
}

}  // namespace

void check_field_manager(std::string_view manager, const std::string& field,
                         std::vector<Cause>& causes) {
  if (manager.size() > kMaxManagerBytes) {
    causes.push_back(too_long_value(field, kMaxManagerBytes));
  }
  each_character(manager, [&](char32_t character, std::size_t at, std::size_t) {
    if (!is_printable(character)) {
      std::array<char, 16> number{};
      std::snprintf(number.data(), number.size(), "U+%04X", static_cast<unsigned>(character));
      causes.push_back(invalid_value(field, quoted(manager),
                                     concat({"invalid character ", number.data(), " (at position ",
                                             std::to_string(at), ")"})));
    }
  });
}

std::string manager_of(const WriteOptions& options, std::string_view user_agent) {
  if (!options.field_manager.empty()) {
    return options.field_manager;
  }
  const auto prefix = user_agent.substr(0, user_agent.find('/'));
  std::string manager;
  bool full = false;
  each_character(prefix, [&](char32_t character, std::size_t at, std::size_t bytes) {
    full = full || manager.size() + bytes > kMaxManagerBytes;
    if (!full && is_printable(character)) {
      manager += prefix.substr(at, bytes);
    }
  });
  return manager.empty() ? "unknown" : manager;
}

Signature::Signature(const WriteJob& job)
    : manager_(manager_of(job.options, job.operation.user_agent)),
      api_version_(job.resource().api_version()),
      time_(to_rfc3339(job.shared.parts.clock.now())),
      writer_{.manager = manager_,
              .api_version = api_version_,
              .subresource = job.operation.subresource,
              .time = time_} {}

void track(const WriteJob& job, const Json* live, Json& next) {
  const Signature signature(job);
  api::track_update(*job.resource().type, live, next, signature.writer());
}

void drop_reset_fields(const WriteJob& job, Json& config) {
  auto& object = config.as_object();
  if (job.operation.subresource.empty()) {
    if (job.resource().find_subresource("status") != nullptr) {
      object.erase("status");
    }
    return;
  }
  if (job.operation.subresource != "status") {
    return;
  }
  for (auto member = object.begin(); member != object.end();) {
    const std::string_view key = member->key();
    const bool stays = key == "apiVersion" || key == "kind" || key == "metadata" || key == "status";
    member = stays ? member + 1 : object.erase(member);
  }
  if (Json* metadata = object.if_contains("metadata"); metadata && metadata->is_object()) {
    metadata->get_object().erase("ownerReferences");
  }
}

void validate_managed_fields(const Json& object, std::vector<Cause>& causes) {
  std::size_t index = 0;
  for (const auto& entry : array_at(object, {"metadata", "managedFields"})) {
    const auto path = concat({"metadata.managedFields[", std::to_string(index++), "]."});
    const auto operation = text_at(entry, {"operation"});
    if (operation != "Apply" && operation != "Update") {
      causes.push_back(
          invalid_value(path + "operation", quoted(operation), "must be `Apply` or `Update`"));
    }
    const auto fields_type = text_at(entry, {"fieldsType"});
    if (!fields_type.empty() && fields_type != "FieldsV1") {
      causes.push_back(
          invalid_value(path + "fieldsType", quoted(fields_type), "must be `FieldsV1`"));
    }
    check_field_manager(text_at(entry, {"manager"}), path + "manager", causes);
    if (text_at(entry, {"subresource"}).size() > kMaxSubresourceBytes) {
      causes.push_back(too_long_value(path + "subresource", kMaxSubresourceBytes));
    }
  }
}

}  // namespace pintle::registry
