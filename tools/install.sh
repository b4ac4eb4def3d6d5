#!/usr/bin/env bash
# Installs the tools that check Tradepost into bin/, in the versions of versions.env,
# and the stock nats program, in the version of natscli/go.mod: its module can only be
# built as another module's requirement.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. tools/versions.env
export GOBIN="$PWD/bin" GOWORK=off
# Recorded beside the tools, so that a second call has nothing to do.
nats=$(sed -n 's|^require github.com/nats-io/natscli ||p; s|^\tgithub.com/nats-io/natscli \(v[^ ]*\).*|\1|p' tools/natscli/go.mod)
installed="$GOBIN/.tools-$GOLANGCI_LINT_VERSION-$BUF_VERSION-$nats"
[ -f "$installed" ] && exit 0
mkdir -p "$GOBIN"
cd tools # outside of any workspace or module with other requirements
go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$GOLANGCI_LINT_VERSION"
go install "github.com/bufbuild/buf/cmd/buf@$BUF_VERSION"
go -C natscli build -trimpath -o "$GOBIN/nats" github.com/nats-io/natscli/nats
touch "$installed"
