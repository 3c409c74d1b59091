#!/usr/bin/env bash
# Admission as kubectl sees it: what is given, what is refused and in which words, and what is warned of.

source "$(dirname "$0")/lib.sh"

plugins=$work/plugins
mkdir -m 755 "$plugins"
cp "$PINTLE_PLUGINS"/*.so "$plugins/"
PINTLE_PLUGINS=$plugins

# What is asked for and not there ends the start; NAME? does not.
start_fails() { # TEXT FLAGS...
  local text=$1
  shift
  refuses "$text" "$PINTLE" apiserver --data-dir "$work/other" --secure-port 0 --plugin-dir "$plugins" "$@"
}
row T-M03 "a plugin that is not there ends the start, by name" \
  start_fails 'admission_gone.so: there is no such plugin file' --plugins admission_gone
row S3 "an unknown admission plugin ends the start, by name" \
  start_fails 'enable-admission-plugins plugin "PodSecurityPolicy" is unknown; there are NamespaceLifecycle' \
  --enable-admission-plugins PodSecurityPolicy

cat >"$work/config.yaml" <<'END'
pluginConfig:
  admission_event_rate_limit:
    limits:
      - {type: User, qps: 1, burst: 2}
END
start_server server --config "$work/config.yaml" --disable-admission-plugins DefaultTolerationSeconds \
  --enable-admission-plugins EventRateLimit,AlwaysPullImages,DenyServiceExternalIPs,OwnerReferencesPermissionEnforcement
listed() { "$PINTLE" plugin list --kubeconfig "$KUBECONFIG"; }
row S3 "plugins of Kubernetes' names are loaded" says '^admission_always_pull_images +[^ ]+ +running' listed
row S3 "and left out" bash -c "! '$PINTLE' plugin list --kubeconfig '$KUBECONFIG' | grep -q default_tolerations"
soon 10 k get serviceaccount default >/dev/null
row T-M03 "one marked as optional may be missing" says 'not there' \
  bash -c "timeout 5 '$PINTLE' apiserver --data-dir '$work/optional' --secure-port 0 --plugin-dir '$plugins' --plugins 'admission_gone?' 2>&1; true"

apply() { k apply -f - <<<"$1"; }
pod_yaml() { # NAME CONTAINER-FIELDS [SPEC-FIELDS]
  printf '{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {%scontainers: [{name: c, image: nginx%s}]}}' \
    "$1" "${3:-}" "${2:+, $2}"
}

# LimitRanger
k create namespace limited >/dev/null
soon 10 k get serviceaccount default -n limited >/dev/null
k apply -n limited -f - >/dev/null <<'END'
apiVersion: v1
kind: LimitRange
metadata: {name: cpu}
spec:
  limits:
    - {type: Container, min: {cpu: 100m}, max: {cpu: "1"}, default: {cpu: 500m}, defaultRequest: {cpu: 200m}}
END
in_limited() { k apply -n limited -f - <<<"$1"; }
row T-M01 "a container gets its namespace's defaults" soon 5 in_limited "$(pod_yaml given '')"
row T-M01 "requests and limits" is '{"limits":{"cpu":"500m"},"requests":{"cpu":"200m"}}' \
  bash -c "'$kubectl_binary' -n limited get pod given -o json | jq -cS '.spec.containers[0].resources'"
row T-M01 "and the annotation tells" \
  is 'LimitRanger plugin set: cpu request for container c; cpu limit for container c' \
  k get pod given -n limited -o 'jsonpath={.metadata.annotations.kubernetes\.io/limit-ranger}'
row T-M01 "too little is refused in Kubernetes' words" refuses \
  'pods "small" is forbidden: minimum cpu usage per Container is 100m, but request is 50m' \
  in_limited "$(pod_yaml small 'resources: {requests: {cpu: 50m}}')"
row T-M01 "too much in an init container, too" refuses \
  'pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2' \
  in_limited "$(pod_yaml big '' 'initContainers: [{name: i, image: nginx, resources: {limits: {cpu: 2}}}], ')"

# PodSecurity
k create namespace secured >/dev/null
soon 10 k get serviceaccount default -n secured >/dev/null
in_secured() { k apply -n secured "${@:2}" -f - <<<"$1"; }
in_secured "$(pod_yaml old 'securityContext: {privileged: true}')" >/dev/null
row T-M06 "a label that can't be read is refused" refuses \
  'metadata.labels\[pod-security.kubernetes.io/enforce\]: Invalid value: "tight": must be one of privileged, baseline, restricted' \
  k label namespace secured pod-security.kubernetes.io/enforce=tight
row T-M06 "a stricter label warns of the pods there are" says \
  'existing pods in namespace "secured" violate the new PodSecurity enforce level "baseline:latest"' \
  k label namespace secured pod-security.kubernetes.io/enforce=baseline
row T-M01 "a privileged pod is refused in Kubernetes' words" refuses \
  'pods "bad" is forbidden: violates PodSecurity "baseline:latest": privileged \(container "c" must not set securityContext.privileged=true\)' \
  in_secured "$(pod_yaml bad 'securityContext: {privileged: true}')"
row T-M01 "an init container is no way round" refuses 'violates PodSecurity "baseline:latest": hostPort \(container "i" uses hostPort 80\)' \
  in_secured "$(pod_yaml bad '' 'initContainers: [{name: i, image: nginx, ports: [{containerPort: 80, hostPort: 80}]}], ')"
row T-M01 "a new image of an old pod is no way round" refuses 'violates PodSecurity' \
  k set image pod/old c=nginx:2 -n secured
row T-M01 "a deployment is warned of" says \
  'would violate PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\)' \
  in_secured '{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [{name: c, image: nginx}]}}}}'
k label namespace secured pod-security.kubernetes.io/enforce=restricted --overwrite >/dev/null
row T-M01 "restricted names everything" refuses \
  'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "c" must set securityContext.allowPrivilegeEscalation=false\), unrestricted capabilities \(container "c" must set securityContext.capabilities.drop=\["ALL"\]\), runAsNonRoot != true \(pod or container "c" must set securityContext.runAsNonRoot=true\), seccompProfile \(pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"\)' \
  in_secured "$(pod_yaml bad '')"
row T-M01 "a hardened pod goes through" says 'created' in_secured "$(pod_yaml good \
  'securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}')"
row T-M04 "a dry run is refused alike" refuses 'violates PodSecurity' in_secured "$(pod_yaml bad '')" --dry-run=server
row T-M01 "the audit line tells the policy" grep -q '"pod-security.kubernetes.io/enforce-policy":"restricted:latest"' "$work/audit.log"

# Classes
apply '{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}, provisioner: x.dev/disk}' >/dev/null
apply '{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: front, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}, spec: {controller: x.dev/front}}' >/dev/null
claim='{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}'
row P4 "a claim gets the default storage class" soon 5 bash -c "
  '$kubectl_binary' delete pvc data --ignore-not-found >/dev/null
  echo '$claim' | '$kubectl_binary' apply -f - >/dev/null
  [ \"\$('$kubectl_binary' get pvc data -o 'jsonpath={.spec.storageClassName}')\" = fast ]"
row P4 "a claim that is not bound can't grow" refuses 'spec is immutable after creation except resources.requests' \
  k patch pvc data -p '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'
apply '{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}}' >/dev/null
row P4 "an ingress gets the default class" is front k get ingress web -o 'jsonpath={.spec.ingressClassName}'
row P4 "an unknown runtime class is refused" refuses 'pods "vm" is forbidden: pod rejected: RuntimeClass "kata" not found' \
  apply "$(pod_yaml vm '' 'runtimeClassName: kata, ')"
apply '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: kata}, handler: kata, overhead: {podFixed: {cpu: 250m}}}' >/dev/null
apply "$(pod_yaml vm '' 'runtimeClassName: kata, ')" >/dev/null
row P4 "a known one gives its overhead" is 250m k get pod vm -o 'jsonpath={.spec.overhead.cpu}'

# The rest
row T-M01 "every image is pulled anew" is Always k get pod vm -o 'jsonpath={.spec.containers[0].imagePullPolicy}'
row T-M01 "a new node takes no pods" is '[{"effect":"NoSchedule","key":"node.kubernetes.io/not-ready"}]' \
  k create -o 'jsonpath={.spec.taints}' -f - <<<'{apiVersion: v1, kind: Node, metadata: {name: n1}}'
row T-M01 "external addresses are refused" refuses 'Use of external IPs is denied by admission control' \
  apply '{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {externalIPs: [1.2.3.4], ports: [{port: 80}]}}'
too_many() { # In one command: two are let through, and one more a second.
  for i in $(seq 30); do
    echo "{apiVersion: v1, kind: Event, metadata: {name: e$i}, involvedObject: {kind: Pod, name: a, namespace: default}, reason: Test, message: m, type: Normal, source: {component: test}}"
    echo ---
  done | k create -f -
}
row T-M01 "events that are too many are refused" refuses 'limit reached on type User for key' too_many
"$PINTLE" kubeconfig --user joe --cert-dir "$work/certs" --server "$SERVER" >"$work/joe.kubeconfig"
k create role makes-maps --verb=create,get,list --resource=configmaps >/dev/null
k create rolebinding joe-maps --role=makes-maps --user=joe >/dev/null
owned='{apiVersion: v1, kind: ConfigMap, metadata: {name: m, ownerReferences: [{apiVersion: v1, kind: Pod, name: p, uid: "1"}]}}'
as_joe() { KUBECONFIG=$work/joe.kubeconfig k create -f - <<<"$1"; }
row T-M01 "who can't delete an object can't give it an owner" refuses \
  "configmaps \"m\" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>" as_joe "$owned"
row T-M01 "who can may" says 'created' k create -f - <<<"$owned"
finish
