// Command generate writes the page of the mapping that it is given to standard output,
// with its tables written anew.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/tradepost/tradepost/pkg/mapping/mappingdoc"
)

func main() {
	if err := run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "generate docs/mapping.md:", err)
		os.Exit(1)
	}
}

func run() error {
	page, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	filled, err := mappingdoc.Fill(string(page))
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(filled)
	return err
}
