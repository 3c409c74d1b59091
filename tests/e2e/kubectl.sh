#!/usr/bin/env bash
# Walkthrough P8: the everyday commands, with every kubectl found (KUBECTLS overrides), on one real node.

source "$(dirname "$0")/lib.sh"

start_server server
start_registry "$work/registry"
remember "$work" "$(tail -n 1 "$work/registry/pids")"
join n1
node_ready() { is True k get node n1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'; }
row P8 "the node is Ready" soon 40 node_ready

manifest() { # NAME
  cat <<YAML
apiVersion: v1
kind: Pod
metadata:
  name: $1
  labels: {app: web}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: nginx
    image: nginx
    ports: [{containerPort: 80}]
YAML
}

forwards() { # NAME: port-forward carries a request.
  local port pid ok=1
  port=$(free_port)
  k port-forward "pod/$1" "$port:80" >/dev/null 2>&1 &
  pid=$!
  soon 10 says 'Welcome to nginx!' curl -fsS --max-time 2 "http://127.0.0.1:$port/" && ok=0
  kill $pid 2>/dev/null
  wait $pid 2>/dev/null
  return $ok
}

copies() { # NAME: a file goes in and comes out again unchanged.
  head -c 100000 /dev/urandom >"$work/sent"
  k cp "$work/sent" "$1:/tmp/sent" && k cp "$1:/tmp/sent" "$work/came-back" >/dev/null && cmp "$work/sent" "$work/came-back"
}

chapter() { # VERSION: every command of P8 this slice promises.
  local v=$1 name=web-${1//[^0-9]/}
  manifest "$name" >"$work/pod.yaml"
  row P8 "$v create -f" says "pod/$name created" k create -f "$work/pod.yaml"
  row P8 "$v create -f twice" refuses 'AlreadyExists' k create -f "$work/pod.yaml"
  row P8 "$v delete" says "\"$name\" deleted" k delete pod "$name"
  row P8 "$v apply creates" says "pod/$name created" k apply -f "$work/pod.yaml"
  row P8 "$v apply again changes nothing" says "pod/$name unchanged" k apply -f "$work/pod.yaml"
  sed -i 's/app: web/app: web2/' "$work/pod.yaml"
  row P8 "$v apply patches" says "pod/$name configured" k apply -f "$work/pod.yaml"
  row P8 "$v label" says "pod/$name labeled" k label pod "$name" tier=front
  row P8 "$v get -l" says "$name" k get pods -l tier=front -o name
  row P8 "$v annotate" says "pod/$name annotated?" k annotate pod "$name" note=hello
  row P8 "$v patch, strategic" says "pod/$name patched" k patch pod "$name" -p '{"metadata":{"labels":{"a":"1"}}}'
  row P8 "$v patch, merge" says "pod/$name patched" k patch pod "$name" --type merge -p '{"metadata":{"labels":{"a":"2"}}}'
  row P8 "$v patch, json" says "pod/$name patched" k patch pod "$name" --type json -p '[{"op":"replace","path":"/metadata/labels/a","value":"3"}]'
  row P8 "$v the patches took" is 3 pod "$name" .metadata.labels.a
  row P8 "$v wait" says 'condition met' k wait --for=condition=Ready "pod/$name" --timeout=60s
  row P8 "$v get" says "$name +1/1 +Running" k get pod "$name"
  row P8 "$v describe" says 'Started container nginx|Container started' k describe pod "$name"
  row P8 "$v exec" is hello k exec "$name" -- echo hello
  row P8 "$v exec passes the exit code" refuses 'exit code 3|code 3' k exec "$name" -- sh -c 'exit 3'
  row P8 "$v exec -i reads standard input" is typed bash -c "echo typed | '$kubectl_binary' exec -i '$name' -- cat"
  row P8 "$v cp" copies "$name"
  row P8 "$v port-forward" forwards "$name"
  row P8 "$v logs" says 'GET / ' k logs "$name"
  row P8 "$v logs -p of what ran once says so" refuses 'previous terminated container "nginx" in pod' k logs -p "$name"
  row P8 "$v get --raw through a pod's proxy" says 'Welcome to nginx!' k get --raw "/api/v1/namespaces/default/pods/$name:80/proxy/"
  row P8 "$v get --raw through a node's proxy" says '^ok' k get --raw /api/v1/nodes/n1/proxy/healthz
  row P8 "$v auth can-i" is yes k auth can-i create pods
  row P8 "$v auth can-i as nobody special" refuses '^no' bash -c "'$kubectl_binary' --kubeconfig '$work/joe.kubeconfig' auth can-i create pods"
  row P8 "$v explain" says 'FIELD: +(containers|<\[\]Object>|restartPolicy)|KIND: +Pod' k explain pod.spec.restartPolicy
  row P8 "$v api-resources" says '^pods +po +v1 +true +Pod' k api-resources
  row P8 "$v unknown fields are refused" refuses 'unknown field|error validating' \
    bash -c "sed 's/image:/imaage:/; s/name: $name/name: bad/' '$work/pod.yaml' | '$kubectl_binary' create -f -"
  row P8 "$v delete waits" says "\"$name\" deleted" k delete pod "$name"
  row P8 "$v it is gone" gone k get pod "$name" --ignore-not-found -o name
}

"$PINTLE" kubeconfig --user joe --group users --cert-dir "$work/certs" --server "$SERVER" >"$work/joe.kubeconfig"
chmod 600 "$work/joe.kubeconfig"
has_account() { k get serviceaccount default; }
soon 10 has_account
while read -r kubectl_binary; do
  rm -rf "$work/kubectl-cache"
  version=$("$kubectl_binary" version --client -o json 2>/dev/null | jq -r '"\(.clientVersion.major).\(.clientVersion.minor)"')
  chapter "${version:-unknown}"
done < <(kubectls)
finish
