#!/usr/bin/env bash
# Bad input: bodies, framing, names and paths that no client should send. Each gets Kubernetes' status and
# reason, and the next request on a fresh connection is served.
#
# Rows T-H01, T-H07, T-H08, T-H09, T-H18, T-P05, T-P06, T-Z06, from an address that is not loopback where the
# machine has one.

source "$(dirname "$0")/lib.sh"

start_server server
SERVER=https://$(hostname -I | tr ' ' '\n' | grep -vE '^(127|10\.244)\.|:' | head -1):${SERVER##*:}
case $SERVER in https://:*) SERVER=https://127.0.0.1:${SERVER##*:} ;; esac
echo "asking $SERVER"

for part in certificate key; do
  sed -n "s/^ *client-$part-data: *//p" "$KUBECONFIG" | tr -d '"' | base64 -d
done >"$work/admin.pem"
pods=/api/v1/namespaces/default/pods
maps=/api/v1/namespaces/default/configmaps

api() { # METHOD PATH CURL-ARGUMENTS...: the status and the Status reason.
  local method=$1 path=$2
  shift 2
  curl -sk --path-as-is --max-time 20 --cert "$work/admin.pem" -o "$work/answer" -w '%{http_code}' -X "$method" \
    "$SERVER$path" "$@"
  jq -r '" \(.reason // .kind)"' "$work/answer" 2>/dev/null || echo " $(head -c 200 "$work/answer")"
}
served() { is "200 ConfigMapList" api GET $maps; }
# gets ID CLAIM WANTED METHOD PATH ARGUMENTS...: the answer is WANTED, and the server still serves.
gets() {
  local id=$1 claim=$2 wanted=$3
  shift 3
  row "$id" "$claim: $wanted" is "$wanted" api "$@"
  row "$id" "and the next request is served" served
}
json=(-H 'Content-Type: application/json')

gets T-P01 "an empty body" "400 BadRequest" POST $pods "${json[@]}" --data-binary ''
gets T-P01 "a cut-off object" "400 BadRequest" POST $pods "${json[@]}" --data-binary '{"kind":"Pod","apiVersion":"v1","metadata":{'
gets T-P01 "an array" "400 BadRequest" POST $pods "${json[@]}" --data-binary '[1,2]'
gets T-P06 "bad UTF-8" "400 BadRequest" POST $maps "${json[@]}" --data-binary $'{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"k":"\xff\xfe"}}'
gets T-P05 "a key twice, strictly" "400 BadRequest" POST "$maps?fieldValidation=Strict" "${json[@]}" \
  --data-binary '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"metadata":{"name":"b"}}'
gets T-P07 "an integer out of range" "400 BadRequest" POST $pods "${json[@]}" \
  --data-binary '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"a","ports":[{"containerPort":99999999999}]}]}}'
gets T-P01 "no containers" "422 Invalid" POST $pods "${json[@]}" --data-binary '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"},"spec":{}}'
gets P-24 "another kind" "400 BadRequest" POST $pods "${json[@]}" --data-binary '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}'
gets P-24 "another version" "400 BadRequest" POST $pods "${json[@]}" --data-binary '{"kind":"Pod","apiVersion":"v2","metadata":{"name":"a"}}'
python3 -c 'print("["*100000)' >"$work/deep"
gets T-P01 "a body 100,000 deep" "400 BadRequest" POST $pods "${json[@]}" --data-binary "@$work/deep"
head -c $((3 * 1024 * 1024 + 1)) /dev/zero | tr '\0' ' ' >"$work/big"
gets T-H01 "3 MiB and a byte" "413 RequestEntityTooLarge" POST $pods "${json[@]}" --data-binary "@$work/big"
gets T-H01 "the same, chunked" "413 RequestEntityTooLarge" POST $pods "${json[@]}" -H 'Transfer-Encoding: chunked' --data-binary "@$work/big"
gets T-H18 "a form" "415 UnsupportedMediaType" POST $pods -H 'Content-Type: application/x-www-form-urlencoded' --data-binary 'a=b'
gets T-H18 "text" "415 UnsupportedMediaType" POST $pods -H 'Content-Type: text/plain' --data-binary '{}'
gets T-H18 "a picture wanted" "406 NotAcceptable" GET $pods -H 'Accept: image/png'

gets T-Z06 "namespace .." "400 BadRequest" GET /api/v1/namespaces/../pods
gets T-N01 "a name .." "422 Invalid" POST $maps "${json[@]}" --data-binary '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":".."}}'
gets T-N01 "a name with a slash" "422 Invalid" POST $maps "${json[@]}" --data-binary '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a/b"}}'
gets T-N01 "a name with %" "422 Invalid" POST $maps "${json[@]}" --data-binary '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"%2e"}}'
no_leak() { # PATH: 400 or 404, and never a list.
  local got
  got=$(api GET "$1")
  case $got in 400*|404*) return 0 ;; *) echo "got $got"; return 1 ;; esac
}
for path in '/api/v1/namespaces/%2e%2e/pods' '/api/v1/namespaces/./pods' '/api/v1/namespaces/default/pods/a%2fb' \
  '/api/v1/namespaces/default/pods/%00' '/api/v1/namespaces/default/pods/a%zz'; do
  row T-Z06 "$path shows nothing" no_leak "$path"
done
gets P-24 "an unknown resource" "404 NotFound" GET /api/v1/namespaces/default/nosuches
gets P-24 "an unknown version" "404 NotFound" GET /apis/apps/v9/deployments
gets P-24 "an unknown group" "404 NotFound" GET /apis/nosuch.example/v1/things
gets P-24 "a method a resource has not" "405 MethodNotAllowed" PUT $pods "${json[@]}" --data-binary '{}'

# Framing, by hand: how many answers a connection gets, and the first one's status.
raw() {
  printf "$1" | timeout 10 openssl s_client -quiet -ign_eof -connect "${SERVER#https://}" 2>/dev/null >"$work/raw"
  printf '%s %s' "$(grep -ac '^HTTP/1\.[01] ' "$work/raw")" "$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$work/raw")"
}
framed() { # ID CLAIM WANTED REQUEST
  row "$1" "$2" is "$3" raw "$4"
  row "$1" "and the next request is served" served
}
framed T-H07 "both Content-Length and Transfer-Encoding" "1 400" 'POST /api/v1/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
framed T-H07 "two Content-Lengths" "1 400" 'POST /api/v1/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde'
framed T-H07 "a space before the colon" "1 400" 'GET /version HTTP/1.1\r\nHost : x\r\n\r\n'
framed T-H07 "no Host" "1 400" 'GET /version HTTP/1.1\r\n\r\n'
framed T-H07 "HTTP/3.0" "1 505" 'GET /version HTTP/3.0\r\nHost: x\r\n\r\n'
framed T-H07 "a bad chunk" "1 400" 'POST /api/v1/pods HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'
framed T-H08 "a request hidden in a refused one's body" "1 403" 'POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 45\r\n\r\nGET /api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n    '
framed T-H03 "a target of 17 KB" "1 414" "GET /$(printf 'a%.0s' {1..17000}) HTTP/1.1\r\nHost: x\r\n\r\n"

lines_before=$(wc -l <"$work/audit.log")
(printf 'GET /api/v1/pods HTTP/1.1\r\nHost: x\r\n'; sleep 0.5) |
  timeout 10 openssl s_client -quiet -connect "${SERVER#https://}" >/dev/null 2>&1
sleep 0.3
row T-H09 "a request cut off in its headers was never handled" is "$lines_before" bash -c "wc -l <'$work/audit.log'"
row T-T06 "plain HTTP on the TLS port is told so" says 'HTTPS' curl -s --http1.0 --max-time 5 "http://${SERVER#https://}/"
finish
