package grant

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// A process that lacks the key keeps itself out, and nobody else: no pause, a note for
// people, a line with the code in its log. It takes the note back when it can read again.
func TestAProcessWithoutTheKeyPausesNobody(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	healthy, right := w.process(nil), w.ring
	for _, has := range []bool{false, true} {
		w.ring = nil
		want := "there is no key for secrets here"
		if has {
			var err error
			w.ring, err = keyring.Parse(keyring.NewKey())
			require.NoError(t, err)
			want = "the keys here are " + w.ring.IDs()[0].String()
		}
		h := w.process(nil)
		pauses := w.withPauses(h)
		var log bytes.Buffer
		h.keeper.log = slog.New(slog.NewTextHandler(&log, nil))
		left := 0
		h.keeper.onKeyMissing = func(id string, err error) {
			require.Equal(t, conn, id)
			require.ErrorContains(t, err, want)
			left++
		}
		for range 3 {
			_, err := h.Token(t.Context())
			require.Equal(t, ReasonKey, faultOf(t, err).Reason)
			require.False(t, faultOf(t, err).SignedOut())
			require.Equal(t, connector.ReasonKeyMissing, waitOf(t, err).Reason)
			require.ErrorContains(t, err, "TRADEPOST_SECRETS_KEY")
			require.ErrorContains(t, err, "Only if the key is lost for good: tradepost connect quickbooks acme-qbo --replace")
		}
		require.Equal(t, 3, left)
		p, err := pauses.Get(t.Context(), conn)
		require.NoError(t, err)
		require.Nil(t, p)
		require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("connection.key_missing")), log.String())
		_, err = healthy.Token(t.Context())
		require.NoError(t, err)

		all, err := KeysMissing(t.Context(), w.js)
		require.NoError(t, err)
		require.Len(t, all[conn], 1)
		require.Equal(t, h.keeper.owner, all[conn][0].Process)
		require.Equal(t, "it needs key "+right.IDs()[0].String()+"; "+want, all[conn][0].Cause)
		require.Equal(t, "quickbooks", all[conn][0].System)
		states, err := States(t.Context(), w.js)
		require.NoError(t, err)
		require.Len(t, states, 1, "a note is no sign-in")

		h.keeper.vault.(*timed).vault.(*bucket).ring = right
		_, err = h.Token(t.Context())
		require.NoError(t, err)
		all, err = KeysMissing(t.Context(), w.js)
		require.NoError(t, err)
		require.Empty(t, all)
		w.ring = right
	}
}

// A process that ends takes its notes with it.
func TestNotesOfMissingKeysEndWithTheProcess(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	w.ring = nil
	h := w.process(nil)
	h.keeper.onKeyMissing = func(string, error) {}
	_, err := h.Token(t.Context())
	require.Error(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, h.keeper.Run(ctx))
	all, err := KeysMissing(t.Context(), w.js)
	require.NoError(t, err)
	require.Empty(t, all)
}

// An entry that no key can read is nobody's missing key: a person signs in again.
func TestADamagedEntryIsSignedOut(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	kv, err := w.js.KeyValue(t.Context(), bus.BucketGrants)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), conn, `{"system":"quickbooks","key":"`+w.ring.IDs()[0].String()+`","sealed":"AQAA"}`)
	require.NoError(t, err)
	h := w.process(nil)
	pauses := w.withPauses(h)
	_, err = h.Token(t.Context())
	require.Equal(t, ReasonUnreadable, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonSignedOut, waitOf(t, err).Reason)
	p, err := pauses.Get(t.Context(), conn)
	require.NoError(t, err)
	require.Contains(t, p.GetMessage(), "is damaged")
	require.Contains(t, p.GetFix(), "tradepost connect quickbooks acme-qbo --replace")
	require.NoError(t, h.keeper.signIn(t.Context(), h, w.vendor.code(), "9130", false), "nothing is lost by replacing it")
	_, err = h.Token(t.Context())
	require.NoError(t, err)
}
