// The version's numbers come from CMake's project() and stand nowhere else.

#include "core/daemon/version.hpp"

namespace pintle::daemon {
namespace {

// Source: the Kubernetes release whose behaviour is followed; see ARCHITECTURE.md.
constexpr const char* kKubernetes = "v1.33.2+pintle";

}  // namespace

std::string version_text() {
  return std::string("pintle ") + PINTLE_VERSION + " (Kubernetes " + kKubernetes + ")";
}

std::string version_json() {
  return std::string(R"({"major":"1","minor":"33","gitVersion":")") + kKubernetes +
         R"(","gitCommit":"","gitTreeState":"clean","buildDate":"1970-01-01T00:00:00Z",)" +
         R"("goVersion":"","compiler":"g++ )" + __VERSION__ + R"(","platform":"linux/amd64"})";
}

}  // namespace pintle::daemon
