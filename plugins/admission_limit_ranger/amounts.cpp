// Amounts: see amounts.hpp.

#include "plugins/admission_limit_ranger/amounts.hpp"

#include <algorithm>

namespace pintle::admission_limit_ranger {
namespace {

void add(Amounts& to, const Amounts& more) {
  for (const auto& [resource, amount] : more) {
    const auto [at, is_new] = to.try_emplace(resource, amount);
    if (!is_new) {
      at->second += amount;
    }
  }
}

void raise(Amounts& to, const Amounts& least) {
  for (const auto& [resource, amount] : least) {
    const auto [at, is_new] = to.try_emplace(resource, amount);
    at->second = std::max(at->second, amount);
  }
}

}  // namespace

Amounts amounts_of(const sdk::Value& map) {
  Amounts amounts;
  for (const auto [resource, text] : map.members()) {
    const auto amount = parse_quantity(text.text());
    amounts.emplace(resource, amount.ok() ? amount.value() : Quantity());
  }
  return amounts;
}

Amounts total_of(const sdk::Value& pod, std::string_view what) {
  Amounts total;
  for (const auto container : pod.at("spec", "containers")) {
    add(total, amounts_of(container.at("resources", what)));
  }
  Amounts sidecars;
  Amounts at_start;
  for (const auto container : pod.at("spec", "initContainers")) {
    const auto own = amounts_of(container.at("resources", what));
    if (container.text("restartPolicy") == "Always") {
      add(total, own);
      add(sidecars, own);
      raise(at_start, sidecars);
    } else {
      Amounts together = own;
      add(together, sidecars);
      raise(at_start, together);
    }
  }
  raise(total, at_start);
  return total;
}

}  // namespace pintle::admission_limit_ranger
