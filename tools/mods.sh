#!/usr/bin/env bash
# Tidies the go.mod and go.sum of every module. With --check nothing is changed:
# it prints what tidying would change, and fails if that is anything.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
status=0
for module in $(modules); do
	if [ "${1:-}" = --check ]; then
		GOWORK=off go -C "$module" mod tidy -diff || { echo "$module: go.mod or go.sum is not tidy, run: make mods" >&2; status=1; }
	else
		echo "tidy $module"
		GOWORK=off go -C "$module" mod tidy
	fi
done
exit "$status"
