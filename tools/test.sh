#!/usr/bin/env bash
# Runs the tests of all modules with the race detector and ends with a line that
# says how it went. Arguments are handed to go test (for example -run TestX).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
log=$(mktemp)
skipped=$(mktemp)
trap 'rm -f "$log" "$skipped"' EXIT
# Tests write here what they could not do; see the end.
export TRADEPOST_SKIPPED_TESTS=$skipped
started=$SECONDS

status=0
go test -race -timeout 20m "$@" work 2>&1 | tee "$log" || status=1
# The tools have a module of their own, which need not be in the workspace.
GOWORK=off go -C tools test -timeout 20m "$@" ./... 2>&1 | tee -a "$log" || status=1

passed=$(grep -c '^ok ' "$log" || true)
failed=$(grep -c '^FAIL[[:space:]].*[[:space:]]' "$log" || true)
if [ -s "$skipped" ]; then
	echo "SKIPPED, since something is missing on this machine:"
	sort -u "$skipped"
fi
if [ "$status" -eq 0 ]; then
	echo "PASS: $passed packages tested with the race detector in $((SECONDS - started)) s"
else
	grep '^ *--- FAIL' "$log" || true
	echo "FAIL: $failed packages failed, $passed passed, in $((SECONDS - started)) s"
fi
exit "$status"
