package page

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// faultForm is the form of one kind of faults.
type faultForm struct {
	faults.Info
	Details []faults.Field
	Long    []faults.Field
}

type faultsView struct {
	Title     string
	Active    []faults.State
	Ended     []faults.State
	Scenario  *faults.Progress
	Forms     []faultForm
	Resources []string
	Methods   []string
	Example   string
}

// FaultPage is the page on which faults are ordered, and its buttons. Its template
// is faults.html.
type FaultPage struct {
	Faults *faults.Seam
	// Example is a path that an order could name.
	Example string
}

// View gives what the template shows.
func (p FaultPage) View(*http.Request) (any, error) {
	surface := p.Faults.Surface()
	v := faultsView{
		Title: "Faults", Scenario: p.Faults.Progress(), Resources: surface.Resources, Methods: surface.Methods, Example: p.Example,
	}
	for _, o := range p.Faults.Orders() {
		if o.Active {
			v.Active = append(v.Active, o)
		} else {
			v.Ended = append(v.Ended, o)
		}
	}
	slices.Reverse(v.Ended) // the latest first
	for _, info := range surface.Infos() {
		v.Forms = append(v.Forms, faultForm{
			Info: info, Details: fields(info.Fields), Long: fields([]string{"for", "times", "name"}),
		})
	}
	return v, nil
}

func fields(names []string) []faults.Field {
	var out []faults.Field
	for _, name := range names {
		if f, ok := faults.FieldOf(name); ok {
			out = append(out, f)
		}
	}
	return out
}

// Order reads the form: fields that are left empty are not given. How often is
// one choice with one number.
func (p FaultPage) Order(r *http.Request) (string, error) {
	texts := map[string]string{}
	for _, name := range faults.FieldNames() {
		if text := strings.TrimSpace(r.FormValue(name)); text != "" {
			texts[name] = text
		}
	}
	if often := r.FormValue("often"); often != "" && often != "always" {
		if _, ok := faults.FieldOf(often); !ok {
			return "", refuse("How often must be always, probability, next or every")
		}
		texts[often] = strings.TrimSpace(r.FormValue("number"))
	}
	order, problems := faults.FromTexts(texts)
	if len(problems) > 0 {
		return "", refuse("%s", (&faults.OrderError{Problems: problems}).Error())
	}
	if _, err := p.Faults.Add(order); err != nil {
		if wrong, ok := errors.AsType[*faults.OrderError](err); ok {
			return "", refuse("%s", wrong.Error())
		}
		return "", err
	}
	return "/faults", nil
}

// Cancel ends one order.
func (p FaultPage) Cancel(r *http.Request) (string, error) {
	id, err := pathID(r)
	if err != nil {
		return "", err
	}
	if !p.Faults.Cancel(id) {
		return "", &state.RefusalError{Kind: state.NotFound, Text: "No such order"}
	}
	return "/faults", nil
}

// Clear ends all orders and the scenario.
func (p FaultPage) Clear(*http.Request) (string, error) {
	p.Faults.Clear()
	return "/faults", nil
}
