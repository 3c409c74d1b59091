# kubectl get, in every output and selection; explain, events.

chapter_get() {
  local dir
  dir=$(fresh)
  check "get of nothing" exits 0 "^No resources found in $ns namespace.$" k get pods
  check "get of an unknown name" exits 1 '^Error from server \(NotFound\): pods "none" not found$' k get pod none
  check "get --ignore-not-found" is "" k get pod none --ignore-not-found
  check "get of an unknown kind" exits 1 "^error: the server doesn't have a resource type \"nosuch\"$" k get nosuch
  pod_yaml a 'app: web, tier: front' | k create -f - >/dev/null
  pod_yaml b 'app: db' | k create -f - >/dev/null
  pod_yaml c 'app: web' | k create -f - >/dev/null
  k create configmap settings --from-literal=color=blue >/dev/null

  check "get" says '^NAME +READY +STATUS +RESTARTS +AGE$' k get pods
  check "get shows a row" says '^a +0/1 +Pending +0 +[0-9]+s$' k get pods
  check "get by short name" says '^a ' k get po
  check "get by singular" says '^a ' k get pod
  check "get TYPE/NAME" says '^b ' k get pod/b
  check "get of several names" is "pod/a pod/c" bash -c "'$kubectl_binary' -n '$ns' get pods a c -o name | xargs"
  check "get of several kinds" says '^configmap/settings +1 ' k get pods,configmaps
  check "get TYPE/NAME of two kinds" says '^pod/a ' k get pod/a configmap/settings
  check "get --show-kind" says '^pod/a ' k get pods --show-kind
  check "get -o wide" says 'NODE +NOMINATED NODE +READINESS GATES$' k get pods -o wide
  check "get -o yaml" says '^  restartPolicy: Always$' k get pod a -o yaml
  check "get -o yaml of a list" says '^kind: List$' k get pods -o yaml
  check "get -o json" is a bash -c "'$kubectl_binary' -n '$ns' get pod a -o json | jq -r .metadata.name"
  check "get -o name" is "pod/a" k get pod a -o name
  check "get -o jsonpath" is "a b c" k get pods -o 'jsonpath={.items[*].metadata.name}'
  check "get -o jsonpath with a filter" is b k get pods -o 'jsonpath={.items[?(@.metadata.labels.app=="db")].metadata.name}'
  printf '{.metadata.uid}' >"$dir/path"
  check "get -o jsonpath-file" says '^[0-9a-f-]{36}$' k get pod a -o "jsonpath-file=$dir/path"
  check "get -o go-template" is "a;b;c;" k get pods -o 'go-template={{range .items}}{{.metadata.name}};{{end}}'
  printf '{{.kind}}' >"$dir/template"
  check "get -o go-template-file" is Pod k get pod a -o "go-template-file=$dir/template"
  check "get -o custom-columns" says '^a +nginx:1$' k get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
  printf 'N A\nmetadata.name metadata.labels.app\n' >"$dir/columns"
  check "get -o custom-columns-file" says '^b +db$' k get pods -o "custom-columns-file=$dir/columns"
  check "get --show-labels" says '^a .*app=web,tier=front$' k get pods --show-labels
  check "get -L" says '^a .* web$' k get pods -L app
  check "get -l" is "a c" k get pods -l app=web -o 'jsonpath={.items[*].metadata.name}'
  check "get -l with sets" is "b" k get pods -l 'app in (db),!tier' -o 'jsonpath={.items[*].metadata.name}'
  check "get --field-selector" is "a b c" k get pods --field-selector status.phase=Pending -o 'jsonpath={.items[*].metadata.name}'
  check "get --field-selector that is none" exits 1 'field label not supported: spec.nosuch' k get pods --field-selector spec.nosuch=x
  check "get --sort-by" is "pod/c pod/b pod/a" bash -c "'$kubectl_binary' -n '$ns' get pods --sort-by=.metadata.creationTimestamp -o name | tac | xargs"
  check "get --no-headers" is 3 bash -c "'$kubectl_binary' -n '$ns' get pods --no-headers | wc -l"
  check "get --chunk-size" is 4 bash -c "'$kubectl_binary' -n '$ns' get pods --chunk-size=1 | wc -l"
  check "get -A" says "^$ns +a " k get pods -A
  pod_yaml a >"$dir/a.yaml"
  check "get -f" says '^a ' k get -f "$dir/a.yaml"
  check "get all" says '^pod/a ' k get all
  check "get --raw" says '"kind":"PodList"' k get --raw "/api/v1/namespaces/$ns/pods"
  check "get --raw of a wrong path" exits 1 'NotFound' k get --raw /nosuch
  check "get -w ends at its timeout" exits 0 '^a ' k get pods -w --request-timeout=1s
  check "get -w --output-watch-events" says '^ADDED +a ' k get pods -w --output-watch-events --request-timeout=1s
  check "get --watch-only shows nothing old" is "" k get pods --watch-only --request-timeout=1s
  check "get events" exits 0 'No resources found|LAST SEEN' k get events
  since 26 check "events" exits 0 'No events found|LAST SEEN' k events
  check "get --as somebody" exits 1 'Forbidden' k get pods --as=nobody
  check "explain" says '^DESCRIPTION:' k explain pods
  check "explain of a field" says 'restartPolicy' k explain pod.spec.restartPolicy
  check "explain --recursive" says 'matchExpressions' k explain deployment.spec --recursive
  check "explain --api-version" says '(VERSION|GROUP): +(batch/v1|batch)' k explain cronjobs --api-version=batch/v1
  check "explain of an unknown field" exits 1 'field "nosuch" does not exist' k explain pod.nosuch
  check "describe" says '^Name: +a$' k describe pod a
  check "describe by prefix" says '^Name: +settings$' k describe configmap sett
  check "describe -l" says '^Name: +b$' k describe pods -l app=db
  check "describe of nothing" exits 1 'NotFound' k describe pod none
  check "logs of a pod without a node" exits 0 '' k logs a
  check "exec into a pod without a node" exits 1 'does not have a host assigned' k exec a -- true
}
