#!/usr/bin/env bash
# Writes docs/faults.md from the catalogue of faults.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
go run ./services/tradepost/internal/faultsdoc/generate >"$fresh"
cat "$fresh" >docs/faults.md
