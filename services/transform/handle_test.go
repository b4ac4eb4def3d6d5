package transform_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func TestAGoodSnapshotBecomesReady(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		before := w.entry()
		for range 3 {
			require.NoError(t, w.stage.Handle(t.Context(), m))
		}
		ready := decoded(w, bus.StreamReady, &tradepostv1.InvoiceReady{})
		require.Equal(t, w.subject(bus.StageReady), w.all(bus.StreamReady)[0].Subject)
		require.Equal(t, int64(1), ready.GetSend())
		require.Equal(t, before.Record.GetSnapshotHash(), ready.GetSnapshotHash())
		require.Equal(t, "522.50", ready.GetDocuments()[0].GetTotals().GetTotal())
		require.Len(t, ready.GetExplanations(), 1)
		require.Equal(t, before.Revision, w.entry().Revision, "deliver moves the record on")
		require.Empty(t, w.all(bus.StreamOutcome))
	})
}

func TestFaultsAreInTheRecordAndInTheOutcome(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		unmapCustomer(w.snapshot)
		m := w.open()
		for range 3 {
			require.NoError(t, w.stage.Handle(t.Context(), m))
		}
		r := w.entry().Record
		require.Equal(t, record.Outcome, r.GetState())
		require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED, r.GetOutcome().GetKind())
		require.Equal(t, record.StageTransform, r.GetOutcome().GetStage())
		require.Equal(t, []string{"customer.not_mapped"}, r.GetOutcome().GetFaultCodes())
		told := decoded(w, bus.StreamOutcome, &tradepostv1.InvoiceOutcome{})
		require.Equal(t, r.GetOutcome().GetHash(), told.GetOutcomeHash())
		require.Equal(t, r.GetSnapshotHash(), told.GetSnapshotHash())
		require.Equal(t, "customer.not_mapped", told.GetOutcome().GetRejected().GetFaults()[0].GetCode())
		require.Empty(t, w.all(bus.StreamReady))
	})
}

// The process dies between the record and the message. The redelivery tells what the
// record holds already.
func TestARejectionThatWasNotToldIsToldByTheRedelivery(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		unmapCustomer(w.snapshot)
		m := w.open()
		require.NoError(t, w.deps.JS.DeleteStream(t.Context(), bus.StreamOutcome))
		require.Error(t, w.stage.Handle(t.Context(), m), "the message comes again")
		rejected := w.entry()
		require.Equal(t, record.Outcome, rejected.State(), "the record is written first")
		_, err := bus.Apply(t.Context(), w.deps.JS, bus.ApplyOptions{})
		require.NoError(t, err)
		require.NoError(t, w.stage.Handle(t.Context(), m))
		told := decoded(w, bus.StreamOutcome, &tradepostv1.InvoiceOutcome{})
		require.Equal(t, rejected.Record.GetOutcome().GetHash(), told.GetOutcomeHash())
		require.Equal(t, rejected.Revision, w.entry().Revision)
	})
}

func TestASnapshotOfAnotherInvoiceIsPoison(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.snapshot.Invoice.Id = 7
		before := w.entry()
		code, poison := bus.PoisonCode(w.stage.Handle(t.Context(), w.received(before.Record.GetSnapshotHash())))
		require.True(t, poison)
		require.Equal(t, "message.wrong_invoice", code)
		m.Body = []byte("{rubbish")
		code, poison = bus.PoisonCode(w.stage.Handle(t.Context(), m))
		require.True(t, poison)
		require.Equal(t, bus.CodeUnreadable, code)
		require.Empty(t, w.all(bus.StreamReady))
		require.Equal(t, before.Revision, w.entry().Revision)
	})
}

// An attempt may be under way with what the mapping said before. It ends first.
func TestFaultsChangeNothingWhileAnAttemptIsUnderWay(t *testing.T) {
	claim := record.Claim(record.Claiming{Owner: "deliver", Lasts: time.Minute}, &tradepostv1.Unresolved{Marker: "m"})
	posted := &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, Hash: "h", Stage: record.StageDeliver}
	settling := record.Claiming{Owner: "r"}
	for name, steps := range map[string][]record.Transition{
		"claimed":  {claim},
		"parked":   {claim, record.Park("deliver", record.Waits{Until: time.Now().Add(time.Hour)})},
		"handed":   {claim, record.Hand("deliver", "file 1")},
		"held":     {record.Hold("why")},
		"in doubt": {claim, record.Doubt("deliver", record.Waits{})},
		"posted":   {claim, record.Conclude("deliver", posted)},
		"settling": {claim, record.Conclude("deliver", posted), record.Settle(settling)},
		"closed":   {claim, record.Conclude("deliver", posted), record.Settle(settling), record.Close("r", 1, time.Now())},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				unmapCustomer(w.snapshot)
				m := w.open()
				w.change(steps...)
				before := w.entry()
				require.NoError(t, w.stage.Handle(t.Context(), m))
				require.Equal(t, before.Revision, w.entry().Revision)
				require.Empty(t, w.all(bus.StreamOutcome))
				require.Empty(t, w.all(bus.StreamReady))
			})
		})
	}
}

// Documents are told again as long as deliver may wait for them, and not after.
func TestReadyIsToldUntilThereIsAnOutcome(t *testing.T) {
	claim := record.Claim(record.Claiming{Owner: "deliver"}, nil)
	rejected := &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED, Hash: "h", Stage: record.StageDeliver}
	for name, c := range map[string]struct {
		steps []record.Transition
		told  int
	}{
		"opening":               {nil, 1},
		"open":                  {[]record.Transition{record.MarkOpened()}, 1},
		"claimed":               {[]record.Transition{claim}, 1},
		"held":                  {[]record.Transition{record.Hold("why")}, 0},
		"rejected by the books": {[]record.Transition{claim, record.Conclude("deliver", rejected)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				m := w.open()
				w.change(c.steps...)
				before := w.entry()
				require.NoError(t, w.stage.Handle(t.Context(), m))
				require.Len(t, w.all(bus.StreamReady), c.told)
				require.Equal(t, before.Revision, w.entry().Revision)
			})
		})
	}
}

// Ingest notes that the send is open while it is being rejected here.
func TestARaceThatWasLostIsRunAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		unmapCustomer(w.snapshot)
		m := w.open()
		races := 0
		w.read = func() {
			if races++; races == 1 {
				w.change(record.MarkOpened())
			}
		}
		require.NoError(t, w.stage.Handle(t.Context(), m))
		require.Equal(t, 2, races)
		require.Equal(t, record.Outcome, w.entry().State())
		require.Len(t, w.all(bus.StreamOutcome), 1)
	})
}

// Deliver claims the send while it is being rejected here: the attempt goes first.
func TestARaceThatDeliverWonChangesNothing(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		unmapCustomer(w.snapshot)
		m := w.open()
		races := 0
		w.read = func() {
			if races++; races == 1 {
				w.change(record.Claim(record.Claiming{Owner: "deliver", Lasts: time.Minute}, &tradepostv1.Unresolved{Marker: "m"}))
			}
		}
		require.NoError(t, w.stage.Handle(t.Context(), m))
		require.Equal(t, record.Claimed, w.entry().State())
		require.Empty(t, w.all(bus.StreamOutcome))
	})
}

// A race that is lost again and again is left for a while, and nothing was told.
func TestARaceThatIsAlwaysLostComesAgain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		unmapCustomer(w.snapshot)
		m := w.open()
		w.read = func() {
			w.change(func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
				r.Republished++
				return r, nil
			})
		}
		_, again := bus.RetryDelay(w.stage.Handle(t.Context(), m))
		require.True(t, again)
		require.Empty(t, w.all(bus.StreamOutcome))
		w.read = nil
		require.NoError(t, w.stage.Handle(t.Context(), m))
		require.Len(t, w.all(bus.StreamOutcome), 1)
	})
}

// A number that fits, and does not with the prefix of the mapping, is the mapping's fault:
// whoever keeps that is told, and not the office.
func TestAPrefixThatIsTooLongIsTheMappings(t *testing.T) {
	for limit, want := range map[int]string{20: "number.prefix_too_long", 3: "number.too_long"} {
		inFakeTime(t, func(t *testing.T, w *workbench) {
			w.limits = connector.Limits{NumberLength: limit}
			w.deps.Config.Connections["acme-hledger"].Mapping.Numbers.Prefix = "MERIDIAN MECHANICAL-"
			require.NoError(t, w.stage.Handle(t.Context(), w.open()))
			told := decoded(w, bus.StreamOutcome, &tradepostv1.InvoiceOutcome{}).GetOutcome().GetRejected().GetFaults()
			require.Len(t, told, 1)
			require.Equal(t, want, told[0].GetCode())
			if want == "number.prefix_too_long" {
				require.Equal(t, tradepostv1.FaultOwner_FAULT_OWNER_ADMIN, told[0].GetOwner())
				require.Contains(t, told[0].GetFix(), "numbers.prefix in the mapping of connection acme-hledger")
				require.Contains(t, told[0].GetMessage(), "MERIDIAN MECHANICAL-")
			}
		})
	}
}

// What the mapping takes the number from, or puts behind it, is the mapping's fault, too;
// a number that is too long by itself is ServiceTrade's, whatever is added.
func TestANumberThatTheMappingMakesTooLong(t *testing.T) {
	divided := func(w *workbench) {
		w.mapping().Policy.Mixed = mapping.MixedSplit
		withLines(w.snapshot, "55.00", sold(1, "Labor", "1", "125", labor), sold(2, "Filter taken back", "-1", "70", filter))
	}
	for name, c := range map[string]struct {
		limit   int
		edit    func(*workbench)
		setting string
	}{
		"divided":                     {8, divided, "policy.mixed_signs"},
		"divided, and fits":           {9, divided, ""},
		"divided, and long by itself": {7, divided, "none"},
		"the job's": {3, func(w *workbench) {
			w.mapping().Numbers.Source, w.snapshot.Invoice.InvoiceNumber = mapping.NumberFromJob, ""
		}, "numbers.source"},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				w.limits = connector.Limits{NumberLength: c.limit}
				c.edit(w)
				require.NoError(t, w.stage.Handle(t.Context(), w.open()))
				if c.setting == "" {
					require.Len(t, decoded(w, bus.StreamReady, &tradepostv1.InvoiceReady{}).GetDocuments(), 2)
					return
				}
				told := decoded(w, bus.StreamOutcome, &tradepostv1.InvoiceOutcome{}).GetOutcome().GetRejected().GetFaults()
				require.Len(t, told, 1)
				if c.setting == "none" {
					require.Equal(t, "number.too_long", told[0].GetCode())
					require.Equal(t, "11653990", told[0].GetParams()["number"])
					return
				}
				require.Equal(t, "number.made_too_long", told[0].GetCode())
				require.Equal(t, tradepostv1.FaultOwner_FAULT_OWNER_ADMIN, told[0].GetOwner())
				require.Contains(t, told[0].GetFix(), "Change "+c.setting+" in the mapping of connection acme-hledger")
			})
		})
	}
}

func (w *workbench) mapping() *mapping.Mapping {
	return w.deps.Config.Connections["acme-hledger"].Mapping
}

// The limits of the accounting system reach the document through the stage.
func TestTheLimitsOfTheAccountingSystemCount(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.limits = connector.Limits{NumberLength: 5, Lines: 1}
		require.NoError(t, w.stage.Handle(t.Context(), w.open()))
		require.Equal(t, []string{"number.too_long", "lines.too_many"}, w.entry().Record.GetOutcome().GetFaultCodes())
	})
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.limits = connector.Limits{DescriptionLength: 6}
		require.NoError(t, w.stage.Handle(t.Context(), w.open()))
		ready := decoded(w, bus.StreamReady, &tradepostv1.InvoiceReady{})
		require.Equal(t, "Labor…", ready.GetDocuments()[0].GetLines()[0].GetDescription())
	})
}
