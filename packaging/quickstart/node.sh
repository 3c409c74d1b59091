# Functions for a node of its own on this machine: containerd with private root, state and socket,
# and a registry on loopback with nginx, busybox and pause built from Debian packages.
#
# Sourced by the quick start and by tests/e2e. Everything lives under the folder given; processes are
# remembered in <folder>/pids and ended by stop_all.

quickstart=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# remember DIR PID: stop_all DIR will end PID.
remember() { echo "$2" >>"$1/pids"; }

# stop_all DIR: ends what was started for DIR, newest first, and undoes its mounts.
stop_all() {
  local dir=$1 pid
  [ -f "$dir/pids" ] || return 0
  for pid in $(tac "$dir/pids"); do
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
  # Containers outlive containerd on purpose; these were ours, so their shims go too.
  for pid in $(pgrep -f "containerd-shim-runc-v2 .*-address $dir/containerd.sock" || true); do
    pkill -9 -P "$pid" 2>/dev/null || true
    kill -9 "$pid" 2>/dev/null || true
  done
  local mount
  awk -v dir="$dir/" 'index($2, dir) == 1 {print $2}' /proc/self/mounts | sort -r |
    while read -r mount; do umount -l "$mount" 2>/dev/null || true; done
  rm -f "$dir/pids"
}

# wait_for SECONDS WHAT COMMAND...: runs COMMAND until it succeeds; says WHAT did not come otherwise.
wait_for() {
  local seconds=$1 what=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then
      echo "waited $seconds s in vain for $what" >&2
      return 1
    fi
    sleep 0.1
  done
}

# start_containerd DIR [PREFIX...]: containerd under DIR, its socket DIR/containerd.sock. PREFIX is put
# before the command ("ip netns exec n2"). REGISTRY=host:port makes it pull everything from there.
start_containerd() {
  local dir=$1
  shift
  mkdir -p "$dir/root" "$dir/state" "$dir/certs.d" "$dir/cni"
  cp "$quickstart/../../etc/cni/10-pintle.conflist" "$dir/cni/"
  # Address bookkeeping and the bridge are this node's own.
  sed -i "s|@DATA_DIR@|$dir/cni-addresses|; s|@SUBNET@|${POD_SUBNET:-10.244.0.0/24}|; s|@BRIDGE@|${POD_BRIDGE:-pintle0}|" \
    "$dir/cni/10-pintle.conflist"
  local host
  if [ -n "${REGISTRY:-}" ]; then
    for host in docker.io registry.k8s.io; do
      mkdir -p "$dir/certs.d/$host"
      printf 'server = "http://%s"\n[host."http://%s"]\n  capabilities = ["pull", "resolve"]\n' \
        "$REGISTRY" "$REGISTRY" >"$dir/certs.d/$host/hosts.toml"
    done
  fi
  cat >"$dir/containerd.toml" <<TOML
version = 2
root = "$dir/root"
state = "$dir/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "$dir/containerd.sock"
[ttrpc]
  address = "$dir/containerd.sock.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  # Containers may not lower their OOM score where the kernel grants no CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$dir/certs.d"
TOML
  "$@" containerd --config "$dir/containerd.toml" --log-level warn >>"$dir/containerd.log" 2>&1 &
  remember "$dir" $!
  wait_for 30 "containerd (its log is $dir/containerd.log)" ctr --address "$dir/containerd.sock" version
}

# start_registry DIR: serves nginx, busybox and pause on 127.0.0.1 (or REGISTRY_ADDRESS); sets REGISTRY
# to host:port. IMAGES names a layout that build_images made before.
start_registry() {
  local dir=$1 address=${REGISTRY_ADDRESS:-127.0.0.1} images=${IMAGES:-$1/images} port
  mkdir -p "$dir"
  build_images "$images"
  port=$(free_port)
  cat >"$dir/registry.yml" <<YAML
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $dir/blobs}}
http: {addr: "$address:$port"}
YAML
  docker-registry serve "$dir/registry.yml" >"$dir/registry.log" 2>&1 &
  remember "$dir" $!
  REGISTRY=$address:$port
  wait_for 20 "the registry (its log is $dir/registry.log)" curl -fsS "http://$REGISTRY/v2/"
  local image
  for image in library/nginx:latest library/busybox:latest pause:3.10; do
    skopeo copy -q --dest-tls-verify=false \
      "oci:$images:$(basename "${image%%:*}")" "docker://$REGISTRY/$image"
  done
}

# A TCP port nobody listens on.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# image NAME ROOT CMD...: adds the folder ROOT to the OCI layout as image NAME.
image() {
  local layout=$1 name=$2 root=$3 words=()
  shift 3
  umoci new --image "$layout:$name"
  umoci insert --image "$layout:$name" "$root" /
  local word
  for word in "$@"; do words+=(--config.cmd "$word"); done
  umoci config --image "$layout:$name" "${words[@]}" \
    --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

# with_libraries ROOT PROGRAM: copies the shared libraries PROGRAM needs into ROOT.
with_libraries() {
  local library
  ldd "$2" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$1$(dirname "$library")"
    cp -Ln "$library" "$1$library" || true
  done
}

# build_images LAYOUT: nginx, busybox and pause, from Debian's packages, as an OCI layout.
build_images() {
  local layout=$1 work
  [ -f "$layout/index.json" ] && return 0
  work=$(mktemp -d)
  umoci init --layout "$layout.new"

  mkdir -p "$work/busybox"/{bin,etc,tmp,root,usr/bin}
  chmod 1777 "$work/busybox/tmp"
  cp "$(command -v busybox)" "$work/busybox/bin/busybox"
  "$work/busybox/bin/busybox" --list | while read -r applet; do
    [ "$applet" = busybox ] || ln -s busybox "$work/busybox/bin/$applet"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$work/busybox/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$work/busybox/etc/group"
  image "$layout.new" busybox "$work/busybox" sh

  mkdir -p "$work/pause"
  printf '#include <signal.h>\n#include <sys/wait.h>\n#include <unistd.h>\nstatic void end(int s) { (void)s; _exit(0); }\nstatic void reap(int s) { (void)s; while (waitpid(-1, 0, WNOHANG) > 0) {} }\nint main(void) { signal(SIGINT, end); signal(SIGTERM, end); signal(SIGCHLD, reap); for (;;) pause(); }\n' |
    gcc -x c -Os -static -o "$work/pause/pause" -
  image "$layout.new" pause "$work/pause" /pause

  # Not installed: unpacked, so that no nginx starts on the machine itself.
  mkdir -p "$work/deb" "$work/nginx"
  (cd "$work/deb" && apt-get download -qq -o APT::Sandbox::User=root nginx nginx-common >/dev/null)
  local deb
  for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$work/nginx"; done
  cp -a "$work/busybox/bin" "$work/busybox/tmp" "$work/busybox/root" "$work/nginx/"
  with_libraries "$work/nginx" "$work/nginx/usr/sbin/nginx"
  cp "$work/busybox/etc/passwd" "$work/busybox/etc/group" "$work/nginx/etc/"
  printf 'www-data:x:33:33:www-data:/var/www:/bin/false\n' >>"$work/nginx/etc/passwd"
  printf 'www-data:x:33:\n' >>"$work/nginx/etc/group"
  mkdir -p "$work/nginx/var/lib/nginx" "$work/nginx/var/log/nginx" "$work/nginx/run"
  ln -sf /dev/stdout "$work/nginx/var/log/nginx/access.log"
  ln -sf /dev/stderr "$work/nginx/var/log/nginx/error.log"
  cat >"$work/nginx/etc/nginx/nginx.conf" <<'CONF'
user www-data;
worker_processes 1;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types;
  access_log /var/log/nginx/access.log;
  server {
    listen 80;
    location / { root /usr/share/nginx/html; index index.html; }
  }
}
CONF
  image "$layout.new" nginx "$work/nginx" nginx -g 'daemon off;'

  rm -rf "$work"
  mv "$layout.new" "$layout"
}
