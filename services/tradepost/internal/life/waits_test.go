package life

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// A send whose message is not published waits for no stage, but for ingest: trace says
// what publishes it, and until when.
func TestASendWithoutItsMessageWaitsForIngest(t *testing.T) {
	opened := time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)
	zone := time.FixedZone("office", -6*3600)
	const by = "by 2026-11-22T11:05:30-06:00"
	for _, c := range []struct {
		status string
		age    time.Duration
		want   string
	}{
		{"void", 2 * time.Second, "its message, which ingest is about to publish"},
		{"void", time.Minute, "Ingest publishes it " + by + " at the latest"},
		{"failed", time.Minute, "Ingest publishes it " + by + " at the latest"},
		{"pending_accounting", time.Minute, "Ingest publishes it with its next poll, or " + by + " at the latest"},
		{"void", time.Hour, "its message, which ingest should have published " + by},
	} {
		e := record.Entry{At: opened, Record: &tradepostv1.Record{State: record.Opening, StartStatus: c.status}}
		require.Contains(t, waits(e, zone, opened.Add(c.age)), c.want)
	}
}

func TestASendThatIsLeftWithoutItsMessageIsForAPerson(t *testing.T) {
	for age, advised := range map[time.Duration]bool{time.Second: false, time.Hour: true} {
		l := &Life{Connection: "acme-books"}
		l.standing(record.Entry{At: time.Now().Add(-age), Record: &tradepostv1.Record{State: record.Opening, StartStatus: "void"}}, time.UTC, faults{}, nil)
		require.Equal(t, advised, strings.Contains(strings.Join(l.Todo, "\n"), "tradepost doctor"), "%v", l.Todo)
	}
}

// A claim of some age is no call under way: trace says whose answer is waited for, when it
// was sent, and when somebody looks. That the process stopped is said where it is known.
func TestAClaimThatNobodyAnswersForIsTold(t *testing.T) {
	sent := time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)
	zone := time.FixedZone("office", -6*3600)
	claim := &tradepostv1.Claim{Owner: "deliver-0/A", Lasts: durationpb.New(165 * time.Second), Settling: durationpb.New(35 * time.Second)}
	e := record.Entry{At: sent, Record: &tradepostv1.Record{State: record.Claimed, Claim: claim, Unresolved: &tradepostv1.Unresolved{}}}
	require.Equal(t, "the books: they are being asked (deliver-0/A)", waits(e, zone, sent.Add(5*time.Second)))
	require.Equal(t, "the answer of a call that a process that stopped, or that still waits for it, sent at 11:00:00; looked for again at 11:03:25 (deliver-0/A)",
		waits(e, zone, sent.Add(time.Minute)))
	require.Equal(t, "the answer of a call that a stopped process sent at 11:00:00; looked for again at 11:03:25 (deliver-0/A)",
		asked(e, zone, sent.Add(5*time.Second), true))
	e.Record.Unresolved = nil
	require.Equal(t, "the books: they are being asked (deliver-0/A)", asked(e, zone, sent.Add(time.Minute), true), "nothing was sent")
}

// What was handed over is known to stand in a file until somebody imports it: trace says
// who, and nothing of doubt.
func TestWhatWasHandedOverIsForTheBookkeeper(t *testing.T) {
	l := &Life{Connection: "acme-books"}
	l.standing(record.Entry{Record: &tradepostv1.Record{
		State: record.Handed, HandedToken: "0006.csv", Unresolved: &tradepostv1.Unresolved{Total: "743.46"},
	}}, time.UTC, faults{}, nil)
	require.Equal(t, []string{"bookkeeper: import it; tradepost confirm acme-books lists what waits for that, and takes the answer"}, l.Todo)
}
