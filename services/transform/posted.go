package transform

import (
	"github.com/tradepost/tradepost/pkg/caldate"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/mapit"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// Knowing is the input of an invoice whose record is r, nil where it has none, and whose
// snapshot has that hash: what was posted to the connection and stands in its books keeps
// the day on which it counts. The stage and preview both say so.
func (in Input) Knowing(r *tradepostv1.Record, snapshotHash string) Input {
	in.posted = map[tradepostv1.DocumentKind]mapit.Kept{}
	for _, d := range r.GetDocuments() {
		if d.GetConnection() != in.Connection || d.GetGone() || d.GetReversal() {
			continue
		}
		day, err := caldate.Parse(d.GetPostedOn())
		if err != nil {
			day = caldate.Date{} // A record of before the day was kept.
		}
		in.posted[d.GetKind()] = mapit.Kept{Day: day, Unedited: snapshotHash != "" && d.GetSnapshotHash() == snapshotHash}
	}
	return in
}

// days are those of each kind of document that the invoice may become, and what keeps
// one that it becomes from being posted.
func (in Input) days(inv *normalise.Invoice, sums check.Reckoning) (map[tradepostv1.DocumentKind]mapit.Days, []*tradepostv1.Fault) {
	days := map[tradepostv1.DocumentKind]mapit.Days{}
	var faults []*tradepostv1.Fault
	for _, kind := range []tradepostv1.DocumentKind{
		tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO,
	} {
		d, f := in.resolver().Days(inv, in.today(), in.posted[kind])
		days[kind] = d
		if len(faults) == 0 && (in.splits(inv) || mapit.KindOf(sums) == kind) {
			faults = f
		}
	}
	return days, faults
}
