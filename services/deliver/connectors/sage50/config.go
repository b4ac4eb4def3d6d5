package sage50

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

// Config is the settings of a Sage 50 connection, as written in YAML.
type Config struct {
	now func() time.Time // the tests' clock; nil is time.Now
	// Place says where the files go; one of folder and sftp.
	outbox.Place `yaml:",inline"`
	// Layout is full (default), peachtree or short; see the constants.
	Layout string `yaml:"layout"`
	// Columns is an ordered list of columns instead of a layout, by the names that Sage 50
	// shows in its import template.
	Columns []string `yaml:"columns"`
	// Header says that the first row names the columns: as "First Row Contains Headings" of
	// the template. Default false.
	Header bool `yaml:"header"`
	// DateFormat is how the PC that imports writes dates: MM/DD/YY (default), MM/DD/YYYY,
	// M/D/YY or M/D/YYYY.
	DateFormat string `yaml:"date_format"`
	// Batch is the most documents of one file; default 50.
	Batch int `yaml:"batch"`
	// Wait is how long the first document waits for others before a file is made; default
	// 15m. 0s makes a file of each document.
	Wait *time.Duration `yaml:"wait"`
	// Currency is the one currency of the books; default USD.
	Currency string   `yaml:"currency"`
	Accounts Accounts `yaml:"accounts"`
	// NetDays is when an invoice is due that has neither a due date nor terms: Sage 50 does
	// not compute it, and what has no due date ages wrongly. Unset, such an invoice fails.
	NetDays *int `yaml:"net_days"`
	// SalesTaxes are the sales taxes as they are set up in Sage 50, by their id.
	SalesTaxes map[string][]Agency `yaml:"sales_taxes"`
	// SalesTax is the id for taxes to which the mapping gives no code; "" for none.
	SalesTax string `yaml:"sales_tax"`
	// TaxTypes are the numbers of the tax types that lines get.
	TaxTypes TaxTypes `yaml:"tax_types"`
	// CustomerColumns is the ordered list of columns of the file with new customers.
	CustomerColumns []string `yaml:"customer_columns"`
	// RemindAfter is when a file that nobody confirmed is told as a trouble; default 72h.
	RemindAfter time.Duration `yaml:"remind_after"`
}

// Accounts are used where the mapping names none.
type Accounts struct {
	// Receivable is the A/R account.
	Receivable string `yaml:"receivable"`
	// Revenue takes lines whose item or rule names no account.
	Revenue string `yaml:"revenue"`
	// Discount takes discounts on the whole document.
	Discount string `yaml:"discount"`
}

// Agency is one agency of a sales tax, with its part of the tax.
type Agency struct {
	// Agency is the Sales Tax Agency ID.
	Agency string `yaml:"agency"`
	// Account is the tax payable account.
	Account string `yaml:"account"`
	// Rate in percent; the tax is divided by the rates, to the cent.
	Rate string `yaml:"rate"`
}

// TaxTypes are the numbers under which Sage 50 keeps them, 1 to 25.
type TaxTypes struct {
	Taxable int `yaml:"taxable"` // default 1
	Exempt  int `yaml:"exempt"`  // default 2
}

var dateFormats = map[string]string{"MM/DD/YY": "01/02/06", "MM/DD/YYYY": "01/02/2006", "M/D/YY": "1/2/06", "M/D/YYYY": "1/2/2006"}

// What Sage 50 takes, in characters.
const (
	maxID          = 20
	maxNumber      = 20
	maxDescription = 160
	maxAccount     = 15
	maxSalesTax    = 8
	maxPO          = 20
)

func (c *Config) complete() {
	if c.Layout == "" {
		c.Layout = LayoutFull
	}
	if len(c.Columns) == 0 {
		c.Columns, _ = preset(c.Layout)
	}
	if c.DateFormat == "" {
		c.DateFormat = "MM/DD/YY"
	}
	if c.Batch == 0 {
		c.Batch = 50
	}
	if c.Wait == nil {
		wait := 15 * time.Minute
		c.Wait = &wait
	}
	if c.Currency == "" {
		c.Currency = "USD"
	}
	if c.TaxTypes.Taxable == 0 {
		c.TaxTypes.Taxable = 1
	}
	if c.TaxTypes.Exempt == 0 {
		c.TaxTypes.Exempt = 2
	}
	if len(c.CustomerColumns) == 0 {
		c.CustomerColumns = slices.Clone(customerColumns)
	}
	if c.RemindAfter == 0 {
		c.RemindAfter = outbox.RemindAfter
	}
}

// batch is how many documents make a file at once.
func (c *Config) batch() int {
	if *c.Wait == 0 {
		return 1
	}
	return c.Batch
}

// problems returns all that is wrong with the settings, in one error.
func (c *Config) problems() error {
	errs := c.Problems()
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("setting %s: %s", key, fmt.Sprintf(format, args...)))
	}
	if _, ok := preset(c.Layout); !ok {
		bad("layout", "%q is none of %s, %s and %s", c.Layout, LayoutFull, LayoutPeachtree, LayoutShort)
	}
	errs = append(errs, columnProblems(c.Columns, len(c.SalesTaxes) > 0)...)
	if dateFormats[c.DateFormat] == "" {
		bad("date_format", "%q is none of %s", c.DateFormat, strings.Join(slices.Sorted(maps.Keys(dateFormats)), ", "))
	}
	if c.Batch < 1 || c.Batch > 1000 {
		bad("batch", "%d is not between 1 and 1000", c.Batch)
	}
	if *c.Wait < 0 || *c.Wait > 24*time.Hour {
		bad("wait", "%s is not between 0s and 24h", *c.Wait)
	}
	if len(c.Currency) != 3 || strings.Trim(c.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		bad("currency", "%q is not a currency code of three capital letters", c.Currency)
	}
	if c.NetDays != nil && (*c.NetDays < 0 || *c.NetDays > 366) {
		bad("net_days", "%d is not between 0 and 366", *c.NetDays)
	}
	if c.RemindAfter < 0 {
		bad("remind_after", "%s is below zero", c.RemindAfter)
	}
	for _, t := range []int{c.TaxTypes.Taxable, c.TaxTypes.Exempt} {
		if t < 1 || t > 25 {
			bad("tax_types", "%d is not between 1 and 25", t)
		}
	}
	for _, name := range c.CustomerColumns {
		if !slices.Contains(customerColumns, name) {
			bad("customer_columns", "%q is none of %s", name, strings.Join(customerColumns, ", "))
		}
	}
	errs = append(errs, c.accountProblems()...)
	return errors.Join(append(errs, c.taxProblems()...)...)
}

func (c *Config) accountProblems() []error {
	var errs []error
	for _, a := range [][2]string{{"receivable", c.Accounts.Receivable}, {"revenue", c.Accounts.Revenue}, {"discount", c.Accounts.Discount}} {
		if why := idProblem(a[1], maxAccount); a[1] != "" && why != "" {
			errs = append(errs, fmt.Errorf("setting accounts.%s: %q %s", a[0], a[1], why))
		}
	}
	return errs
}

func (c *Config) taxProblems() []error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(c.SalesTaxes)) {
		if why := idProblem(id, maxSalesTax); why != "" {
			errs = append(errs, fmt.Errorf("setting sales_taxes: %q %s", id, why))
		}
		if len(c.SalesTaxes[id]) == 0 {
			errs = append(errs, fmt.Errorf("setting sales_taxes.%s: it needs an agency at the least", id))
		}
		for i, a := range c.SalesTaxes[id] {
			errs = append(errs, a.problems(fmt.Sprintf("setting sales_taxes.%s[%d]", id, i))...)
		}
	}
	if _, ok := c.SalesTaxes[c.SalesTax]; c.SalesTax != "" && !ok {
		errs = append(errs, fmt.Errorf("setting sales_tax: %q is not among sales_taxes", c.SalesTax))
	}
	return errs
}

func (a Agency) problems(at string) []error {
	var errs []error
	if why := idProblem(a.Agency, maxID); why != "" {
		errs = append(errs, fmt.Errorf("%s.agency: %q %s", at, a.Agency, why))
	}
	if why := idProblem(a.Account, maxAccount); why != "" {
		errs = append(errs, fmt.Errorf("%s.account: %q %s", at, a.Account, why))
	}
	if rate, err := decimal.NewFromString(a.Rate); err != nil || rate.Sign() <= 0 || rate.GreaterThan(decimal.NewFromInt(100)) {
		errs = append(errs, fmt.Errorf("%s.rate: %q is no percentage above 0", at, a.Rate))
	}
	return errs
}
