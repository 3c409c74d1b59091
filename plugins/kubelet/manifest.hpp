// A manifest: the text of a static pod, read, checked, and filled with what a server would fill in.

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "plugins/kubelet/pod.hpp"

namespace pintle::kubelet {

/// The static pod that `text` (YAML or JSON) describes, for this node: named "<name>-<node>", in
/// "default" unless it says otherwise, its uid made from text, path and node.
/// Errors: kBadRequest if it is not a v1 Pod; kInvalid naming the field that is wrong, and for what
/// a static pod may not have (T-M08): references to objects of the API.
Result<PodPtr> parse_manifest(std::string_view text, std::string_view path,
                              std::string_view node_name);

}  // namespace pintle::kubelet
