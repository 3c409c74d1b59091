# kubectl apply in its forms, diff, edit, replace, kustomize.

chapter_apply() {
  local dir
  dir=$(fresh)
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {set: one}}\ndata: {a: "1", b: "2"}\n' >"$dir/c.yaml"
  check "diff of what is not there" exits 1 '^\+  a: "1"$' k diff -f "$dir/c.yaml"
  check "apply creates" says '^configmap/c created$' k apply -f "$dir/c.yaml"
  check "apply again" says '^configmap/c unchanged$' k apply -f "$dir/c.yaml"
  check "diff of what is the same" exits 0 '' k diff -f "$dir/c.yaml"
  sed -i 's/a: "1"/a: "3"/' "$dir/c.yaml"
  check "diff shows the change" exits 1 '^\+  a: "3"$' k diff -f "$dir/c.yaml"
  check "apply --dry-run=client" says 'configured \(dry run\)$' k apply -f "$dir/c.yaml" --dry-run=client
  check "apply --dry-run=server" says 'configured \(server dry run\)$' k apply -f "$dir/c.yaml" --dry-run=server
  check "neither changed it" is 1 k get configmap c -o 'jsonpath={.data.a}'
  check "apply changes" says '^configmap/c configured$' k apply -f "$dir/c.yaml"
  k patch configmap c -p '{"data":{"mine":"x"}}' >/dev/null
  sed -i 's/, b: "2"//' "$dir/c.yaml"
  k apply -f "$dir/c.yaml" >/dev/null
  check "apply takes away what it gave and leaves the rest" is '3  x' k get configmap c -o 'jsonpath={.data.a} {.data.b} {.data.mine}'
  check "apply view-last-applied" says 'a: "3"' k apply view-last-applied configmap c
  check "apply set-last-applied" says 'configured' k apply set-last-applied -f "$dir/c.yaml"
  check "apply edit-last-applied" says 'edited|skipped' env KUBE_EDITOR="sed -i s/one/two/" "$kubectl_binary" -n "$ns" apply edit-last-applied configmap c
  check "apply -o yaml" says '^kind: ConfigMap$' k apply -f "$dir/c.yaml" -o yaml
  since 21 check "get hides managed fields" bash -c "! '$kubectl_binary' -n '$ns' get configmap c -o yaml | grep -q managedFields"

  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {a: "1"}\n' >"$dir/s.yaml"
  check "apply --server-side creates" says '^configmap/s serverside-applied$' k apply --server-side -f "$dir/s.yaml"
  check "apply --server-side again" says '^configmap/s serverside-applied$' k apply --server-side -f "$dir/s.yaml"
  sed 's/a: "1"/a: "2"/' "$dir/s.yaml" >"$dir/s2.yaml"
  check "another manager conflicts" exits 1 'conflict with "kubectl": \.data\.a' k apply --server-side --field-manager=other -f "$dir/s2.yaml"
  check "and may force it" says 'serverside-applied' k apply --server-side --field-manager=other --force-conflicts -f "$dir/s2.yaml"
  check "the field is the other's now" is 2 k get configmap s -o 'jsonpath={.data.a}'
  check "apply --server-side upgrades from client-side" says 'serverside-applied' k apply --server-side -f "$dir/c.yaml"
  check "apply --server-side --dry-run=server" says 'serverside-applied \(server dry run\)' k apply --server-side --dry-run=server -f "$dir/s2.yaml" --force-conflicts
  since 21 check "get --show-managed-fields" says 'manager: (kubectl|other)' k get configmap s -o yaml --show-managed-fields
  since 21 check "diff --server-side" exits 0 '' k diff --server-side --force-conflicts -f "$dir/s2.yaml"

  mkdir "$dir/set"
  for name in p1 p2; do
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, labels: {prune: this}}\n' $name >"$dir/set/$name.yaml"
  done
  check "apply -f FOLDER" says '^configmap/p2 created$' k apply -f "$dir/set"
  rm "$dir/set/p2.yaml"
  local allow=--prune-whitelist
  at_least 26 && allow=--prune-allowlist
  check "apply --prune" says '^configmap/p2 pruned$' k apply -f "$dir/set" --prune -l prune=this $allow=core/v1/ConfigMap
  check "what was pruned is gone" gone k get configmap p2 --ignore-not-found

  mkdir "$dir/kustom"
  printf 'resources: [c.yaml]\nnamePrefix: k-\n' >"$dir/kustom/kustomization.yaml"
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n' >"$dir/kustom/c.yaml"
  since 21 check "kustomize" says 'name: k-c' k kustomize "$dir/kustom"
  check "apply -k" says '^configmap/k-c created$' k apply -k "$dir/kustom"
  check "delete -k" says '"k-c" deleted' k delete -k "$dir/kustom"

  check "edit" says '^configmap/c edited$' env KUBE_EDITOR='sed -i s/\"3\"/\"5\"/' "$kubectl_binary" -n "$ns" edit configmap c
  check "the edit took" is 5 k get configmap c -o 'jsonpath={.data.a}'
  check "edit without a change" says 'cancelled, no changes made' env KUBE_EDITOR=true "$kubectl_binary" -n "$ns" edit configmap c
  check "edit that is refused" exits 1 'Edit cancelled|error' env KUBE_EDITOR='sed -i s/^data:/nosuch:/' "$kubectl_binary" -n "$ns" edit configmap c
  k get configmap c -o yaml >"$dir/stored.yaml"
  sed 's/"5"/"6"/' "$dir/stored.yaml" >"$dir/next.yaml"
  check "replace" says '^configmap/c replaced$' k replace -f "$dir/next.yaml"
  check "replace with a stale version" exits 1 'Conflict.*the object has been modified; please apply your changes to the latest version and try again' k replace -f "$dir/next.yaml"
  pod_yaml r >"$dir/r.yaml"
  check "replace of nothing" exits 1 'NotFound' k replace -f "$dir/r.yaml"
  k create -f "$dir/r.yaml" >/dev/null
  check "replace --force" says '^pod/r replaced$' k replace --force --grace-period=0 -f "$dir/r.yaml"
  pod_yaml r | sed 's/containerPort: 80/containerPort: 81/' >"$dir/r2.yaml"
  check "apply to what can't change" exits 1 'spec: Forbidden: pod updates may not change fields other than' k apply -f "$dir/r2.yaml"
}
