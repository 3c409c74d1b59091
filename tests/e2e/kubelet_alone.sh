#!/usr/bin/env bash
# Walkthrough K1 to K10: a kubelet with no server runs static pods from a folder.

source "$(dirname "$0")/lib.sh"

node=$work/node-n1
mkdir -p "$node" "$work/manifests"
start_registry "$work/registry"
remember "$work" "$(tail -n 1 "$work/registry/pids")"
start_containerd "$node"

ctr_k8s() { ctr --address "$node/containerd.sock" -n k8s.io "$@"; }

# A pod's address, as the kubelet's read-only port tells it.
pod_ip() { pods | jq -r ".items[] | select(.metadata.name == \"$1\") | .status.podIP // empty"; }
pods() { curl -fsS "http://127.0.0.1:$read_only/pods"; }
restarts() { pods | jq -r ".items[] | select(.metadata.name == \"$1\") | .status.containerStatuses[0].restartCount"; }
container_of() { # POD CONTAINER: the id of the running container.
  pods | jq -r ".items[] | select(.metadata.name == \"$1\") | .status.containerStatuses[] | select(.name == \"$2\") | .containerID" | sed 's|.*//||'
}
welcome() {
  local ip
  ip=$(pod_ip "$1") && [ -n "$ip" ] && says 'Welcome to nginx!' curl -fsS --max-time 3 "http://$ip"
}

read_only=$(free_port)
start_kubelet n1 --pod-manifest-path "$work/manifests" --read-only-port "$read_only" --node-ip 127.0.0.1
row K1 "the kubelet runs with no API server" \
  soon 10 says '^ok$' curl -fsS "http://127.0.0.1:$read_only/healthz"

cat >"$work/nginx.yml" <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: nginx
spec:
  containers:
  - name: nginx
    image: nginx
    ports:
    - containerPort: 80
YAML
cp "$work/nginx.yml" "$work/manifests/nginx.yml"
known() { [ -n "$(pods | jq -r '.items[].metadata.name')" ]; }
row K2 "a manifest dropped into the folder is known within about a second" soon 2 known
row K6 "curl of the pod's address shows nginx" soon 60 welcome nginx-n1

cat >"$work/manifests/logs.json" <<'JSON'
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "logs"},
 "spec": {
   "volumes": [{"name": "logs", "emptyDir": {}}],
   "containers": [
     {"name": "nginx", "image": "nginx", "volumeMounts": [{"name": "logs", "mountPath": "/var/log/nginx"}]},
     {"name": "truncate", "image": "busybox", "command": ["/bin/sh"],
      "args": ["-c", "while true; do cat /dev/null > /logdir/access.log; sleep 10; done"],
      "volumeMounts": [{"name": "logs", "mountPath": "/logdir"}]}]}}
JSON
row K3 "two containers share an emptyDir" soon 60 welcome logs-n1

both_listed() {
  local list
  list=$(ctr_k8s containers ls)
  grep -q 'library/nginx' <<<"$list" && grep -q 'library/busybox' <<<"$list" && grep -q 'pause' <<<"$list"
}
row K4 "ctr lists nginx, the second container and the pause sandboxes" soon 5 both_listed
row K4 "the static pods carry the node's name" \
  is "logs-n1 nginx-n1" bash -c "curl -fsS http://127.0.0.1:$read_only/pods | jq -r '[.items[].metadata.name] | sort | join(\" \")'"
row K4 "pintle ps shows the containers and the sandbox" \
  says 'nginx-n1 .*nginx' "$PINTLE" ps --container-runtime-endpoint "unix://$node/containerd.sock" --plugin-dir "$PINTLE_PLUGINS"

one_address() {
  local id pid inside
  id=$(container_of logs-n1 truncate)
  pid=$(ctr_k8s tasks ls | awk -v id="$id" '$1 == id {print $2}')
  inside=$(nsenter -t "$pid" -n ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1)
  is "$(pod_ip logs-n1)" echo "$inside"
}
row K5 "both containers hold the pod's one address" one_address

log_line() {
  curl -fsS "http://$(pod_ip logs-n1)/" >/dev/null
  says 'GET / ' ctr_k8s tasks exec --exec-id "x$RANDOM" "$(container_of logs-n1 truncate)" cat /logdir/access.log
}
no_log_line() { ! log_lines | grep -q GET; }
log_lines() { ctr_k8s tasks exec --exec-id "x$RANDOM" "$(container_of logs-n1 truncate)" cat /logdir/access.log; }
row K7 "the second container reads nginx's log" soon 20 log_line
row K7 "the log's lines go when it is truncated" soon 20 no_log_line

row K8 "/healthz says ok" says '^ok$' curl -fsS "http://127.0.0.1:$read_only/healthz"
row K8 "/pods is a PodList with status" \
  is "PodList Running" bash -c "curl -fsS http://127.0.0.1:$read_only/pods | jq -r '\"\\(.kind) \\(.items[0].status.phase)\"'"
row K8 "/spec/ tells the machine's facts" says 'num_cores' curl -fsS "http://127.0.0.1:$read_only/spec/"

kill_nginx() { ctr_k8s tasks kill -s SIGKILL "$(container_of nginx-n1 nginx)"; }
restarted() { [ "$(restarts nginx-n1)" = 1 ] && welcome nginx-n1; }
kill_nginx
row K9 "a killed container is restarted and counted" soon 30 restarted
kill_truncate() { ctr_k8s tasks kill -s SIGKILL "$(container_of logs-n1 truncate)"; }
curl -fsS "http://$(pod_ip logs-n1)/kept" >/dev/null 2>&1
volume_kept() { [ -f "$node"/pods/pods/*/volumes/kubernetes.io~empty-dir/logs/access.log ]; }
kill_truncate
row K3 "the volume outlives a container's restart" volume_kept

rm "$work/manifests/nginx.yml" "$work/manifests/logs.json"
no_pods() { [ "$(pods | jq '.items | length')" = 0 ]; }
no_containers() { [ -z "$(ctr_k8s tasks ls -q)" ]; }
row K10 "removed manifests empty /pods" soon 60 no_pods
row K10 "and no container is left" soon 20 no_containers

finish
