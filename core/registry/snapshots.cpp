// How snapshots are kept, and tokens written and read.

#include "core/registry/snapshots.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/concat.hpp"
#include "core/object/json.hpp"
#include "core/object/names.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += kAlphabet[(bits >> count) & 63U];
    }
  }
  if (count > 0) {
    out += kAlphabet[(bits << (6 - count)) & 63U];
  }
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto at = kAlphabet.find(c);
    if (at == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(at);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  return out;
}

Error bad_token(std::string_view why) {
  return {Code::kBadRequest, concat({"continue key is not valid: ", why})};
}

}  // namespace

std::string to_token(const Continue& from) {
  std::string json =
      concat({R"({"v":"meta.k8s.io/v1","rv":)",
              from.revision == 0 ? "-1" : std::to_string(from.revision), R"(,"start":)"});
  append_json_string(json, from.ns.empty() ? from.name : concat({from.ns, "/", from.name}));
  return to_base64url(json + "}");
}

Result<Continue> parse_token(std::string_view token, bool namespaced) {
  const auto bytes = from_base64url(token);
  if (!bytes) {
    return bad_token("illegal base64 data");
  }
  auto parsed = parse_json(*bytes, {}, {.max_bytes = 4096, .max_depth = 4});
  if (!parsed.ok()) {
    return bad_token(parsed.error().message);
  }
  const auto& value = parsed.value().value;
  const auto revision = integer_at(value, {"rv"});
  const auto start = text_at(value, {"start"});
  if (text_at(value, {"v"}) != "meta.k8s.io/v1" || !revision || *revision == 0 || *revision < -1) {
    return bad_token("server does not recognize this encoded version");
  }
  const auto slash = start.find('/');
  const auto ns = namespaced ? start.substr(0, slash) : std::string_view();
  const auto name = namespaced && slash != std::string_view::npos ? start.substr(slash + 1)
                    : namespaced                                  ? std::string_view()
                                                                  : start;
  if (name.empty() || check_path_segment(name) || (namespaced && check_dns_label(ns))) {
    return bad_token(concat({"invalid start: \"", start, "\""}));
  }
  return Continue{.revision = *revision < 0 ? 0 : static_cast<Revision>(*revision),
                  .ns = std::string(ns),
                  .name = std::string(name)};
}

void Snapshots::forget_old(SteadyTime now) {
  while (!kept_.empty() && (kept_.front().until <= now || kept_.size() > kMax)) {
    kept_.pop_front();
  }
}

void Snapshots::keep(std::string_view resource, const store::Snapshot& snapshot, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto same = std::ranges::find_if(kept_, [&](const Kept& kept) {
    return kept.resource == resource && kept.snapshot.revision() == snapshot.revision();
  });
  if (same != kept_.end()) {
    kept_.erase(same);
  }
  kept_.push_back({.resource = std::string(resource), .snapshot = snapshot, .until = now + kLife});
  forget_old(now);
}

std::optional<store::Snapshot> Snapshots::find(std::string_view resource, Revision revision,
                                               SteadyTime now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  for (const auto& kept : kept_) {
    if (kept.resource == resource && kept.snapshot.revision() == revision) {
      return kept.snapshot;
    }
  }
  return std::nullopt;
}

}  // namespace pintle::registry
