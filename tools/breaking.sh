#!/usr/bin/env bash
# Fails when the schemas break readers of messages written before. Compares with
# the branch main (or the revision given), on main itself with its last commit
# before the current one.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
against=${1:-main}
if [ $# -eq 0 ]; then
	git rev-parse -q --verify main >/dev/null || against=origin/main
	if [ "$(git rev-parse -q --verify "$against" || true)" = "$(git rev-parse -q --verify HEAD || true)" ]; then
		against=HEAD~1
	fi
fi
if ! git cat-file -e "$against:proto/buf.yaml" 2>/dev/null; then
	echo "breaking: $against has no schemas to compare with, nothing to check"
	exit 0
fi
# buf/validate is not checked in: both sides use the copy of generate.sh.
if [ ! -f proto/third_party/buf/validate/validate.proto ]; then
	echo "breaking: proto/third_party is missing, run: make generate" >&2
	exit 1
fi
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
git archive "$against" proto | tar -x -C "$old"
mkdir -p "$old/proto/third_party"
cp -R proto/third_party/. "$old/proto/third_party/"
(cd proto && ../bin/buf breaking --against "$old/proto")
echo "breaking: compatible with $against"
