package book

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"time"
)

// invoices makes the customer invoices, each with its job, and their verdicts.
// The plan's faults are spread over the whole list.
func (m *maker) invoices() {
	plan := make([][]string, m.opt.Invoices)
	copy(plan, m.opt.Faults)
	m.rng("plan", 0).Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	for i, faults := range plan {
		m.invoice(i, faults)
	}
	sort.Slice(m.book.Invoices, func(i, j int) bool { return m.book.Invoices[i].ID < m.book.Invoices[j].ID })
}

func (m *maker) invoice(i int, faults []string) {
	r := m.rng("invoice", i)
	company, location := m.customer(r, !slices.Contains(faults, FaultCustomer))
	inv := Invoice{
		ID: m.invoiceID(r, i), Type: "invoice", Number: strconv.Itoa(11653990 + 3*i), Status: "ok",
		Partial: r.IntN(10) == 0, Notes: pick(r, notes), CustomerID: company.ID, LocationID: location.ID,
		VendorID: vendorID, AssignedUserID: 101 + int64(r.IntN(4)),
	}
	when := m.date(r, i, slices.Contains(faults, FaultDate))
	inv.TransactionDate = when.Unix()
	inv.Created = when.Add(-time.Hour).Unix()
	inv.Updated = inv.Created
	contract := pick(r, m.book.Contracts)
	inv.ContractID, inv.PaymentTerms = contract.ID, contract.PaymentTerms
	if r.IntN(8) > 0 {
		inv.DueDate = when.AddDate(0, 0, 30).Unix()
	}
	job := m.job(r, i, inv, when)
	inv.JobID, inv.Name = job.ID, job.Name
	inv.Lines = m.lines(r, i, slices.Contains(faults, FaultItem))
	inv.Total = Sum(inv.Lines)
	expected := Expectation{Faults: slices.Sorted(slices.Values(faults))}
	m.tax(&inv, location, i, &expected)
	if slices.Contains(faults, FaultTotal) {
		inv.Total = wrongTotal(r, inv.Total)
	}
	expected.CreditMemo = inv.Total.IsNegative()
	m.book.Expected[inv.ID] = expected
	m.book.Invoices = append(m.book.Invoices, inv)
}

// wrongTotal is off by a cent or by ten, and never zero.
func wrongTotal(r *rand.Rand, right Amount) Amount {
	wrong := Amount{right.Add(pick(r, []Amount{NewAmount("0.01"), NewAmount("10"), NewAmount("-0.01")}).Decimal)}
	if wrong.IsZero() {
		return Amount{right.Add(right.Decimal)}
	}
	return wrong
}

// invoiceID mixes small old ids with large ones.
func (m *maker) invoiceID(r *rand.Rand, i int) int64 {
	large := m.id(r)
	if i%10 == 9 {
		return int64(880000 + i)
	}
	return large
}

// customer picks a customer that a mapping can find, or one that it cannot.
func (m *maker) customer(r *rand.Rand, known bool) (Company, Location) {
	from := m.unknown
	if known {
		from = m.known
	}
	company := pick(r, from)
	return company, pick(r, m.sites[company.ID])
}

// date picks the transaction date. Times near midnight are on purpose: read in
// UTC they fall on the next day, which may be on the other side of the closing.
func (m *maker) date(r *rand.Rand, i int, closed bool) time.Time {
	first := time.Date(2026, 7, 1, 0, 0, 0, 0, m.zone)
	day := first.AddDate(0, 0, r.IntN(90))
	if i%13 == 0 {
		day = first // the first open day
	}
	if closed {
		day = first.AddDate(0, 0, -1-10*r.IntN(2))
	}
	clock := pick(r, [][2]int{{0, 0}, {0, 5}, {12, 0}, {17, 42}, {23, 30}})
	return time.Date(day.Year(), day.Month(), day.Day(), clock[0], clock[1], 0, 0, m.zone)
}

func (m *maker) job(r *rand.Rand, i int, inv Invoice, when time.Time) Job {
	kind := pick(r, jobTypes)
	line := pick(r, m.book.ServiceLines)
	job := Job{
		ID: 2274033731792769 + int64(i)*17, Number: int64(5100 + i), Type: kind, Status: "completed",
		Name: fmt.Sprintf("%s - %s #%d", line.Name, kind, 5100+i), CustomerPO: pick(r, purchaseOrders),
		Description: pick(r, notes), CustomerID: inv.CustomerID, LocationID: inv.LocationID, VendorID: vendorID,
		OfficeID: int64(701 + r.IntN(2)), OwnerID: 102, SalesID: 103, ContractID: inv.ContractID, ServiceLine: line.ID,
		Scheduled: when.AddDate(0, 0, -3).Unix(), Completed: when.AddDate(0, 0, -1).Unix(),
		Created: when.AddDate(0, 0, -9).Unix(), Updated: when.AddDate(0, 0, -1).Unix(),
	}
	if i%6 == 5 {
		job.Status = "scheduled"
		job.Completed = 0
	}
	for range r.IntN(3) {
		job.Tags = append(job.Tags, pick(r, jobTags))
	}
	slices.Sort(job.Tags)
	job.Tags = slices.Compact(job.Tags)
	m.book.Jobs = append(m.book.Jobs, job)
	return job
}
