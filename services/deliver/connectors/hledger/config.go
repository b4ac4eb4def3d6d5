package hledger

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// When the hledger program checks what is written.
const (
	// CheckRequired makes invoices wait while the program is missing.
	CheckRequired = "required"
	// CheckWhenInstalled goes on with Tradepost's own checks alone.
	CheckWhenInstalled = "when_installed"
)

// Who may bring a customer into the books.
const (
	// CustomersDeclare lets every invoice declare its customer's account.
	CustomersDeclare = "declare"
	// CustomersChart takes only customers whose account the chart declares, or
	// whom the mapping marks as to be created.
	CustomersChart = "chart"
)

// Config is the settings of a hledger connection, as written in YAML.
type Config struct {
	// JournalDir holds main.journal and what it includes. Required. Relative to
	// the configuration file.
	JournalDir string `yaml:"journal_dir"`
	// Program is the hledger program: a name in PATH or a path. Default: hledger.
	Program string `yaml:"program"`
	// Check is required (default) or when_installed.
	Check string `yaml:"check"`
	// Chart is the file in JournalDir that declares accounts and commodities.
	// Default: chart.journal.
	Chart string `yaml:"chart"`
	// Currency is the one currency of these books, ISO 4217. Default: USD.
	Currency string `yaml:"currency"`
	// Commodity is how the currency is written: "$" before the amount, or letters
	// behind it. Default: "$" for USD, else the currency.
	Commodity string `yaml:"commodity"`
	// Customers is declare (default) or chart.
	Customers string   `yaml:"customers"`
	Accounts  Accounts `yaml:"accounts"`
	// Declare lists more accounts for the chart of new books, so that they can be
	// posted to at once. It does nothing where the chart exists.
	Declare []string `yaml:"declare"`
}

// Accounts are used where the mapping names none. The chart has to declare
// every one that is used.
type Accounts struct {
	// Receivable is the parent of the customers' accounts. Default: assets:receivable.
	Receivable string `yaml:"receivable"`
	// Revenue takes lines whose item names no account. Default: revenue.
	Revenue string `yaml:"revenue"`
	// SalesTax takes taxes. Default: liabilities:salestax.
	SalesTax string `yaml:"sales_tax"`
	// Discount takes discounts. Default: revenue:discounts.
	Discount string `yaml:"discount"`
	// Retainage takes what the customer holds back. Default: assets:retainage.
	Retainage string `yaml:"retainage"`
	// Rounding takes the rounding of a document. Default: expenses:rounding.
	Rounding string `yaml:"rounding"`
}

// list names the settings and their accounts in a fixed order.
func (a Accounts) list() [][2]string {
	return [][2]string{
		{"receivable", a.Receivable},
		{"revenue", a.Revenue},
		{"sales_tax", a.SalesTax},
		{"discount", a.Discount},
		{"retainage", a.Retainage},
		{"rounding", a.Rounding},
	}
}

// complete fills the defaults in and makes the directory absolute.
func (c *Config) complete(configDir string) {
	orElse := func(s *string, otherwise string) {
		if strings.TrimSpace(*s) == "" {
			*s = otherwise
		}
	}
	orElse(&c.Program, "hledger")
	orElse(&c.Check, CheckRequired)
	orElse(&c.Chart, "chart.journal")
	orElse(&c.Customers, CustomersDeclare)
	orElse(&c.Currency, "USD")
	commodity := c.Currency
	if c.Currency == "USD" {
		commodity = "$"
	}
	orElse(&c.Commodity, commodity)
	orElse(&c.Accounts.Receivable, "assets:receivable")
	orElse(&c.Accounts.Revenue, "revenue")
	orElse(&c.Accounts.SalesTax, "liabilities:salestax")
	orElse(&c.Accounts.Discount, "revenue:discounts")
	orElse(&c.Accounts.Retainage, "assets:retainage")
	orElse(&c.Accounts.Rounding, "expenses:rounding")
	if c.JournalDir != "" && !filepath.IsAbs(c.JournalDir) {
		c.JournalDir = filepath.Join(configDir, c.JournalDir)
	}
}

// problems returns all that is wrong with the settings, in one error.
func (c *Config) problems() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("setting %s: %s", key, fmt.Sprintf(format, args...)))
	}
	if c.JournalDir == "" {
		bad("journal_dir", "is missing; name the directory of the journal, for example journal_dir: books")
	}
	if c.Check != CheckRequired && c.Check != CheckWhenInstalled {
		bad("check", "%q is neither %s nor %s", c.Check, CheckRequired, CheckWhenInstalled)
	}
	if c.Customers != CustomersDeclare && c.Customers != CustomersChart {
		bad("customers", "%q is neither %s nor %s", c.Customers, CustomersDeclare, CustomersChart)
	}
	if !filepath.IsLocal(c.Chart) || strings.ContainsAny(c.Chart, "\r\n*?[]{}") {
		bad("chart", "%q is not the plain name of a file inside journal_dir", c.Chart)
	}
	if len(c.Currency) != 3 || strings.Trim(c.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		bad("currency", "%q is not a currency code of three capital letters", c.Currency)
	}
	if !isSymbol(c.Commodity) && !isLetters(c.Commodity) {
		bad("commodity", "%q is neither one currency sign nor letters only", c.Commodity)
	}
	return errors.Join(append(errs, c.accountProblems()...)...)
}

func (c *Config) accountProblems() []error {
	names := c.Accounts.list()
	for i := range names {
		names[i][0] = "accounts." + names[i][0]
	}
	for _, name := range c.Declare {
		names = append(names, [2]string{"declare", name})
	}
	var errs []error
	for _, n := range names {
		if err := accountProblem(n[1]); err != nil {
			errs = append(errs, fmt.Errorf("setting %s: %q %w", n[0], n[1], err))
		}
	}
	return errs
}
