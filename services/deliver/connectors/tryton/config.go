package tryton

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
)

// What is done with an invoice whose day is earlier than that of the last number of its
// sequence: Tryton gives numbers in the order of days.
const (
	// OrderSamePeriod lets it count on the day of the last number, in the same period;
	// its own day stays the invoice date. Another period is a fault.
	OrderSamePeriod = "same_period"
	// OrderAnyPeriod does so whatever the period.
	OrderAnyPeriod = "any_period"
	// OrderRefuse makes it a fault.
	OrderRefuse = "refuse"
)

// Config is the settings of a Tryton connection, as written in YAML.
type Config struct {
	// URL of the server, without the database: https://tryton.example. Required.
	URL string `yaml:"url"`
	// Database is its name. Required.
	Database string `yaml:"database"`
	// User and Password are those of a user made for Tradepost. Required.
	User     string            `yaml:"user"`
	Password connection.Secret `yaml:"password"`
	// Company is the name of the company's party. Default: the user's own company.
	Company string `yaml:"company"`
	// Journal is the code or name of the revenue journal. Default: the first one.
	Journal  string   `yaml:"journal"`
	Accounts Accounts `yaml:"accounts"`
	// Tax is the sales tax of taxable lines that Tryton is to compute
	// (tax.mode: taxable_flag), by name.
	Tax string `yaml:"tax"`
	// NumberOrder is same_period (default), any_period or refuse.
	NumberOrder string `yaml:"number_order"`
	// UniqueIndex says that the database keeps a second invoice with the same reference
	// out by a unique index. Default: false.
	UniqueIndex bool `yaml:"unique_index"`
	// CallTimeout is the longest that posting one document takes. Default: 60s.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// Settling is how long Tryton may still be at work on a call that was given up.
	// Without the index nobody makes the invoice anew before. Default: 30s.
	Settling time.Duration `yaml:"settling"`
}

// Accounts are used where neither the mapping nor Tryton's own records name one: code
// or name. Left out, an invoice that needs one is refused.
type Accounts struct {
	// Receivable is for customers without one; default: that of Tryton's configuration.
	Receivable string `yaml:"receivable"`
	// Revenue is for lines whose product has none; default: that of Tryton's configuration.
	Revenue string `yaml:"revenue"`
	// SalesTax is for taxes without a tax code.
	SalesTax string `yaml:"sales_tax"`
	// Discount is for discounts; default: that of Revenue.
	Discount string `yaml:"discount"`
	// Retainage is for lines that a customer holds back.
	Retainage string `yaml:"retainage"`
	// Rounding is for the rounding of a document.
	Rounding string `yaml:"rounding"`
}

const (
	defaultCallTimeout = 60 * time.Second
	defaultSettling    = 30 * time.Second
)

// complete fills the defaults in.
func (c *Config) complete() {
	c.URL = strings.TrimRight(strings.TrimSpace(c.URL), "/")
	if c.NumberOrder == "" {
		c.NumberOrder = OrderSamePeriod
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = defaultCallTimeout
	}
	if c.Settling == 0 {
		c.Settling = defaultSettling
	}
}

// problems returns all that is wrong with the settings, in one error.
func (c *Config) problems() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("setting %s: %s", key, fmt.Sprintf(format, args...)))
	}
	switch u, err := url.Parse(c.URL); {
	case c.URL == "":
		bad("url", "is missing; name the server, for example url: https://tryton.example")
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		bad("url", "%q is no address like https://tryton.example", c.URL)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		bad("url", "it may hold neither a user nor a query: the user has settings of its own")
	}
	for _, s := range [][2]string{{"database", c.Database}, {"user", c.User}} {
		if strings.TrimSpace(s[1]) == "" {
			bad(s[0], "is missing")
		}
	}
	if c.Password.IsZero() {
		bad("password", "is missing; name where it is, for example password: {env: TRYTON_PASSWORD}")
	}
	switch c.NumberOrder {
	case OrderSamePeriod, OrderAnyPeriod, OrderRefuse:
	default:
		bad("number_order", "%q is none of %s, %s and %s", c.NumberOrder, OrderSamePeriod, OrderAnyPeriod, OrderRefuse)
	}
	if c.CallTimeout < time.Second {
		bad("call_timeout", "%s is less than a second", c.CallTimeout)
	}
	if c.Settling < time.Second {
		bad("settling", "%s is less than a second", c.Settling)
	}
	return errors.Join(errs...)
}
