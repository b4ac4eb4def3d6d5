package quickbooksonline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Company implements connector.Connector: the id is Intuit's realm, which is never
// given to other books.
func (q *Online) Company(ctx context.Context) (connector.Company, error) {
	info, err := q.companyInfo(ctx)
	if err != nil {
		return connector.Company{}, stopped(err)
	}
	id, err := q.client.companyID(ctx)
	if err != nil {
		return connector.Company{}, stopped(err)
	}
	return connector.Company{ID: id, Name: info.CompanyName}, nil
}

type companyInfo struct {
	CompanyName string
	Country     string
}

func (q *Online) companyInfo(ctx context.Context) (companyInfo, error) {
	var a struct{ CompanyInfo *companyInfo }
	answer, err := q.client.get(ctx, "companyinfo/{company}", nil, &a)
	if err != nil {
		return companyInfo{}, err
	}
	if a.CompanyInfo == nil {
		return companyInfo{}, unreadable("companyinfo", answer, "has no CompanyInfo")
	}
	return *a.CompanyInfo, nil
}

// preferencesAge is how long the company's preferences are believed. Nobody tells when
// they are changed.
const preferencesAge = 10 * time.Minute

// preferences are those of the company that decide how a document is written.
type preferences struct {
	readAt time.Time
	// homeCurrency is ISO 4217; "" where it was not told.
	homeCurrency  string
	multiCurrency bool
	// customNumbers says that numbers are given and not assigned.
	customNumbers bool
	classPerPaper bool
	classPerLine  bool
	departments   bool
	// closedThrough is the last day of the closed books, "" where none are.
	closedThrough string
	// salesTax says that sales tax is set up, automated that QuickBooks computes it.
	salesTax, automated bool
	// us says that tax is charged on the whole document, by one code.
	us bool
	// fields are the ids of the custom fields, by folded name.
	fields map[string]string
}

// wirePreferences is what the API tells of them.
type wirePreferences struct {
	AccountingInfoPrefs struct {
		TrackDepartments        bool
		ClassTrackingPerTxn     bool
		ClassTrackingPerTxnLine bool
		BookCloseDate           string
	}
	SalesFormsPrefs struct {
		CustomTxnNumbers bool
		CustomField      []struct{ CustomField []wireFieldPreference }
	}
	TaxPrefs struct {
		UsingSalesTax     bool
		PartnerTaxEnabled *bool
	}
	CurrencyPrefs struct {
		MultiCurrencyEnabled bool
		HomeCurrency         ref
	}
}

type wireFieldPreference struct {
	Name        string
	StringValue string
}

// known keeps the preferences for a while, and for good what never changes.
type known struct {
	// reading is held by whoever reads; the others wait for as long as they like.
	reading chan struct{}

	mu   sync.Mutex
	have preferences
	// info is of the company, for its country; nil until it was read.
	info *companyInfo
	// missed is when a glance could not read the preferences.
	missed time.Time
}

// turn waits until nobody else reads; done lets the next one.
func (k *known) turn(ctx context.Context) (done func(), err error) {
	select {
	case k.reading <- struct{}{}:
		return func() { <-k.reading }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// now is what is kept.
func (k *known) now() (preferences, *companyInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.have, k.info
}

// keep takes in what was read; nil leaves that as it is.
func (k *known) keep(have *preferences, info *companyInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if have != nil {
		k.have = *have
	}
	if info != nil {
		k.info = info
	}
}

// preferences returns those of the company, not older than preferencesAge.
func (q *Online) preferences(ctx context.Context) (preferences, error) {
	return q.preferencesSince(ctx, time.Now().Add(-preferencesAge))
}

// preferencesSince returns those of the company as they were read after a moment. Who
// waits for a reading that began after his own moment shares it.
func (q *Online) preferencesSince(ctx context.Context, moment time.Time) (preferences, error) {
	done, err := q.known.turn(ctx)
	if err != nil {
		return preferences{}, err
	}
	defer done()
	return q.preferencesOf(ctx, moment)
}

// preferencesOf is preferencesSince for who has the turn.
func (q *Online) preferencesOf(ctx context.Context, moment time.Time) (preferences, error) {
	have, info := q.known.now()
	if have.readAt.After(moment) {
		return have, ctx.Err()
	}
	if info == nil {
		read, err := q.companyInfo(ctx)
		if err != nil {
			return preferences{}, fmt.Errorf("read the company: %w", err)
		}
		info = &read
	}
	have, err := q.readPreferences(ctx, *info)
	if err != nil {
		return preferences{}, err
	}
	q.known.keep(&have, info)
	return have, nil
}

func (q *Online) readPreferences(ctx context.Context, info companyInfo) (preferences, error) {
	began := time.Now()
	var a struct{ Preferences *wirePreferences }
	answer, err := q.client.get(ctx, "preferences", nil, &a)
	if err != nil {
		return preferences{}, fmt.Errorf("read the company's preferences: %w", err)
	}
	if a.Preferences == nil {
		return preferences{}, unreadable("preferences", answer, "has no Preferences")
	}
	have := a.Preferences.read(info)
	have.readAt = began
	return have, nil
}

func (w *wirePreferences) read(info companyInfo) preferences {
	p := preferences{
		homeCurrency: w.CurrencyPrefs.HomeCurrency.Value, multiCurrency: w.CurrencyPrefs.MultiCurrencyEnabled,
		customNumbers: w.SalesFormsPrefs.CustomTxnNumbers, classPerPaper: w.AccountingInfoPrefs.ClassTrackingPerTxn,
		classPerLine: w.AccountingInfoPrefs.ClassTrackingPerTxnLine, departments: w.AccountingInfoPrefs.TrackDepartments,
		closedThrough: w.AccountingInfoPrefs.BookCloseDate,
		salesTax:      w.TaxPrefs.UsingSalesTax,
		automated:     w.TaxPrefs.PartnerTaxEnabled != nil && *w.TaxPrefs.PartnerTaxEnabled,
		us:            info.Country == "" || strings.EqualFold(info.Country, "US"),
		fields:        map[string]string{},
	}
	for _, group := range w.SalesFormsPrefs.CustomField {
		for _, f := range group.CustomField {
			// SalesFormsPrefs.SalesCustomName2 names the field with the id 2.
			if id, is := strings.CutPrefix(f.Name, "SalesFormsPrefs.SalesCustomName"); is && f.StringValue != "" {
				p.fields[fold(f.StringValue)] = id
			}
		}
	}
	return p
}

// mendedAge is how old preferences and tax codes may be for a fault to be believed.
const mendedAge = 30 * time.Second

// outdated lets preferences and tax codes be read again, if they are old enough to be
// wrong by now: change data capture does not tell of them.
func (q *Online) outdated() bool {
	q.known.mu.Lock()
	old := !q.known.have.readAt.IsZero() && time.Since(q.known.have.readAt) > q.mendedAge
	if old {
		q.known.have.readAt = time.Time{}
	}
	q.known.mu.Unlock()
	if old {
		q.books.forget(taxRecords)
	}
	return old
}

// staleAll lets everything that is kept of the company be read again.
func (q *Online) staleAll() {
	q.known.mu.Lock()
	q.known.have.readAt = time.Time{}
	q.known.mu.Unlock()
	q.books.forget(customerRecords, itemRecords, termRecords, classRecords, departmentRecords, taxRecords, accountRecords)
}

// isMissing tells whether QuickBooks refused an id that is kept here.
func isMissing(err error) bool {
	t, is := errors.AsType[*trouble](err)
	return is && t.class == classMissing
}
