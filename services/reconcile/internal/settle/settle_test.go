package settle

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

func TestPostedIsOnePutAndFailedIsCommentThenPut(t *testing.T) {
	for name, c := range map[string]struct {
		outcome *tradepostv1.Outcome
		writes  []string
		settled tradepostv1.Settlement
	}{
		"posted": {postedAs("1042", false), []string{"put processed"}, tradepostv1.Settlement_SETTLEMENT_PROCESSED},
		"posted with a number of its own": {
			postedAs("INV-7", true), []string{"put processed INV-7"}, tradepostv1.Settlement_SETTLEMENT_PROCESSED,
		},
		"rejected": {refused(), []string{"comment", "put failed"}, tradepostv1.Settlement_SETTLEMENT_FAILED},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				m := d.outcome(c.outcome)
				d.handle(m)
				d.handle(m)
				require.Equal(t, c.writes, d.office.writes)
				require.Equal(t, record.Closed, d.record().GetState())
				require.Equal(t, c.settled, d.record().GetSettlement())
			})
		})
	}
}

func TestTheCommentNamesThingCauseAndFix(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.handle(d.outcome(refused()))
		text := d.office.comments[0].Content
		require.Contains(t, text, "Acme Tower LLC")
		require.Contains(t, text, "C100")
		require.Contains(t, text, "send the invoice again")
		require.Contains(t, text, "[tradepost acme/")
		require.Contains(t, text, "https://app.servicetrade.test/invoice/2687264638045999")
	})
}

func TestLostAnswersLeadToOnePutAndOneComment(t *testing.T) {
	for name, o := range map[string]*tradepostv1.Outcome{"posted": postedAs("1042", false), "rejected": refused()} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				lost := map[string]bool{}
				d.office.lose = func(call string) error {
					if lost[call] {
						return nil
					}
					lost[call] = true
					return errAway
				}
				tries := d.handle(d.outcome(o))
				require.Greater(t, tries, 1)
				seen := map[string]int{}
				for _, w := range d.office.writes {
					seen[w]++
				}
				for call, n := range seen {
					require.Equal(t, 1, n, call)
				}
				require.Equal(t, record.Closed, d.record().GetState())
			})
		})
	}
}

func TestFailedIsNeverWrittenWithoutItsComment(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		away := time.Now().Add(3 * time.Hour)
		d.office.fail = func(call string) error {
			if call == "comment" && time.Now().Before(away) {
				return errAway
			}
			return nil
		}
		d.handleAndSweep(d.outcome(refused()))
		require.False(t, time.Now().Before(away), "it kept trying for as long as it took")
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
	})
}

func TestAUsersHandWins(t *testing.T) {
	for name, c := range map[string]struct {
		outcome *tradepostv1.Outcome
		edit    func(*tradepostv1.ServiceTradeInvoice)
		writes  []string
		settled tradepostv1.Settlement
	}{
		"posted, and moved by a user": {
			postedAs("1042", false), func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "ok" },
			[]string{"comment"},
			tradepostv1.Settlement_SETTLEMENT_WITHDRAWN,
		},
		"rejected, and moved by a user": {
			refused(), func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "void" },
			nil, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN,
		},
		"posted, and changed by a user": {
			postedAs("1042", false), func(i *tradepostv1.ServiceTradeInvoice) { i.Notes = "new" },
			nil, tradepostv1.Settlement_SETTLEMENT_SUPERSEDED,
		},
		"rejected, and changed by a user": {
			refused(), func(i *tradepostv1.ServiceTradeInvoice) { i.TotalPrice = "1.00" },
			nil, tradepostv1.Settlement_SETTLEMENT_SUPERSEDED,
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				m := d.outcome(c.outcome)
				c.edit(d.office.invoice)
				want := d.office.invoice.GetStatus()
				d.handle(m)
				require.Equal(t, want, d.office.invoice.GetStatus(), statusOf(d))
				require.Equal(t, c.writes, d.office.writes)
				require.Equal(t, c.settled, d.record().GetSettlement())
			})
		})
	}
}

func TestAnOutcomeThatTheRecordDoesNotHoldSettlesNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		genuine := d.outcome(refused())
		r := d.record()
		forged := d.message(r.GetSend(), r.GetSnapshotHash(), postedAs("666", true), strings.Repeat("0", 64))
		d.handle(forged)
		sameHash := d.message(r.GetSend(), r.GetSnapshotHash(), postedAs("666", true), r.GetOutcome().GetHash())
		d.handle(sameHash)
		require.Empty(t, d.office.writes)
		require.Equal(t, record.Outcome, d.record().GetState())
		d.handle(genuine)
		require.Equal(t, "failed", d.office.invoice.GetStatus())
	})
}

func TestARefusedNumberIsToldAndTheStatusWrittenAlone(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.fail = func(call string) error {
			if call == "put processed INV-7" {
				return invalid()
			}
			return nil
		}
		d.handle(d.outcome(postedAs("INV-7", true)))
		require.Equal(t, []string{"put processed", "comment"}, d.office.writes)
		require.Contains(t, d.office.comments[0].Content, "INV-7")
	})
}

func TestARetryOfAFailedInvoiceStartsFromFailed(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Status = "failed"
		d.handle(d.outcome(postedAs("1042", false)))
		require.Equal(t, "processed", d.office.invoice.GetStatus())
	})
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Status = "failed"
		d.handle(d.outcome(refused()))
		require.Equal(t, []string{"comment"}, d.office.writes, "it shows failed already")
	})
}

func TestAWorkerThatDiedWhileSettlingIsTakenOver(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(refused())
		d.office.lose = func(string) error { panic("kill -9") }
		require.Panics(t, func() { _ = d.Handle(t.Context(), m) })
		d.office.lose = nil
		d.Instance = "heir"
		start := time.Now()
		d.handle(m)
		require.GreaterOrEqual(t, time.Since(start), claimTime)
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
	})
}

func TestTheSweepSettlesWhatHasLostItsMessage(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.outcome(refused())
		sweep := func() {
			e, err := d.Gate.Store.Get(t.Context(), d.key())
			require.NoError(t, err)
			require.NoError(t, d.Sweep(t.Context(), e, time.Now(), noMessage))
		}
		sweep()
		require.Empty(t, d.office.writes, "too early")
		time.Sleep(stuckAge)
		sweep()
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
		require.Contains(t, d.office.comments[0].Content, "no active customer")
	})
}

// An invoice that ServiceTrade refuses must not end the sweep of its connection;
// ServiceTrade being away does.
func TestARefusedInvoiceDoesNotEndTheSweep(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		ends   bool
	}{"refused": {invalid(), false}, "away": {errAway, true}} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.outcome(postedAs("1042", false))
				d.office.fail = func(call string) error {
					if call == "put processed" {
						return c.answer
					}
					return nil
				}
				time.Sleep(stuckAge)
				e, err := d.Gate.Store.Get(t.Context(), d.key())
				require.NoError(t, err)
				require.Equal(t, c.ends, d.Sweep(t.Context(), e, time.Now(), noMessage) != nil)
				require.Equal(t, record.Outcome, d.record().GetState())
			})
		})
	}
}
