package tryton

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// page is how many records are asked for at once.
const page = 200

// ListPeriod lists the posted customer invoices of the company in the order of their
// ids, page by page after the last id, so that what is posted meanwhile moves nothing.
func (b *Books) ListPeriod(ctx context.Context, p connector.Period, each func(connector.Listed) error) error {
	for after := int64(0); ; {
		some, err := b.read(ctx, list{
			list{"id", ">", after},
			list{"state", "not in", list{stateDraft, stateValidated}},
			list{"invoice_date", ">=", dateValue(p.From.String())},
			list{"invoice_date", "<=", dateValue(p.Through.String())},
		}, page)
		if err != nil {
			return connector.Stop(b.waitFor(fmt.Errorf("list invoices: %w", err)))
		}
		for _, i := range some {
			listed := connector.Listed{Found: b.found(i)}
			if strings.HasPrefix(i.Reference, "st-") {
				listed.Marker = i.Reference
			}
			if err := each(listed); err != nil {
				return err
			}
			after = i.ID
		}
		if len(some) < page {
			return nil
		}
	}
}

// references tells which records of Tryton stand for what.
var references = []struct {
	kind  connector.ReferenceKind
	model model
}{
	{connector.ReferenceCustomer, parties},
	{connector.ReferenceItem, products},
	{connector.ReferenceAccount, accounts},
	{connector.ReferenceTax, taxes},
	{connector.ReferenceTerms, terms},
}

// ReferenceKinds are all that there are.
func (b *Books) ReferenceKinds() []connector.ReferenceKind {
	all := make([]connector.ReferenceKind, len(references))
	for i, r := range references {
		all[i] = r.kind
	}
	return all
}

// ListReference lists the records of a kind, inactive ones too.
func (b *Books) ListReference(ctx context.Context, kind connector.ReferenceKind, each func(connector.ReferenceRecord) error) error {
	for _, r := range references {
		if r.kind == kind {
			return b.listModel(ctx, kind, r.model, each)
		}
	}
	return nil
}

func (b *Books) listModel(ctx context.Context, kind connector.ReferenceKind, m model, each func(connector.ReferenceRecord) error) error {
	fields := list{"name", "active"}
	switch m.name {
	case products.name:
		fields = list{"code", "template.name", "active"}
	case parties.name:
		fields = list{"code", "name", "active"}
	case accounts.name:
		fields = list{"code", "name", "closed"}
	}
	for after := int64(0); ; {
		some, err := b.pageOf(ctx, m, fields, after)
		if err != nil {
			return connector.Stop(b.waitFor(fmt.Errorf("list the records of %s: %w", m.name, err)))
		}
		for _, r := range some {
			if err := each(r.record(kind)); err != nil {
				return err
			}
			after = r.ID
		}
		if len(some) < page {
			return nil
		}
	}
}

// pageOf reads the next records of a model in the order of their ids.
func (b *Books) pageOf(ctx context.Context, m model, fields list, after int64) ([]listed, error) {
	s, err := b.client.sign(ctx)
	if err != nil {
		return nil, err
	}
	domain := list{list{"id", ">", after}}
	if m.ofCompany {
		domain = append(domain, list{"company", "=", s.company.ID})
	}
	var some []listed
	err = b.client.readWith(ctx, object{"active_test": false}, &some, "model."+m.name+".search_read",
		domain, 0, page, list{list{"id", "ASC"}}, fields)
	return some, err
}

// listed is a record of a list; what its model has not is zero.
type listed struct {
	ID       int64  `json:"id"`
	Code     string `json:"code"`
	Name     string `json:"name"`
	Template struct {
		Name string `json:"name"`
	} `json:"template."`
	Active *yes `json:"active"`
	Closed yes  `json:"closed"`
}

func (r listed) record(kind connector.ReferenceKind) connector.ReferenceRecord {
	return connector.ReferenceRecord{
		Kind: kind, ID: strconv.FormatInt(r.ID, 10), Code: r.Code, Name: cmp.Or(r.Name, r.Template.Name),
		Inactive: bool(r.Closed) || (r.Active != nil && !bool(*r.Active)),
	}
}
