#!/usr/bin/env bash
# kubectl can't tell: its command groups, each command with its exit code and what it prints, against a
# server without nodes, with every kubectl found (KUBECTLS overrides). What needs containers is in
# ../kubectl.sh.
#
# Usage: run.sh [CHAPTER...]   (a chapter is a file beside this one, without .sh; default: all)

source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

chapters=("$@")
[ $# -gt 0 ] || chapters=(get create apply change workloads cluster access config)
for chapter in "${chapters[@]}"; do source "$here/kubectl/$chapter.sh"; done

start_server server
k() { "$kubectl_binary" --cache-dir "$work/kubectl-cache" -n "$ns" "$@"; }
check() { row kubectl "$version $1" "${@:2}"; }
# at_least MINOR: this kubectl is 1.MINOR or newer.
at_least() { [ "${version#1.}" -ge "$1" ]; }
# since MINOR check ...: only for kubectl 1.MINOR and newer; why stands beside it.
since() { at_least "$1" && "${@:2}"; }
# fresh: an empty folder to work in; prints its path.
fresh() { mktemp -d "$work/dir.XXXXXX"; }
# exits CODE TEXT COMMAND...: COMMAND ends with CODE and its output holds TEXT.
exits() {
  local wanted=$1 text=$2 output code
  shift 2
  output=$("$@" 2>&1)
  code=$?
  [ "$code" -eq "$wanted" ] || { echo "exit code $code, not $wanted: $*"; echo "$output"; return 1; }
  grep -qE -- "$text" <<<"$output" || { echo "not in the output of $*: $text"; echo "$output"; return 1; }
}
# pod_yaml NAME [LABELS]: a pod that no node will run.
pod_yaml() {
  printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  labels: {%s}\nspec:\n  containers:\n  - {name: main, image: nginx:1, ports: [{containerPort: 80}]}\n' \
    "$1" "${2:-app: web}"
}

ns=default
has_account() { k get serviceaccount default; }
while read -r kubectl_binary; do
  version=$("$kubectl_binary" version --client -o json 2>/dev/null |
    jq -r '"\(.clientVersion.major).\(.clientVersion.minor)"')
  rm -rf "$work/kubectl-cache"
  for chapter in "${chapters[@]}"; do
    ns=$chapter-${version/./-}
    "$kubectl_binary" create namespace "$ns" >/dev/null
    soon 10 has_account >/dev/null
    "chapter_$chapter"
  done
done < <(kubectls)
finish
