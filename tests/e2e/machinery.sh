#!/usr/bin/env bash
# The controllers that belong to the machinery, with a server and no node: garbage collection, namespaces,
# quotas, events that expire, roles that gather others. B-GC, T-Z17, T-M04, T-M09, P-27.

source "$(dirname "$0")/lib.sh"

start_server server --event-ttl 15s
for part in certificate key; do
  sed -n "s/^ *client-$part-data: *//p" "$KUBECONFIG" | tr -d '"' | base64 -d
done >"$work/admin.pem"
admin() { curl -sS --cacert "$work/certs/ca.crt" --cert "$work/admin.pem" "$@"; }
config_maps() { echo "$SERVER/api/v1/namespaces/$1/configmaps"; }

# flood COUNT URL BODY: posts COUNT objects, 32 at a time; # in BODY is each one's number. Prints the statuses.
flood() {
  local i body quoted=${3//\"/\\\"}
  for ((i = 0; i < $1; i++)); do
    body=${quoted//#/$i}
    [ "$i" -eq 0 ] || echo next
    printf 'silent\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\ncacert = "%s"\ncert = "%s"\n' \
      "$work/certs/ca.crt" "$work/admin.pem"
    printf 'header = "Content-Type: application/json"\nurl = "%s"\ndata = "%s"\n' \
      "$2" "$body"
  done >"$work/flood"
  curl --silent --parallel --parallel-max 32 -K "$work/flood"
}
# owned NAME OWNER UID: a ConfigMap that another one owns.
owned() {
  printf '{"metadata":{"name":"%s","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"%s","uid":"%s","blockOwnerDeletion":true}]}}' "$@"
}
uid() { k get "$@" -o 'jsonpath={.metadata.uid}'; }
names() { k get "$@" -o name; }

k create deployment web --image=web --replicas=2 >/dev/null
two_pods() { [ "$(names pods -l "app=$1" | wc -l)" -eq 2 ]; }
row GC "a deployment has its pods" soon 20 two_pods web
row GC "deleted in the background it goes at once" k delete deployment web --cascade=background --wait=false
row GC "and its replica set and pods after it" soon 20 gone names replicasets,pods -l app=web
k create deployment kept --image=web --replicas=2 >/dev/null
soon 20 two_pods kept
row GC "deleted as an orphan's parent it goes" k delete deployment kept --cascade=orphan
row GC "its replica set stays" says '^kept-' k get replicasets -l app=kept --no-headers
row GC "and has no owner" is "" k get replicasets -l app=kept -o 'jsonpath={.items[*].metadata.ownerReferences}'
row GC "and its pods stay" two_pods kept
row GC "deleted in the foreground the replica set waits for its pods" \
  k delete replicasets -l app=kept --cascade=foreground
row GC "none is left when it is gone" is "" names pods -l app=kept

both='{"propagationPolicy":"Orphan","orphanDependents":true}'
contradiction='orphanDependents and deletionPropagation cannot be both set'
k create configmap owner >/dev/null
row GC "options that contradict each other are refused" \
  says "$contradiction" admin -X DELETE -H 'Content-Type: application/json' -d "$both" "$(config_maps default)/owner"
k create namespace other >/dev/null
stolen=$(owned stolen owner "$(uid configmap owner)")
admin -o "$work/stolen" -H 'Content-Type: application/json' -d "$stolen" "$(config_maps other)"
row T-Z17 "an owner in another namespace is none: what names it goes" soon 10 gone names configmap stolen -n other
row T-Z17 "the owner stays" k get configmap owner
row T-Z17 "and people are told" \
  soon 10 says 'Warning +OwnerRefInvalidNamespace +configmap/stolen +ownerRef \[v1/ConfigMap, namespace: other, name: owner, uid: [^]]*\] does not exist in namespace "other"' \
  k get events -n other

row GC "10,000 objects of one owner are made" \
  is "10000 201" bash -c "$(declare -f flood); work='$work'; flood 10000 '$(config_maps default)' '$(owned d# owner "$(uid configmap owner)")' | sort | uniq -c | sed 's/^ *//'"
none_owned() { [ "$(admin "$(config_maps default)?limit=5" | jq '[.items[] | select(.metadata.name | startswith("d"))] | length')" -eq 0 ]; }
collected() { k delete configmap owner --wait=false && soon 120 none_owned; }
row GC "and gone after it" collected

flood 2000 "$(config_maps other)" '{"metadata":{"name":"c#"}}' >/dev/null
row NS "a namespace with 2,000 objects goes" timeout 120 "$kubectl_binary" delete namespace other
k create namespace held >/dev/null
k create configmap holder -n held >/dev/null
k patch configmap holder -n held --type merge -p '{"metadata":{"finalizers":["example.com/holds"]}}' >/dev/null
k delete namespace held --wait=false >/dev/null
condition() { k get namespace held -o "jsonpath={.status.conditions[?(@.type==\"$1\")].message}"; }
row NS "one that is held says by what" \
  soon 10 is "Some content in the namespace has finalizers remaining: example.com/holds in 1 resource instances" \
  condition NamespaceFinalizersRemaining
row NS "and what remains" \
  is "Some resources are remaining: configmaps. has 1 resource instances" condition NamespaceContentRemaining
row NS "nothing new gets in" refuses 'being terminated' k create configmap late -n held
k patch configmap holder -n held --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null
row NS "let go, it goes" soon 20 gone names namespace held
ca() { k get configmap kube-root-ca.crt -o 'jsonpath={.data.ca\.crt}'; }
row P-27 "a new namespace has the cluster's CA" soon 10 is "$(cat "$work/certs/ca.crt")" ca
k patch configmap kube-root-ca.crt --type merge -p '{"data":{"ca.crt":"mine"}}' >/dev/null
row P-27 "and has it back when somebody changed it" soon 10 is "$(cat "$work/certs/ca.crt")" ca

k create namespace small >/dev/null
has_ca() { k get configmap kube-root-ca.crt -n small; }
soon 10 has_ca >/dev/null
k create quota q -n small --hard=configmaps=3,pods=1,requests.cpu=1 >/dev/null
used() { k get quota q -n small -o "jsonpath={.status.used.$1}"; }
row QUOTA "a quota counts what is there" soon 10 is 1 used configmaps
k create configmap one -n small >/dev/null
row QUOTA "and what comes" soon 10 is 2 used configmaps
row T-M04 "a dry run is admitted" k create configmap dry -n small --dry-run=server
row T-M04 "and uses nothing" is 2 used configmaps
row T-M09 "of twenty for the last place one gets it" \
  is "1 201" bash -c "$(declare -f flood); work='$work'; flood 20 '$(config_maps small)' '{\"metadata\":{\"name\":\"r#\"}}' | grep 201 | uniq -c | sed 's/^ *//'"
row QUOTA "more is refused in Kubernetes' words" \
  refuses 'configmaps "late" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=3, limited: configmaps=3' \
  k create configmap late -n small
row QUOTA "a pod must say what is limited" \
  refuses 'pods "p" is forbidden: failed quota: q: must specify requests.cpu for: p' k run p -n small --image=web
k delete configmap one -n small >/dev/null
row QUOTA "what goes makes room" soon 10 k create configmap late -n small
row QUOTA "describe shows used and hard" says '^configmaps +3 +3$' k describe quota q -n small

cat >"$work/roles.yaml" <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gathers}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {example.com/to: gathers}}]}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: part, labels: {example.com/to: gathers}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
YAML
k apply -f "$work/roles.yaml" >/dev/null
verbs() { k get clusterrole gathers -o 'jsonpath={.rules[*].verbs[*]}'; }
row RBAC "a role gathers the rules of those with its label" soon 10 is get verbs
k delete clusterrole part >/dev/null
row RBAC "and loses them again" soon 10 is "" verbs

happened() {
  printf '{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","namespace":"default","name":"p"},"reason":"Once","lastTimestamp":"%s"}' \
    "$(date -u +%FT%TZ)"
}
admin -o "$work/event" -H 'Content-Type: application/json' -d "$(happened)" "$SERVER/api/v1/namespaces/default/events"
row EVENT "an event is there" k get event e
stop_server
start_server again --event-ttl 15s
row EVENT "and goes when its time is over, whatever happened to the server" soon 40 gone names event e
row EVENT "what is no duration is refused" \
  refuses 'no duration' "$PINTLE" apiserver --event-ttl soon --data-dir "$work/elsewhere"
finish
