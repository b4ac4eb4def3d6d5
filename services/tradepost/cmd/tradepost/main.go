// Command tradepost is the one binary: all four stages around an embedded NATS
// server, and the command line for operators.
package main

import (
	"os"

	"github.com/tradepost/tradepost/services/tradepost/internal/cli"
)

func main() { os.Exit(cli.Main()) }
