package send_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

// connectionsOf loads a configuration whose account has the connections: id, and
// filter (with what else stands on its line).
func connectionsOf(t *testing.T, all ...string) []*connection.Connection {
	t.Helper()
	dir := t.TempDir()
	text := "accounts:\n  acme:\n    time_zone: UTC\n    servicetrade: {username: u, password: p, invoice_entity_type: 12}\nconnections:\n"
	for i := 0; i < len(all); i += 2 {
		text += "  " + all[i] + ": {account: acme, connector: hledger, mapping_file: m.yaml, filter: " + all[i+1] + "}\n"
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.yaml"), []byte(connection.ExampleMapping()), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(text), 0o600))
	config, err := connection.Load(filepath.Join(dir, "c.yaml"), nil)
	require.NoError(t, err)
	return config.ConnectionsOf("acme")
}

const (
	durham   = 701
	richmond = 702
)

// at moves the invoice's job to an office, as the office's user does: the invoice
// itself does not change.
func (d *desk) at(office int64) { d.office.assigned = office; d.Taker.Forget() }

func TestTheFilterChoosesTheConnection(t *testing.T) {
	all := []string{"durham", "{offices: [701]}", "rest", "otherwise"}
	for office, want := range map[int64]string{durham: "durham", richmond: "rest", 0: "rest"} {
		atDesk(t, func(t *testing.T, d *desk) {
			d.Desk = deskOf(connectionsOf(t, all...)...)
			d.at(office)
			d.pending()
			require.Equal(t, want, d.entry().Record.GetConnection())
			require.Equal(t, []string{"invoice.received." + want + ".2687264638045999"}, d.subjects())
			require.Empty(t, d.Desk.Waiting())
		})
	}
}

func TestWhatNoConnectionTakesWaitsAndIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		connections []string
		want        string
	}{
		"no filter matches": {[]string{"richmond", "{offices: [702]}"}, "no filter of the account's connections matches it: it has offices 701, customers 9001"},
		"two filters match": {[]string{"a", "{job_tags: [x]}", "b", "{job_tags: [y]}", "rest", "otherwise"}, "the filters of a and b all match it"},
		"its connection is disabled": {
			[]string{"durham", "{offices: [701]}, enabled: false", "rest", "otherwise"},
			"connection durham takes it, which is disabled",
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				registry, log := prometheus.NewRegistry(), &bytes.Buffer{}
				d.Desk = send.NewDesk("acme", connectionsOf(t, c.connections...), slog.New(slog.NewTextHandler(log, nil)), time.Now, send.NewMetrics(registry))
				d.at(durham)
				d.office.tags, d.office.invoice.Updated = []string{"x", "y"}, 1000
				since := time.Now()
				for range 8 {
					d.pending()
					time.Sleep(30 * time.Second)
				}
				require.Nil(t, d.entry().Record)
				require.Empty(t, d.sent())
				require.Equal(t, 1, d.office.reads, "a poll costs no call while nothing changed")
				require.Equal(t, 1, strings.Count(log.String(), "the invoice waits"), log.String())
				waiting := d.Desk.Waiting()
				require.Len(t, waiting, 1)
				require.Equal(t, int64(invoiceID), waiting[0].InvoiceID)
				require.Contains(t, waiting[0].Reason, c.want)
				require.Equal(t, since, waiting[0].Since)
				requireUnmatched(t, registry, 1)

				d.Desk.Listed([]servicetrade.InvoiceRow{{ID: 7}})
				require.Empty(t, d.Desk.Waiting(), "a complete list does not show it any more")
				requireUnmatched(t, registry, 0)
			})
		})
	}
}

func requireUnmatched(t *testing.T, r *prometheus.Registry, n int) {
	t.Helper()
	require.NoError(t, testutil.GatherAndCompare(r, strings.NewReader(`
# HELP tradepost_ingest_unmatched_invoices Pending invoices that wait because no enabled connection of the account takes them, or several do, and those that are held since another connection posted them.
# TYPE tradepost_ingest_unmatched_invoices gauge
tradepost_ingest_unmatched_invoices{account="acme"} `+string(rune('0'+n))+"\n"), "tradepost_ingest_unmatched_invoices"))
}

func TestWhoWaitsIsLookedAtAgain(t *testing.T) {
	for name, c := range map[string]struct {
		wake  func(d *desk)
		taken bool
	}{
		"when the invoice changed": {func(d *desk) { d.office.invoice.Updated++; d.pending() }, true},
		"when a webhook names it":  {func(d *desk) { require.NoError(d.t, d.hint()) }, true},
		"when an operator asks":    {func(d *desk) { require.NoError(d.t, d.refreshOn("richmond")) }, true},
		"when long has passed":     {func(d *desk) { time.Sleep(5 * time.Minute); d.pending() }, true},
		"with another configuration": {func(d *desk) {
			d.Desk = deskOf(connectionsOf(d.t, "richmond", "{offices: [702]}", "rest", "otherwise")...)
			d.pending()
		}, true},
		"not before":                     {func(d *desk) { time.Sleep(4 * time.Minute); d.pending() }, false},
		"nor when the row shows no time": {func(d *desk) { d.office.invoice.Updated = 0; d.pending() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.Desk = deskOf(connectionsOf(t, "richmond", "{offices: [702]}")...)
				d.office.invoice.Updated = 1000
				d.at(durham)
				d.pending()
				require.Len(t, d.Desk.Waiting(), 1)
				d.at(richmond)
				c.wake(d)
				require.Equal(t, c.taken, d.entry().Record != nil)
				require.Equal(t, c.taken, len(d.Desk.Waiting()) == 0)
			})
		})
	}
}

// The reads of what waits for days become rare.
func TestWaitingForDaysCostsLittle(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.Desk = deskOf(connectionsOf(t, "richmond", "{offices: [702]}")...)
		d.at(durham)
		for range 24 * 60 {
			d.pending()
			time.Sleep(time.Minute)
		}
		require.LessOrEqual(t, d.office.reads, 15)
		require.Greater(t, d.office.reads, 5)
	})
}

func TestAnOpenSendStaysWithItsConnection(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.Desk = deskOf(connectionsOf(t, "durham", "{offices: [701]}", "rest", "otherwise")...)
		d.at(durham)
		d.pending()
		d.Desk = deskOf(connectionsOf(t, "durham", "{offices: [702]}", "rest", "otherwise")...)
		time.Sleep(stuck)
		d.pending()
		require.Equal(t, "durham", d.entry().Record.GetConnection())
		require.Len(t, d.sent(), 2, "published again, on the connection that has it")

		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		d.pending()
		require.Equal(t, "rest", d.entry().Record.GetConnection(), "the next send goes by the new filter")
		require.Equal(t, int64(2), d.entry().Record.GetSend())
	})
}

func TestAnOpenSendOfADisabledConnectionWaitsForIt(t *testing.T) {
	for name, now := range map[string][]string{
		"disabled":                 {"durham", "{offices: [701]}, enabled: false", "rest", "otherwise"},
		"not in the configuration": {"rest", "otherwise"},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.Desk = deskOf(connectionsOf(t, "durham", "{offices: [701]}", "rest", "otherwise")...)
				d.at(durham)
				d.pending()
				reads := d.office.reads
				d.Desk = deskOf(connectionsOf(t, now...)...)
				time.Sleep(stuck)
				d.pending()
				require.NoError(t, d.Heal(t.Context(), d.entry()))
				require.NoError(t, d.retryOn("durham", 1))
				require.Len(t, d.sent(), 1)
				require.Equal(t, reads, d.office.reads)
				require.Contains(t, d.Desk.Waiting()[0].Reason, "its send is open on connection durham, which is "+name)
			})
		})
	}
}

func TestARetryGoesToTheConnectionThatMatchesNow(t *testing.T) {
	for name, c := range map[string]struct {
		office int64
		want   string
		sends  int64
	}{
		"the same":    {durham, "durham", 2},
		"another":     {richmond, "richmond", 2},
		"none at all": {703, "durham", 1},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.Desk = deskOf(connectionsOf(t, "durham", "{offices: [701]}", "richmond", "{offices: [702]}")...)
				d.at(durham)
				d.failed()
				d.office.assigned = c.office
				require.NoError(t, d.retryOn("durham", 1))
				require.Equal(t, c.want, d.entry().Record.GetConnection())
				require.Equal(t, c.sends, d.entry().Record.GetSend())
				require.Empty(t, d.Desk.Waiting(), "what failed is in no list of pending ones")
			})
		})
	}
}

// An invoice that is too large to travel is told so by its own connection.
func TestAnOversizeInvoiceFindsItsConnection(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.Desk = deskOf(connectionsOf(t, "durham", "{offices: [701]}", "rest", "otherwise")...)
		d.at(durham)
		d.office.invoice.Notes = strings.Repeat("long ", 200_000)
		d.pending()
		require.Equal(t, "durham", d.entry().Record.GetConnection())
		require.NotNil(t, d.sent()[0].GetSnapshot().GetOversize())
	})
}

// refreshOn asks, as an operator, to look at the invoice now.
func (d *desk) refreshOn(id string) error {
	body, err := bus.Encode(&tradepostv1.InvoiceCommand{By: "test", Command: &tradepostv1.InvoiceCommand_Refresh{Refresh: &tradepostv1.Refresh{}}})
	require.NoError(d.t, err)
	return d.Command(d.t.Context(), bus.Message{Body: body, Subject: bus.Subject{Stage: bus.StageCommand, Connection: id, InvoiceID: invoiceID}})
}

// subjects returns the subjects of the received messages.
func (d *desk) subjects() []string {
	d.t.Helper()
	st, err := d.js.Stream(d.t.Context(), bus.StreamReceived)
	require.NoError(d.t, err)
	info, err := st.Info(d.t.Context())
	require.NoError(d.t, err)
	var all []string
	for seq := max(info.State.FirstSeq, 1); seq <= info.State.LastSeq; seq++ {
		raw, err := st.GetMsg(d.t.Context(), seq)
		require.NoError(d.t, err)
		all = append(all, raw.Subject)
	}
	return all
}
