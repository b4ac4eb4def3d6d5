package doctor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// What a process was making when it was killed waits for its call's time: doctor says so,
// and until when. A call that began just now, and one whose end was written down, are none.
func TestTheCallsOfAKilledProcessAreTold(t *testing.T) {
	w, js := queued(t)
	const claim = `"unresolved":{"total":"1.00"},"claim":{"owner":"killed/1","lasts":"165s","settling":"35s"`
	keep(t, js, "acme", 1, `"state":"RECORD_STATE_CLAIMED",`+claim+`}`)
	keep(t, js, "acme", 2, `"state":"RECORD_STATE_CLAIMED",`+claim+`,"ended":true},"waiting":{"reason":"no_answer"}`)
	began := time.Now()
	w.options.Now = func() time.Time { return began }
	require.Empty(t, of(w.run(), "nats", "no answer yet"), "a call takes its time")
	w.options.Now = func() time.Time { return began.Add(time.Minute) }
	told := only(t, w.run(), "nats", "no answer yet")
	require.Equal(t, doctor.Warn, told.Status)
	require.Regexp(t, `^1 invoice is waiting for the answer of a call .*: 1 of acme-books, send 2 \(sent at \d\d:\d\d:\d\d, looked for again at \d\d:\d\d:\d\d UTC\)$`, told.Problem)
	require.Contains(t, told.Fix, "goes on by itself")
}
