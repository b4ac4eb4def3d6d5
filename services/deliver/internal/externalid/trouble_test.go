package externalid_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

func TestATakenIDIsNamedAndNotTriedInALoop(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.ids["company 8"] = "C100"
		for range 20 {
			d.posted("C100", "")
			time.Sleep(time.Minute) // fake time
		}
		require.Len(t, d.office.puts, 1)
		require.Len(t, d.told, 1)
		require.Equal(t, externalid.Taken, d.told[0].Ending)
		require.Contains(t, d.told[0].Error, `Customer "Acme Tower"`)
		require.Contains(t, d.told[0].Error, "What to do (")
		require.Contains(t, d.told[0].Error, "already used by company 8", "ServiceTrade says who has it")
		require.Contains(t, d.log.String(), "customer.external_id_taken")
		d.counts(line("taken", 1))

		delete(d.office.ids, "company 8") // mended
		time.Sleep(25 * time.Hour)        // fake time
		d.posted("C100", "")
		require.Equal(t, "C100", d.office.ids["company 7"])
	})
}

func TestWhatFailedIsLeftToTheNextPosting(t *testing.T) {
	lost := &servicetrade.Error{Method: http.MethodPut, Status: http.StatusBadGateway, Uncertain: true}
	for name, c := range map[string]struct {
		call string
		err  error
	}{
		"away":         {"get company 7", errors.New("connection refused")},
		"away at last": {"put company 7", &servicetrade.Error{Method: http.MethodPut, Err: errors.New("connection refused")}},
		"answer lost":  {"put company 7", lost},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.office.fail = func(call string) error {
					if call == c.call {
						return c.err
					}
					return nil
				}
				for i := range 9 {
					d.tell(int64(7+i), fmt.Sprint("C", i), "")
				}
				<-d.Idle()
				require.Equal(t, 1, d.office.reads, "while it is away nobody is asked again")
				require.Contains(t, d.log.String(), "the next posting of the customer tries again")
				d.counts(line("failed", 1) + line("put_off", 8))

				d.office.fail = nil
				time.Sleep(2 * time.Minute) // fake time
				d.posted("C0", "")
				require.Equal(t, "C0", d.office.ids["company 7"])
			})
		})
	}
}

func TestWhatServiceTradeRefusesIsNotTriedAgainSoon(t *testing.T) {
	gone := &servicetrade.Error{Method: http.MethodGet, Status: http.StatusNotFound, Gone: true}
	for name, c := range map[string]struct {
		err   error
		want  externalid.Ending
		again time.Duration
		reads int
	}{
		"unknown system":   {&servicetrade.Error{Status: http.StatusBadRequest, Messages: []string{"Unknown system"}}, externalid.Refused, time.Hour, 1},
		"company is gone":  {gone, externalid.Refused, time.Hour, 1},
		"no permission":    {&servicetrade.Error{Status: http.StatusForbidden}, externalid.Forbidden, 59 * time.Minute, 1},
		"permission later": {&servicetrade.Error{Status: http.StatusForbidden}, externalid.Forbidden, 61 * time.Minute, 2},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.office.fail = func(string) error { return c.err }
				d.posted("C100", "")
				require.Equal(t, c.want, d.told[0].Ending)
				require.Contains(t, d.told[0].Error, "What to do (")
				if c.want == externalid.Refused {
					require.Contains(t, d.log.String(), "customer.external_id_refused")
				}
				time.Sleep(c.again) // fake time
				d.posted("C100", "")
				require.Equal(t, c.reads, d.office.reads)
			})
		})
	}
}

// A slow ServiceTrade holds up nobody: what has no room is left to a later posting.
func TestASlowServiceTradeHoldsUpNobody(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.slow = 30 * time.Second
		start := time.Now()
		for i := range 1000 {
			d.tell(int64(1+i), fmt.Sprint("C", i), "")
		}
		require.Equal(t, start, time.Now(), "no waiting at all")
		<-d.Idle()
		require.Less(t, d.office.reads, 300)
		require.Len(t, d.office.puts, d.office.reads)
		d.office.slow = 0
		d.tell(1000, "C999", "")
		<-d.Idle()
		require.Equal(t, "C999", d.office.ids["company 1000"], "it was not remembered as dealt with")
	})
}

func TestTheEndOfTheServiceEndsTheWriting(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.slow = 30 * time.Second
		d.tell(7, "C100", "")
		d.tell(8, "C200", "")
		time.Sleep(time.Second) // fake time
		start := time.Now()
		d.stop()
		<-d.Idle()
		require.Equal(t, start, time.Now())
		d.tell(9, "C300", "")
		<-d.Idle()
		require.Empty(t, d.office.puts)
		require.NotContains(t, d.log.String(), "WARN", "that is no trouble")
	})
}
