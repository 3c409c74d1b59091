#!/bin/sh
# Runs each libFuzzer target from its corpus: tests/fuzz/run.sh [seconds each, 60] [target...]
#
# Build them first: cmake --preset fuzz && cmake --build --preset fuzz. FUZZ_BUILD names another
# build folder. New inputs are kept in the build folder; a finding's file goes into corpus/<target>.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD:-$root/build/fuzz}
seconds=${1:-60}
[ $# -gt 0 ] && shift
targets=${*:-$(cd "$build/bin" && ls | sed -n 's/^fuzz_//p')}

failed=
for target in $targets; do
  found=$build/fuzz-found/$target
  mkdir -p "$found"
  echo "== $target, $seconds s"
  "$build/bin/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
    -max_len=16384 -print_final_stats=1 -verbosity=0 -artifact_prefix="$found/" \
    "$found" "$root/tests/fuzz/corpus/$target" || failed="$failed $target"
done
[ -z "$failed" ] || { echo "findings in:$failed; see $build/fuzz-found" >&2; exit 1; }
