package doctor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connection"
)

const (
	systemConfiguration = "configuration"
	entityTypeFix       = "Find the number as told at the end, and write it into the configuration."
)

// configuration tells every problem of the file, the mappings and the environment.
// It is always looked at whole: one problem keeps Tradepost from starting.
func (d *doctor) configuration() []Result {
	c := check{systemConfiguration, "file"}
	problems := d.problems
	var unknown *connection.Error
	if err := d.config.CheckConnectors(d.Connectors.Kinds()); errors.As(err, &unknown) {
		problems = append(problems, missingOnes(unknown.Problems, problems)...)
	}
	if len(problems) == 0 {
		disabled := len(d.config.Connections) - len(d.config.EnabledConnections())
		r := c.ok("%s: %s, %s", d.config.Path, count(len(d.config.Accounts), "account"), count(len(d.config.Connections), "connection"))
		if disabled > 0 {
			r.Looked += fmt.Sprintf(" (%d not enabled)", disabled)
		}
		results := []Result{r}
		if len(d.config.Connections) == 0 {
			results = append(results, c.warn(admin, "Add one under connections.", "there is no connection, so no invoice goes anywhere"))
		}
		return results
	}
	results := make([]Result, len(problems))
	for i, p := range problems {
		results[i] = c.problem(p)
		if strings.HasSuffix(p.Key, ".invoice_entity_type") {
			results[i].Fix = entityTypeFix // its own one sends to doctor
		}
	}
	return results
}

// keptOut tells the problems of the file that keep doctor from signing in to an
// account, such as a variable with the password that is not set.
func (d *doctor) keptOut(account string) []Result {
	var results []Result
	for _, p := range d.problems {
		key, of := strings.CutPrefix(p.Key, "accounts."+account+".servicetrade.")
		key, _, _ = strings.Cut(key, ".")
		if of && slices.Contains([]string{"url", "username", "password"}, key) {
			results = append(results, check{systemConfiguration, "file"}.problem(p))
		}
	}
	return results
}

// missingOnes drops what is told already, such as a connector that is not named.
func missingOnes(more, told []connection.Problem) []connection.Problem {
	return slices.DeleteFunc(more, func(m connection.Problem) bool {
		return slices.ContainsFunc(told, func(t connection.Problem) bool { return t.Key == m.Key })
	})
}

func (c check) problem(p connection.Problem) Result {
	what := p.What
	if p.Key != "" {
		what = p.Key + ": " + what
	}
	r := c.fail(admin, p.Fix, "%s", what)
	if r.Where = p.File; p.Line > 0 {
		r.Where = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	return r
}

// unknownNames refuses an account or connection that the configuration lacks.
func (d *doctor) unknownNames() []Result {
	var results []Result
	c := check{systemConfiguration, "names"}
	if d.Account != "" && d.config.Accounts[d.Account] == nil {
		results = append(results, c.fail(operator, have("account", d.config.Accounts), "there is no account %q", d.Account))
	}
	conn := d.config.Connections[d.Connection]
	switch {
	case d.Connection == "":
	case conn == nil:
		results = append(results, c.fail(operator, have("connection", d.config.Connections), "there is no connection %q", d.Connection))
	case d.Account != "" && d.Account != conn.AccountID:
		results = append(results, c.fail(operator, "Leave --account out.", "the connection %q is of account %q, not of %q",
			d.Connection, conn.AccountID, d.Account))
	}
	return results
}

func have[T any](what string, m map[string]T) string {
	if len(m) == 0 {
		return fmt.Sprintf("The configuration has no %s that can be used; mend it first.", what)
	}
	return fmt.Sprintf("The configuration has: %s.", strings.Join(slices.Sorted(maps.Keys(m)), ", "))
}

// count is a number and its word: 1 account, 2 accounts.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
