# scale, autoscale, set, rollout, and the tables of workloads.

chapter_workloads() {
  local dir
  dir=$(fresh)
  k create deployment web --image=nginx:1 >/dev/null
  check "scale" says '^deployment.apps/web scaled$' k scale deployment web --replicas=3
  check "scale --current-replicas" says 'scaled' k scale deployment web --current-replicas=3 --replicas=2
  check "scale --current-replicas that is not so" exits 1 'Expected replicas to be 9, was 2' k scale deployment web --current-replicas=9 --replicas=1
  check "the spec has it" is 2 k get deployment web -o 'jsonpath={.spec.replicas}'
  check "get deployments" says '^NAME +READY +UP-TO-DATE +AVAILABLE +AGE$' k get deployments
  check "get deployments -o wide" says 'CONTAINERS +IMAGES +SELECTOR$' k get deploy -o wide
  replica_set() { [ -n "$(k get rs -l app=web -o name)" ]; }
  check "its replica set comes" soon 20 replica_set
  check "get rs" says '^web-[a-z0-9]+ +[0-9]+ +[0-9]+ +0 +' k get rs
  two_pods() { is 2 bash -c "'$kubectl_binary' -n '$ns' get pods -l app=web -o name | wc -l"; }
  check "its pods come" soon 20 two_pods
  check "autoscale" says '^horizontalpodautoscaler.autoscaling/web autoscaled$' k autoscale deployment web --min=1 --max=5 --cpu-percent=80
  check "get hpa" says '^web +Deployment/web +(cpu: )?<unknown>/80% +1 +5 ' k get hpa
  check "set image" says '^deployment.apps/web image updated$' k set image deployment/web nginx=nginx:2
  check "set env" says '^deployment.apps/web env updated$' k set env deployment/web A=1
  check "set env --list" says '^A=1$' k set env deployment/web --list
  check "set resources" says 'resource requirements updated' k set resources deployment web --limits=cpu=200m,memory=64Mi --requests=cpu=100m
  k create serviceaccount robot >/dev/null
  check "set serviceaccount" says 'serviceaccount updated' k set serviceaccount deployment web robot
  k create service clusterip s --tcp=80 >/dev/null
  check "set selector" says 'selector updated' k set selector service s app=web
  k create rolebinding rb --clusterrole=view --user=a >/dev/null
  check "set subject" says 'subjects updated' k set subject rolebinding rb --user=b
  two_revisions() { says '^2 ' k rollout history deployment web; }
  check "rollout history" soon 20 two_revisions
  check "rollout history --revision" says 'Image:[[:space:]]+nginx:1$' k rollout history deployment web --revision=1
  check "rollout status --watch=false" says 'Waiting for deployment "web" rollout to finish' k rollout status deployment web --watch=false
  check "rollout pause" says '^deployment.apps/web paused$' k rollout pause deployment web
  check "rollout pause twice" exits 1 'is already paused' k rollout pause deployment web
  check "rollout resume" says '^deployment.apps/web resumed$' k rollout resume deployment web
  check "rollout restart" says '^deployment.apps/web restarted$' k rollout restart deployment web
  check "rollout undo --to-revision" says 'rolled back' k rollout undo deployment web --to-revision=1
  check "the template is the old one" is nginx:1 k get deployment web -o 'jsonpath={.spec.template.spec.containers[0].image}'
  check "describe deployment" says '^RollingUpdateStrategy: +25% max unavailable, 25% max surge$' k describe deployment web
  printf 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: m, image: x}]}\n' >"$dir/sts.yaml"
  check "create a StatefulSet" says '^statefulset.apps/db created$' k create -f "$dir/sts.yaml"
  check "scale a StatefulSet" says '^statefulset.apps/db scaled$' k scale sts/db --replicas=2
  check "get sts" says '^db +0/2 ' k get sts
  check "a StatefulSet's spec is fixed" exits 1 "updates to statefulset spec for fields other than" k patch sts db -p '{"spec":{"serviceName":"other"}}'
  sed 's/StatefulSet/DaemonSet/; /serviceName/d; s/name: db/name: agent/' "$dir/sts.yaml" >"$dir/ds.yaml"
  check "create a DaemonSet" says '^daemonset.apps/agent created$' k create -f "$dir/ds.yaml"
  check "get ds" says '^agent +0 +0 +0 +0 +0 +<none> ' k get ds
  k create job once --image=busybox -- date >/dev/null
  check "get jobs" says '^once +(Running +|Suspended +|)0/1 ' k get jobs
  check "a Job's template is fixed" exits 1 'spec.template: Invalid value.*field is immutable' k set image job/once once=other
  check "delete deployment" says '"web" deleted' k delete deployment web
  no_pods() { gone k get pods -l app=web -o name; }
  check "and its pods follow" soon 60 no_pods
  at_least 21 || return 0  # Older ones ask for batch/v1beta1, which v1.25 took away.
  k create cronjob often --image=busybox --schedule='*/5 * * * *' -- date >/dev/null
  check "get cronjobs" says '^often +\*/5 \* \* \* \* ' k get cronjobs
  check "a wrong schedule" exits 1 'spec.schedule: Invalid value' k create cronjob bad --image=x --schedule='* * *'
}
