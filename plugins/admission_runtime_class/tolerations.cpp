// Tolerations: see tolerations.hpp.

#include "plugins/admission_runtime_class/tolerations.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace pintle::admission_runtime_class {
namespace {

struct Toleration {
  explicit Toleration(const sdk::Value& from)
      : value(from),
        key(from.text("key")),
        op(from.text("operator").empty() ? "Equal" : from.text("operator")),
        wanted(from.text("value")),
        effect(from.text("effect")) {
    if (from.has("tolerationSeconds")) {
      seconds = from.integer("tolerationSeconds");
    }
  }
  bool operator==(const Toleration& other) const {
    return key == other.key && op == other.op && wanted == other.wanted && effect == other.effect &&
           seconds == other.seconds;
  }
  /// Whether whatever `other` tolerates is tolerated by this one as well.
  bool covers(const Toleration& other) const {
    if (*this == other) {
      return true;
    }
    // An empty key with Exists stands for every key, an empty effect for every effect.
    if (key != other.key && (!key.empty() || op != "Exists")) {
      return false;
    }
    if (effect != other.effect && !effect.empty()) {
      return false;
    }
    const bool is_shorter = seconds && (!other.seconds || *other.seconds > *seconds);
    if (effect == "NoExecute" && is_shorter) {
      return false;
    }
    return op == "Exists" || (other.op == "Equal" && wanted == other.wanted);
  }

  sdk::Value value;
  std::string_view key, op, wanted, effect;
  std::optional<std::int64_t> seconds;
};

bool is_covered(const Toleration& one, const std::vector<Toleration>& kept,
                const std::vector<Toleration>& all, std::size_t place) {
  for (const auto& other : kept) {
    if (other.covers(one)) {
      return true;
    }
  }
  for (std::size_t i = place + 1; i < all.size(); ++i) {
    // Of equal ones the first stays.
    if (!(all[i] == one) && all[i].covers(one)) {
      return true;
    }
  }
  return false;
}

}  // namespace

JsonArray merge_tolerations(const sdk::Value& first, const sdk::Value& second) {
  std::vector<Toleration> all;
  for (const auto& list : {first, second}) {
    for (const auto toleration : list) {
      all.emplace_back(toleration);
    }
  }
  std::vector<Toleration> kept;
  JsonArray merged;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_covered(all[i], kept, all, i)) {
      kept.push_back(all[i]);
      merged.push_back(all[i].value.to_json());
    }
  }
  return merged;
}

}  // namespace pintle::admission_runtime_class
