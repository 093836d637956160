#!/usr/bin/env bash
# The demonstration: a real server, real packages, a real trace of 8,940 model calls, and the proof
# that the money adds up. `tools/dev demo` installs, builds and then runs this. docs/DEMO.md tells
# what it deals to whom and how to read what it prints.
#
# Exit codes: 0 all figures agree; 1 something failed or does not agree; 2 bad arguments;
# 130 and 143 stopped by a signal. However it ends, no process of it stays, but with --keep-running.
set -euo pipefail

usage() {
  cat <<'TEXT'
tools/demo.sh [OPTION...]

  --dir DIR        the run's folder, which must not be there; else demo-run/1, demo-run/2, ...
  --rows N         only the first N calls of the trace
  --seed N         deals the calls to the accounts another way
  --kills N        kill -9 the server N times while it works, start it again, and compare the
                   totals with those of another run without kills
  --shards N       a store of N shards, and compare the totals with those of another run with one
  --keep-running   leave a server running on the store at the end
  --help

Programs are taken from build/release; OCS_BUILD names another build folder.
TEXT
}

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
readonly here
readonly build="${OCS_BUILD:-$here/build/release}"
readonly trace="$here/tools/replay/data/mooncake_conversation_part1"
readonly catalogue="$here/rating/catalogues/operators.yaml"
readonly zone=Asia/Shanghai
readonly ready_seconds_max=60 stop_seconds_max=60

dir='' rows=0 seed='' kills=0 shards=1 keep=no
server_pid='' replay_pid='' address=127.0.0.1:0 log=''

say() { printf '%s\n' "$*"; }
title() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }
number() { [[ "$1" =~ ^[0-9]{1,9}$ ]] || { say "demo: $2 takes a number, not '$1'" >&2; exit 2; }; }

read_arguments() {
  while (($# > 0)); do
    case "$1" in
      --dir | --rows | --seed | --kills | --shards)
        (($# > 1)) || { say "demo: $1 takes a value" >&2; exit 2; } ;;&
      --dir) dir="$2"; shift ;;
      --rows) number "$2" "$1"; rows="$2"; shift ;;
      --seed) number "$2" "$1"; seed="$2"; shift ;;
      --kills) number "$2" "$1"; kills="$2"; shift ;;
      --shards) number "$2" "$1"; shards="$2"; shift ;;
      --keep-running) keep=yes ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; say "demo: there is no '$1'" >&2; exit 2 ;;
    esac
    shift
  done
}

# The place of a program of this build.
program() {
  local found
  found=$(find "$build" -type f -name "$1" -perm -u+x -print -quit 2>/dev/null || true)
  [[ -n "$found" ]] || die "$build has no $1: run tools/dev demo, which builds it first"
  printf '%s\n' "$found"
}

make_folder() {
  if [[ -n "$dir" ]]; then
    mkdir -p "$(dirname "$dir")"
    mkdir "$dir" 2>/dev/null || die "$dir is there already: a run never overwrites another"
  else
    mkdir -p demo-run
    local n=1
    while ! mkdir "demo-run/$n" 2>/dev/null; do
      [[ -e "demo-run/$n" ]] || die "cannot make the folder demo-run/$n"
      n=$((n + 1))
    done
    dir="demo-run/$n"
  fi
  dir=$(cd "$dir" && pwd)
  log="$dir/ocsd.log"
}

# Starts the server on the run's store, at the address that it had before if it had one.
start_server() {
  rm -f "$dir/ready"
  "$ocsd" --listen-address "$address" --metrics-address '' --data-folder "$dir/store" \
    --shard-count "$shards" --ready-file "$dir/ready" >>"$log" 2>&1 &
  server_pid=$!
  local waited
  for ((waited = 0; waited < ready_seconds_max * 50; ++waited)); do
    if [[ -s "$dir/ready" ]]; then
      address=$(sed -n 's/^listen_address: //p' "$dir/ready")
      return
    fi
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.02
  done
  tail -n 20 "$log" >&2
  die "the server does not start; its log is $log"
}

# Ends the server in order; its exit code is the result.
stop_server() {
  local pid="$server_pid" waited
  server_pid=''
  [[ -n "$pid" ]] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  for ((waited = 0; waited < stop_seconds_max * 50; ++waited)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.02
  done
  kill -KILL "$pid" 2>/dev/null || true
  local code=0
  wait "$pid" || code=$?
  return "$code"
}

kill_server() {
  kill -KILL "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=''
}

clean_up() {
  local code=$?
  trap - EXIT INT TERM HUP
  if [[ -n "$replay_pid" ]]; then
    kill -KILL "$replay_pid" 2>/dev/null || true
    wait "$replay_pid" 2>/dev/null || true
  fi
  stop_server || true
  exit "$code"
}

plan_options() {
  printf '%s\n' --trace "$trace.csv" --links "$trace.derived_links.csv" --rows "$rows"
  if [[ -n "$seed" ]]; then printf '%s\n' --seed "$seed"; fi
}

# Plays the trace; with --kills, over a server that is killed in the meantime.
play() {
  local options=() i code=0
  mapfile -t options < <(plan_options)
  "$replay" run "${options[@]}" --server "$address" --base-unix-ms "$(cat "$dir/base")" \
    --summary "$dir/summary.json" --timing "$dir/timing.json" &
  replay_pid=$!
  for ((i = 0; i < kills; ++i)); do
    sleep "0.$((RANDOM % 100 + 100))"
    kill -0 "$replay_pid" 2>/dev/null || break
    kill_server
    say "  kill -9 of the server, and another start"
    start_server
  done
  wait "$replay_pid" || code=$?
  replay_pid=''
  ((code == 0)) || die "the replay failed ($code); the server's log is $log"
}

# Three accounts worth a look, a line each: account id, customer, why. Fewer in a short run.
pick_customers() {
  python3 - "$dir/summary.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1]) as file:
    accounts = json.load(file)["accounts"]

STOPS = ("light", "premium", "basic", "flagship")
PICKS = (
    ("its package ran out, and {overage:,} calls were billed on",
     lambda a: a["overage"] if a["product"] not in STOPS else 0),
    ("its package ran out and stopped: {blocked:,} calls blocked, {cut:,} cut",
     lambda a: a["cut"] * 1_000_000 + a["blocked"] if a["product"] in STOPS else 0),
    ("pays per use, {calls:,} calls",
     lambda a: a["charged_micros"] if a["product"] == "per-use" else 0),
)
for why, weight in PICKS:
    best = max(accounts, key=weight)
    if weight(best) > 0:
        text = why.format(**best)
        print(f"{best['account_id']} {best['customer']}, product '{best['product']}': {text}")
PYTHON
}

show_bills() {
  local id why
  while read -r id why; do
    printf '\n-- %s\n\n' "$why"
    "$ocsctl" --server "$address" --zone "$zone" bill show "$id" \
      --from "$(TZ=$zone date -d "@$begin" +%Y-%m-01)" \
      --until "$(date -d "$(TZ=$zone date +%Y-%m-01) +1 month" +%F)"
  done < <(pick_customers)
}

# The totals without the accounts' numbers, which count in each shard, and their hash.
totals() { sed -E '/"accounts_hash"/d; s/"account_id": ?"?[0-9]+"?,?//' "$1"; }

# Runs the whole without kills and with one shard beside this run's folder, and compares the totals.
compare_with_calm() {
  title 'The same again without kills, with one shard: are the totals the same?'
  local options=(--dir "$dir/calm" --rows "$rows")
  if [[ -n "$seed" ]]; then options+=(--seed "$seed"); fi
  "$here/tools/demo.sh" "${options[@]}" >"$dir/calm.txt" 2>&1 || die "no: $dir/calm.txt"
  if ((shards == 1)); then
    cmp "$dir/summary.json" "$dir/calm/summary.json" || die 'the totals differ'
    note "yes, to the byte: $dir/summary.json and $dir/calm/summary.json"
  else
    cmp <(totals "$dir/summary.json") <(totals "$dir/calm/summary.json") || die 'the totals differ'
    note "yes, but for the accounts' numbers: $dir/summary.json and $dir/calm/summary.json"
  fi
}

next_steps() {
  local running="127.0.0.1:7070"
  title 'What to try next'
  if [[ "$keep" == yes ]]; then
    running="$address"
    note "The server runs at $address, process $server_pid. Stop it: kill $server_pid"
  else
    note "Start the server on this store (stop it with Ctrl-C):"
    note "  $ocsd --data-folder $dir/store --shard-count $shards"
  fi
  note "then, for example, in another terminal:"
  note "  $ocsctl --server $running account history customer:customer-001 --items-max 3"
  note "  $ocsctl --server $running charge price customer:customer-001 --model xingchen \\"
  note "    --input 1000 --output 500"
  note "Play the same trace again: every request is a repeat, nothing is charged twice:"
  note "  $replay run --trace $trace.csv \\"
  note "    --links $trace.derived_links.csv --rows $rows${seed:+ --seed $seed} \\"
  note "    --server $running --base-unix-ms $(cat "$dir/base")"
  note "Kill the server five times in the middle; the figures must be the same:"
  note "  tools/demo.sh --kills 5"
  note "Change a price in rating/catalogues/operators.yaml and publish it:"
  note "  $ocsctl --server $running catalogue publish rating/catalogues/operators.yaml"
  note "The run's files are in $dir; delete the folder when you are done."
}

main() {
  read_arguments "$@"
  ocsd=$(program ocsd)
  ocsctl=$(program ocsctl)
  replay=$(program ocs-replay)
  inspect=$(program ocs-inspect)
  readonly ocsd ocsctl replay inspect
  begin=$(date +%s)
  readonly begin
  make_folder
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  title "A server with the embedded store, in $dir/store"
  start_server
  note "ocsd serves on $address"

  title 'The operators'\'' catalogue'
  "$ocsctl" --server "$address" catalogue publish "$catalogue" --key demo/catalogue \
    --actor demo --reason demonstration
  # Event times begin a minute ahead, so that every account is open by then.
  echo "$(($(date +%s%3N) + 60000))" >"$dir/base"

  title '200 accounts, and who of them gets which calls (declared; the trace names no users)'
  local options=()
  mapfile -t options < <(plan_options)
  "$replay" plan "${options[@]}" | tee "$dir/plan.txt"

  title 'The trace, through gRPC: reserve, report, end'
  play

  title 'Three phone bills, line by line'
  show_bills

  title 'The charging records, exported as finance gets them'
  "$ocsctl" --server "$address" --zone "$zone" cdr export --consumer finance --format csv \
    --out "$dir/cdr.csv"

  title 'Do all parties agree?'
  "$replay" verify --server "$address" --summary "$dir/summary.json" --cdr-csv "$dir/cdr.csv" ||
    die 'the figures do not agree'

  title 'The inspector reads the stopped store and proves its laws'
  stop_server || die "the server did not stop in order ($?); its log is $log"
  "$inspect" "$dir/store" || die 'the inspector found a law broken'

  if ((kills > 0 || shards > 1)); then compare_with_calm; fi
  if [[ "$keep" == yes ]]; then start_server; fi
  next_steps
  title "All figures agree. Took $(($(date +%s) - begin)) s"
  if [[ "$keep" == yes ]]; then
    disown "$server_pid"
    server_pid=''
  fi
}

main "$@"
