package quickbooksonline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// maxItemName is the longest name, and SKU, of an item.
const maxItemName = 100

// newItem is an item to be made.
type newItem struct {
	Name             string
	Sku              string `json:",omitempty"`
	Description      string `json:",omitempty"`
	Type             string
	IncomeAccountRef ref
	// id of the item once it was made.
	id string
}

// itemOf finds the item of a line. One that is missing and may be made is made later.
func (w *draft) itemOf(i int, l *tradepostv1.Line) lineItem {
	path := fmt.Sprintf("lines[%d].item", i)
	r := l.GetItem().GetReference()
	if r == nil {
		w.fail(fault.New("document.incomplete", fault.Args{Path: path, Thing: "Line " + l.GetKey(), Params: map[string]string{
			"field": "item of each line", "connection": w.q.connection,
		}}))
		return lineItem{}
	}
	account, known := w.lineAccount(l)
	found, there := w.q.lookUp(itemRecords, r)
	if there {
		w.sameAccount(found, account, l)
		return lineItem{id: found.id}
	}
	// Another item of the same name would be refused, and sold beside it.
	if off, is := w.q.inactive(itemRecords, r); is {
		w.fail(fault.New("item.inactive_in_books", fault.Args{
			Path: path, Thing: `Item "` + r.GetValue() + `"`, Params: map[string]string{"value": off.name, "connection": w.q.connection},
		}))
		return lineItem{}
	}
	if l.GetItem().GetCreateIfMissing() && r.GetBy() != tradepostv1.ReferenceBy_REFERENCE_BY_ID {
		if !known { // that is its fault
			return lineItem{}
		}
		return w.plannedItem(l, account)
	}
	w.fail(fault.New("item.not_in_books", fault.Args{
		Path: path, Thing: `Item "` + r.GetValue() + `"`, Params: map[string]string{"value": r.GetValue()},
	}))
	return lineItem{}
}

// lineAccount is the id of the revenue account that the mapping names, "" where none.
func (w *draft) lineAccount(l *tradepostv1.Line) (string, bool) {
	if l.GetRevenueAccount() == nil {
		return "", true
	}
	found := w.optional(accountRecords, "account.not_in_books", "Account", l.GetRevenueAccount())
	return valueOf(found), found != nil
}

// sameAccount refuses an item that posts to another account than the mapping names:
// QuickBooks takes the account from the item.
func (w *draft) sameAccount(item record, account string, l *tradepostv1.Line) {
	if account == "" || item.account == "" || item.account == account {
		return
	}
	is, _ := w.q.books.records.withID(accountRecords, item.account)
	w.fail(fault.New("item.account_differs", fault.Args{Thing: `Item "` + item.name + `"`, Params: map[string]string{
		"account": l.GetRevenueAccount().GetValue(), "books_account": is.name, "connection": w.q.connection,
	}}))
}

// plannedItem is an item to be made; several lines may share it.
func (w *draft) plannedItem(l *tradepostv1.Line, account string) lineItem {
	it := l.GetItem()
	n := newItem{Name: it.GetReference().GetValue(), Description: clip(it.GetName(), 4000), Type: w.q.cfg.Items.Type}
	if it.GetReference().GetBy() == tradepostv1.ReferenceBy_REFERENCE_BY_CODE {
		n.Sku = clip(n.Name, maxItemName)
		if it.GetName() != "" {
			n.Name = it.GetName()
		}
	}
	n.Name = clip(strings.Join(strings.Fields(strings.ReplaceAll(n.Name, ":", " - ")), " "), maxItemName)
	if account == "" {
		account = w.incomeAccount()
	}
	n.IncomeAccountRef = ref{Value: account}
	w.newItems[fold(n.Name)] = n
	return lineItem{newName: fold(n.Name)}
}

// incomeAccount is that of the settings.
func (w *draft) incomeAccount() string {
	name := w.q.cfg.Items.IncomeAccount
	if name == "" {
		w.fail(fault.New("account.not_mapped", fault.Args{Thing: "Account of new items", Params: map[string]string{
			"setting": "revenue, or items.income_account in the settings", "connection": w.q.connection,
		}}))
		return ""
	}
	return valueOf(w.optional(accountRecords, "account.not_in_books", "Account", &tradepostv1.Reference{
		By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: name,
	}))
}

// itemID is the id of a line's item, once all were made.
func (w *draft) itemID(it lineItem) string {
	if it.id != "" {
		return it.id
	}
	return w.newItems[it.newName].id
}

// makeItems makes the items that are missing.
func (w *draft) makeItems(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(w.newItems)) {
		n := w.newItems[name]
		var a struct{ Item *wireRecord }
		answer, err := w.q.write(ctx, "item", keyOf("item", name), nil, n, &a)
		if t, is := errors.AsType[*trouble](err); is && t.class == className {
			if n.id, err = w.q.itemNamed(ctx, n.Name); err != nil {
				return err
			}
			if n.id != "" {
				w.newItems[name] = n
				continue
			}
			err = t
		}
		if err != nil {
			return w.madeFirst(err, `Item "`+n.Name+`"`)
		}
		if a.Item == nil || a.Item.ID == "" {
			return unreadable("item", answer, "has no Item")
		}
		w.q.books.records.note(itemRecords, a.Item.record())
		n.id = a.Item.ID
		w.newItems[name] = n
	}
	return nil
}

// itemNamed finds an active item that another replica made just now; "" if there is none.
func (q *Online) itemNamed(ctx context.Context, name string) (string, error) {
	var page []wireRecord
	if _, err := q.client.query(ctx, itemRecords, "select * from Item where Name = "+quote(name), &page); err != nil {
		return "", err
	}
	for i := range page {
		if r := page[i].record(); r.active && fold(r.name) == fold(name) {
			q.books.records.note(itemRecords, r)
			return r.id, nil
		}
	}
	return "", nil
}
