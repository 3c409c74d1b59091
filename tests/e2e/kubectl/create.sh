# kubectl create and its generators, run, expose, delete.

chapter_create() {
  local dir
  dir=$(fresh)
  pod_yaml a >"$dir/a.yaml"
  check "create -f" says '^pod/a created$' k create -f "$dir/a.yaml"
  check "create -f twice" exits 1 '^Error from server \(AlreadyExists\): error when creating .*: pods "a" already exists$' k create -f "$dir/a.yaml"
  check "create --dry-run=client" says '^pod/a created \(dry run\)$' k create -f "$dir/a.yaml" --dry-run=client
  sed 's/name: a/name: dry/' "$dir/a.yaml" >"$dir/dry.yaml"
  check "create --dry-run=server" says '^pod/dry created \(server dry run\)$' k create -f "$dir/dry.yaml" --dry-run=server
  check "create --dry-run=server stores nothing" gone k get pod dry --ignore-not-found
  mkdir "$dir/many"
  pod_yaml m1 >"$dir/many/1.yaml"
  pod_yaml m2 >"$dir/many/2.yaml"
  check "create -f FOLDER" says '^pod/m2 created$' k create -f "$dir/many"
  check "create from standard input" says '^pod/piped created$' bash -c "sed 's/name: a/name: piped/' '$dir/a.yaml' | '$kubectl_binary' -n '$ns' create -f -"
  check "create -o name" is "pod/named" bash -c "sed 's/name: a/name: named/' '$dir/a.yaml' | '$kubectl_binary' -n '$ns' create -f - -o name"
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: gen-}\nspec: {containers: [{name: m, image: x}]}\n' >"$dir/gen.yaml"
  check "create with generateName" says '^pod/gen-[bcdfghjklmnpqrstvwxz2456789]{5} created$' k create -f "$dir/gen.yaml"
  check "create --save-config" bash -c "sed 's/name: a/name: saved/' '$dir/a.yaml' | '$kubectl_binary' -n '$ns' create --save-config -f - && '$kubectl_binary' -n '$ns' apply view-last-applied pod saved | grep -q 'kind: Pod'"
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: [{name: m, image: x}]}\n' >"$dir/bad.yaml"
  check "create of a bad name" exits 1 'The Pod "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain' k create -f "$dir/bad.yaml"
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: none}\nspec: {containers: []}\n' >"$dir/empty.yaml"
  check "create of a pod without containers" exits 1 'spec.containers: Required value' k create -f "$dir/empty.yaml" --validate=false
  printf 'apiVersion: v9\nkind: Nosuch\nmetadata: {name: none}\n' >"$dir/kind.yaml"
  check "create of an unknown kind" exits 1 'no matches for kind "Nosuch" in version "v9"' k create -f "$dir/kind.yaml"
  check "create of an unknown field" exits 1 'unknown field "(spec\.)?nosuch"' bash -c "sed 's/^spec:/spec:\n  nosuch: 1/' '$dir/dry.yaml' | '$kubectl_binary' -n '$ns' create -f -"

  check "create namespace" says "^namespace/$ns-x created$" k create namespace "$ns-x"
  check "create configmap --from-literal" says '^configmap/lit created$' k create configmap lit --from-literal=a=1 --from-literal=b=2
  printf 'hello\n' >"$dir/file.txt"
  check "create configmap --from-file" says '^configmap/file created$' k create configmap file --from-file="$dir/file.txt"
  check "it holds the file" is hello k get configmap file -o 'jsonpath={.data.file\.txt}'
  head -c 64 /dev/urandom >"$dir/bytes"
  check "create configmap with bytes" says '^configmap/bytes created$' k create configmap bytes --from-file="$dir/bytes"
  check "its bytes come back" is "$(base64 -w0 "$dir/bytes")" k get configmap bytes -o 'jsonpath={.binaryData.bytes}'
  printf 'A=1\nB=2\n' >"$dir/env"
  check "create configmap --from-env-file" says '^configmap/env created$' k create configmap env --from-env-file="$dir/env"
  check "create secret generic" says '^secret/generic created$' k create secret generic generic --from-literal=password=x
  check "its value is base64" is eA== k get secret generic -o 'jsonpath={.data.password}'
  check "create secret docker-registry" says '^secret/pull created$' k create secret docker-registry pull --docker-username=u --docker-password=p --docker-email=e@x
  check "it has its type" is kubernetes.io/dockerconfigjson k get secret pull -o 'jsonpath={.type}'
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/tls.key" -out "$dir/tls.crt" -subj /CN=x -days 1 2>/dev/null
  check "create secret tls" says '^secret/tls created$' k create secret tls tls --cert="$dir/tls.crt" --key="$dir/tls.key"
  check "create serviceaccount" says '^serviceaccount/robot created$' k create serviceaccount robot
  since 24 check "create token" says '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$' k create token robot --duration=10m
  check "create role" says '^role.rbac.authorization.k8s.io/reader created$' k create role reader --verb=get,list --resource=pods,deployments.apps
  check "create rolebinding" says '^rolebinding.rbac.authorization.k8s.io/reads created$' k create rolebinding reads --role=reader --serviceaccount="$ns:robot" --user=joe --group=users
  check "create clusterrole" says 'created$' k create clusterrole "$ns-r" --verb=get --resource=nodes --resource-name=n1
  check "create clusterrole --non-resource-url" says 'created$' k create clusterrole "$ns-u" --verb=get --non-resource-url=/metrics
  check "create clusterrole --aggregation-rule" says 'created$' k create clusterrole "$ns-g" --aggregation-rule=rbac.example.com/x=true
  check "create clusterrolebinding" says 'created$' k create clusterrolebinding "$ns-b" --clusterrole=view --user=joe
  check "create quota" says '^resourcequota/few created$' k create quota few --hard=pods=1000,secrets=1000
  check "create priorityclass" says 'created$' k create priorityclass "$ns-p" --value=1000 --description=x
  # Before 1.21 kubectl asks for versions that Kubernetes v1.25 took away.
  since 21 check "create poddisruptionbudget" says 'created$' k create pdb keep --selector=app=none --min-available=1
  check "create deployment" says '^deployment.apps/web created$' k create deployment web --image=nginx:1 --replicas=2
  check "create job" says '^job.batch/once created$' k create job once --image=busybox -- date
  since 21 check "create cronjob" says '^cronjob.batch/often created$' k create cronjob often --image=busybox --schedule='*/5 * * * *' -- date
  since 21 check "create job --from=cronjob" says '^job.batch/now created$' k create job now --from=cronjob/often
  check "create service clusterip" says '^service/cluster created$' k create service clusterip cluster --tcp=80:8080
  check "create service clusterip headless" says '^service/headless created$' k create service clusterip headless --clusterip=None
  check "create service nodeport" says '^service/node created$' k create service nodeport node --tcp=80
  check "create service loadbalancer" says '^service/balanced created$' k create service loadbalancer balanced --tcp=80
  check "create service externalname" says '^service/away created$' k create service externalname away --external-name=example.com
  check "get services shows ports" says '^node +NodePort +10\.[0-9.]+ +<none> +80:3[0-2][0-9]{3}/TCP ' k get services
  check "create ingress" says '^ingress.networking.k8s.io/in created$' k create ingress in --rule="foo.example/bar*=cluster:80"
  check "get ingress" says '^in +<none> +foo.example ' k get ingress
  check "run" says '^pod/ran created$' k run ran --image=nginx:1 --port=80 --labels=app=ran --env=A=1
  check "run --dry-run=client -o yaml" says 'image: nginx' k run never --image=nginx --dry-run=client -o yaml
  check "expose pod" says '^service/ran exposed$' k expose pod ran --port=80
  check "expose deployment" says '^service/web exposed$' k expose deployment web --port=80 --target-port=8080 --type=NodePort
  check "the service selects the deployment" is web k get service web -o 'jsonpath={.spec.selector.app}'

  check "delete" says '^pod "m1" deleted' k delete pod m1 --now
  check "delete -f" says '^pod "m2" deleted' k delete -f "$dir/many/2.yaml" --grace-period=1
  check "delete --force" says 'force deleted' k delete pod piped --grace-period=0 --force
  check "delete -l" says '"ran" deleted' k delete pods,services -l app=ran --now
  check "delete TYPE/NAME of two kinds" says '^secret "tls" deleted' k delete configmap/lit secret/tls
  check "delete --dry-run=server" says 'deleted.*\(server dry run\)$' k delete configmap env --dry-run=server
  check "it is still there" says '^env ' k get configmap env
  check "delete of nothing" exits 1 'NotFound' k delete pod none
  check "delete --ignore-not-found" exits 0 '' k delete pod none --ignore-not-found
  check "delete --all" says '"named" deleted' k delete pods --all --now
  check "delete namespace waits until it is gone" says "\"$ns-x\" deleted" k delete namespace "$ns-x"
}
