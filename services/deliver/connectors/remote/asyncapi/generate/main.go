// Command generate writes docs/connector.asyncapi.json to standard output. Its arguments
// are the proto files.
package main

import (
	"fmt"
	"os"

	"github.com/tradepost/tradepost/services/deliver/connectors/remote/asyncapi"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "generate docs/connector.asyncapi.json:", err)
		os.Exit(1)
	}
}

func run(files []string) error {
	var comments [][]byte
	for _, name := range files {
		raw, err := os.ReadFile(name) //nolint:gosec // The build names its own files.
		if err != nil {
			return err
		}
		comments = append(comments, raw)
	}
	page, err := asyncapi.Page(comments...)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(page)
	return err
}
