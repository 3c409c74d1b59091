#!/usr/bin/env bash
# Walkthrough P0, P1, P3 to P7, P9: the API server on the embedded store, and one real node.

source "$(dirname "$0")/lib.sh"

printf 'secret,joe,1000,"users"\nsecret,john,1001,"users,admin"\n' >"$work/password.txt"
chmod 644 "$work/password.txt"
all_but_scheduler=admission_namespace_lifecycle,admission_priority,admission_default_tolerations,admission_service_account,controller_namespace,controller_node_lifecycle
server_flags=(--service-cluster-ip-range=10.0.0.0/16 --authorization-mode=RBAC
  --basic-auth-file="$work/password.txt" --plugins "$all_but_scheduler")

start_server server "${server_flags[@]}"

modes() { # Every key and the folder are private.
  is 700 stat -c %a "$work/certs" && is 600 stat -c %a "$work/certs/ca.key" &&
    is 600 stat -c %a "$work/certs/apiserver.key" && is 600 stat -c %a "$work/certs/sa.key" &&
    is 600 stat -c %a "$work/certs/admin.kubeconfig"
}
row P0 "an empty cert-dir is filled, keys 0600 in a 0700 folder" modes
row P0 "a password file others can read gets a warning with the mend" \
  says 'chmod 600' cat "$work/server.log"
certificates() { sha256sum "$work"/certs/ca.crt "$work"/certs/apiserver.crt; }
before=$(certificates)
stop_server
row P0 "SIGTERM ends the server with exit code 0" test $? -eq 0
start_server server2 "${server_flags[@]}"
row P0 "the cert-dir is reused at the next start" is "$before" certificates

as() { # USER:PASSWORD PATH: the status of a GET.
  curl -sk -o "$work/answer" -w '%{http_code}' -u "$1" "$SERVER$2"
}
row P1 "a wrong password is 401" is 401 as joe:wrong /api/v1/namespaces/default/pods
row P1 "joe without a binding is 403" is 403 as joe:secret /api/v1/namespaces/default/pods
reason='pods is forbidden: User "joe" cannot list resource "pods" in API group "" in the namespace "default"'
row P1 "with the reason kubectl prints" \
  is "$reason" jq -r .message "$work/answer"
row P1 "a rolebinding for his group is made with kubectl" \
  k create rolebinding users-view --clusterrole=view --group=users
row P1 "and joe is let in" is 200 as joe:secret /api/v1/namespaces/default/pods

admin() { # The admin's certificate, from the kubeconfig, for curl.
  [ -f "$work/admin.pem" ] ||
    for part in certificate key; do
      sed -n "s/^ *client-$part-data: *//p" "$KUBECONFIG" | tr -d '"' | base64 -d
    done >"$work/admin.pem"
  curl -fsS --cacert "$work/certs/ca.crt" --cert "$work/admin.pem" "$@"
}
kind_of() { admin "$SERVER$1" | jq -r '"\(.kind) \(.metadata.resourceVersion | test("^[0-9]+$"))"'; }
for path in /api/v1/nodes /api/v1/nodes/; do
  row P3 "$path is a NodeList with a resourceVersion" is "NodeList true" kind_of $path
done
for path in /api/v1/pods /api/v1/pods/; do
  row P3 "$path is a PodList with a resourceVersion" is "PodList true" kind_of $path
done

start_registry "$work/registry"
remember "$work" "$(tail -n 1 "$work/registry/pids")"
join n1
node_ready() { k get node n1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'; }
row P4 "the node registers itself and is Ready" soon 40 is True node_ready
row P4 "with the label kubernetes.io/hostname" \
  is n1 k get node n1 -o 'jsonpath={.metadata.labels.kubernetes\.io/hostname}'
renewed() { k get lease n1 -n kube-node-lease -o 'jsonpath={.spec.renewTime}'; }
lease=$(renewed)
moved_on() { [ "$(renewed)" != "$lease" ]; }
row P4 "and its Lease is renewed" soon 25 moved_on

cat >"$work/pod.json" <<'JSON'
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "nginx"},
 "spec": {"nodeName": "n1", "containers": [{"name": "nginx", "image": "nginx", "ports": [{"containerPort": 80}]}]}}
JSON
cat >"$work/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: busybox
spec:
  nodeName: n1
  terminationGracePeriodSeconds: 3
  containers:
  - name: main
    image: busybox
    command: [sh, -c, "trap 'echo got TERM; exit 0' TERM; echo started; while true; do sleep 0.2; done"]
    lifecycle: {preStop: {exec: {command: [sh, -c, "echo preStop >/proc/1/fd/1"]}}}
YAML
post() { # CONTENT-TYPE FILE: the status and what was filled in.
  admin -o "$work/created" -w '%{http_code}' -H "Content-Type: $1" --data-binary "@$2" \
    "$SERVER/api/v1/namespaces/default/pods"
  jq -r '" \(.spec.restartPolicy) \(.spec.dnsPolicy) \(.status.phase)"' "$work/created"
}
has_account() { k get serviceaccount default; }
row P5 "the default ServiceAccount exists" soon 10 has_account
row P5 "a pod posted as JSON is 201 with defaults" is "201 Always ClusterFirst Pending" post application/json "$work/pod.json"
row P5 "a pod posted as YAML is 201 with defaults" is "201 Always ClusterFirst Pending" post application/yaml "$work/pod.yaml"

ready() { pod "$1" '.status.phase}{" "}{.status.conditions[?(@.type=="Ready")].status'; }
row P6 "it runs with no scheduler loaded" soon 60 is "Running True" ready nginx
row P6 "with hostIP, podIP and startTime" \
  says '^[0-9.]+ [0-9.]+ [0-9-]+T[0-9:]+Z$' pod nginx '.status.hostIP}{" "}{.status.podIP}{" "}{.status.startTime'
row P6 "curl of the pod's address shows nginx" \
  says 'Welcome to nginx!' curl -fsS --max-time 5 "http://$(pod nginx .status.podIP)"

row P7 "get pods is kubectl's table" says '^NAME +READY +STATUS +RESTARTS +AGE' k get pods
row P7 "with its row" says '^nginx +1/1 +Running +0 ' k get pods
row P7 "get nodes is kubectl's table" says '^n1 +Ready +<none> +[0-9]+s +v1\.33' k get nodes
row P7 "-o wide shows address and node" says '^nginx .* 10\.244\.0\.[0-9]+ +n1 ' k get pods -o wide
row P7 "-o yaml shows the object" says 'restartPolicy: Always' k get pod nginx -o yaml
row P7 "custom-columns work" says '^nginx +n1$' k get pods -o custom-columns=N:.metadata.name,W:.spec.nodeName
watch_shows() {
  timeout 3 "$kubectl_binary" get pods -w >"$work/watched" 2>/dev/null
  says '^nginx ' cat "$work/watched"
}
row P7 "-w shows what is there" watch_shows

row P9 "the pod's process runs" soon 60 is "Running True" ready busybox
k logs -f busybox >"$work/busybox.logs" 2>&1 &
remember "$work" $!
sleep 1
deleted_gracefully() {
  k delete pod busybox --wait=false && says '^busybox +[01]/1 +Terminating ' k get pods
}
row P9 "kubectl delete leaves it Terminating at first" deleted_gracefully
row P9 "then it is gone from the server" soon 20 gone k get pod busybox --ignore-not-found -o name
row P9 "preStop ran before SIGTERM came" \
  is "started preStop got TERM" bash -c "tr '\n' ' ' <'$work/busybox.logs' | sed 's/ *$//'"
no_container() { ! ctr --address "$work/node-n1/containerd.sock" -n k8s.io containers ls | grep -q busybox; }
row P9 "and from the node" soon 20 no_container

row P9 "kubectl delete pods/nginx waits until it is gone" k delete pods/nginx
finish
