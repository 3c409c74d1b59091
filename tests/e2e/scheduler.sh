#!/usr/bin/env bash
# Walkthrough S1 to S4 and S6: two nodes, a scheduler loaded while the server runs, and one's own.

source "$(dirname "$0")/lib.sh"

# The second node is a machine of its own: a network namespace on the end of a veth pair.
ns=n2
link=v
ip netns add "$ns"
ip link add "${link}a" type veth peer name "${link}b" netns "$ns"
ip addr add 10.97.0.1/24 dev "${link}a" && ip link set "${link}a" up
ip -n "$ns" addr add 10.97.0.2/24 dev "${link}b" && ip -n "$ns" link set "${link}b" up
ip -n "$ns" link set lo up && ip -n "$ns" route add default via 10.97.0.1

start_server server --advertise-address 10.97.0.1 --plugins \
  admission_namespace_lifecycle,admission_priority,admission_default_tolerations,admission_service_account,controller_namespace,controller_node_lifecycle
NODE_SERVER=https://10.97.0.1:${SERVER##*:}

REGISTRY_ADDRESS=10.97.0.1 start_registry "$work/registry"
remember "$work" "$(tail -n 1 "$work/registry/pids")"
join n1 --node-ip 10.97.0.1
# Only the network is another: `ip netns exec` would hide the cgroups from the containers.
PREFIX=(nsenter "--net=/run/netns/$ns")
POD_SUBNET=10.244.1.0/24 POD_BRIDGE=pintle1 join n2 --node-ip 10.97.0.2
PREFIX=()

both_ready() { is "True True" k get nodes -o 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'; }
row S1 "two nodes are Ready" soon 40 both_ready
row S1 "kubectl get nodes shows both" is "n1 n2" k get nodes -o 'jsonpath={.items[*].metadata.name}'

pods_yaml() { # NAME...: busybox pods without nodeName.
  local name
  for name in "$@"; do
    printf -- '---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  terminationGracePeriodSeconds: 1\n  containers:\n  - {name: main, image: busybox, command: [sleep, "3600"], resources: {requests: {cpu: 100m}}}\n' "$name"
  done
}
has_account() { k get serviceaccount default; }
soon 10 has_account
pods_yaml first | k create -f - >/dev/null
sleep 2
row S2 "without a scheduler a pod stays Pending" is "Pending " pod first '.status.phase}{" "}{.spec.nodeName'

row S3 "pintle plugin load scheduler" says 'scheduler' "$PINTLE" plugin load scheduler --kubeconfig "$KUBECONFIG"
row S3 "it is listed as running" says '^scheduler +[^ ]+ +running' "$PINTLE" plugin list --kubeconfig "$KUBECONFIG"
placed() { [ -n "$(pod "$1" .spec.nodeName)" ]; }
row S3 "the pod is placed at once" soon 5 placed first
pods_yaml second | k create -f - >/dev/null
row S3 "the next one too" soon 5 placed second
on_both() { [ "$(pod first .spec.nodeName)" != "$(pod second .spec.nodeName)" ]; }
row S3 "on the emptier node" on_both
running() { is "Running Running" k get pods first second -o 'jsonpath={.items[*].status.phase}'; }
row S3 "and both run" soon 60 running

described() {
  local event
  k describe pod first >"$work/described"
  for event in "Scheduled .*default-scheduler" "Pulled .*kubelet" "Created .*kubelet" "Started .*kubelet"; do
    grep -qE "Normal +$event" "$work/described" || { echo "no event $event"; cat "$work/described"; return 1; }
  done
}
row S4 "kubectl describe shows the pod's story" soon 10 described
row S4 "events carry a source and a count" \
  says '^1 (kubelet|default-scheduler)$' k get events -o 'jsonpath={range .items[*]}{.count} {.source.component}{"\n"}{end}'

row S6 "the example scheduler is loaded" says 'scheduler_example' "$PINTLE" plugin load scheduler_example --kubeconfig "$KUBECONFIG"
pods_yaml mine | sed 's/^spec:/spec:\n  schedulerName: example/' | k create -f - >/dev/null
row S6 "a pod that names it is placed by it" soon 10 placed mine
row S6 "kubectl get events says so" \
  says 'mine.*example|example.*mine' k get events -o 'jsonpath={range .items[?(@.reason=="Scheduled")]}{.involvedObject.name} {.source.component}{"\n"}{end}'
k delete pods --all --wait=false >/dev/null 2>&1
finish
