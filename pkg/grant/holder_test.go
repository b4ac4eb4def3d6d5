package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
)

func faultOf(t testing.TB, err error) *Error {
	t.Helper()
	fault, is := errors.AsType[*Error](err)
	require.True(t, is, "%v", err)
	return fault
}

// waitOf is the answer that a connector gives for an error.
func waitOf(t testing.TB, err error) connector.Wait {
	t.Helper()
	a, ok := connector.AnswerOf(err)
	require.True(t, ok)
	w, ok := a.(connector.Wait)
	require.True(t, ok)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, w.Scope)
	return w
}

func TestManyProcessesRenewOnce(t *testing.T) {
	w := newWorld(t, always)
	w.signIn()
	w.clock.pass(2 * time.Hour)
	calls := w.vendor.called()
	tokens := make(chan string, 40)
	var group sync.WaitGroup
	for range 8 {
		h := w.process(nil)
		h.keeper.sleep = sleep // the claim of one that works is waited for
		for range 5 {
			group.Go(func() {
				token, err := h.Token(t.Context())
				if err != nil {
					token = err.Error()
				}
				tokens <- token
			})
		}
	}
	group.Wait()
	close(tokens)
	first := <-tokens
	require.True(t, w.vendor.accepts(first), first)
	for token := range tokens {
		require.Equal(t, first, token)
	}
	require.Equal(t, calls+1, w.vendor.called())
	h := w.process(nil)
	company, err := h.Company(t.Context())
	require.NoError(t, err)
	require.Equal(t, "9130", company)
	require.Equal(t, calls+1, w.vendor.called(), "what works is not renewed")
}

func TestNobodySignedInYet(t *testing.T) {
	w := newWorld(t, daily)
	_, err := w.process(nil).Token(t.Context())
	require.Equal(t, ReasonNever, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonSignedOut, waitOf(t, err).Reason)
	require.ErrorContains(t, err, "tradepost connect quickbooks acme-qbo")
	require.Zero(t, w.vendor.called())
}

func (w *world) withPauses(h *Holder) *pause.Store {
	w.t.Helper()
	store, err := pause.Open(w.t.Context(), w.js)
	require.NoError(w.t, err)
	h.keeper.pauses = store
	return store
}

// A person disconnects Tradepost at the vendor: the connection is paused and says why,
// the vendor is not knocked at again and again, and a new sign-in lets it go on.
func TestSignedOutAndInAgain(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	pauses := w.withPauses(h)
	w.vendor.change(func() { w.vendor.revoked = true })
	token := h.seen.Access.Token
	w.clock.pass(2 * time.Hour)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonRefused, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonSignedOut, waitOf(t, err).Reason)
	require.ErrorContains(t, err, "invalid_grant")
	require.ErrorContains(t, err, "request tid-")
	require.ErrorContains(t, err, "tradepost connect quickbooks acme-qbo")
	require.NotContains(t, err.Error(), "refresh-", "the vendor repeats tokens in its texts")

	p, err := pauses.Get(t.Context(), conn)
	require.NoError(t, err)
	require.Equal(t, pause.Deliver, p.GetBy())
	require.Equal(t, connector.ReasonSignedOut, p.GetReason())
	require.True(t, p.GetProbed())
	require.Contains(t, p.GetMessage(), "somebody disconnected Tradepost there")
	require.Contains(t, h.keeper.Notice().Error(), "tradepost connect quickbooks acme-qbo")

	calls := w.vendor.called()
	for range 10 {
		_, err = h.Token(t.Context())
		require.Equal(t, ReasonRefused, faultOf(t, err).Reason)
	}
	require.Equal(t, calls, w.vendor.called(), "within the pause nobody asks")
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.NotEmpty(t, kept.Refresh, "nothing is thrown away")

	other := w.process(nil) // a command, in another process
	other.keeper.pauses = pauses
	require.NoError(t, other.keeper.signIn(t.Context(), other, w.vendor.code(), "9130", false))
	p, err = pauses.Get(t.Context(), conn)
	require.NoError(t, err)
	require.Nil(t, p)
	again, err := h.Token(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, token, again)
	require.True(t, w.vendor.accepts(again))
	require.NoError(t, h.keeper.Notice())
}

// The vendor was wrong for a while: nobody has to do anything.
func TestARefusalThatIsTakenBack(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	w.vendor.change(func() { w.vendor.revoked = true })
	w.clock.pass(2 * time.Hour)
	_, err := h.Token(t.Context())
	require.True(t, faultOf(t, err).SignedOut())
	w.vendor.change(func() { w.vendor.revoked = false })
	w.clock.pass(2 * firstOutPause)
	_, err = h.Token(t.Context())
	require.NoError(t, err)
}

func TestASignInThatEndedSaysSo(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	w.clock.pass((hardYears*365 + 1) * day)
	h := w.process(nil)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonEnded, faultOf(t, err).Reason)

	w.signIn()
	w.clock.pass((idleDays - 20) * day)
	h = w.process(nil)
	require.NoError(t, w.works())
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.WithinDuration(t, w.clock.now().Add(idleDays*day), kept.RefreshEnds(), time.Minute, "each renewal begins the countdown anew")
	require.WithinDuration(t, w.clock.now().Add((hardYears*365-idleDays+20)*day), kept.Ends, time.Minute)
	_, soon := kept.endsBefore(w.clock.now().Add(endsSoon))
	require.False(t, soon)
	_, soon = kept.endsBefore(w.clock.now().Add((idleDays + 1) * day))
	require.True(t, soon)
}

func TestTheVendorIsAway(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	w.vendor.change(func() { w.vendor.trick = func() trick { return busy } })
	w.clock.pass(57 * time.Minute)
	calls := w.vendor.called()
	for range 5 {
		token, err := h.Token(t.Context())
		require.NoError(t, err, "the token of before still works")
		require.True(t, w.vendor.accepts(token))
	}
	require.Equal(t, calls+1, w.vendor.called())
	w.clock.pass(30 * time.Minute)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonAway, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonUnreachable, waitOf(t, err).Reason)
	require.ErrorContains(t, err, "HTTP 503")
	w.vendor.change(func() { w.vendor.trick = func() trick { return plain } })
	require.NoError(t, w.works())
}

func TestTheAppIsRefused(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	w.vendor.change(func() { w.vendor.badApp = true })
	w.clock.pass(2 * time.Hour)
	h := w.process(nil)
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonApp, faultOf(t, err).Reason)
	require.ErrorContains(t, err, "client_id")
	calls := w.vendor.called()
	mended := w.vendor.app()
	mended.ClientSecret = "another"
	_, err = h.keeper.Tokens(conn, mended).Token(t.Context())
	require.Equal(t, ReasonApp, faultOf(t, err).Reason)
	require.Equal(t, calls+1, w.vendor.called(), "a mended secret is tried at once")
	w.vendor.change(func() { w.vendor.badApp = false })
	_, err = h.Token(t.Context())
	require.NoError(t, err, "the first secret is another one than that which failed last")
}

// The accounting system does not accept a token that is not old yet.
func TestARefusedTokenIsReplaced(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	first, err := h.Token(t.Context())
	require.NoError(t, err)
	w.clock.pass(10 * time.Minute)
	h.Refused(t.Context(), "some other token")
	same, err := h.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, same)
	h.Refused(t.Context(), first)
	second, err := h.Token(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	h.Refused(t.Context(), second)
	_, err = h.Token(t.Context())
	require.Equal(t, ReasonToken, faultOf(t, err).Reason, "new ones that are refused at once are not fetched without end")
	require.Equal(t, connector.ReasonSignedOut, waitOf(t, err).Reason)
	w.clock.pass(time.Minute)
	_, err = h.Token(t.Context())
	require.NoError(t, err)
}

// NATS goes away between the vendor's answer and the write: the new tokens are kept in
// memory, nobody uses them, and they are stored once NATS is back.
func TestAPairThatCannotBeStoredIsStoredLater(t *testing.T) {
	w := newWorld(t, strict)
	w.signIn()
	h := w.process(nil)
	w.clock.pass(2 * time.Hour)
	writes := 0
	fail := func() (bool, bool) { writes++; return writes == 2, false }
	h.keeper.vault.(*timed).fail = func() (bool, bool) { return fail() }
	_, err := h.Token(t.Context())
	require.Equal(t, ReasonStore, faultOf(t, err).Reason)
	require.Equal(t, connector.ReasonUnreachable, waitOf(t, err).Reason)
	calls := w.vendor.called()
	fail = func() (bool, bool) { return false, false }
	token, err := h.Token(t.Context())
	require.NoError(t, err)
	require.True(t, w.vendor.accepts(token))
	require.Equal(t, calls, w.vendor.called(), "it is stored, not renewed once more")
	require.NoError(t, w.works())
}

// A caller that gives up does not break a renewal off: the answer would be lost.
func TestACallerThatGivesUpBreaksNothingOff(t *testing.T) {
	w := newWorld(t, strict)
	w.signIn()
	w.clock.pass(2 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	h := w.process(func(point string) {
		if point == "answer" {
			cancel()
		}
	})
	_, err := h.Token(ctx)
	if err != nil { // else it was ready at the same moment
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	}
	h.keeper.renewals.Wait()
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.Nil(t, kept.Claim)
	require.True(t, w.vendor.accepts(kept.Access.Token))
}

// A person signs in while another process renews the old sign-in: the new one stays.
func TestASignInWinsOverARenewal(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	w.clock.pass(2 * time.Hour)
	once := sync.Once{}
	h := w.process(func(point string) {
		if point == "answer" {
			once.Do(w.signIn)
		}
	})
	token, err := h.Token(t.Context())
	require.NoError(t, err)
	require.True(t, w.vendor.accepts(token))
	kept, err := h.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	require.EqualValues(t, 1, kept.Pairs)
	require.NoError(t, w.works())
}

func TestUpkeepRenewsWhatNobodyAsksFor(t *testing.T) {
	w := newWorld(t, daily)
	w.signIn()
	h := w.process(nil)
	h.upkeep(t.Context())
	calls := w.vendor.called()
	w.clock.pass(idleFor + time.Minute)
	h.upkeep(t.Context())
	require.Equal(t, calls+1, w.vendor.called())
	h.upkeep(t.Context())
	require.Equal(t, calls+1, w.vendor.called())

	// Another process died after its claim: what it may have been given is not waited for.
	dead := w.process(nil)
	kept, err := dead.keeper.vault.load(t.Context(), conn)
	require.NoError(t, err)
	kept.Claim = &Claim{Owner: "dead", Lasts: usualClaim}
	_, err = dead.keeper.vault.swap(t.Context(), conn, kept, kept.Entry)
	require.NoError(t, err)
	h.upkeep(t.Context())
	require.Equal(t, calls+1, w.vendor.called(), "it may be alive")
	w.clock.pass(usualClaim + claimMargin)
	h.upkeep(t.Context())
	require.Equal(t, calls+2, w.vendor.called())
}

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

// roundTrip answers every call with the same.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func FuzzAnswerOfTheTokenEndpoint(f *testing.F) {
	f.Add(200, "application/json", `{"token_type":"bearer","access_token":"a","refresh_token":"r","expires_in":3600,"x_refresh_token_expires_in":8726400}`)
	f.Add(200, "application/json", `{"access_token":"a b","refresh_token":"r","expires_in":-1}`)
	f.Add(200, "application/json", `{"access_token":"a","refresh_token":"r","expires_in":"99999999999","x_refresh_token_expires_in":"1e400"}`)
	f.Add(400, "application/json", `{"error":"invalid_grant","error_description":"Incorrect refresh token the-token"}`)
	f.Add(200, "text/plain", `access_token=a&refresh_token=r`)
	f.Add(502, "text/html", `<html>the-token`)
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status < 200 || status > 599 {
			return
		}
		app := connector.SignIn{
			ClientID: "id", ClientSecret: "hush-hush", TokenURL: "https://vendor.example/tokens",
			RefreshLifeField: "x_refresh_token_expires_in", HardLifeField: "x_refresh_token_hard_expires_in", RequestIDHeader: "vendor_tid",
		}
		e := newEndpoint(app, &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Request: r, Header: http.Header{"Content-Type": {kind}}, Body: readCloser{strings.NewReader(body)},
			}, nil
		})}, func() time.Time { return now })
		p, fault := e.renew(t.Context(), "the-token")
		switch {
		case fault != nil:
			if strings.Contains(fault.cause, "the-token") || strings.Contains(fault.cause, "hush-hush") || len(fault.cause) > 4*maxText+100 {
				t.Fatalf("told: %q", fault.cause)
			}
		case unfit(p.access.Token), p.refresh.Token == "", !p.access.Expires.After(now), p.access.Renew.Before(now), p.access.Renew.After(p.access.Expires):
			t.Fatalf("a pair of no use: %+v", p)
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func FuzzOpen(f *testing.F) {
	ring, err := keyring.Parse(keyring.NewKey())
	require.NoError(f, err)
	sealed, err := seal(ring, conn, Entry{System: "quickbooks", Secrets: Secrets{Company: "9", Refresh: []Refresh{{Token: "r"}}}})
	require.NoError(f, err)
	f.Add(sealed)
	f.Add([]byte(`{"sealed":"AA=="}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := open(ring, conn, raw)
		if err != nil && (e.Access.Token != "" || len(e.Refresh) > 0) {
			t.Fatal("tokens that could not be read")
		}
		if err == nil {
			_ = fmt.Sprint(e.RefreshEnds())
		}
	})
}
