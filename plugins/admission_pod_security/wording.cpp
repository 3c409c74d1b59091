// Wording: see wording.hpp.

#include "plugins/admission_pod_security/wording.hpp"

#include "core/base/concat.hpp"

namespace pintle::admission_pod_security {
namespace {

template <typename List>
std::string join(const List& names) {
  std::string text;
  for (const auto& name : names) {
    text += concat({text.empty() ? "\"" : ", \"", name, "\""});
  }
  return text;
}

}  // namespace

void for_each_container(const PodView& pod,
                        const std::function<void(const sdk::Value& container)>& visit) {
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const auto container : pod.spec.at(list)) {
      visit(container);
    }
  }
}

Names containers_where(const PodView& pod,
                       const std::function<bool(const sdk::Value& container)>& is_bad) {
  Names names;
  for_each_container(pod, [&](const sdk::Value& container) {
    if (is_bad(container)) {
      names.emplace_back(container.text("name"));
    }
  });
  return names;
}

std::string join_quoted(const Names& names) {
  return join(names);
}

std::string join_quoted(const SortedNames& names) {
  return join(names);
}

std::string_view plural(std::string_view one, std::string_view many, std::size_t count) {
  return count == 1 ? one : many;
}

std::string containers_text(const Names& names) {
  return concat({plural("container", "containers", names.size()), " ", join_quoted(names)});
}

std::string setters_text(bool is_pod, const Names& containers) {
  if (containers.empty()) {
    return is_pod ? "pod" : "";
  }
  return concat({is_pod ? "pod and " : "", containers_text(containers)});
}

}  // namespace pintle::admission_pod_security
