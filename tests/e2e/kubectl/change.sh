# patch, label, annotate, taint, cordon, drain, wait.

chapter_change() {
  local node=node-${version/./-} dir
  dir=$(fresh)
  pod_yaml a | k create -f - >/dev/null
  check "patch, strategic" says '^pod/a patched$' k patch pod a -p '{"metadata":{"labels":{"x":"1"}}}'
  check "patch that changes nothing" says '^pod/a patched \(no change\)$' k patch pod a -p '{"metadata":{"labels":{"x":"1"}}}'
  check "patch merges lists by key" says '^pod/a patched$' k patch pod a -p '{"spec":{"containers":[{"name":"main","image":"nginx:2"}]}}'
  check "the container kept its ports" is "nginx:2 80" k get pod a -o 'jsonpath={.spec.containers[0].image} {.spec.containers[0].ports[0].containerPort}'
  check "patch, merge" says '^pod/a patched$' k patch pod a --type merge -p '{"metadata":{"labels":{"x":null,"y":"2"}}}'
  check "patch, json" says '^pod/a patched$' k patch pod a --type json -p '[{"op":"test","path":"/metadata/labels/y","value":"2"},{"op":"replace","path":"/metadata/labels/y","value":"3"}]'
  check "patch whose test fails" exits 1 'the server rejected our request due to an error in our request|testing value|The request is invalid' k patch pod a --type json -p '[{"op":"test","path":"/metadata/labels/y","value":"9"}]'
  check "patch that is no patch" exits 1 'error|invalid|BadRequest' k patch pod a --type json -p '{"op":1}'
  check "patch in YAML" says 'patched' k patch pod a -p $'metadata:\n  labels:\n    z: "9"'
  if at_least 24; then
    check "patch --subresource=status" says 'patched' k patch pod a --subresource=status -p '{"status":{"message":"said"}}'
    check "get --subresource=status" is said k get pod a --subresource=status -o 'jsonpath={.status.message}'
  fi
  check "patch --dry-run=server" says '^pod/a patched' k patch pod a --dry-run=server -p '{"metadata":{"labels":{"dry":"1"}}}'
  check "it stores nothing" is "" k get pod a -o 'jsonpath={.metadata.labels.dry}'
  check "label" says '^pod/a labeled$' k label pod a tier=front
  check "label twice" exits 1 "already has a value \(front\), and --overwrite is false" k label pod a tier=back
  check "label --overwrite" says '^pod/a labeled$' k label pod a tier=back --overwrite
  check "label --list" says '^tier=back$' k label pod a --list
  check "label takes away" says '^pod/a (labeled|unlabeled)$' k label pod a tier-
  check "label --all" says '^pod/a labeled$' k label pods --all all=yes
  check "label of a bad value" exits 1 "a valid label must be an empty string or consist of" k label pod a bad='not a label!'
  check "annotate" says '^pod/a annotated?$' k annotate pod a note='hello there'
  check "annotate --overwrite" says '^pod/a annotated?$' k annotate pod a note=other --overwrite
  check "annotate takes away" says '^pod/a annotated?$' k annotate pod a note-

  printf 'apiVersion: v1\nkind: Node\nmetadata: {name: %s}\n' "$node" | k create -f - >/dev/null
  check "cordon" says "^node/$node cordoned$" k cordon "$node"
  check "cordon twice" says 'already cordoned' k cordon "$node"
  check "get nodes shows it" says "^$node .*SchedulingDisabled" k get nodes
  check "uncordon" says "^node/$node uncordoned$" k uncordon "$node"
  check "taint" says "^node/$node tainted$" k taint node "$node" key=value:NoSchedule
  check "taint twice" exits 1 'already has|--overwrite' k taint node "$node" key=value2:NoSchedule
  check "taint takes away" says "^node/$node untainted$" k taint node "$node" key:NoSchedule-
  pod_yaml onnode | sed "s/^spec:/spec:\n  nodeName: $node/" | k create -f - >/dev/null
  check "drain refuses bare pods" exits 1 'declare no controller|not managed by' k drain "$node"
  check "drain --dry-run=client" says 'dry run' k drain "$node" --force --dry-run=client
  k patch node "$node" -p '{"spec":{"unschedulable":true}}' >/dev/null
  check "describe node" says '^Unschedulable: +true$' k describe node "$node"
  check "delete node" says "\"$node\" deleted" k delete node "$node"

  check "wait --for=condition times out" exits 1 'timed out waiting for the condition' k wait --for=condition=Ready pod/a --timeout=1s
  since 23 check "wait --for=jsonpath" says 'condition met' k wait --for=jsonpath='{.status.phase}'=Pending pod/a --timeout=5s
  (sleep 1; k delete pod a --grace-period=0 --force >/dev/null 2>&1) &
  check "wait --for=delete" exits 0 '' k wait --for=delete pod/a --timeout=20s
  wait $!
}
