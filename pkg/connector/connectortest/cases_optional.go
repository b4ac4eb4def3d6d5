package connectortest

import (
	"context"
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var optionalCases = []Case{
	{Name: "a voided document counts nothing, and can be voided again", Needs: []Capability{Voids}, Run: func(k *Kit) {
		found, _ := k.postedAndNext()
		other := k.posting(k.Harness.Sample(2), 1)
		k.create(k.Connector, other)
		voider := k.Connector.(connector.Voider)
		first, is := voider.Void(k.ctx(), found).(connector.Posted)
		require.True(k, is, "void has to answer Posted")
		require.True(k, first.Document.Void, "the document that is answered is void")
		k.countsNothing(k.Harness.Sample(1))
		again := voider.Void(k.ctx(), first.Document)
		require.NotContains(k, []string{"Wait", "Uncertain", "Handed"}, answerName(again), "%#v", again)
		k.countsNothing(k.Harness.Sample(1))
		k.same(k.find(k.Connector, other.Document, 1)[0], other)
	}},
	{Name: "a stale version is not voided", Needs: []Capability{Voids, Tampering}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		k.Tamper(next.Document.GetMarker())
		answer := k.Connector.(connector.Voider).Void(k.ctx(), found)
		require.NotEqual(k, "Posted", answerName(answer), "%#v", answer)
		require.False(k, k.find(k.Connector, next.Document, 1)[0].Void)
	}},
	{Name: "a fenced void is not made", Needs: []Capability{Voids}, Run: func(k *Kit) {
		found, next := k.postedAndNext()
		ctx := connector.WithFence(k.ctx(), func() error { return connector.ErrFenced })
		answer := k.Connector.(connector.Voider).Void(ctx, found)
		require.NotContains(k, []string{"Posted", "Rejected"}, answerName(answer), "%#v", answer)
		require.Equal(k, found, k.find(k.Connector, next.Document, 1)[0])
	}},
	{Name: "a list of a period has each of its documents once, and no other", Needs: []Capability{PeriodLists}, Run: func(k *Kit) {
		want := map[string]connector.Posting{}
		for i, day := range []string{"2026-10-31", "2026-11-01", "2026-11-15", "2026-11-30", "2026-12-01"} {
			p := k.posting(k.retotal(k.Harness.Sample(int64(i+1)), func(d *tradepostv1.Document) { d.IssueDate = day }), 1)
			k.create(k.Connector, p)
			k.find(k.Connector, p.Document, 1)
			if day[:7] == "2026-11" {
				want[p.Document.GetMarker()] = p
			}
		}
		listed := k.listed(k.period("2026-11-01", "2026-11-30"))
		require.Len(k, listed, len(want))
		for _, l := range listed {
			require.Contains(k, want, l.Marker)
			k.same(l.Found, want[l.Marker])
			delete(want, l.Marker)
		}
		require.Empty(k, k.listed(k.period("2025-01-01", "2025-12-31")))
	}},
	{Name: "a list that is stopped is an error, not a shorter list", Needs: []Capability{PeriodLists}, Run: func(k *Kit) {
		k.create(k.Connector, k.posting(k.Harness.Sample(1), 1))
		k.find(k.Connector, k.Harness.Sample(1), 1)
		lister := k.Connector.(connector.PeriodLister)
		whole := k.period("2000-01-01", "2100-01-01")
		enough := errors.New("enough")
		require.ErrorIs(k, lister.ListPeriod(k.ctx(), whole, func(connector.Listed) error { return enough }), enough)
		ctx, cancel := context.WithCancel(k.ctx())
		cancel()
		require.Error(k, lister.ListPeriod(ctx, whole, func(connector.Listed) error { return nil }))
	}},
	{Name: "what was changed since a cursor is told, and nothing is left out", Needs: []Capability{ChangeLists}, Run: func(k *Kit) {
		first := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, first)
		k.find(k.Connector, first.Document, 1)
		all, cursor := k.changed("")
		require.Contains(k, all, first.Document.GetMarker())
		second := k.posting(k.Harness.Sample(2), 1)
		k.create(k.Connector, second)
		k.find(k.Connector, second.Document, 1)
		news, next := k.changed(cursor)
		require.Contains(k, news, second.Document.GetMarker())
		require.NotEmpty(k, next)
		again, _ := k.changed(cursor)
		require.Contains(k, again, second.Document.GetMarker(), "a cursor can be used twice: whoever used it may have died")
		if k.Tamper != nil {
			k.Tamper(first.Document.GetMarker())
			news, _ = k.changed(next)
			require.Contains(k, news, first.Document.GetMarker(), "what a bookkeeper changed is told")
		}
	}},
	{Name: "a cursor that nobody gave out is an error", Needs: []Capability{ChangeLists}, Run: func(k *Kit) {
		_, err := k.Connector.(connector.ChangeLister).ChangedSince(k.ctx(), "no cursor of this system", func(connector.Listed) error { return nil })
		require.Error(k, err)
	}},
	{Name: "reference data is whole, and each record is told once", Needs: []Capability{ReferenceData}, Run: func(k *Kit) {
		lister := k.Connector.(connector.ReferenceLister)
		kinds := lister.ReferenceKinds()
		require.NotEmpty(k, kinds)
		for _, kind := range kinds {
			seen := map[string]bool{}
			require.NoError(k, lister.ListReference(k.ctx(), kind, func(r connector.ReferenceRecord) error {
				require.Equal(k, kind, r.Kind)
				key := r.ID + "\n" + r.Code + "\n" + r.Name
				require.NotEqual(k, "\n\n", key, "a record that no mapping can name")
				require.False(k, seen[key], "%v is told twice", r)
				seen[key] = true
				return nil
			}))
		}
		ctx, cancel := context.WithCancel(k.ctx())
		cancel()
		require.Error(k, lister.ListReference(ctx, kinds[0], func(connector.ReferenceRecord) error { return nil }), "a list that was stopped is not a whole one")
	}},
	{Name: "the same key makes one document, also when nobody looks", Needs: []Capability{IdempotentCreates}, Run: func(k *Kit) {
		require.Positive(k, k.Connector.(connector.IdempotentCreator).RemembersKeys())
		p := k.posting(k.Harness.Sample(1), 1)
		if k.Hide != nil {
			k.Hide(true)
			defer k.Hide(false)
		}
		first := k.create(k.Connector, p)
		second := k.create(k.Reopen(), p)
		require.Equal(k, first.Document.ID, second.Document.ID)
		k.stays(p.Document, 1)
	}},
}

// countsNothing wants find to show the document as void, or not at all.
func (k *Kit) countsNothing(d *tradepostv1.Document) {
	k.Helper()
	found, err := k.Connector.Find(k.ctx(), queryOf(d))
	require.NoError(k, err)
	for _, f := range found {
		require.True(k, f.Void, "%s is void, and find shows it as if it counted", d.GetMarker())
	}
}

func (k *Kit) period(from, through string) connector.Period {
	k.Helper()
	first, err := caldate.Parse(from)
	require.NoError(k, err)
	last, err := caldate.Parse(through)
	require.NoError(k, err)
	return connector.Period{From: first, Through: last}
}

func (k *Kit) listed(p connector.Period) []connector.Listed {
	k.Helper()
	var all []connector.Listed
	require.NoError(k, k.Connector.(connector.PeriodLister).ListPeriod(k.ctx(), p, func(l connector.Listed) error {
		all = append(all, l)
		return nil
	}))
	return all
}

func (k *Kit) changed(cursor string) (map[string]connector.Listed, string) {
	k.Helper()
	all := map[string]connector.Listed{}
	next, err := k.Connector.(connector.ChangeLister).ChangedSince(k.ctx(), cursor, func(l connector.Listed) error {
		all[l.Marker] = l
		return nil
	})
	require.NoError(k, err)
	return all, next
}
