#!/usr/bin/env bash
# The demonstration on a part of its trace, over a server that is killed once, as a newcomer would
# run it: from another folder, twice, and with mistakes.
#   demo_test.sh DEMO_SH BUILD_FOLDER
set -euo pipefail

demo="$1"
export OCS_BUILD="$2"
folder=$(mktemp -d "${TMPDIR:-/tmp}/demo_test.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() { echo "demo_test: $*" >&2; tail -n 40 "$folder"/*.txt >&2; exit 1; }
expect() {
  local wanted="$1" code=0
  shift
  "$@" >out.txt 2>err.txt || code=$?
  ((code == wanted)) || fail "$* ended with $code, expected $wanted"
}
finds() { grep -qF -- "$1" out.txt err.txt || fail "its output lacks: $1"; }

expect 0 "$demo" --rows 1500 --kills 1 --dir run
finds 'kill -9 of the server'
finds 'yes, to the byte'
finds 'payable'
finds 'verdict: OK'
finds 'All figures agree'
[[ -s run/cdr.csv && -s run/summary.json && -s run/timing.json ]] || fail 'a file is missing'

expect 0 "$demo" --rows 600 --shards 4 --dir four
finds "yes, but for the accounts' numbers"
finds 'shard 3 of 4'
finds 'All figures agree'

expect 1 "$demo" --dir run
finds 'run is there already'
expect 2 "$demo" --faster
expect 2 "$demo" --rows some
expect 1 env OCS_BUILD="$folder" "$demo" --dir other
finds 'run tools/dev demo'
[[ ! -e other ]] || fail 'a run that cannot begin left a folder'

# Records that were tampered with are noticed.
sed -i '2d' run/cdr.csv
replay=$(find "$OCS_BUILD" -type f -name ocs-replay -perm -u+x -print -quit)
server=$(find "$OCS_BUILD" -type f -name ocsd -perm -u+x -print -quit)
"$server" --listen-address 127.0.0.1:0 --metrics-address '' --data-folder run/store \
  --ready-file ready 2>server.txt &
pid=$!
trap 'kill -KILL "$pid" 2>/dev/null; wait "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT
until [[ -s ready ]]; do kill -0 "$pid" || fail 'the server does not start'; done
expect 1 "$replay" verify --server "$(sed -n 's/^listen_address: //p' ready)" \
  --summary run/summary.json --cdr-csv run/cdr.csv
finds DIFFERS
