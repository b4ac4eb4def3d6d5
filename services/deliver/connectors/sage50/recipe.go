package sage50

import (
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

// recipe tells a bookkeeper how to make the import templates, once, and what to do with
// each file.
func (c *Config) recipe(b *strings.Builder, connection, place string) {
	fmt.Fprintf(b, "Importing the files of connection %s into Sage 50\n\n", connection)
	fmt.Fprintf(b, "The files are in %s. Back up the company before the first import.\n\n", place)
	headings := "off"
	if c.Header {
		headings = "on"
	}
	fmt.Fprintf(b, "Once, make the template for invoices:\n\n"+
		"1. File > Select Import/Export > Accounts Receivable > Sales Journal > Import.\n"+
		"2. On Fields: choose Show None. Then show these %d fields, and give each the column (Col #) of this list:\n\n", len(c.Columns))
	for i, column := range c.Columns {
		fmt.Fprintf(b, "   %2d  %s\n", i+1, column)
	}
	fmt.Fprintf(b, "\n3. On Options: switch First Row Contains Headings %s.\n"+
		"4. Save the template as TRADEPOST SALES.\n\n", headings)
	fmt.Fprintf(b, "Dates in the files are %s; Windows on the PC that imports has to read them so (Region, short date).\n\n", c.DateFormat)
	fmt.Fprintf(b, "Once, make the template for customers: Accounts Receivable > Customer List > Import, with these fields:\n\n")
	for i, column := range c.CustomerColumns {
		fmt.Fprintf(b, "   %2d  %s\n", i+1, column)
	}
	fmt.Fprintf(b, "\nFirst Row Contains Headings is %s here too. Save it as TRADEPOST CUSTOMERS.\n\n", headings)
	b.WriteString("With every file SALES-...: where there is a file CUSTOMER-... with the same ending, import that first.\n" +
		outbox.AfterImport +
		"\nInstead of moving files, export the Sales Journal with the same template, and with First Row Contains Headings on, into the\n" +
		"folder exports: invoices are matched by number, customer and total.\n")
}
