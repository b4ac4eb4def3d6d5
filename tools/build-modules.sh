#!/usr/bin/env bash
# Builds every module by itself, without the workspace: what go.mod says has to
# be enough.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
for module in $(modules); do
	echo "build $module"
	GOWORK=off go -C "$module" build -o /dev/null ./...
done
