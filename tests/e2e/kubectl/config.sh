# kubectl config: no server is asked, but what it writes must work.

chapter_config() {
  local file
  file=$(fresh)/config
  cp "$KUBECONFIG" "$file"
  c() { "$kubectl_binary" config --kubeconfig "$file" "$@"; }
  check "config view" says '^kind: Config$' c view
  check "config view hides keys" says 'DATA\+OMITTED|REDACTED' c view
  check "config current-context" says '.' c current-context
  check "config get-contexts" says '^\*' c get-contexts
  check "config get-clusters" says '^NAME$' c get-clusters
  check "config set-context" says 'Context "here" created' c set-context here --cluster="$(c get-clusters | tail -1)" --user=none --namespace="$ns"
  check "config use-context" says 'Switched to context "here"' c use-context here
  # Debian's 1.20 crashes on this one.
  since 21 check "config set-credentials" says 'User "none" set' c set-credentials none --token=wrong
  since 21 check "a wrong token is refused" exits 1 'You must be logged in to the server' "$kubectl_binary" --kubeconfig "$file" get pods
  check "config set-cluster" says 'Cluster "there" set' c set-cluster there --server=https://127.0.0.1:1
  since 21 check "config set" says 'Property "users.none.token" set' c set users.none.token other
  since 21 check "config unset" says 'unset' c unset users.none.token
  check "config rename-context" says 'renamed to "new"' c rename-context here new
  check "config delete-context" says 'deleted context new' c delete-context new
  check "config delete-cluster" says 'deleted cluster there' c delete-cluster there
  since 21 check "config delete-user" says 'deleted user none' c delete-user none
}
