#!/usr/bin/env bash
# Writes docs/metrics.md from the metrics that the four stages register: it starts
# them with a NATS server inside, in a folder of its own, and ends them again.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
go run ./services/tradepost/internal/metricsdoc/generate >"$fresh"
cat "$fresh" >docs/metrics.md
