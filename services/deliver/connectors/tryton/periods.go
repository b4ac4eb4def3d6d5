package tryton

import (
	"cmp"
	"context"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// period is the period of a day.
type period struct {
	ID         int64  `json:"id"`
	State      string `json:"state"`
	FiscalYear int64  `json:"fiscalyear"`
	Start      moment `json:"start_date"`
	End        moment `json:"end_date"`
}

// periodOf asks for the period of a day; none is the zero period.
func (b *Books) periodOf(ctx context.Context, company int64, day string) (period, error) {
	if r, ok := b.names.get("period " + day); ok {
		return r.period, nil
	}
	var found []period
	err := b.client.read(ctx, &found, "model.account.period.search_read", list{
		list{"start_date", "<=", dateValue(day)},
		list{"end_date", ">=", dateValue(day)},
		list{"fiscalyear.company", "=", company},
		list{"type", "=", "standard"},
	}, 0, 1, list{list{"start_date", "DESC"}}, list{"state", "fiscalyear", "start_date", "end_date"})
	if err != nil {
		return period{}, fmt.Errorf("look up the period of %s: %w", day, err)
	}
	if len(found) == 0 {
		return period{}, nil
	}
	b.names.put("period "+day, named{period: found[0]})
	return found[0], nil
}

// days puts the dates into the values. Tryton's own number makes the invoice count on a
// later day where a later one has its number already.
func (w *builder) days(values object) {
	issued, day := w.d.GetIssueDate(), cmp.Or(w.d.GetPostingDate(), w.d.GetIssueDate())
	for _, d := range []string{issued, day} {
		if dateValue(d) == nil {
			w.fault("date.invalid", "issue_date", "", map[string]string{"value": d}, "")
			return
		}
	}
	in, ok := w.openPeriod(day)
	if ok && w.d.GetNumber() == "" {
		day = w.inOrder(day, in)
	}
	values["invoice_date"] = dateValue(issued)
	if day != issued {
		values["accounting_date"] = dateValue(day)
	}
}

// openPeriod is the period of a day, if it takes entries.
func (w *builder) openPeriod(day string) (period, bool) {
	if w.err != nil {
		return period{}, false
	}
	var in period
	in, w.err = w.b.periodOf(w.ctx, w.s.company.ID, day)
	switch {
	case w.err != nil:
	case in.ID == 0:
		w.fault("document.period_missing", "issue_date", "", map[string]string{"date": day}, "")
	case in.State != "open":
		w.fault("document.date_closed", "issue_date", "", map[string]string{"date": day}, "")
	default:
		return in, true
	}
	return in, false
}

// inOrder is the day on which the invoice may have the next number of its sequence.
func (w *builder) inOrder(day string, in period) string {
	var last string
	if last, w.err = w.b.lastNumbered(w.ctx, w.s.company.ID, in, w.d.GetKind()); last <= day || w.err != nil {
		return day
	}
	policy := w.b.cfg.NumberOrder
	if policy == OrderAnyPeriod {
		if _, open := w.openPeriod(last); open {
			return last
		}
		return day
	}
	if policy == OrderSamePeriod && last <= string(in.End) {
		return last
	}
	w.fault("document.number_order", "issue_date", "", map[string]string{"date": day, "last": last}, "")
	return day
}

// sequences are the sequences that number the invoices of a fiscal year, or of a period.
type sequences struct {
	Out        int64 `json:"out_invoice_sequence"`
	CreditNote int64 `json:"out_credit_note_sequence"`
	Period     int64 `json:"period"`
}

// lastNumbered is the latest day on which an invoice of the sequence counts; "" where
// there is none.
func (b *Books) lastNumbered(ctx context.Context, company int64, in period, k tradepostv1.DocumentKind) (string, error) {
	sequence, err := b.sequenceOf(ctx, in, k)
	if sequence == 0 || err != nil {
		return "", err // Without one Tryton says what is missing when it is to give a number.
	}
	var latest []struct {
		Accounting moment `json:"accounting_date"`
		Issued     moment `json:"invoice_date"`
	}
	err = b.client.read(ctx, &latest, "model.account.invoice.search_read",
		list{list{"company", "=", company}, list{"type", "=", "out"}, list{"sequence", "=", sequence}},
		0, 1, list{list{"accounting_date", "DESC"}}, list{"accounting_date", "invoice_date"})
	if err != nil {
		return "", fmt.Errorf("look up the last number: %w", err)
	}
	if len(latest) == 0 {
		return "", nil
	}
	return string(cmp.Or(latest[0].Accounting, latest[0].Issued)), nil
}

// sequenceOf is the sequence that numbers documents of a kind in a period; 0 for none.
func (b *Books) sequenceOf(ctx context.Context, in period, k tradepostv1.DocumentKind) (int64, error) {
	key := fmt.Sprintf("sequence %d %s", in.ID, k)
	if r, ok := b.names.get(key); ok {
		return r.ID, nil
	}
	var all []sequences
	err := b.client.read(ctx, &all, "model.account.fiscalyear.invoice_sequence.search_read",
		list{list{"fiscalyear", "=", in.FiscalYear}}, 0, nil, nil, list{"out_invoice_sequence", "out_credit_note_sequence", "period"})
	if err != nil {
		return 0, fmt.Errorf("look up the sequences of invoices: %w", err)
	}
	for _, s := range all {
		if s.Period != 0 && s.Period != in.ID {
			continue
		}
		sequence := s.Out
		if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
			sequence = s.CreditNote
		}
		b.names.put(key, named{ID: sequence})
		return sequence, nil
	}
	return 0, nil
}

// configured are the accounts of Tryton's own configuration.
type configured struct {
	Receivable int64 `json:"default_account_receivable"`
	Revenue    int64 `json:"default_category_account_revenue"`
}

// ownDefault is the account of Tryton's configuration that stands where a setting is
// left out; 0 where it has none.
func (b *Books) ownDefault(ctx context.Context, setting string) (int64, error) {
	var c []configured
	key := "account.configuration " + setting
	if r, ok := b.names.get(key); ok {
		return r.ID, nil
	}
	err := b.client.read(ctx, &c, "model.account.configuration.read", list{1}, list{"default_account_receivable", "default_category_account_revenue"})
	if err != nil || len(c) == 0 {
		return 0, err
	}
	id := map[string]int64{"receivable": c[0].Receivable, "revenue": c[0].Revenue}[setting]
	if id != 0 {
		b.names.put(key, named{ID: id})
	}
	return id, nil
}
