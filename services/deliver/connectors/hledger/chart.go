package hledger

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// maxIncludes ends a circle of includes.
const maxIncludes = 20

// declared are the accounts of a journal by name, each with the comment behind it.
type declared map[string]string

// chart is what documents are checked against: the accounts that it declares, and
// how hledger is told of it, in which directory.
type chart struct {
	accounts declared
	text     string
	dir      string
}

// chart is the chart of the books as it stands.
func (l *Ledger) chart() (chart, error) {
	accounts, err := l.chartAccounts()
	return chart{accounts: accounts, text: "include " + l.cfg.Chart + "\n", dir: l.path()}, err
}

// chartAccounts reads the accounts that the chart and its includes declare.
func (l *Ledger) chartAccounts() (declared, error) {
	accounts := declared{}
	if err := readChart(l.path(l.cfg.Chart), accounts, 0); err != nil {
		return nil, fmt.Errorf("read the chart of accounts: %w", err)
	}
	return accounts, nil
}

func readChart(path string, accounts declared, depth int) error {
	if depth > maxIncludes {
		return errors.New("includes go round in a circle at " + path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return readChartText(path, string(raw), accounts, depth)
}

// readChartText reads the text of a chart that stands at path, or would.
func readChartText(path, content string, accounts declared, depth int) error {
	for text := range strings.Lines(content) {
		text = strings.TrimRight(text, " \t\r\n")
		if name, ok := strings.CutPrefix(text, "account "); ok {
			comment := ""
			if at := accountEnd.FindStringIndex(name); at != nil {
				name, comment = name[:at[0]], name[at[1]:]
			}
			name = strings.TrimSpace(name)
			accounts[name] = cmp.Or(accounts[name], comment)
		}
		if pattern, ok := strings.CutPrefix(text, "include "); ok {
			if err := includeCharts(path, strings.TrimSpace(pattern), accounts, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func includeCharts(from, pattern string, accounts declared, depth int) error {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(from), pattern)
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if err := readChart(p, accounts, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (d declared) has(account string) bool {
	_, ok := d[account]
	return ok
}

// undeclared tells, all at once, the accounts that the chart does not declare.
func (l *Ledger) undeclared(r rendered, chart declared, d *tradepostv1.Document) []*tradepostv1.Fault {
	var faults []*tradepostv1.Fault
	told := map[string]bool{}
	for _, a := range r.accounts {
		if chart.has(a.account) || told[a.account] {
			continue
		}
		told[a.account] = true
		if a.path == "customer" {
			faults = append(faults, fault.New("customer.not_in_books", fault.Args{
				Path: a.path, Thing: fmt.Sprintf("Customer %q", d.GetCustomer().GetName()), Params: map[string]string{"value": a.account},
			}))
			continue
		}
		faults = append(faults, fault.New("account.not_in_books", fault.Args{
			Path: a.path, Thing: fmt.Sprintf("Account %q", a.account),
			VendorText: l.cfg.Chart + " does not declare it",
		}))
	}
	return faults
}
