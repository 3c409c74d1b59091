#!/usr/bin/env bash
# Server-side apply, managedFields and the patches, with every kubectl found (KUBECTLS overrides); no node.

source "$(dirname "$0")/lib.sh"

# Without the controllers, which would own fields too.
start_server server --plugins admission_namespace_lifecycle,controller_namespace
has_account() { k get serviceaccount default; }
row A1 "the server is up" soon 10 has_account

config_map() { # NAME DATA...: each `key: value`
  local name=$1 pair
  shift
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\ndata:\n' "$name"
  for pair in "$@"; do printf '  %s\n' "$pair"; done
}

deployment() { # NAME IMAGE
  cat <<YAML
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $1
  labels: {app: $1}
spec:
  replicas: 0
  selector: {matchLabels: {app: $1}}
  template:
    metadata:
      creationTimestamp: null
      labels: {app: $1}
    spec:
      containers:
      - name: web
        image: $2
        ports: [{containerPort: 80}, {containerPort: 443, name: tls}]
        env: [{name: A, value: "1"}]
YAML
}

# owners KIND NAME: "Apply kubectl;Update kubectl-edit/status;", as the server has them.
owners() {
  k get "$1" "$2" -o json --show-managed-fields 2>/dev/null >"$work/shown" || k get "$1" "$2" -o json >"$work/shown"
  jq -r '[.metadata.managedFields[]? | .operation + " " + .manager + (if .subresource then "/" + .subresource else "" end) + ";"] | sort | join("")' "$work/shown"
}
version_of() { k get "$1" "$2" -o 'jsonpath={.metadata.resourceVersion}'; }
data() { k get configmap "$1" -o json | jq -c .data; }
at_least() { [ "${minor:-0}" -ge "$1" ]; }
same_version() { # KIND NAME COMMAND...: COMMAND leaves the object as it was.
  local kind=$1 name=$2 before
  shift 2
  before=$(version_of "$kind" "$name") && "$@" >/dev/null && is "$before" version_of "$kind" "$name"
}
differs() { # COMMAND...: exit code 1, which says that there is a difference.
  "$@"
  [ $? -eq 1 ] || { echo "exit code is not 1: $*"; return 1; }
}

applies() { # V NAME: one manager, then two.
  local v=$1 name=$2 f=$work/$2.yaml
  config_map "$name" 'k: v' 'l: w' >"$f"
  row A2 "$v apply --server-side creates" says "configmap/$name serverside-applied" k apply --server-side -f "$f"
  row A2 "$v its owner is kubectl" is "Apply kubectl;" owners configmap "$name"
  row A2 "$v again changes nothing" same_version configmap "$name" k apply --server-side -f "$f"
  config_map "$name" 'k: x' >"$f"
  row A2 "$v another manager is told of the conflict" refuses 'conflict with "kubectl"' \
    k apply --server-side --field-manager other -f "$f"
  row A2 "$v and of the field" refuses '\.data\.k' k apply --server-side --field-manager other -f "$f"
  row A2 "$v --force-conflicts takes over" says 'serverside-applied' \
    k apply --server-side --field-manager other --force-conflicts -f "$f"
  row A2 "$v two owners" is "Apply kubectl;Apply other;" owners configmap "$name"
  row A2 "$v the rest stays" is '{"k":"x","l":"w"}' data "$name"
  config_map "$name" 'm: z' >"$f"
  row A2 "$v what its only owner leaves out goes" says 'serverside-applied' k apply --server-side -f "$f"
  row A2 "$v what another owns stays" is '{"k":"x","m":"z"}' data "$name"
  row A2 "$v --dry-run=server" says 'serverside-applied \(server dry run\)' \
    k apply --server-side --dry-run=server --force-conflicts -f <(config_map "$name" 'k: other')
  row A2 "$v wrote nothing" is '{"k":"x","m":"z"}' data "$name"
  row A2 "$v a duplicate key is refused with its path" refuses 'spec.template.spec.containers: duplicate entries for key \[name="web"\]' \
    bash -c "$(declare -f deployment); deployment bad i | sed 's/^      containers:/&\n      - {name: web, image: j}/' | '$kubectl_binary' apply --server-side --validate=false -f -"
  row A2 "$v an unknown field too" refuses 'spec.replica: field not declared in schema' \
    bash -c "$(declare -f deployment); deployment bad i | sed 's/replicas:/replica:/' | '$kubectl_binary' apply --server-side --validate=false -f -"
}

manages() { # V NAME: who writes, and what kubectl shows of it.
  local v=$1 name=$2
  k create configmap "$name" --from-literal k=v >/dev/null
  row A3 "$v create" says "Update kubectl(-create)?;" owners configmap "$name"
  k label configmap "$name" a=b >/dev/null
  k annotate configmap "$name" note=hello >/dev/null
  k patch configmap "$name" --type merge -p '{"data":{"m":"1"}}' >/dev/null
  k patch configmap "$name" --type json -p '[{"op":"test","path":"/data/m","value":"1"},{"op":"add","path":"/data/edited","value":"one"}]' >/dev/null
  k patch configmap "$name" -p '{"data":{"o":"1"}}' >/dev/null
  row A3 "$v label, annotate and patch are known" says "Update kubectl-(label|patch)" owners configmap "$name"
  row A3 "$v a patch that says the same writes nothing" same_version configmap "$name" \
    k patch configmap "$name" --type merge -p '{"data":{"m":"1"}}'
  row A3 "$v a test that fails is refused" refuses '^The request is invalid(: the server rejected our request due to an error in our request)?$' \
    k patch configmap "$name" --type json -p '[{"op":"test","path":"/data/m","value":"2"}]'
  EDITOR="sed -i s/edited:.one/edited:\ two/" k edit configmap "$name" >/dev/null
  row A3 "$v edit took" says '"edited":"two"' data "$name"
  row A3 "$v edit is known" says 'Update kubectl-edit;' owners configmap "$name"
  if at_least 21; then
    row A3 "$v get -o yaml hides managedFields" gone grep managedFields <(k get configmap "$name" -o yaml)
    row A3 "$v --show-managed-fields shows them" says 'f:data:' k get configmap "$name" -o yaml --show-managed-fields
  fi
  row A3 "$v a reset forgets them" says patched k patch configmap "$name" --type merge -p '{"metadata":{"managedFields":[{}]}}'
  row A3 "$v all of them" is '' owners configmap "$name"
}

remembers() { # V NAME: what client-side apply keeps, and lets be edited.
  local v=$1 name=$2 f=$work/$2.yaml
  deployment "$name" nginx:1 >"$f"
  row A4 "$v apply" says "deployment.apps/$name created" k apply -f "$f"
  row A4 "$v apply again" says "deployment.apps/$name unchanged" k apply -f "$f"
  sed -i s/nginx:1/nginx:2/ "$f"
  row A4 "$v diff shows the change" differs k diff -f "$f"
  row A4 "$v apply patches" says "deployment.apps/$name configured" k apply -f "$f"
  row A4 "$v view-last-applied" says 'nginx:2' k apply view-last-applied deployment "$name"
  EDITOR="sed -i s/nginx:2/nginx:3/" k apply edit-last-applied deployment "$name" >/dev/null
  row A4 "$v edit-last-applied" says 'nginx:3' k apply view-last-applied deployment "$name"
  row A4 "$v set-last-applied" says 'configured' k apply set-last-applied -f "$f"
  row A4 "$v was that again" says 'nginx:2' k apply view-last-applied deployment "$name"
}

migrates() { # V NAME: from client-side apply to server-side apply.
  local v=$1 name=$2 f=$work/$2.yaml
  deployment "$name" nginx:1 >"$f"
  k apply -f "$f" >/dev/null
  row A5 "$v client-side apply is known" is "Update kubectl-client-side-apply;" owners deployment "$name"
  sed -i s/nginx:1/nginx:4/ "$f"
  row A5 "$v diff --server-side shows the change" differs k diff --server-side -f "$f"
  row A5 "$v apply --server-side takes over" says 'serverside-applied' k apply --server-side -f "$f"
  row A5 "$v diff --server-side then shows none" is '' k diff --server-side -f "$f"
  if at_least 26; then
    row A5 "$v its old manager is gone" says '^(Apply kubectl-last-applied;)?Apply kubectl;$' owners deployment "$name"
    sed -i '/env:/d' "$f"
    row A5 "$v apply less" says 'serverside-applied' k apply --server-side -f "$f"
    row A5 "$v what is left out is gone" is '' k get deployment "$name" -o 'jsonpath={.spec.template.spec.containers[0].env}'
  fi
  row A5 "$v the annotation keeps step" says 'nginx:4' k apply view-last-applied deployment "$name"
  row A5 "$v and apply may come back" says "deployment.apps/$name (unchanged|configured)" k apply -f "$f"
}

parts() { # V NAME: the status is another's, and a patch of it.
  local v=$1 name=$2
  k apply --server-side -f <(deployment "$name" nginx) >/dev/null
  if at_least 24; then
    row A6 "$v patch --subresource status" says patched \
      k patch deployment "$name" --subresource status --type merge -p '{"status":{"replicas":3}}'
    row A6 "$v is a manager of its own" is "Apply kubectl;Update kubectl-patch/status;" owners deployment "$name"
  fi
  row A6 "$v set image" says 'image updated' k set image "deployment/$name" web=nginx:9
  row A6 "$v then apply conflicts with it" refuses 'conflict with "kubectl-set" using apps/v1: .spec.template.spec.containers\[name="web"\].image' \
    k apply --server-side -f <(deployment "$name" nginx:8)
}

"$PINTLE" kubeconfig --user joe --group users --cert-dir "$work/certs" --server "$SERVER" >"$work/joe.kubeconfig"
chmod 600 "$work/joe.kubeconfig"
k create role patcher --verb get,patch --resource configmaps >/dev/null
k create rolebinding patcher --role patcher --user joe >/dev/null
as_joe() { k --kubeconfig "$work/joe.kubeconfig" "$@"; }

while read -r kubectl_binary; do
  rm -rf "$work/kubectl-cache"
  version=$("$kubectl_binary" version --client -o json 2>/dev/null | jq -r '"\(.clientVersion.major).\(.clientVersion.minor)"')
  minor=$(tr -dc 0-9 <<<"${version#*.}")
  applies "$version" "a$minor"
  manages "$version" "m$minor"
  remembers "$version" "r$minor"
  migrates "$version" "d$minor"
  parts "$version" "s$minor"
  row A7 "$version who may only patch does not create" refuses 'forbidden' \
    as_joe apply --server-side --validate=false -f <(config_map "none$minor" 'k: v')
done < <(kubectls)
finish
