// Wording: how checks walk a pod's containers and name those that are at fault.

#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/admission_pod_security/checks.hpp"

namespace pintle::admission_pod_security {

using Names = std::vector<std::string>;
using SortedNames = std::set<std::string>;

/// Every container there can be: init, main, ephemeral, in this order.
void for_each_container(const PodView& pod,
                        const std::function<void(const sdk::Value& container)>& visit);

/// The names of those containers for which `is_bad`.
Names containers_where(const PodView& pod,
                       const std::function<bool(const sdk::Value& container)>& is_bad);

/// `"a", "b"`.
std::string join_quoted(const Names& names);
std::string join_quoted(const SortedNames& names);

/// `one` for one, `many` for any other number.
std::string_view plural(std::string_view one, std::string_view many, std::size_t count);

/// `container "a"`, `containers "a", "b"`.
std::string containers_text(const Names& names);

/// `pod`, `container "a"`, `pod and containers "a", "b"`; "" for nobody.
std::string setters_text(bool is_pod, const Names& containers);

}  // namespace pintle::admission_pod_security
