# api-resources, api-versions, version, cluster-info, certificate, proxy, top, completion, plugin.

chapter_cluster() {
  local dir port pid
  dir=$(fresh)
  check "api-resources" says '^deployments +deploy +apps/v1 +true +Deployment$' k api-resources
  check "api-resources --namespaced=false" says '^nodes +no +v1 +false +Node$' k api-resources --namespaced=false
  check "api-resources -o wide" says '^pods .*create,? ?delete,? ?deletecollection,? ?get,? ?list,? ?patch,? ?update,? ?watch' k api-resources -o wide
  check "api-resources -o name" says '^ingresses.networking.k8s.io$' k api-resources -o name
  check "api-resources --api-group" says '^cronjobs ' k api-resources --api-group=batch
  check "api-resources --verbs" says '^configmaps ' k api-resources --verbs=list,delete
  check "api-versions" says '^rbac.authorization.k8s.io/v1$' k api-versions
  check "version" says 'v1\.33\.' k version
  check "version -o json" is '"33"' bash -c "'$kubectl_binary' version -o json | jq .serverVersion.minor"
  check "cluster-info" says 'is running at .*https://' k cluster-info
  check "cluster-info dump" says '"kind": "NodeList"' k cluster-info dump
  check "get componentstatuses or their absence" exits 0 '' k get --raw /livez
  check "get --raw /readyz?verbose" says '^\[\+\]' k get --raw '/readyz?verbose'
  check "get --raw /metrics" says '^# TYPE ' k get --raw /metrics
  check "top is refused without metrics" exits 1 'Metrics API not available' k top pods
  check "completion" says 'complete' k completion bash
  check "options" says 'kubeconfig' k options
  check "plugin list" exits 1 'unable to find any kubectl plugins' env PATH=/usr/bin:/bin "$kubectl_binary" plugin list

  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/k" -out "$dir/csr" -subj '/CN=jane/O=devs' 2>/dev/null
  for name in good bad; do
    printf 'apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: %s}\nspec:\n  request: %s\n  signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n' \
      "$ns-$name" "$(base64 -w0 "$dir/csr")" | k create -f - >/dev/null
  done
  check "get csr" says "^$ns-good .* kubernetes.io/kube-apiserver-client .* Pending$" k get csr
  check "certificate approve" says "^certificatesigningrequest.certificates.k8s.io/$ns-good approved$" k certificate approve "$ns-good"
  check "certificate deny" says "^certificatesigningrequest.certificates.k8s.io/$ns-bad denied$" k certificate deny "$ns-bad"
  check "get csr shows both" says "^$ns-bad .* Denied$" k get csr

  port=$(free_port)
  k proxy --port="$port" >/dev/null 2>&1 &
  pid=$!
  check "proxy" soon 10 says '"major": ?"1"' curl -fsS "http://127.0.0.1:$port/version"
  check "proxy filters paths" is 403 curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/api/v1/namespaces/x/pods/y/exec"
  kill $pid
  wait $pid 2>/dev/null
  check "get leases in kube-node-lease" exits 0 '' k get leases -n kube-node-lease
  check "get priorityclasses" says '^system-node-critical +2000001000 ' k get priorityclasses
  check "get the kubernetes service" says '^kubernetes +ClusterIP +10\.' k get svc -n default
  check "get namespaces" says '^kube-system +Active ' k get ns
}
