package tryton

import (
	"context"
	"errors"
	"slices"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// rights are what the user has to be allowed, by model, as faults call it.
var rights = []struct{ model, right, action string }{
	{"account.invoice", "create", "make invoices"},
	{"account.invoice", "write", "post invoices"},
	{"account.invoice", "delete", "remove drafts of invoices"},
	{"account.move", "create", "make account moves"},
	{"party.party", "read", "read parties"},
	{"account.account", "read", "read accounts"},
	{"account.period", "read", "read periods"},
	{"account.fiscalyear.invoice_sequence", "read", "read the sequences of invoices"},
}

// Check signs in and looks at the company, the user's rights, the journal, the accounts
// of the settings, and at the unique index where one is promised. It changes nothing.
func (b *Books) Check(ctx context.Context) []*tradepostv1.Fault {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	s, err := b.client.sign(ctx)
	if err == nil {
		// A session may be there although Tryton is not.
		_, err = b.search(ctx, journals, list{"type", "=", "revenue"})
	}
	if err != nil {
		return []*tradepostv1.Fault{b.trouble(err)}
	}
	faults, err := b.checkRights(ctx)
	w := &builder{b: b, ctx: ctx, s: s, d: &tradepostv1.Document{}, err: err}
	w.journal()
	for _, a := range b.cfg.Accounts.named() {
		w.account("accounts."+a[0], nil, a[0], a[1])
	}
	if b.cfg.Tax != "" {
		w.taxOf("tax", &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: b.cfg.Tax})
	}
	if w.err == nil && len(faults) == 0 && b.cfg.UniqueIndex {
		w.index()
	}
	if w.err != nil {
		return append(faults, b.trouble(w.err))
	}
	return append(faults, w.faults...)
}

// named are the accounts that are set, by setting.
func (a Accounts) named() [][2]string {
	all := [][2]string{
		{"receivable", a.Receivable},
		{"revenue", a.Revenue},
		{"sales_tax", a.SalesTax},
		{"discount", a.Discount},
		{"retainage", a.Retainage},
		{"rounding", a.Rounding},
	}
	return slices.DeleteFunc(all, func(s [2]string) bool { return s[1] == "" })
}

func (b *Books) checkRights(ctx context.Context) ([]*tradepostv1.Fault, error) {
	models, asked := list{}, map[string]bool{}
	for _, r := range rights {
		if !asked[r.model] {
			models, asked[r.model] = append(models, r.model), true
		}
	}
	var has map[string]map[string]yes
	if err := b.client.read(ctx, &has, "model.ir.model.access.get_access", models); err != nil {
		return nil, err
	}
	var faults []*tradepostv1.Fault
	for _, r := range rights {
		if !has[r.model][r.right] {
			faults = append(faults, b.forbidden(r.action, ""))
		}
	}
	return faults, nil
}

func (b *Books) forbidden(action, words string) *tradepostv1.Fault {
	return fault.New("connection.forbidden", fault.Args{
		Params: map[string]string{"action": action, "connection": b.connection, "system": title}, VendorText: words,
	})
}

// trouble is the fault of a call that did not get through.
func (b *Books) trouble(err error) *tradepostv1.Fault {
	args := fault.Args{VendorText: err.Error(), Params: map[string]string{"system": title, "connection": b.connection}}
	_, many := errors.AsType[*throttled](err)
	switch {
	case errors.Is(err, errWrongPassword), errors.Is(err, errSignedOut), many:
		return fault.New("connection.signed_out", args)
	case errors.Is(err, errForbidden):
		return b.forbidden("call Tryton", err.Error())
	case errors.Is(err, errNoDatabase):
		args.Params["place"] = b.client.address
		return fault.New("books.missing", args)
	case errors.Is(err, errNoCompany):
		args.Params["place"] = b.Location()
		return fault.New("books.missing", args)
	}
	return fault.New("accounting.unreachable", args)
}

// index looks whether the unique index is there without leaving anything behind: it asks
// for two drafts of one reference that Tryton refuses in any case, since their address
// is another party's, and sees which refusal comes.
func (w *builder) index() {
	var some []struct {
		ID int64 `json:"id"`
	}
	w.err = w.b.client.read(w.ctx, &some, "model.party.address.search_read",
		list{list{"party", "!=", w.s.company.PartyID}}, 0, 1, nil, list{"party"})
	if w.err != nil || len(some) == 0 {
		return // Without a customer nothing can be posted either.
	}
	draft := object{
		"company": w.s.company.ID, "type": "out", "currency": w.s.company.CurrencyID, "journal": w.journal(),
		"account":   w.account("accounts.receivable", nil, "receivable", w.b.cfg.Accounts.Receivable),
		"reference": "st-looks-for-the-index", "party": w.s.company.PartyID, "invoice_address": some[0].ID,
	}
	err := w.b.client.write(w.ctx, nil, "model.account.invoice.create", list{draft, draft})
	refused, is := errors.AsType[*refusal](err)
	switch {
	case taken(err):
	case is && refused.class == classUser:
		w.badSetting("unique_index", "the database has no unique index on the reference of invoices, or not the one that the connector's page describes")
	case err != nil:
		w.err = err
	}
}
