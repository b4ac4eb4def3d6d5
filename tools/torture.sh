#!/usr/bin/env bash
# The long trials at full size, with their figures: ServiceTrade away for an hour
# while 3,000 invoices wait, replicas, NATS away for a minute, every process killed.
# `make test` runs the same with fewer invoices. Arguments are handed to go test.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd services/tradepost
TRADEPOST_TEST_INVOICES=${TRADEPOST_TEST_INVOICES:-3000} go test -count=1 -timeout 30m -v \
	-run '^(TestServiceTradeAwayForAnHour|TestThreeReplicasPollNoMoreThanOne|TestAListUnderFaultsIsWholeOrAnError)$' "$@" ./internal/pipeline
go test -count=1 -timeout 30m -v \
	-run '^(TestNATSGoneForAMinuteUnderLoad|TestKillingEveryProcessInTurnLosesAndDoublesNothing)$' "$@" ./e2e
