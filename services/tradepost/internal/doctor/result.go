package doctor

import (
	"fmt"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Status is how one check ended.
type Status string

// The statuses. Only Fail makes the whole report one that is not OK.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
	// Skip: not looked at, and Problem says why.
	Skip Status = "skip"
)

// Result is what one check found.
type Result struct {
	// System is what was looked at: configuration, account acme, nats, connection acme-books.
	System string `json:"system"`
	// Check is one word or two for what was checked: sign-in.
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Looked says what was looked at and seen.
	Looked string `json:"looked_at,omitempty"`
	// Problem is what is wrong, or why nothing was looked at.
	Problem string `json:"problem,omitempty"`
	// Owner is who fixes it, as people say it.
	Owner string `json:"owner,omitempty"`
	// Fix is what the owner does.
	Fix string `json:"fix,omitempty"`
	// Where is file:line:column and key of a problem in a file.
	Where string `json:"where,omitempty"`
	// Code is the code of the fault catalogue, where the problem has one.
	Code string `json:"code,omitempty"`
}

// EntityType is the number that a search for it found.
type EntityType struct {
	Account string `json:"account"`
	Number  int    `json:"number"`
	// Line is what belongs into the configuration.
	Line string `json:"line"`
}

// Report is all that was found.
type Report struct {
	// OK says that no check failed.
	OK         bool           `json:"ok"`
	Counts     map[Status]int `json:"counts"`
	Results    []Result       `json:"results"`
	EntityType *EntityType    `json:"entity_type,omitempty"`
	Guides     []Guide        `json:"guides,omitempty"`
	// MeteredReads says how many reads were made that an accounting system meters, and
	// whether they are in its count of the month; "" where none were.
	MeteredReads string `json:"metered_reads,omitempty"`
}

func newReport(results []Result, guides []Guide) *Report {
	r := &Report{Counts: map[Status]int{OK: 0, Warn: 0, Fail: 0, Skip: 0}, Results: results, Guides: guides}
	for _, one := range results {
		r.Counts[one.Status]++
	}
	r.OK = r.Counts[Fail] == 0
	return r
}

// The people who fix what is wrong.
var (
	admin      = fault.OwnerWord(tradepostv1.FaultOwner_FAULT_OWNER_ADMIN)
	operator   = fault.OwnerWord(tradepostv1.FaultOwner_FAULT_OWNER_OPERATOR)
	bookkeeper = fault.OwnerWord(tradepostv1.FaultOwner_FAULT_OWNER_BOOKKEEPER)
)

// check is one check of one system, and makes its results.
type check struct{ system, name string }

func (c check) ok(format string, args ...any) Result {
	return Result{System: c.system, Check: c.name, Status: OK, Looked: fmt.Sprintf(format, args...)}
}

func (c check) skip(format string, args ...any) Result {
	return Result{System: c.system, Check: c.name, Status: Skip, Problem: fmt.Sprintf(format, args...)}
}

func (c check) warn(owner, fix, format string, args ...any) Result {
	return Result{System: c.system, Check: c.name, Status: Warn, Owner: owner, Fix: fix, Problem: fmt.Sprintf(format, args...)}
}

func (c check) fail(owner, fix, format string, args ...any) Result {
	r := c.warn(owner, fix, format, args...)
	r.Status = Fail
	return r
}

func (c check) fault(f *tradepostv1.Fault) Result {
	r := c.fail(fault.OwnerWord(f.GetOwner()), f.GetFix(), "%s: %s", f.GetThing(), f.GetMessage())
	if f.GetVendorText() != "" {
		r.Problem += fmt.Sprintf(" It says: %q", f.GetVendorText())
	}
	r.Code = f.GetCode()
	return r
}

func (r Result) looked(format string, args ...any) Result {
	r.Looked = fmt.Sprintf(format, args...)
	return r
}
