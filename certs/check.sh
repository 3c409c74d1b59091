#!/bin/sh
# Checks a cert-dir with openssl alone: modes, chains, pairs, dates. Usage: certs/check.sh DIR
set -u

dir=${1:-}
if [ ! -d "$dir" ]; then
  echo "usage: $0 DIR (a directory that pintle filled)" >&2
  exit 2
fi
faults=0

fault() {
  echo "FAULT: $*" >&2
  faults=$((faults + 1))
}

expect_mode() { # FILE MODE
  mode=$(stat -L -c %a "$1" 2>/dev/null) || { fault "$1 is missing"; return; }
  [ "$mode" = "$2" ] || fault "$1 has mode $mode: run chmod $2 $1"
}

# The purpose is openssl's: sslserver or sslclient.
check_pair() { # NAME PURPOSE
  crt=$dir/$1.crt key=$dir/$1.key
  expect_mode "$key" 600
  [ -f "$crt" ] || { fault "$crt is missing"; return; }
  openssl verify -CAfile "$dir/ca.crt" -purpose "$2" "$crt" >/dev/null 2>&1 ||
    fault "$crt is not good for $2 by ca.crt"
  [ "$(openssl x509 -in "$crt" -noout -pubkey 2>/dev/null)" = \
    "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ] || fault "$key is not the key of $crt"
  openssl x509 -in "$crt" -noout -checkend 0 >/dev/null 2>&1 || fault "$crt has expired"
  openssl x509 -in "$crt" -noout -subject -enddate 2>/dev/null | sed "s|^|$1: |"
}

expect_mode "$dir" 700
expect_mode "$dir/ca.key" 600
expect_mode "$dir/sa.key" 600
expect_mode "$dir/admin.kubeconfig" 600
openssl x509 -in "$dir/ca.crt" -noout -checkend 0 >/dev/null 2>&1 || fault "$dir/ca.crt has expired"
[ "$(openssl x509 -in "$dir/ca.crt" -noout -pubkey 2>/dev/null)" = \
  "$(openssl pkey -in "$dir/ca.key" -pubout 2>/dev/null)" ] || fault "$dir/ca.key is not of ca.crt"
openssl x509 -in "$dir/ca.crt" -noout -subject -enddate 2>/dev/null | sed "s|^|ca: |"
check_pair apiserver sslserver
check_pair apiserver-kubelet-client sslclient
[ "$(openssl pkey -in "$dir/sa.key" -pubout 2>/dev/null)" = "$(cat "$dir/sa.pub" 2>/dev/null)" ] ||
  fault "$dir/sa.pub is not of sa.key"

if [ "$faults" -gt 0 ]; then
  echo "$faults faults in $dir" >&2
  exit 1
fi
echo "no faults in $dir"
