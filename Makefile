# Tradepost. `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SERVICES := ingest transform deliver reconcile sandbox
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X github.com/tradepost/tradepost/pkg/runtime.version=$(VERSION)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/tradepost and the separate services
	@mkdir -p bin
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./services/tradepost/cmd/tradepost $(foreach s,$(SERVICES),./services/$(s)/cmd/$(s))

.PHONY: demo
demo: build ## Build, then run 40 invoices through the pipeline against a sandbox
	bin/tradepost demo

.PHONY: test
test: ## Run all tests with the race detector
	@tools/test.sh

.PHONY: torture
torture: ## Run the long trials at full size and show their figures
	@tools/torture.sh

.PHONY: certify-qbo
certify-qbo: ## Try the QuickBooks Online connector against a sandbox company of Intuit (skipped without TRADEPOST_CERTIFY_QBO_COMPANY and _TOKEN)
	go -C services/tradepost test -count=1 -v -run '^TestCertify' ./internal/quickbooks

.PHONY: torture-signins
torture-signins: ## End what renews sign-ins 10,000 times within the process, and 200 times with kill -9 (SEED=…)
	TRADEPOST_TEST_SEED=$(SEED) TRADEPOST_TEST_CRASHES=10000 TRADEPOST_TEST_KILLS=200 go -C pkg test -count=1 -timeout 60m -v -run '^TestNo(Crash|Kill)LosesAConnection$$' ./grant

.PHONY: load-qbo
load-qbo: ## Post 2,500 invoices to each of 4 companies of the QuickBooks stand-in within its limits, in some 7 minutes (N=2500)
	TRADEPOST_TEST_LOAD=$(or $(N),2500) go -C services/tradepost test -count=1 -timeout 60m -v -run '^TestFourCompaniesUseTheDocumentedLimitsAndKeepThem$$' ./e2e

.PHONY: bench-build
bench-build:
	@mkdir -p bin
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./services/bench/cmd/bench ./services/tradepost/cmd/bench-stages

.PHONY: bench-quick
bench-quick: bench-build ## Measure the pipeline beside a bare chain on nats.go, in half a minute
	bin/bench --json bin/bench-quick.json

.PHONY: bench
bench: bench-build ## The same with 5,000 invoices, for numbers to quote
	bin/bench --invoices 5000 --waves 60 --per-wave 8 --json bin/bench.json

.PHONY: fuzz-money
fuzz-money: ## Make a million random documents under every way to round (N=1000000)
	TRADEPOST_MONEY_DOCUMENTS=$(or $(N),1000000) go -C services/transform test -run TestNoTotalIsEverBroken -timeout 60m .

# The seed of a chaos run's schedule.
SEED ?= 1
# What the invoices are posted to: plain, quickbooks or quickbooks-forgetful.
TARGET ?= plain
CHAOS := go run ./services/chaos/cmd/chaos --target $(TARGET)

.PHONY: chaos
chaos: ## Break everything that can break during N invoices (SEED=…, TARGET=plain or quickbooks), and count what went wrong
	$(CHAOS) --invoices $(or $(N),20000) --seed $(SEED)

.PHONY: chaos-quick
chaos-quick: ## The same with 2,000 invoices, as CI does
	$(CHAOS) --invoices 2000 --seed $(SEED)

.PHONY: chaos-crippled
chaos-crippled: ## The same without looking before posting; passes only if duplicates are reported
	$(CHAOS) --invoices 300 --seed $(SEED) --crippled --within 3m

.PHONY: tools
tools: ## Install the checking tools (tools/versions.env) into bin/
	@tools/install.sh

.PHONY: lint
lint: tools ## Lint all modules
	tools/lint.sh

.PHONY: fmt
fmt: tools ## Format all modules and apply what the linters can fix
	tools/lint.sh --fix

.PHONY: generate
generate: ## Generate the Go code of the schemas, docs/metrics.md, docs/faults.md, docs/connector.asyncapi.json and the tables of docs/mapping.md
	proto/generate.sh
	tools/generate-metrics.sh
	tools/generate-faults.sh
	tools/generate-mapping.sh
	tools/generate-asyncapi.sh

.PHONY: generate-check
generate-check: ## Check that what is generated is up to date
	tools/generate-check.sh

.PHONY: breaking
breaking: tools ## Check that the schemas stay compatible with the branch main
	tools/breaking.sh

.PHONY: importlaw
importlaw: ## Check who imports whom
	@mkdir -p bin
	@GOWORK=off go -C tools build -o ../bin/importlaw ./importlaw
	@bin/importlaw

.PHONY: mods
mods: ## Tidy every module
	tools/mods.sh

.PHONY: mods-check
mods-check: ## Check that every module is tidy
	tools/mods.sh --check

.PHONY: build-modules
build-modules: ## Build every module by itself, without the workspace
	tools/build-modules.sh

.PHONY: ci
ci: tools generate-check breaking lint importlaw mods-check build-modules test ## Run all checks, as CI does

.PHONY: clean
clean: ## Remove what was built and installed
	rm -rf bin proto/bin proto/third_party
