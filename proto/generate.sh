#!/usr/bin/env bash
# Lints the schemas and writes the Go beside them, with the exact tool versions
# of tools/versions.env. buf/validate comes from its Go module, since no schema
# registry is needed to build Tradepost.
set -euo pipefail
cd "$(dirname "$0")"
. ../tools/versions.env
bin="$PWD/bin"
mkdir -p "$bin" third_party/buf/validate
GOBIN=$bin go install "github.com/bufbuild/buf/cmd/buf@$BUF_VERSION"
GOBIN=$bin go install "google.golang.org/protobuf/cmd/protoc-gen-go@$PROTOC_GEN_GO_VERSION"
dir=$(cd "$(mktemp -d)" && GOWORK=off GOFLAGS=-mod=mod go mod download -json "github.com/bufbuild/protovalidate@$PROTOVALIDATE_VERSION" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
install -m 644 "$dir/proto/protovalidate/buf/validate/validate.proto" third_party/buf/validate/validate.proto
export PATH="$bin:$PATH"
buf lint
buf generate
