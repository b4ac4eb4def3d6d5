package doctor

import (
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/connection"
)

// Guide is something that a person does in ServiceTrade, step by step.
type Guide struct {
	Title string   `json:"title"`
	Steps []string `json:"steps"`
}

// guides returns the set-up of the accounts that were never sent an invoice (or of
// all, when asked for), and the search for numbers that are missing.
func (d *doctor) guides(accounts []*connection.Account, found []accountFound) []Guide {
	var list []Guide
	for i, a := range accounts {
		if d.Setup || found[i].neverSent {
			list = append(list, d.setupGuide(a))
		}
	}
	for _, a := range accounts {
		if a.ServiceTrade.InvoiceEntityType <= 0 {
			list = append(list, entityTypeGuide(a.ID, d.Path))
		}
	}
	return list
}

// setupGuide is the set-up of an account. ServiceTrade knows one external system for
// all its connections: which of them takes an invoice, their filters say.
func (d *doctor) setupGuide(a *connection.Account) Guide {
	if all := d.config.ConnectionsOf(a.ID); len(all) == 1 {
		return setupGuide(a, all[0].ID, all[0].DisplayName)
	}
	return setupGuide(a, a.ID, a.ID)
}

// setupGuide is the set-up that puts the button on ServiceTrade's invoices.
func setupGuide(a *connection.Account, id, label string) Guide {
	system := a.ServiceTrade.ExternalSystem
	proposed := !systemRule.MatchString(system)
	if proposed {
		system = systemName(id)
	}
	g := Guide{Title: fmt.Sprintf("Set ServiceTrade up for %s (account %s)", label, a.ID), Steps: []string{
		"Sign in to ServiceTrade as an account administrator.",
		"Account Settings > Add an External System (not needed if it is there already).",
		fmt.Sprintf("Type: Standard. System name: %s. Label: %s. Save.", system, label),
		fmt.Sprintf("Integrations > Configure External System (%s) > tick Can Be Sent Invoices > Save.", label),
		fmt.Sprintf("Try it: open an invoice > Send to Accounting System > pick %s > Submit.", label),
		"Run doctor again: the invoice is pending_accounting until Tradepost has posted it.",
	}}
	if proposed {
		g.Steps = append(g.Steps, fmt.Sprintf("To find customers and items by the external ids kept under that name, "+
			"write under accounts.%s.servicetrade:  external_system: %s", a.ID, system))
	}
	return g
}

// systemName makes a name that ServiceTrade accepts for an external system.
func systemName(id string) string {
	name := strings.TrimLeft(strings.ReplaceAll(id, "-", "_"), "0123456789_")
	if name = strings.TrimRight(name, "_"); !systemRule.MatchString(name) {
		return "tradepost"
	}
	return name
}

// entityTypeGuide is the search for the number that ServiceTrade does not publish.
func entityTypeGuide(account, path string) Guide {
	return Guide{Title: "Find the number by which ServiceTrade's comments call an invoice (account " + account + ")", Steps: []string{
		"In ServiceTrade, open any invoice and write a comment on it that nobody else would write, such as: tradepost looks for purple elephants.",
		"Note the number at the end of the page's address; it is the invoice's id.",
		fmt.Sprintf("Run: tradepost doctor --config %s --find-entity-type --account %s --invoice ID --text \"purple elephants\"", path, account),
		fmt.Sprintf("Write the number that it finds under accounts.%s.servicetrade:  invoice_entity_type: NUMBER", account),
	}}
}
