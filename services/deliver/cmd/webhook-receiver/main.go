// Command webhook-receiver is the reference endpoint of the webhook connector.
package main

import (
	"fmt"
	"os"

	"github.com/tradepost/tradepost/services/deliver/connectors/webhook/receiver"
)

func main() {
	if err := receiver.Main(os.Args[1:], os.Getenv, os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "webhook-receiver:", err)
		os.Exit(1)
	}
}
