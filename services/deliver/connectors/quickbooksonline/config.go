package quickbooksonline

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/connection"
	intuitapp "github.com/tradepost/tradepost/pkg/grant/intuit"
)

// The environments of Intuit.
const (
	Production = "production"
	Sandbox    = "sandbox"
)

// What becomes of a name that is taken, and of a customer who is not active.
const (
	// Refuse makes it a fault, for a person to decide.
	Refuse = "refuse"
	// Suffix adds a suffix to the name of a new customer.
	Suffix = "suffix"
	// Reactivate makes the customer active again.
	Reactivate = "reactivate"
)

var environments = map[string]string{
	Production: "https://quickbooks.api.intuit.com",
	Sandbox:    "https://sandbox-quickbooks.api.intuit.com",
}

// Config is the settings of a connection to QuickBooks Online, as written in YAML.
type Config struct {
	// CompanyID is the id of the company (Intuit's realm), digits only. Required with
	// access_token; else the company that was signed in to, and no other.
	CompanyID string `yaml:"company_id"`
	// Environment is production (default) or sandbox, Intuit's own.
	Environment string `yaml:"environment"`
	// URL replaces the address of the environment: the stand-in's.
	URL string `yaml:"url"`
	// App is the user's own app at Intuit, with which a person signs the connection in:
	// tradepost connect quickbooks.
	App intuitapp.App `yaml:"app"`
	// AccessToken is used where the program has no sign-in of its own. Nobody renews
	// it: one of Intuit lasts an hour.
	AccessToken connection.Secret `yaml:"access_token"`
	// MinorVersion of the API. Default: 75.
	MinorVersion int `yaml:"minor_version"`
	// SettlingTime is how long a write may stay invisible to searches. Default: 30s.
	SettlingTime time.Duration `yaml:"settling_time"`
	// CallTime is after how long QuickBooks gives a call up by itself. Until then a write
	// that was sent may still be made, so that nobody looks for one in doubt before.
	// Default: 120s, Intuit's; less only for the stand-in.
	CallTime time.Duration `yaml:"call_time"`
	// Parallel is how many documents are worked on at once, 1 to 10. Default: 10.
	Parallel int `yaml:"parallel"`
	// ReadBudget is how many reads Intuit includes in a calendar month for the app, over
	// all its companies. Default: 0, they are counted and nothing is said.
	ReadBudget int64 `yaml:"read_budget"`
	// SearchFrom is the day from which on documents may carry a marker: that of the
	// first use. Older ones are not read when the markers are. Default: all are.
	SearchFrom string `yaml:"search_from"`
	// PONumberField is the custom field that takes the customer's order number.
	// Default: none; the number stands in the private note.
	PONumberField string         `yaml:"po_number_field"`
	Customers     CustomerConfig `yaml:"customers"`
	Items         ItemConfig     `yaml:"items"`
}

// CustomerConfig is what to do where a customer is not simply there.
type CustomerConfig struct {
	// NameTaken is refuse (default) or suffix: what becomes of a new customer whose
	// name a vendor, an employee or another customer has.
	NameTaken string `yaml:"name_taken"`
	// Suffix is what is added to the name. Default: " (customer)".
	Suffix string `yaml:"suffix"`
	// Inactive is refuse (default) or reactivate.
	Inactive string `yaml:"inactive"`
}

// ItemConfig is how items are made.
type ItemConfig struct {
	// IncomeAccount is the account of new items, by number or name, where the mapping
	// names none for the line.
	IncomeAccount string `yaml:"income_account"`
	// Type is Service (default) or NonInventory.
	Type string `yaml:"type"`
}

// complete fills the defaults in.
func (c *Config) complete() {
	orElse := func(s *string, otherwise string) {
		if strings.TrimSpace(*s) == "" {
			*s = otherwise
		}
	}
	orElse(&c.Environment, Production)
	orElse(&c.URL, environments[c.Environment])
	orElse(&c.Customers.NameTaken, Refuse)
	orElse(&c.Customers.Suffix, " (customer)")
	orElse(&c.Customers.Inactive, Refuse)
	orElse(&c.Items.Type, "Service")
	c.URL = strings.TrimRight(c.URL, "/")
	if c.MinorVersion == 0 {
		c.MinorVersion = 75
	}
	if c.SettlingTime == 0 {
		c.SettlingTime = 30 * time.Second
	}
	if c.CallTime == 0 {
		c.CallTime = 120 * time.Second
	}
	if c.Parallel == 0 {
		c.Parallel = 10
	}
}

// problems returns all that is wrong with the settings, in one error. signIn says that
// the program can sign connections in.
func (c *Config) problems(signIn bool) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("setting %s: %s", key, fmt.Sprintf(format, args...)))
	}
	if c.CompanyID == "" && (!signIn || !c.AccessToken.IsZero()) {
		bad("company_id", "is missing; QuickBooks shows it under Account and settings, Billing & subscription, as the company ID")
	} else if strings.Trim(c.CompanyID, "0123456789") != "" {
		bad("company_id", "%q is not a company id: write the digits only, in quotes", c.CompanyID)
	}
	if err := c.App.Problems(); err != nil {
		errs = append(errs, err)
	}
	if signIn && c.App == (intuitapp.App{}) && c.AccessToken.IsZero() {
		bad("app", "is missing: nobody can sign the connection in without an app of yours at Intuit. Make one at developer.intuit.com, and write client_id and client_secret from its page, under Keys")
	}
	if c.elsewhere() && c.App.ClientID != "" && c.AccessToken.IsZero() && (c.App.AuthorizeURL == "" || c.App.TokenURL == "") {
		bad("url", "leads elsewhere than to Intuit, and a sign-in at Intuit would be sent there: name app.authorize_url and app.token_url too")
	}
	if environments[c.Environment] == "" {
		bad("environment", "%q is neither %s nor %s", c.Environment, Production, Sandbox)
	} else if u, err := url.Parse(c.URL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		bad("url", "%q is not an address that begins with https://", c.URL)
	}
	if c.Parallel < 1 || c.Parallel > 10 {
		bad("parallel", "%d is not between 1 and 10, which is what QuickBooks takes of one app", c.Parallel)
	}
	if c.ReadBudget < 0 {
		bad("read_budget", "%d is not a number of reads", c.ReadBudget)
	}
	if c.SettlingTime < 0 || c.SettlingTime > 10*time.Minute {
		bad("settling_time", "%s is not between 0s and 10m", c.SettlingTime)
	}
	if c.CallTime < time.Second || c.CallTime > 10*time.Minute {
		bad("call_time", "%s is not between 1s and 10m", c.CallTime)
	}
	if c.MinorVersion < 75 {
		bad("minor_version", "%d is not supported any more; the least is 75", c.MinorVersion)
	}
	if c.SearchFrom != "" {
		if _, err := caldate.Parse(c.SearchFrom); err != nil {
			bad("search_from", "%q is not a day as in 2026-01-31", c.SearchFrom)
		}
	}
	c.choice(bad, "customers.name_taken", c.Customers.NameTaken, Refuse, Suffix)
	c.choice(bad, "customers.inactive", c.Customers.Inactive, Refuse, Reactivate)
	c.choice(bad, "items.type", c.Items.Type, "Service", "NonInventory")
	if strings.Contains(c.Customers.Suffix, ":") {
		bad("customers.suffix", "%q has a colon, which no name may have in QuickBooks", c.Customers.Suffix)
	}
	return errors.Join(errs...)
}

// elsewhere tells whether the calls go to another address than Intuit's.
func (c *Config) elsewhere() bool {
	return !slices.Contains(slices.Collect(maps.Values(environments)), c.URL)
}

func (c *Config) choice(bad func(key, format string, args ...any), key, value, one, other string) {
	if value != one && value != other {
		bad(key, "%q is neither %s nor %s", value, one, other)
	}
}
