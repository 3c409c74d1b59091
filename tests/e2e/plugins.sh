#!/usr/bin/env bash
# The plugin commands against a running server: list, load, unload, replace; and what is refused by name.

source "$(dirname "$0")/lib.sh"

# A plugin directory of our own, so that files in it can be spoilt.
plugins=$work/plugins
mkdir -m 755 "$plugins"
cp "$PINTLE_PLUGINS"/*.so "$plugins/"
PINTLE_PLUGINS=$plugins
start_server server --plugins admission_namespace_lifecycle,controller_namespace

pp() { "$PINTLE" plugin "$@" --kubeconfig "$KUBECONFIG"; }
row S3 "list shows what is loaded" says '^controller_namespace +[^ ]+ +running' pp list
row S3 "load" says 'scheduler' pp load scheduler
row S3 "loading twice is refused" refuses 'already' pp load scheduler
row S3 "unload" says 'scheduler' pp unload scheduler
row S3 "it is no longer listed" bash -c "! '$PINTLE' plugin list --kubeconfig '$KUBECONFIG' | grep -q '^scheduler '"
row S3 "unloading it again is refused" refuses 'not (found|loaded)' pp unload scheduler

row T-S04 "a plugin that is not there is refused by name" refuses 'nosuch' pp load nosuch
row T-S04 "a name with a slash is refused" refuses '\.\./|name' pp load ../scheduler
echo "not a library" >"$plugins/text.so"
row T-S04 "a text file is refused by name" refuses 'text' pp load text
cp "$plugins/scheduler.so" "$plugins/writable.so"
chmod 666 "$plugins/writable.so"
row T-S04 "a file others may write is refused, with the mend" refuses 'chmod' pp load writable
cp "$plugins/scheduler.so" "$plugins/foreign.so"
chown 65534 "$plugins/foreign.so"
row T-S04 "a file not owned by root is refused, with the mend" refuses 'chown root' pp load foreign
cp "$(ldconfig -p | sed -n 's|.*=> \(/.*libz.so.1\)$|\1|p' | head -1)" "$plugins/libz.so"
row T-S04 "a library that is no plugin is refused" refuses 'pintle_plugin_v1' pp load libz
row T-S04 "and the server goes on" says '^ok' curl -fsk "$SERVER/readyz"

pp load scheduler >/dev/null
cp "$plugins/scheduler.so" "$plugins/new.so" && mv "$plugins/new.so" "$plugins/scheduler.so"
row S3 "replace starts the new build" says 'scheduler' pp replace scheduler
row S3 "it runs" says '^scheduler +[^ ]+ +running' pp list
echo "broken" >"$plugins/broken.so"
row S3 "a refused replacement" refuses 'broken' pp replace scheduler broken.so
row S3 "leaves the old one working" says '^scheduler +[^ ]+ +running' pp list

"$PINTLE" kubeconfig --user joe --group users --cert-dir "$work/certs" --server "$SERVER" >"$work/joe.kubeconfig"
row S3 "a user without the right may not" refuses 'forbidden' "$PINTLE" plugin list --kubeconfig "$work/joe.kubeconfig"
finish
