module github.com/tradepost/tradepost/services/tradepost

go 1.26.0

require github.com/tradepost/tradepost/proto v0.0.0

require github.com/tradepost/tradepost/pkg v0.0.0

require github.com/tradepost/tradepost/services/ingest v0.0.0

require github.com/tradepost/tradepost/services/transform v0.0.0

require github.com/tradepost/tradepost/services/deliver v0.0.0

require github.com/tradepost/tradepost/services/reconcile v0.0.0

require github.com/tradepost/tradepost/services/sandbox v0.0.0

require (
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jedib0t/go-pretty/v6 v6.8.3 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nats-server/v2 v2.15.2 // indirect
	github.com/nats-io/nats.go v1.55.0 // indirect
	github.com/nats-io/nkeys v0.4.16 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/prometheus/client_golang v1.25.0 // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	github.com/shopspring/decimal v1.6.0 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.47.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/tradepost/tradepost/proto => ../../proto

replace github.com/tradepost/tradepost/pkg => ../../pkg

replace github.com/tradepost/tradepost/services/ingest => ../../services/ingest

replace github.com/tradepost/tradepost/services/transform => ../../services/transform

replace github.com/tradepost/tradepost/services/deliver => ../../services/deliver

replace github.com/tradepost/tradepost/services/reconcile => ../../services/reconcile

replace github.com/tradepost/tradepost/services/sandbox => ../../services/sandbox

tool github.com/nats-io/nats-server/v2
