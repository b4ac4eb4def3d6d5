// Command generate writes docs/faults.md to standard output.
package main

import (
	"fmt"
	"os"

	"github.com/tradepost/tradepost/services/tradepost/internal/faultsdoc"
)

func main() {
	page, err := faultsdoc.Page()
	if err == nil {
		_, err = os.Stdout.WriteString(page)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "generate docs/faults.md:", err)
		os.Exit(1)
	}
}
