# A machine of its own for each end-to-end script: its own network, mounts and process ids.
#
# Nothing that runs beside it, or that an earlier run left behind (a bridge with the same pod addresses),
# can come between; and when the script ends, everything it started ends with it. What must be fetched
# from Debian is fetched before, because the machine has no way out.

machine_address=198.18.0.1  # Benchmarking network, RFC 2544: nobody's own.
cache=${PINTLE_CACHE:-/var/cache/pintle-tests}

# kubectls: the kubectl binaries to test with, one a line: KUBECTLS, else what PATH and Debian offer.
kubectls() {
  if [ -n "${KUBECTLS:-}" ]; then
    tr ' ' '\n' <<<"$KUBECTLS" | sed '/^$/d'
    return
  fi
  local found
  if found=$(command -v kubectl); then
    found=$(dirname "$(readlink -f "$found")")
    ls "$found"/kubectl.1.* 2>/dev/null || echo "$found/kubectl"
  fi
  debian_kubectl
}

# debian_kubectl: Debian's kubectl 1.20, unpacked, because the package may collide with one installed.
debian_kubectl() {
  if [ ! -x "$cache/kubectl-1.20" ]; then
    mkdir -p "$cache/deb" &&
      (cd "$cache/deb" && apt-get download -qq -o APT::Sandbox::User=root kubernetes-client >/dev/null 2>&1 &&
        dpkg -x kubernetes-client_*.deb . && cp usr/bin/kubectl ../kubectl-1.20) || return 0
  fi
  echo "$cache/kubectl-1.20"
}

# The layout with the test images; its name tells which node.sh made it.
image_layout() { echo "$cache/images-$(sha256sum "$quickstart/node.sh" | cut -c 1-12)"; }

# What else a script needs from outside; one that does defines its own before it sources lib.sh.
declare -F prefetch >/dev/null || prefetch() { :; }

# enter_machine ARGUMENTS...: starts the running script again, with ARGUMENTS, inside.
enter_machine() {
  export IMAGES
  IMAGES=$(image_layout)
  if [ -z "${PINTLE_E2E_MACHINE:-}" ]; then
    mkdir -p "$cache"
    (flock 9 && build_images "$IMAGES" && debian_kubectl >/dev/null && prefetch) 9>"$cache/lock" || exit 1
    PINTLE_E2E_MACHINE=1 exec unshare --net --mount --propagation private --pid --fork --kill-child \
      --mount-proc bash "$0" "$@"
  fi
  mkdir -p /run/netns
  mount -t tmpfs -o mode=755 netns /run/netns
  mount --make-shared /run/netns  # As `ip netns` wants it; done before any containerd looks.
  ip link set lo up
  ip link add host0 type veth peer name wall
  ip addr add "$machine_address/24" dev host0
  ip link set wall up
  ip link set host0 up
  ip route add default dev host0
}
