package tryton

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// namesTime is how long a record that was found is believed to be what it was. A
// refusal by Tryton has everything looked up anew before it is told.
const namesTime = 10 * time.Minute

// model is a kind of record that a document names.
type model struct {
	name string
	// code and called are the fields that hold a code and a name for people; code is ""
	// where the record has none, and its name stands for one.
	code, called string
	fields       list
	// ofCompany says that the records belong to a company.
	ofCompany bool
}

var (
	parties = model{"party.party", "code", "name", list{"code", "name", "account_receivable", "customer_payment_term", "addresses.invoice"}, false}
	// A product's own code and name are those of its template, or more.
	products = model{"product.product", "code", "template.name", list{"code", "default_uom", "default_uom.digits", "account_category.account_revenue"}, false}
	accounts = model{"account.account", "code", "name", list{"code", "name", "closed"}, true}
	taxes    = model{"account.tax", "", "name", list{"name", "description", "invoice_account", "credit_note_account"}, true}
	terms    = model{"account.invoice.payment_term", "", "name", list{"name"}, false}
	journals = model{"account.journal", "code", "name", list{"name", "code"}, false}
)

// named is a record as it was found; the fields that its model has not are zero.
type named struct {
	ID          int64  `json:"id"`
	Code        string `json:"code"`
	Name        string `json:"name"`
	Description string `json:"description"`

	Receivable int64 `json:"account_receivable"`
	Terms      int64 `json:"customer_payment_term"`
	Addresses  []struct {
		ID      int64 `json:"id"`
		Invoice yes   `json:"invoice"`
	} `json:"addresses."`

	Unit     int64 `json:"default_uom"`
	UnitInfo struct {
		Digits int32 `json:"digits"`
	} `json:"default_uom."`
	Category struct {
		Revenue int64 `json:"account_revenue"`
	} `json:"account_category."`

	Closed     yes   `json:"closed"`
	Invoice    int64 `json:"invoice_account"`
	CreditNote int64 `json:"credit_note_account"`

	// period is that of a day, which is remembered like a record.
	period period
}

// names keeps what references lead to.
type names struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]kept
}

type kept struct {
	record named
	until  time.Time
}

func newNames(now func() time.Time) *names { return &names{now: now, known: map[string]kept{}} }

func (n *names) get(key string) (named, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, ok := n.known[key]
	return k.record, ok && n.now().Before(k.until)
}

func (n *names) put(key string, r named) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[key] = kept{r, n.now().Add(namesTime)}
}

// forget has everything looked up anew, and tells whether there was anything to forget.
func (n *names) forget() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	knew := len(n.known) > 0
	clear(n.known)
	return knew
}

// lookup finds the one active record that a reference names: by id, code or exact name.
// An id that is no number, or leads nowhere, is taken for a code: ServiceTrade's
// external ids may hold either. The count is how many there are where it is not one.
func (b *Books) lookup(ctx context.Context, m model, ref *tradepostv1.Reference) (r named, count int, err error) {
	key := fmt.Sprintf("%s %d %s", m.name, ref.GetBy(), ref.GetValue())
	if r, ok := b.names.get(key); ok {
		return r, 1, nil
	}
	for _, condition := range conditions(m, ref) {
		found, err := b.search(ctx, m, condition)
		if err != nil {
			return named{}, 0, err
		}
		if len(found) == 1 {
			b.names.put(key, found[0])
			return found[0], 1, nil
		}
		count = max(count, len(found))
	}
	return named{}, count, nil
}

func (b *Books) search(ctx context.Context, m model, condition list) ([]named, error) {
	domain := list{condition}
	if m.ofCompany {
		s, err := b.client.sign(ctx)
		if err != nil {
			return nil, err
		}
		domain = append(domain, list{"company", "=", s.company.ID})
	}
	var found []named
	err := b.client.read(ctx, &found, "model."+m.name+".search_read", domain, 0, 2, nil, m.fields)
	if err != nil {
		return nil, fmt.Errorf("look up a record of %s: %w", m.name, err)
	}
	return found, nil
}

// conditions are the ways to look a reference up, in their order.
func conditions(m model, ref *tradepostv1.Reference) []list {
	value := ref.GetValue()
	byCode := list{m.code, "=", value}
	if m.code == "" {
		byCode = list{m.called, "=", value}
	}
	switch ref.GetBy() {
	case tradepostv1.ReferenceBy_REFERENCE_BY_ID:
		if id, err := strconv.ParseInt(value, 10, 64); err == nil {
			return []list{{"id", "=", id}, byCode}
		}
		return []list{byCode}
	case tradepostv1.ReferenceBy_REFERENCE_BY_NAME:
		return []list{{m.called, "=", value}}
	default:
		return []list{byCode}
	}
}

// codeOrName refers to a record as settings do: by its code, or else its name.
func (b *Books) codeOrName(ctx context.Context, m model, value string) (named, bool, error) {
	for _, by := range []tradepostv1.ReferenceBy{tradepostv1.ReferenceBy_REFERENCE_BY_CODE, tradepostv1.ReferenceBy_REFERENCE_BY_NAME} {
		r, count, err := b.lookup(ctx, m, &tradepostv1.Reference{By: by, Value: value})
		if err != nil || count == 1 {
			return r, count == 1, err
		}
	}
	return named{}, false, nil
}
