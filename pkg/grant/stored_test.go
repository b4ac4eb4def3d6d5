package grant

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// Two people, or one who clicks wrongly, cannot swap the company behind a connection.
func TestAnotherCompanyIsRefused(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	sign := func(h *Holder, company string) error {
		return h.keeper.signIn(t.Context(), h, w.vendor.code(), company, false)
	}
	require.NoError(t, sign(h, "9999"), "nothing was posted yet: a wrong choice is corrected")
	kv, err := w.js.KeyValue(t.Context(), bus.BucketConnections)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), conn, `{"connection":"acme-qbo","companyId":"9130","companyName":"Acme Mechanical"}`)
	require.NoError(t, err)
	calls := w.vendor.called()
	err = sign(h, "9999")
	require.ErrorIs(t, err, ErrOtherCompany)
	require.ErrorContains(t, err, "Acme Mechanical")
	require.Error(t, sign(h, ""))
	require.Equal(t, calls, w.vendor.called(), "no tokens of another company are even fetched")
	require.NoError(t, sign(h, "9130"))

	app := w.vendor.app()
	app.Company = "7"
	require.ErrorIs(t, sign(h.keeper.Tokens("other", app), "9130"), ErrOtherCompany)
}

// What the bucket shows is no secret, and a lost key never costs a sign-in by accident.
func TestTheBucketHoldsNoSecret(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	kv, err := w.js.KeyValue(t.Context(), bus.BucketGrants)
	require.NoError(t, err)
	e, err := kv.Get(t.Context(), conn)
	require.NoError(t, err)
	for _, secret := range []string{"access-", "refresh-", appSecret} {
		require.NotContains(t, string(e.Value()), secret)
	}
	var shown map[string]any
	require.NoError(t, json.Unmarshal(e.Value(), &shown))
	require.Equal(t, "9130", shown["company"])
	require.Equal(t, w.ring.IDs()[0].String(), shown["key"])

	before := w.ring
	w.ring, err = keyring.Parse(keyring.NewKey())
	require.NoError(t, err)
	h := w.process(nil)
	_, err = h.Token(t.Context())
	require.Equal(t, ReasonKey, faultOf(t, err).Reason)
	require.ErrorContains(t, err, before.IDs()[0].String())
	require.ErrorIs(t, h.keeper.signIn(t.Context(), h, w.vendor.code(), "9130", false), ErrKey)
	same, err := kv.Get(t.Context(), conn)
	require.NoError(t, err)
	require.Equal(t, e.Revision(), same.Revision())
	require.NoError(t, h.keeper.signIn(t.Context(), h, w.vendor.code(), "9130", true))
	_, err = h.Token(t.Context())
	require.NoError(t, err)
	w.ring = nil
	_, err = w.process(nil).Token(t.Context())
	require.ErrorContains(t, err, "there is no key for secrets")
}

func TestAReplacedKeyTakesOver(t *testing.T) {
	w := newWorld(t, daily)
	text := keyring.NewKey()
	use := func(text string) (err error) { w.ring, err = keyring.Parse(text); return err }
	require.NoError(t, use(text))
	w.signIn()
	added, _, err := keyring.Add(text)
	require.NoError(t, err)
	promoted, inUse, err := keyring.Promote(added)
	require.NoError(t, err)
	require.NoError(t, use(promoted))
	h := w.process(nil)
	done, err := h.keeper.Reencrypt(t.Context(), w.js, inUse.String())
	require.NoError(t, err)
	require.Equal(t, []string{conn}, done)
	done, err = h.keeper.Reencrypt(t.Context(), w.js, inUse.String())
	require.NoError(t, err)
	require.Empty(t, done)
	old := w.ring.IDs()[1]
	dropped, err := keyring.Drop(promoted, old)
	require.NoError(t, err)
	require.NoError(t, use(dropped))
	require.NoError(t, w.works())
	require.NoError(t, use(text))
	_, err = w.process(nil).Token(t.Context())
	require.Equal(t, ReasonKey, faultOf(t, err).Reason)
}
