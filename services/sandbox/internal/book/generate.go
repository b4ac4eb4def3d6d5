package book

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"
	_ "time/tzdata" // the book's dates must be the same on machines without zone files
)

// Options say how a book is made. The same options give the same book.
type Options struct {
	Seed     int64
	Invoices int // customer invoices in status ok; 0 means 40
	// Extras are further records that an integration must leave alone: vendor
	// bills, external invoices, drafts, void and paid ones.
	Extras int
	// TaxShown adds sales tax to every third invoice and changes nothing else.
	TaxShown bool
	// Faults is the plan of what must fail: one entry per invoice, an entry
	// being the faults of that one.
	Faults [][]string
	// ExternalSystem is the name under which external ids are stored; empty
	// means DefaultSystem.
	ExternalSystem string
	// MaxLines bounds the lines of an invoice; 0 means 60.
	MaxLines int
}

const (
	// DefaultSystem is the system name of the external ids.
	DefaultSystem = "accounting"
	timeZone      = "America/New_York"
	closedThrough = "2026-06-30"
	vendorID      = 77
	// firstOwnID is where the book's large ids begin; ServiceTrade's are as long.
	firstOwnID = 2687264638045377
)

// anchor is the book's today. It is fixed, so that a book does not depend on
// the day on which it is made.
func anchor() time.Time { return time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC) }

// maker carries what is being made.
type maker struct {
	opt    Options
	book   *Book
	zone   *time.Location
	nextID int64
	items  map[string][]int // indexes of library items by link: external, table, none

	known, unknown []Company            // the customers that a mapping can and cannot find
	sites          map[int64][]Location // the locations by company
}

// Generate makes a book.
func Generate(opt Options) *Book {
	if opt.Invoices == 0 {
		opt.Invoices = 40
	}
	if opt.MaxLines == 0 {
		opt.MaxLines = 60
	}
	if opt.ExternalSystem == "" {
		opt.ExternalSystem = DefaultSystem
	}
	zone, err := time.LoadLocation(timeZone)
	if err != nil { // cannot happen: the zones are compiled in
		zone = time.UTC
	}
	m := &maker{
		opt: opt, zone: zone, nextID: firstOwnID, items: map[string][]int{},
		sites: map[int64][]Location{}, book: &Book{
			TimeZone: timeZone, ExternalSystem: opt.ExternalSystem, BooksClosedThrough: closedThrough,
			ServiceLines: append([]ServiceLine(nil), serviceLines...), Expected: map[int64]Expectation{},
		},
	}
	m.users()
	m.contracts()
	m.library()
	m.companies()
	m.invoices()
	m.extras()
	return m.book
}

// rng gives an own stream of chance to each part of the book, so that one part
// can change without changing the others.
func (m *maker) rng(part string, n int) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part + "/" + strconv.Itoa(n)))
	return rand.New(rand.NewPCG(uint64(m.opt.Seed), h.Sum64())) //nolint:gosec // a reproducible book, no secret
}

// id gives the next large id, with gaps as a shared counter has them.
func (m *maker) id(r *rand.Rand) int64 {
	m.nextID += 1 + r.Int64N(40)
	return m.nextID
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (m *maker) users() {
	r := m.rng("users", 0)
	for i, first := range firstNames {
		m.book.Users = append(m.book.Users, User{
			ID: int64(101 + i), Username: "user" + strconv.Itoa(i+1), FirstName: first, LastName: pick(r, lastNames),
			Email: "user" + strconv.Itoa(i+1) + "@example.com", Tech: i%2 == 0, CompanyID: vendorID,
		})
	}
}

func (m *maker) contracts() {
	for i, terms := range paymentTerms {
		m.book.Contracts = append(m.book.Contracts, Contract{ID: int64(12 + i), Name: "Pricing " + terms, PaymentTerms: terms})
	}
}

func (m *maker) library() {
	created := anchor().AddDate(-2, 0, 0).Unix()
	for i, c := range catalogue {
		item := LibItem{
			ID: int64(120 + i), Name: c.name, Code: c.code, Type: c.kind, Generic: c.code == "",
			Cost: Amount{NewAmount(c.price).Abs().Mul(NewAmount("0.6").Decimal).Round(4)}, Taxable: c.taxable,
			Created: created, Updated: created,
		}
		key := "I-" + strconv.Itoa(1001+i)
		switch c.link {
		case "external":
			item.ExternalIDs = map[string]string{m.opt.ExternalSystem: key}
		case "table":
			m.book.ItemTable = append(m.book.ItemTable, TableRow{ID: item.ID, Code: item.Code, Name: item.Name, Key: key})
		}
		m.items[c.link] = append(m.items[c.link], i)
		m.book.LibItems = append(m.book.LibItems, item)
	}
}
