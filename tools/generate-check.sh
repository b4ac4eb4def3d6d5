#!/usr/bin/env bash
# Generates the Go code of the schemas, docs/metrics.md, docs/faults.md, docs/connector.asyncapi.json and the tables of
# docs/mapping.md again and fails when they differ from what is there. What is fresh is left in place, since that is the fix.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -R proto/tradepost "$before/"
find proto/tradepost -name '*.pb.go' -delete # so that code of a removed schema shows, too
if ! proto/generate.sh; then
	rm -rf proto/tradepost
	cp -R "$before/tradepost" proto/
	echo "generate-check: the code could not be generated" >&2
	exit 1
fi
if ! diff -ru "$before/tradepost" proto/tradepost; then
	echo "generate-check: the generated code was out of date; it is fresh now, commit it" >&2
	exit 1
fi
for page in metrics.md faults.md mapping.md connector.asyncapi.json; do
	cp "docs/$page" "$before/"
	name=${page%.*}
	"tools/generate-${name#connector.}.sh"
	if ! diff -u "$before/$page" "docs/$page"; then
		echo "generate-check: docs/$page was out of date; it is fresh now, commit it" >&2
		exit 1
	fi
done
echo "generate-check: the generated code, docs/metrics.md, docs/faults.md, docs/mapping.md and docs/connector.asyncapi.json are up to date"
