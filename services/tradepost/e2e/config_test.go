package e2e

import (
	"os"
	"strconv"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// table is a table of the mapping.
func table(rows []sandbox.TableRow) map[string]string {
	m := map[string]string{}
	for _, r := range rows {
		m[strconv.FormatInt(r.ID, 10)] = r.Key
	}
	return m
}

// accountOf is the configuration of an account whose ServiceTrade is at url.
func accountOf(url string, book *sandbox.Book) map[string]any {
	return map[string]any{
		"time_zone": book.TimeZone,
		"servicetrade": map[string]any{
			"url": url + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
			"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "poll_interval": "1s", "external_system": book.ExternalSystem,
		},
	}
}

// mappingOf is the mapping that fits books without a chart of their own.
func mappingOf(book *sandbox.Book) map[string]any {
	return map[string]any{
		"version":              1,
		"customers":            map[string]any{"match": []string{"external_id", "table"}, "table": table(book.CustomerTable)},
		"items":                map[string]any{"match": []string{"external_id", "table"}, "table": table(book.ItemTable)},
		"accounts":             map[string]any{"receivable": "assets:receivable", "revenue_default": "revenue"},
		"tax":                  map[string]any{"mode": "none"},
		"books_closed_through": book.BooksClosedThrough,
	}
}

// taxCodes states sales tax under the code of the invoice's tax group. other is for the
// taxable lines of invoices that no tax was charged on.
func taxCodes(codes map[string]any, other any) map[string]any {
	return map[string]any{
		"mode": "code_map", "codes": []any{map[string]any{"by": "invoice.tax_group", "table": codes}}, "code": other,
	}
}

func writeYAML(t *testing.T, file string, content any) {
	t.Helper()
	text, err := yaml.Marshal(content)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}
