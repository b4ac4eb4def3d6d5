#!/usr/bin/env bash
# Installs the tools that check Tradepost into bin/, in the versions of versions.env.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. tools/versions.env
export GOBIN="$PWD/bin" GOWORK=off
# Recorded beside the tools, so that a second call has nothing to do.
installed="$GOBIN/.tools-$GOLANGCI_LINT_VERSION-$BUF_VERSION"
[ -f "$installed" ] && exit 0
mkdir -p "$GOBIN"
cd tools # outside of any workspace or module with other requirements
go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$GOLANGCI_LINT_VERSION"
go install "github.com/bufbuild/buf/cmd/buf@$BUF_VERSION"
touch "$installed"
