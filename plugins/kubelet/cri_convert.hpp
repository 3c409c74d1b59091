// From our words to CRI's messages and back. Only the CRI client includes this.

#pragma once

#include "cri/runtime.pb.h"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

namespace cri = ::runtime::v1;

cri::PodSandboxConfig to_cri(const SandboxConfig& config);
cri::ContainerConfig to_cri(const ContainerConfig& config);

SandboxState from_cri(const cri::PodSandbox& sandbox);
SandboxStatus from_cri(const cri::PodSandboxStatus& status);
ContainerState from_cri(const cri::Container& container);
ContainerStatus from_cri(const cri::ContainerStatus& status);
ImageInfo from_cri(const cri::Image& image);

}  // namespace pintle::kubelet
