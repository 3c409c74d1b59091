#!/usr/bin/env bash
# Walkthrough W1 to W6: Deployments, ReplicaSets and Services as people meet them first, with every kubectl
# found (KUBECTLS overrides), on one real node.

source "$(dirname "$0")/lib.sh"

start_server server
start_registry "$work/registry"
remember "$work" "$(tail -n 1 "$work/registry/pids")"
join n1
node_ready() { is True k get node n1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'; }
row W1 "the node is Ready" soon 40 node_ready
has_account() { k get serviceaccount default; }
soon 10 has_account

# field KIND NAME PATH: one field, by jsonpath.
field() { k get "$1" "$2" -o "jsonpath={$3}"; }
condition() { field deployment web ".status.conditions[?(@.type==\"$1\")].reason"; }
revisions() { k get rs -l app=web -o 'jsonpath={range .items[*]}{.metadata.annotations.deployment\.kubernetes\.io/revision}{"\n"}{end}' | sort -n | tr '\n' ' '; }
endpoint_count() { field endpoints web '.subsets[*].addresses[*].ip' | wc -w; }
slice_count() { k get endpointslices -l kubernetes.io/service-name=web -o 'jsonpath={range .items[*].endpoints[*]}{.conditions.ready}{"\n"}{end}' | grep -c true; }
pod_count() { k get pods -l app=web -o name | wc -l; }
pods_of_template() { k get pods -l app=web -o 'jsonpath={range .items[*]}{.spec.containers[0].image}{"\n"}{end}' | sort -u; }

answers() { # The Service's pods answer at the address that its Endpoints tell.
  local ip
  ip=$(field endpoints web '.subsets[0].addresses[0].ip') && says 'Welcome to nginx!' curl -fsS --max-time 2 "http://$ip/"
}

chapter() { # VERSION
  local v=$1 pod
  row W1 "$v create deployment" says 'deployment.apps/web created' k create deployment web --image=nginx --replicas=2
  row W1 "$v rollout status waits until it is out" says 'deployment "web" successfully rolled out' k rollout status deployment/web --timeout=90s
  row W1 "$v get deploy" says '^web +2/2 +2 +2 +[0-9]+s$' k get deploy
  row W1 "$v get rs" says '^web-[a-z0-9]+ +2 +2 +2 +[0-9]+s$' k get rs
  row W1 "$v get deploy -o wide" says '^web +2/2 +2 +2 +[0-9]+s +nginx +nginx +app=web$' k get deploy -o wide
  row W1 "$v describe shows the scaling" says 'ScalingReplicaSet.*deployment-controller.*Scaled up replica set web-[a-z0-9]+ from 0 to 2' k describe deployment web
  row W1 "$v describe rs shows the pods made" says 'SuccessfulCreate.*replicaset-controller.*Created pod: web-' k describe rs -l app=web
  row W1 "$v wait for the condition" says 'condition met' k wait --for=condition=Available deployment/web --timeout=30s
  row W1 "$v Progressing says why" is NewReplicaSetAvailable condition Progressing

  row W2 "$v expose" says 'service/web exposed' k expose deployment web --port=80
  row W2 "$v Endpoints list both pods" soon 20 is 2 endpoint_count
  row W2 "$v EndpointSlices list both pods" soon 20 is 2 slice_count
  row W2 "$v get endpoints" says '^web +[0-9.]+:80,[0-9.]+:80 +[0-9]+s$' k get endpoints web
  row W2 "$v get endpointslices" says '^web-[a-z0-9]+ +IPv4 +80 +[0-9.]+,[0-9.]+ +[0-9]+s$' k get endpointslices -l kubernetes.io/service-name=web
  row W2 "$v describe service" says 'Endpoints: +[0-9.]+:80,[0-9.]+:80' k describe service web
  row W2 "$v a pod behind it answers" soon 20 answers

  row W3 "$v scale up" says 'deployment.apps/web scaled' k scale deployment web --replicas=3
  row W3 "$v three are ready" soon 40 is 3 field deployment web .status.readyReplicas
  row W3 "$v three stand behind the Service" soon 20 is 3 endpoint_count
  row W3 "$v scale down" says 'deployment.apps/web scaled' k scale deployment web --current-replicas=3 --replicas=1
  row W3 "$v one is left" soon 40 is 1 field deployment web .status.replicas
  row W3 "$v one stands behind the Service" soon 20 is 1 endpoint_count
  row W3 "$v the others have ended" soon 40 is 1 pod_count
  pod=$(k get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')
  row W3 "$v a pod that is deleted comes back" says 'deleted' k delete pod "$pod" --grace-period=1
  row W3 "$v and is ready" soon 40 is 1 field deployment web .status.readyReplicas

  row W4 "$v set image" says 'deployment.apps/web image updated' k set image deployment/web nginx=nginx:latest
  row W4 "$v rollout status" says 'successfully rolled out' k rollout status deployment/web --timeout=90s
  row W4 "$v rollout history" says '^2 +<none>$' k rollout history deployment/web
  row W4 "$v rollout history of one revision" says 'Image:[[:space:]]+nginx:latest' k rollout history deployment/web --revision=2
  row W4 "$v an image that is not there stops the rollout" says 'image updated' k set image deployment/web nginx=nginx:missing
  row W4 "$v rollout status waits in vain" refuses '1 old replicas are pending termination|timed out' k rollout status deployment/web --timeout=5s
  row W4 "$v what was there still runs" is 1 field deployment web .status.availableReplicas
  row W4 "$v rollout undo" says 'deployment.apps/web rolled back' k rollout undo deployment/web
  row W4 "$v rollout status" says 'successfully rolled out' k rollout status deployment/web --timeout=90s
  row W4 "$v the pod that could not start is gone" soon 30 is nginx:latest pods_of_template
  row W4 "$v rollout undo to a revision" says 'rolled back' k rollout undo deployment/web --to-revision=1
  row W4 "$v its revision is a new one" soon 20 is '3 4 5 ' revisions
  row W4 "$v rollout status" says 'successfully rolled out' k rollout status deployment/web --timeout=90s

  row W5 "$v rollout pause" says 'deployment.apps/web paused' k rollout pause deployment/web
  row W5 "$v Progressing says so" soon 10 is DeploymentPaused condition Progressing
  row W5 "$v a change while paused" says 'env updated' k set env deployment/web COLOUR=blue
  row W5 "$v rolls nothing out" is '3 4 5 ' revisions
  row W5 "$v rollout resume" says 'deployment.apps/web resumed' k rollout resume deployment/web
  row W5 "$v then it is rolled out" soon 20 is '3 4 5 6 ' revisions
  row W5 "$v rollout restart" says 'deployment.apps/web restarted' k rollout restart deployment/web
  row W5 "$v it is a revision, too" soon 20 is '3 4 5 6 7 ' revisions
  row W5 "$v rollout status" says 'successfully rolled out' k rollout status deployment/web --timeout=90s

  row W6 "$v delete the Service" says 'service "web" deleted' k delete service web
  row W6 "$v its Endpoints go" soon 20 gone k get endpoints web --ignore-not-found -o name
  row W6 "$v delete the Deployment" says 'deployment.apps "web" deleted' k delete deployment web
  row W6 "$v its ReplicaSets go" soon 30 gone k get rs -l app=web -o name
  row W6 "$v its pods go" soon 60 gone k get pods -l app=web -o name
  row W6 "$v its slices go" soon 30 gone k get endpointslices -l kubernetes.io/service-name=web -o name
}

while read -r kubectl_binary; do
  rm -rf "$work/kubectl-cache"
  version=$("$kubectl_binary" version --client -o json 2>/dev/null | jq -r '"\(.clientVersion.major).\(.clientVersion.minor)"')
  chapter "${version:-unknown}"
done < <(kubectls)
finish
