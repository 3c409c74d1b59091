# What every end-to-end script starts from: a folder of its own, a server, nodes, and checks that count.
#
# A script sources this, runs `row ID "what is seen" command...` for each row of the walkthrough, and ends
# with `finish`. Everything it starts lives under $work and is ended by the trap.
#
# From the environment: PINTLE (the binary), PINTLE_PLUGINS (the plugin folder), KUBECTLS (binaries).

set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../packaging/quickstart/node.sh"
source "$here/machine.sh"

: "${PINTLE:?set PINTLE to the pintle binary}"
: "${PINTLE_PLUGINS:?set PINTLE_PLUGINS to the folder with the plugins}"
enter_machine "$@"

work=$(mktemp -d /tmp/pintle-e2e.XXXXXX)
chmod 755 "$work"
passed=0
failed=0

cleanup() {
  local dir
  for dir in "$work" "$work"/node-*; do [ -f "$dir/pids" ] && stop_all "$dir"; done
  if [ -n "${PINTLE_E2E_KEEP:-}" ]; then echo "kept: $work" >&2; else rm -rf "$work" 2>/dev/null; fi
}
trap cleanup EXIT

# row ID CLAIM COMMAND...: one row of the walkthrough; its output is shown where it fails.
row() {
  local id=$1 claim=$2 output
  shift 2
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok   $id: $claim"
  else
    failed=$((failed + 1))
    echo "FAIL $id: $claim"
    echo "$output" | tail -40 | sed 's/^/     | /'
  fi
}

# finish: prints the counts; the script's exit code.
finish() {
  echo "$passed passed, $failed failed"
  if [ "$failed" -ne 0 ]; then
    local log
    for log in "$work"/*.log "$work"/node-*/*.log; do
      [ -s "$log" ] && [ "${log##*/}" != audit.log ] && { echo "--- ${log#"$work"/}"; tail -25 "$log"; }
    done
  fi
  [ "$failed" -eq 0 ]
}

# says TEXT COMMAND...: COMMAND succeeds and its output holds TEXT (an extended regular expression).
says() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) || { echo "exit code $?: $*"; echo "$output"; return 1; }
  grep -qE -- "$text" <<<"$output" || { echo "not in the output of $*: $text"; echo "$output"; return 1; }
}

# refuses TEXT COMMAND...: COMMAND fails and says TEXT.
refuses() {
  local text=$1 output
  shift
  if output=$("$@" 2>&1); then echo "succeeded: $*"; echo "$output"; return 1; fi
  grep -qE -- "$text" <<<"$output" || { echo "failed, but does not say $text: $*"; echo "$output"; return 1; }
}

# soon SECONDS COMMAND...: COMMAND succeeds within that time; shows its last output otherwise.
soon() {
  local end=$((SECONDS + $1)) output
  shift
  until output=$("$@" 2>&1); do
    [ $SECONDS -ge "$end" ] && { echo "in vain: $*"; echo "$output"; return 1; }
    sleep 0.2
  done
}

# start_server NAME FLAGS...: pintle apiserver on a free port; sets SERVER and KUBECONFIG.
start_server() {
  local name=$1
  shift
  "${PREFIX[@]}" "$PINTLE" apiserver --data-dir "$work/data" --cert-dir "$work/certs" --secure-port 0 \
    --plugin-dir "$PINTLE_PLUGINS" --audit-log-path "$work/audit.log" "$@" >"$work/$name.out" 2>"$work/$name.log" &
  server_pid=$!
  remember "$work" $server_pid
  wait_for 30 "the server" grep -q '^listening on ' "$work/$name.out" || { cat "$work/$name.log"; return 1; }
  SERVER=$(sed -n 's/^listening on //p' "$work/$name.out")
  export KUBECONFIG=$work/certs/admin.kubeconfig
  wait_for 10 "readiness" curl -fsk "$SERVER/readyz"
}
PREFIX=()

# stop_server: SIGTERM, and waits for the end.
stop_server() {
  kill "$server_pid" && wait "$server_pid"
}

# start_kubelet NAME FLAGS...: pintle kubelet on the containerd of node-NAME.
start_kubelet() {
  local name=$1 dir=$work/node-$1
  shift
  mkdir -p "$dir/pods" "$dir/logs"
  "${PREFIX[@]}" "$PINTLE" kubelet --hostname-override "$name" --plugin-dir "$PINTLE_PLUGINS" \
    --container-runtime-endpoint "unix://$dir/containerd.sock" --root-dir "$dir/pods" \
    --pod-log-dir "$dir/logs" --kubelet-port 0 "$@" >"$dir/kubelet.out" 2>"$dir/kubelet.log" &
  kubelet_pid=$!
  remember "$dir" $kubelet_pid
}

# join NAME FLAGS...: a containerd and a kubelet that registers with the server.
join() {
  local name=$1
  shift
  mkdir -p "$work/node-$name"
  "$PINTLE" kubeconfig --node "$name" --cert-dir "$work/certs" --server "${NODE_SERVER:-$SERVER}" \
    >"$work/node-$name/kubeconfig"
  chmod 600 "$work/node-$name/kubeconfig"
  start_containerd "$work/node-$name" "${PREFIX[@]}"
  start_kubelet "$name" --kubeconfig "$work/node-$name/kubeconfig" "$@"
}

# k ARGUMENTS...: the kubectl under test.
kubectl_binary=$(kubectls | tail -n 2 | head -n 1)
k() { "$kubectl_binary" --cache-dir "$work/kubectl-cache" "$@"; }

# pod NAME FIELDS: one field of a pod, by jsonpath.
pod() { k get pod "$1" -o "jsonpath={$2}"; }

# is WANTED COMMAND...: COMMAND's output is exactly WANTED.
is() {
  local wanted=$1 got
  shift
  got=$("$@") || return 1
  [ "$got" = "$wanted" ] || { echo "wanted: $wanted"; echo "got:    $got"; return 1; }
}

# gone COMMAND...: COMMAND fails or prints nothing.
gone() {
  local output
  output=$("$@" 2>/dev/null) || return 0
  [ -z "$output" ] || { echo "still there: $output"; return 1; }
}
