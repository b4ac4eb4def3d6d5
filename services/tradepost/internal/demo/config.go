package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/tradepost/tradepost/services/sandbox"
)

const (
	configName  = "tradepost.yaml"
	mappingName = "mapping.yaml"
	booksName   = "books"
)

// writeConfig writes the configuration and the mapping that a user would write
// for the sandbox's account.
func writeConfig(dir, url string, book *sandbox.Book) error {
	config := map[string]any{
		"data_dir": "data",
		"http":     map[string]any{"listen": "off"},
		"log":      map[string]any{"level": "info", "format": "text"},
		"accounts": map[string]any{account: map[string]any{
			"time_zone": book.TimeZone,
			"servicetrade": map[string]any{
				"url": url + "/api", "app_url": url,
				"username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
				"invoice_entity_type": sandbox.DefaultInvoiceEntityType,
				"poll_interval":       "1s", "external_system": book.ExternalSystem,
			},
		}},
		"connections": map[string]any{connectionID: map[string]any{
			"account": account, "connector": "hledger", "display_name": "the hledger books",
			"mapping_file": mappingName,
			"settings":     map[string]any{"journal_dir": booksName, "check": "when_installed"},
		}},
	}
	mapping := map[string]any{
		"version":   1,
		"customers": map[string]any{"match": []string{"external_id", "table"}, "table": table(book.CustomerTable)},
		"items":     map[string]any{"match": []string{"external_id", "table"}, "table": table(book.ItemTable)},
		"accounts": map[string]any{
			"receivable": "assets:receivable", "revenue_default": "revenue", "sales_tax": "liabilities:salestax",
		},
		"tax":                  map[string]any{"mode": "none"},
		"books_closed_through": book.BooksClosedThrough,
	}
	return writeYAML(dir, map[string]any{configName: config, mappingName: mapping})
}

func table(rows []sandbox.TableRow) map[string]string {
	t := make(map[string]string, len(rows))
	for _, r := range rows {
		t[strconv.FormatInt(r.ID, 10)] = r.Key
	}
	return t
}

func writeYAML(dir string, files map[string]any) error {
	for name, content := range files {
		text, err := yaml.Marshal(content)
		if err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("write the configuration of the demo: %w", err)
		}
	}
	return nil
}
