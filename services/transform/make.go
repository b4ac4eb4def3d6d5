// Package transform is the stage between ingest and deliver: Make turns a snapshot
// into the document that the accounting system is given, and Service does so for
// every message.
package transform

import (
	"time"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/mapit"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// Input is all that Make looks at. It asks nobody else.
type Input struct {
	Snapshot *tradepostv1.Snapshot
	// Account is the id of the ServiceTrade account.
	Account string
	// TimeZone is the account's; ServiceTrade's seconds become dates in it. UTC when nil.
	TimeZone *time.Location
	// Connection is the id of the connection, for the texts of faults.
	Connection string
	Mapping    *mapping.Mapping
	// ExternalSystem is the account's external system in ServiceTrade, under
	// which external ids are looked up; "" looks up none.
	ExternalSystem string
	// Limits are the accounting system's.
	Limits connector.Limits
	// AppURL is ServiceTrade's web page, for the link in the document; "" leaves it out.
	AppURL string

	// posted are the days of what stands in the books, by kind; see Knowing.
	posted map[tradepostv1.DocumentKind]mapit.Kept
}

// Result is either documents with their explanations, or a voiding, or faults.
type Result struct {
	Documents []*tradepostv1.Document
	// Explanations are one for each document, in their order.
	Explanations []*tradepostv1.DocumentExplanation
	// Voiding is for an invoice that was voided after it was posted (TakeBack); Make
	// never makes one.
	Voiding *tradepostv1.Voiding
	// Faults are all that were found. With any of them there is no document.
	Faults []*tradepostv1.Fault
}

// Make turns a snapshot into the document that the accounting system is given,
// or tells everything that is wrong with it. It is pure: the same input gives
// the same bytes, in the service and in preview.
func Make(in Input) Result {
	if kind := normalise.WrongType(in.Snapshot); kind != "" {
		// Nothing else about it matters, so nothing else is told.
		return Result{Faults: []*tradepostv1.Fault{
			fault.New("invoice.wrong_type", fault.Args{Path: "type", Params: map[string]string{"type": kind}}),
		}}
	}
	in, exponent, faults := in.prepared()
	if len(faults) > 0 {
		return Result{Faults: faults}
	}
	inv, faults := normalise.Read(in.Snapshot, normalise.Options{
		Unnumbered: in.Mapping.Numbers.Source != mapping.NumberFromServiceTrade,
		Rounding:   in.Mapping.Rounding,
		TimeZone:   in.TimeZone, Currency: in.Mapping.Currency, Exponent: exponent,
	})
	if inv.Oversize {
		// Lines and related records did not travel, so that nothing can be said of
		// them: a customer that is not in the snapshot may well be mapped.
		_, f := in.resolver().Days(inv, in.today(), mapit.Kept{})
		return Result{Faults: append(faults, f...)}
	}
	resolver := in.resolver()
	resolved, f := resolver.Resolve(inv)
	faults = append(faults, f...)
	sums, f := check.Totals(inv, in.Mapping, in.Connection, exponent)
	faults = append(faults, f...)
	days, f := in.days(inv, sums)
	faults = append(faults, f...)
	faults = append(faults, resolver.Policy(inv)...)
	faults = append(faults, check.Limits(inv, in.number(inv), in.Limits)...)
	if len(faults) > 0 {
		return Result{Faults: faults}
	}
	parts := in.parts(inv, resolved, sums, exponent)
	for _, p := range parts {
		faults = append(faults, resolver.TaxShares(p.inv, p.resolved, p.sums, exponent)...)
	}
	return in.write(parts, faults, days, exponent)
}

// number is the longest number that a document of the invoice gets.
func (in Input) number(inv *normalise.Invoice) check.Number {
	n := check.Number{
		Text: in.Mapping.Number(inv.Number, normalise.OneLine(inv.Job.GetNumber())), Prefix: in.Mapping.Numbers.Prefix,
		FromJob: in.Mapping.Numbers.Source == mapping.NumberFromJob, Connection: in.Connection,
	}
	if in.splits(inv) {
		n.Suffix = check.Suffix{Text: mapit.CreditSuffix, Setting: "policy.mixed_signs", Of: "the credit memo of an invoice that is divided"}
	}
	return n
}

func (in Input) write(parts []part, faults []*tradepostv1.Fault, days map[tradepostv1.DocumentKind]mapit.Days, exponent int32) Result {
	if len(faults) > 0 {
		return Result{Faults: faults}
	}
	var r Result
	for _, p := range parts {
		w := mapit.Writer{
			Account: in.Account, AppURL: in.AppURL, TimeZone: in.TimeZone.String(), Split: len(parts) > 1,
			Mapping: in.Mapping, Exponent: exponent, Days: days[mapit.KindOf(p.sums)], DescriptionLength: in.Limits.DescriptionLength,
		}
		doc, explanation := w.Write(p.inv, p.resolved, p.sums)
		r.Documents = append(r.Documents, doc)
		r.Explanations = append(r.Explanations, check.Explanation(explanation))
	}
	if faults = check.Documents(r.Documents); len(faults) > 0 {
		return Result{Faults: faults}
	}
	return r
}

func (in Input) resolver() mapit.Resolver {
	return mapit.Resolver{Mapping: in.Mapping, Connection: in.Connection, ExternalSystem: in.ExternalSystem}
}

// today is the day of the snapshot: the same snapshot gives the same document,
// whenever it is made.
func (in Input) today() caldate.Date {
	d, err := caldate.FromUnix(in.Snapshot.GetTakenAt().GetSeconds(), in.TimeZone)
	if err != nil || in.Snapshot.GetTakenAt() == nil {
		return caldate.Date{}
	}
	return d
}

// prepared fills what may be left out, and refuses an input without a mapping:
// the invoice then waits for an administrator instead of ending the program.
func (in Input) prepared() (Input, int32, []*tradepostv1.Fault) {
	if in.TimeZone == nil {
		in.TimeZone = time.UTC
	}
	if in.Mapping == nil {
		return in, 0, []*tradepostv1.Fault{fault.New("connection.mapping_wrong", fault.Args{Params: map[string]string{
			"connection": in.Connection, "reason": "there is none",
		}})}
	}
	exponent, ok := money.Exponent(in.Mapping.Currency)
	if !ok {
		return in, 0, []*tradepostv1.Fault{fault.New("connection.mapping_wrong", fault.Args{Params: map[string]string{
			"connection": in.Connection, "reason": "currency " + in.Mapping.Currency + " is not known",
		}})}
	}
	return in, exponent, nil
}
