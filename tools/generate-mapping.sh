#!/usr/bin/env bash
# Writes the tables of docs/mapping.md anew from the schema and the vocabulary of the
# mapping file. What is written by hand there stays.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
go run ./pkg/mapping/mappingdoc/generate <docs/mapping.md >"$fresh"
cat "$fresh" >docs/mapping.md
