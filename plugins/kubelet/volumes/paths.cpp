// Paths of pods and the mounts below them.

#include "plugins/kubelet/volumes/paths.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <sys/mount.h>

#include "core/base/concat.hpp"
#include "core/object/names.hpp"
#include "plugins/kubelet/files.hpp"

namespace pintle::kubelet {
namespace {

Result<void> check(std::string_view field, std::string_view name, const NameFault& fault) {
  if (fault) {
    return Error{Code::kInvalid,
                 concat({field, ": \"", name, "\" may not be part of a path: ", *fault})};
  }
  return {};
}

NameFault check_uid(std::string_view uid) {
  const bool is_plain = !uid.empty() && uid.size() <= 64 && std::ranges::all_of(uid, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  return is_plain ? NameFault() : NameFault("a uid has letters, digits and dashes");
}

/// mountinfo writes spaces and backslashes as octal: "\040".
std::string unescape(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

Result<void> check_pod_paths(const Pod& pod) {
  PINTLE_TRY_STATUS(check("metadata.uid", pod.uid, check_uid(pod.uid)));
  PINTLE_TRY_STATUS(check("metadata.namespace", pod.ns, check_dns_label(pod.ns)));
  PINTLE_TRY_STATUS(check("metadata.name", pod.name, check_dns_subdomain(pod.name)));
  for (const auto* list : {"containers", "initContainers", "volumes"}) {
    std::size_t i = 0;
    for (const auto& named : array_at(pod.json(), {"spec", list})) {
      const auto name = name_of(named);
      const auto field = concat({"spec.", list, "[", std::to_string(i++), "].name"});
      PINTLE_TRY_STATUS(check(field, name, check_dns_label(name)));
    }
  }
  return {};
}

std::filesystem::path PodPaths::of_logs(const Pod& pod) const {
  return log_root / concat({pod.ns, "_", pod.name, "_", pod.uid});
}

std::vector<std::filesystem::path> mounts_under(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  const auto prefix = folder.native() + "/";
  std::ifstream lines("/proc/self/mountinfo");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skipped;
    std::string place;
    words >> skipped >> skipped >> skipped >> skipped >> place;
    place = unescape(place);
    if (place.starts_with(prefix)) {
      found.emplace_back(place);
    }
  }
  std::ranges::reverse(found);
  return found;
}

Result<void> unmount_under(const std::filesystem::path& folder) {
  for (const auto& place : mounts_under(folder)) {
    if (::umount2(place.c_str(), UMOUNT_NOFOLLOW) != 0) {
      return errno_error("unmount", place);
    }
  }
  return {};
}

}  // namespace pintle::kubelet
