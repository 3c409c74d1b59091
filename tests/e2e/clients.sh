#!/usr/bin/env bash
# Other people's clients, each in a scenario of its own: Python's typed models, Ruby's kubeclient, the
# informers of @kubernetes/client-node, and Patroni electing a leader for PostgreSQL.

prefetch() { # What the machine can't fetch from inside.
  local packages=(python3-kubernetes ruby-kubeclient patroni postgresql-15 nodejs npm) missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  # nodejs from elsewhere brings npm along.
  command -v npm >/dev/null && missing=("${missing[@]/#npm/}")
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sed '/^$/d')
  if [ ${#missing[@]} -gt 0 ]; then
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || return 1
  fi
  if [ ! -d "$cache/node/node_modules/@kubernetes/client-node" ]; then
    mkdir -p "$cache/node"
    (cd "$cache/node" && npm install --silent --no-fund --no-audit @kubernetes/client-node@1.4.0 >/dev/null 2>&1) ||
      rm -rf "$cache/node"
  fi
}

source "$(dirname "$0")/lib.sh"

start_server server
start_registry "$work/registry"
remember "$work" "$(tail -n 1 "$work/registry/pids")"
join n1
node_ready() { is True k get node n1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'; }
row clients "the node is Ready" soon 40 node_ready
has_account() { k get serviceaccount default; }
soon 10 has_account >/dev/null

row python3-kubernetes "typed models, watch, patch and exec" timeout 120 /usr/bin/python3 "$here/clients/typed.py"
row ruby-kubeclient "create, watch, patch, delete" timeout 60 ruby "$here/clients/kubeclient.rb"
if [ -d "$cache/node" ]; then
  row client-node "an informer sees what is added, changed and deleted" \
    env NODE_PATH="$cache/node/node_modules" timeout 60 node "$here/clients/informer.cjs"
else
  echo "skip client-node: npm's registry can't be reached"
fi

# Patroni keeps its state in annotations of Endpoints or ConfigMaps, and takes the lead by resourceVersion.
patroni_node() { # NAME PORT
  local dir=$work/patroni-$1
  mkdir -p "$dir"
  cat >"$dir/patroni.yml" <<YAML
scope: demo
name: $1
restapi: {listen: "127.0.0.1:$(($2 + 1000))", connect_address: "127.0.0.1:$(($2 + 1000))"}
kubernetes: {namespace: default, labels: {application: patroni}, use_endpoints: false, context: $context}
bootstrap:
  dcs: {ttl: 20, loop_wait: 2, retry_timeout: 3, maximum_lag_on_failover: 1048576}
  initdb: [{encoding: UTF8}, {auth-local: trust}, {auth-host: trust}]
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
postgresql:
  listen: 127.0.0.1:$2
  connect_address: 127.0.0.1:$2
  data_dir: $dir/data
  bin_dir: /usr/lib/postgresql/15/bin
  pgpass: $dir/pgpass
  authentication:
    replication: {username: replicator, password: x}
    superuser: {username: postgres, password: x}
  parameters: {unix_socket_directories: "$dir", shared_buffers: 16MB, max_connections: 20}
YAML
  chown -R postgres "$dir"
  setpriv --reuid postgres --regid postgres --clear-groups \
    env KUBECONFIG="$work/patroni.kubeconfig" PATRONI_KUBERNETES_POD_IP=127.0.0.1 POD_IP=127.0.0.1 \
    patroni "$dir/patroni.yml" >"$work/patroni-$1.log" 2>&1 &
  patroni_pid=$!
  remember "$work" $patroni_pid
}
"$PINTLE" kubeconfig --user patroni --group system:masters --cert-dir "$work/certs" --server "$SERVER" \
  >"$work/patroni.kubeconfig"
chown postgres "$work/patroni.kubeconfig"
context=$(k config current-context --kubeconfig "$work/patroni.kubeconfig")
for name in one two; do
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {application: patroni, cluster-name: demo}}\nspec: {nodeName: none, containers: [{name: m, image: busybox}]}\n' $name | k create -f - >/dev/null
done
patroni_node one 25432
first=$patroni_pid
leader() { k get configmap demo-leader -o 'jsonpath={.metadata.annotations.leader}'; }
row patroni "one takes the lead" soon 60 is one leader
patroni_node two 25433
follows() { curl -fsS http://127.0.0.1:26433/replica; }
row patroni "the second follows it" soon 60 follows
kill -9 "$first" && wait "$first" 2>/dev/null
row patroni "when the first is gone the second takes over" soon 60 is two leader
finish
