package bus_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/bus"
)

var allStages = []bus.Stage{
	bus.StageReceived, bus.StageReady, bus.StageLater, bus.StageOutcome,
	bus.StageCommand, bus.StageDead, bus.StageAttempt, bus.StageSettled,
}

func TestParseSubject(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bus.Subject
		err  string
	}{
		{in: "invoice.ready.acme-qbo.1001", want: bus.Subject{Stage: bus.StageReady, Connection: "acme-qbo", InvoiceID: 1001}},
		{in: "invoice.dead.0.9223372036854775807", want: bus.Subject{Stage: bus.StageDead, Connection: "0", InvoiceID: 9223372036854775807}},
		{in: "invoice.dead._unknown.0", want: bus.DeadUnknown},
		{in: "", err: "is not invoice.<stage>"},
		{in: "invoice.ready.acme.1.2", err: "is not invoice.<stage>"},
		{in: "invoices.ready.acme.1", err: "is not invoice.<stage>"},
		{in: "invoice.posted.acme.1", err: `"posted" is no stage`},
		{in: "invoice.ready.Acme.1", err: `connection "Acme"`},
		{in: "invoice.ready..1", err: `connection ""`},
		{in: "invoice.ready._unknown.1", err: `connection "_unknown"`},
		{in: "invoice.ready._unknown.0", err: `connection "_unknown"`},
		{in: "invoice.ready.abcdefghijklmnopqrstuvwxyz0123456789-abcd.1", err: "1 to 40"},
		{in: "invoice.ready.acme.0", err: "greater than 0"},
		{in: "invoice.ready.acme.-1", err: "greater than 0"},
		{in: "invoice.ready.acme.+1", err: "no whole number"},
		{in: "invoice.ready.acme.01", err: "no whole number"},
		{in: "invoice.ready.acme.9223372036854775808", err: "no whole number"},
		{in: "invoice.ready.acme.one", err: "no whole number"},
	} {
		t.Run(c.in, func(t *testing.T) {
			got, err := bus.ParseSubject(c.in)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				require.True(t, got.IsZero())
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Equal(t, c.in, got.String())
		})
	}
}

func TestSubjectRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := bus.Subject{
			Stage:      rapid.SampledFrom(allStages).Draw(t, "stage"),
			Connection: rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "connection"),
			InvoiceID:  rapid.Int64Min(1).Draw(t, "id"),
		}
		got, err := bus.ParseSubject(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func FuzzParseSubject(f *testing.F) {
	for _, seed := range []string{"invoice.ready.acme-qbo.1001", "invoice.dead._unknown.0", "invoice...", "invoice.ready.a.00", "poll.tick.acme"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s, err := bus.ParseSubject(in)
		if err != nil {
			require.True(t, s.IsZero(), "an error comes with no subject")
			return
		}
		require.Equal(t, in, s.String(), "one invoice has one subject")
		require.NoError(t, s.Validate())
	})
}

func TestParsePoll(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bus.Poll
		err  string
	}{
		{in: bus.PollTick("acme"), want: bus.Poll{Kind: bus.PollKindTick, Account: "acme"}},
		{in: bus.PollSchedule("acme"), want: bus.Poll{Kind: bus.PollKindSchedule, Account: "acme"}},
		{in: bus.PollHint("acme", 12), want: bus.Poll{Kind: bus.PollKindHint, Account: "acme", InvoiceID: 12}},
		{in: "poll.tick", err: "is not poll.<kind>.<account>"},
		{in: "invoice.ready.acme.1", err: "is not poll.<kind>.<account>"},
		{in: "poll.tick.acme.1", err: "is not poll.tick"},
		{in: "poll.hint.acme", err: "is not poll.tick"},
		{in: "poll.hint.acme.0", err: "no invoice id"},
		{in: "poll.hint.acme.x", err: "no invoice id"},
		{in: "poll.tick.ACME", err: `account "ACME"`},
	} {
		t.Run(c.in, func(t *testing.T) {
			got, err := bus.ParsePoll(c.in)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func FuzzParsePoll(f *testing.F) {
	f.Add("poll.tick.acme")
	f.Add("poll.hint.acme.7")
	f.Fuzz(func(t *testing.T, in string) {
		p, err := bus.ParsePoll(in)
		if err != nil {
			return
		}
		again := "poll." + string(p.Kind) + "." + p.Account
		if p.Kind == bus.PollKindHint {
			again += "." + strconv.FormatInt(p.InvoiceID, 10)
		}
		require.Equal(t, in, again)
	})
}

func TestFilters(t *testing.T) {
	require.Equal(t, "invoice.ready.acme-qbo.>", bus.ConnectionFilter(bus.StageReady, "acme-qbo"))
	require.Equal(t, "invoice.outcome.>", bus.StageFilter(bus.StageOutcome))
	require.Equal(t, bus.StreamReady, bus.StreamFor(bus.StageLater))
	require.Equal(t, bus.StreamEvents, bus.StreamFor(bus.StageSettled))
}
