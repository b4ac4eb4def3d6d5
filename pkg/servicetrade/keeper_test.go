package servicetrade

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// together returns clients that share a vault and a clock.
func together(t *testing.T, f *fake, n int, change ...func(*Config)) ([]*Client, *memory, *clock) {
	t.Helper()
	first, clk := newTestClient(t, f)
	vault := &memory{now: clk.now}
	clients := make([]*Client, n)
	for i := range clients {
		c, _ := newTestClient(t, f, append(change, func(cfg *Config) { cfg.Vault, cfg.Now = vault, clk.now })...)
		c.pause = first.pause
		clients[i] = c
	}
	return clients, vault, clk
}

func TestALeaseThatNobodyEndsIsTakenOver(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	clients, vault, clk := together(t, f, 1)
	_, err := vault.Swap(t.Context(), Kept{}, SignIn{Lease: &Lease{Owner: "a process that died", Lasts: leaseTime}})
	require.NoError(t, err)
	began := clk.now()
	readTogether(t, clients[0], 1)
	require.GreaterOrEqual(t, clk.now().Sub(began), leaseTime+leaseMargin)
	require.Equal(t, 1, f.loginCount())
}

func TestASignInThatCameTooLateIsEnded(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	clients, vault, _ := together(t, f, 1)
	f.onLogin = func(http.ResponseWriter, int) bool { // meanwhile another took the lease over, and is done
		kept, err := vault.Load(t.Context())
		if err == nil && kept.Lease != nil {
			f.mu.Lock()
			f.alive["theirs"] = true
			f.mu.Unlock()
			_, err = vault.Swap(t.Context(), kept, SignIn{Access: Access{Token: "theirs"}})
		}
		require.NoError(t, err)
		return false
	}
	readTogether(t, clients[0], 3)
	require.Equal(t, map[string]bool{"theirs": true}, f.alive, "ours was ended")
	require.Equal(t, "theirs", clients[0].keeper.known().Access.Token)
}

func TestOnlyTheSessionThatWasSeenDeadIsReplaced(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	clients, _, _ := together(t, f, 3)
	for _, c := range clients {
		readTogether(t, c, 2)
	}
	require.Equal(t, 1, f.loginCount())
	f.expire("")
	readTogether(t, clients[0], 2)
	readTogether(t, clients[1], 2)
	f.expire("token-1")
	readTogether(t, clients[2], 2)
	require.Equal(t, 2, f.loginCount(), "token-1 was replaced already")
}

func TestASecondRefusalStopsEverybody(t *testing.T) {
	f := newFake(t, always(http.StatusUnauthorized, `{}`))
	clients, vault, clk := together(t, f, 2)
	_, err := clients[0].Invoice(t.Context(), bigID)
	require.True(t, IsSignedOut(err))
	_, err = clients[1].Invoice(t.Context(), bigID)
	require.True(t, IsSignedOut(err))
	require.Equal(t, 2, f.loginCount())
	kept, err := vault.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, ReasonRefused, kept.Trouble.Reason)
	f.handle = always(http.StatusOK, smallInvoice)
	clk.move(loginPause)
	readTogether(t, clients[1], 2)
	readTogether(t, clients[0], 2)
	require.Equal(t, 3, f.loginCount())
}

func TestThePauseGrowsWhileServiceTradeRefuses(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	clients, vault, clk := together(t, f, 2, func(cfg *Config) { cfg.Password = "wrong" })
	began := clk.now()
	for clk.now().Sub(began) < time.Hour {
		for _, c := range clients {
			_, err := c.Login(t.Context())
			require.True(t, IsSignedOut(err))
		}
		clk.move(5 * time.Second)
	}
	require.InDelta(t, 15, f.loginCount(), 1, "30 s, 1, 2, 4 and then every 5 minutes, over all clients")
	kept, err := vault.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, ReasonCredentials, kept.Trouble.Reason)
	require.Equal(t, began.UTC(), kept.Trouble.Since)
	require.Contains(t, kept.Trouble.Fix, fakeUser)
	require.NotContains(t, kept.Trouble.Says, "wrong", "the password")

	for _, c := range clients {
		c.password = fakePassword // the same one works again in ServiceTrade
	}
	clk.move(maxLoginPause)
	readTogether(t, clients[0], 1)
	kept, err = vault.Load(t.Context())
	require.NoError(t, err)
	require.Nil(t, kept.Trouble)
	require.Nil(t, kept.Failure)
}

func TestServiceTradeAwayIsNoTrouble(t *testing.T) {
	f := newFake(t, nil)
	f.onLogin = func(w http.ResponseWriter, _ int) bool { answer(w, http.StatusBadGateway, ``); return true }
	clients, vault, clk := together(t, f, 2)
	for range 4 {
		_, err := clients[0].Login(t.Context())
		require.Error(t, err)
		require.False(t, IsSignedOut(err))
		clk.move(loginPause)
	}
	require.Equal(t, 4, f.loginCount(), "the pause does not grow")
	kept, err := vault.Load(t.Context())
	require.NoError(t, err)
	require.Nil(t, kept.Trouble)
}

func TestLockedUsersAreTold(t *testing.T) {
	for body, want := range map[string]Reason{
		`{"messages":{"error":["Your account has been locked"]}}`:    ReasonLocked,
		`{"messages":{"error":["Too many attempts"]}}`:               ReasonLocked,
		`{"messages":{"error":["Invalid credentials provided"]}}`:    ReasonCredentials,
		`{"error":"invalid_client","error_description":"is locked"}`: ReasonLocked,
	} {
		f := newFake(t, nil)
		f.onLogin = func(w http.ResponseWriter, _ int) bool { answer(w, http.StatusForbidden, body); return true }
		clients, vault, _ := together(t, f, 1)
		_, err := clients[0].Login(t.Context())
		require.True(t, IsSignedOut(err))
		kept, err := vault.Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, kept.Trouble.Reason, body)
	}
}

// away is a vault whose place cannot be reached.
type away struct{ *memory }

func (away) Load(context.Context) (Kept, error) { return Kept{}, errors.New("no NATS") }

func TestNobodySignsInWhileTheVaultIsAway(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	c, clk := newTestClient(t, f)
	vault := &memory{now: clk.now}
	c.keeper.vault, c.keeper.shared = away{vault}, true
	_, err := c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed})
	require.ErrorContains(t, err, "look up the shared sign-in: no NATS")
	require.False(t, IsSignedOut(err))
	require.False(t, WriteUncertain(err))
	require.Zero(t, f.loginCount())
	c.keeper.vault = vault
	readTogether(t, c, 1)
	c.keeper.vault = away{vault}
	readTogether(t, c, 3)
}

func TestACallerThatGoesAwayGivesTheLeaseBack(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	clients, vault, _ := together(t, f, 2)
	ctx, cancel := context.WithCancel(t.Context())
	f.onLogin = func(_ http.ResponseWriter, n int) bool {
		if n == 1 {
			cancel()
		}
		return false
	}
	_, err := clients[0].Login(ctx)
	if err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	kept, err := vault.Load(t.Context())
	require.NoError(t, err)
	require.Nil(t, kept.Lease)
	require.Nil(t, kept.Failure)
	readTogether(t, clients[1], 1)
}
