// find_part: which subresource has rules of its own. One row each.

#include <algorithm>
#include <array>

#include "core/registry/part.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

struct Row {
  std::string_view storage;
  std::string_view subresource;
  const Part& (*part)();
};

constexpr std::array kRows = {
    Row{"certificatesigningrequests.certificates.k8s.io", "approval", csr_approval_part},
    Row{"certificatesigningrequests.certificates.k8s.io", "status", csr_status_part},
    Row{"namespaces", "finalize", namespace_finalize_part},
    Row{"pods", "ephemeralcontainers", pod_ephemeral_containers_part},
    Row{"pods", "resize", pod_resize_part},
};

}  // namespace

const Part* find_part(std::string_view storage, std::string_view subresource) {
  const auto* row = std::ranges::find_if(kRows, [&](const Row& each) {
    return each.storage == storage && each.subresource == subresource;
  });
  return row == kRows.end() ? nullptr : &row->part();
}

}  // namespace pintle::registry
