# auth can-i, whoami, reconcile; impersonation; what a user without rights reads.

chapter_access() {
  local dir
  dir=$(fresh)
  check "auth can-i" is yes k auth can-i create pods
  check "auth can-i on a subresource" is yes k auth can-i get pods --subresource=log
  check "auth can-i on a path" is yes k auth can-i get /metrics
  check "auth can-i --list" says '^pods\.?[a-z]* |^\*\.\* ' k auth can-i --list
  check "auth can-i --quiet" exits 0 '' k auth can-i list secrets --quiet
  since 28 check "auth whoami" says '^Username +' k auth whoami
  "$PINTLE" kubeconfig --user jim --group devs --cert-dir "$work/certs" --server "$SERVER" >"$dir/jim"
  chmod 600 "$dir/jim"
  jim() { "$kubectl_binary" --kubeconfig "$dir/jim" --cache-dir "$work/kubectl-cache-jim" -n "$ns" "$@"; }
  check "a user without rights" exits 1 "^Error from server \(Forbidden\): pods is forbidden: User \"jim\" cannot list resource \"pods\" in API group \"\" in the namespace \"$ns\"$" jim get pods
  check "may not create" exits 1 'configmaps is forbidden: User "jim" cannot create resource "configmaps"' jim create configmap c
  check "auth can-i says no" exits 1 '^no' jim auth can-i list pods
  k create role r --verb=get,list --resource=pods >/dev/null
  k create rolebinding r --role=r --group=devs >/dev/null
  check "a role gives the right" exits 0 'No resources found' jim get pods
  check "and no more" exits 1 'Forbidden' jim get secrets
  check "auth can-i says yes" says '^yes$' jim auth can-i list pods
  check "the list of rights holds it" says '^pods +\[\] +\[\] +\[(get list|list get)\]' jim auth can-i --list
  printf 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: rec, namespace: %s}\nrules:\n- {apiGroups: [""], resources: [pods], verbs: [get]}\n' "$ns" >"$dir/role.yaml"
  check "auth reconcile creates" says '^role.rbac.authorization.k8s.io/rec reconciled$' k auth reconcile -f "$dir/role.yaml"
  sed -i 's/\[get\]/[get, watch]/' "$dir/role.yaml"
  check "auth reconcile adds" says 'missing rules added|reconciled' k auth reconcile -f "$dir/role.yaml"
  check "the rule is there" says 'watch' k get role rec -o yaml
  check "describe role" says 'pods +\[\] +\[\] +\[get' k describe role rec
  check "describe rolebinding" says '^  Group  devs' k describe rolebinding r
}
