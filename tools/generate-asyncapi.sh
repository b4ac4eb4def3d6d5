#!/usr/bin/env bash
# Writes docs/connector.asyncapi.json from the schemas and the subjects.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
go run ./services/deliver/connectors/remote/asyncapi/generate proto/tradepost/v1/*.proto >"$fresh"
cat "$fresh" >docs/connector.asyncapi.json
