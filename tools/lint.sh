#!/usr/bin/env bash
# Lints all modules of the workspace, and the tools. Arguments are handed to
# golangci-lint run (for example --fix).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
mapfile -t packages < <(go list -m -f '{{.Dir}}/...')
bin/golangci-lint run "$@" "${packages[@]}"
(cd tools && GOWORK=off ../bin/golangci-lint run --config ../.golangci.yml "$@" ./...)
