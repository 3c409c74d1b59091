// Cells of PersistentVolumes, their claims and StorageClasses.
// Source: printers/internalversion printPersistentVolume, printPersistentVolumeClaim.

#include <algorithm>
#include <array>

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

std::string modes_text(const Json* modes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kShort = {
      {{"ReadWriteOnce", "RWO"},
       {"ReadOnlyMany", "ROX"},
       {"ReadWriteMany", "RWX"},
       {"ReadWriteOncePod", "RWOP"}}};
  std::vector<std::string> texts;
  for (const auto& [mode, text] : kShort) {
    if (modes != nullptr && modes->is_array() &&
        std::any_of(modes->get_array().begin(), modes->get_array().end(),
                    [wanted = mode](const Json& one) { return plain_text(one) == wanted; })) {
      texts.emplace_back(text);
    }
  }
  return joined(texts, ",");
}

std::string access_modes(const CellInput& in) {
  return modes_text(find_at(in.object, in.argument));
}

std::string phase_or_terminating(const CellInput& in) {
  return text_at(in.object, {"metadata", "deletionTimestamp"}).empty()
             ? std::string(text_at(in.object, {"status", "phase"}))
             : "Terminating";
}

std::string volume_claim(const CellInput& in) {
  const Json* claim = find_path(in.object, {"spec", "claimRef"});
  return claim == nullptr
             ? ""
             : concat({text_at(*claim, {"namespace"}), "/", text_at(*claim, {"name"})});
}

bool is_bound(const Json& claim) {
  return !text_at(claim, {"spec", "volumeName"}).empty();
}

std::string claim_capacity(const CellInput& in) {
  return is_bound(in.object) ? std::string(text_at(in.object, {"status", "capacity", "storage"}))
                             : "";
}

std::string claim_access_modes(const CellInput& in) {
  return is_bound(in.object) ? modes_text(find_path(in.object, {"status", "accessModes"})) : "";
}

std::string storage_class_name(const CellInput& in) {
  const auto name = text_at(in.object, {"metadata", "name"});
  const auto annotation = text_at(
      in.object, {"metadata", "annotations", "storageclass.kubernetes.io/is-default-class"});
  return annotation == "true" ? concat({name, " (default)"}) : std::string(name);
}

std::string claim_state(const CellInput& in) {
  std::vector<std::string> states;
  if (!text_at(in.object, {"metadata", "deletionTimestamp"}).empty()) {
    states.emplace_back("deleted");
  }
  if (find_path(in.object, {"status", "allocation"}) == nullptr) {
    states.emplace_back("pending");
  } else {
    states.emplace_back("allocated");
    if (!array_at(in.object, {"status", "reservedFor"}).empty()) {
      states.emplace_back("reserved");
    }
  }
  return joined(states, ",");
}

}  // namespace

std::vector<NamedPrinter> storage_printers() {
  return {{"access_modes", access_modes},
          {"phase_or_terminating", phase_or_terminating},
          {"volume_claim", volume_claim},
          {"claim_capacity", claim_capacity},
          {"claim_access_modes", claim_access_modes},
          {"storage_class_name", storage_class_name},
          {"claim_state", claim_state}};
}

}  // namespace pintle::api
